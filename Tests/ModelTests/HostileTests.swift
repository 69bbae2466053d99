import Model
import Testing

/// Every damaged file is read or refused with a `ModelError` or `DataProblem`; a trap ends the test run.
@Suite struct HostileTests {
  @Test(arguments: [
    "accepted/shapes", "accepted/matmul_add", "accepted/typed_fields", "accepted/gemm_scaled",
    "operators/ArgMax_softmax",
    "operators/BatchNormalization_image", "operators/Clip", "operators/Concat", "operators/Constant",
    "operators/ConstantOfShape", "operators/Conv_padded", "operators/ConvTranspose_longer",
    "operators/ConvTranspose_shape", "operators/DequantizeLinear_channels", "operators/Dropout_inference",
    "operators/Expand",
    "operators/Flatten_later", "operators/Gather", "operators/Gemm_half", "operators/MatMul_left_axes",
    "operators/Mul_widening",
    "operators/Pow_integer", "operators/QuantizeLinear_weights", "operators/QuantizeLinear_16",
    "operators/ReduceMean_dropped",
    "operators/Reshape", "operators/Shape_product", "operators/Shape_slice", "operators/Slice",
    "operators/Slice_attributes",
    "operators/Split", "operators/Split_count", "operators/Squeeze", "operators/Sum", "operators/TopK",
    "operators/Transpose_twice", "operators/Unsqueeze",
  ])
  func damagedModelsDoNotTrap(name: String) throws {
    let bytes = try readFile(fixtures + name + ".onnx")
    try damage(bytes) { bytes in
      let network = try importONNX(bytes, file: name).simplified()
      guard network.nodes.allSatisfy({ $0.shape.reduce(1, *) < 1 << 16 }) else { return }
      _ = network.run(network.inputs.map { FloatBatch(count: 1, values: [Double](repeating: 0.5, count: $0.width)) })
    }
  }

  @Test(arguments: [
    "stored.npz", "deflated.npz", "zip64.npz", "float32.npy", "uint8.npy", "named.json", "fortran.npy",
  ])
  func damagedDataDoesNotTrap(name: String) throws {
    let bytes = try readFile(fixtures + "data/" + name)
    for key in ["", ":values"] {
      try damage(bytes) { _ = try DataReference(name + key).read($0, preferring: "values") }
    }
  }

  @Test func sizesBeyondTheFileAreRefused() throws {
    let bytes = try readFile(fixtures + "data/deflated.npz")
    let size = try #require(
      bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4b, 1, 2]) }.map { $0 + 24 })
    var hostile = bytes
    for offset in 0..<4 { hostile[size + offset] = offset == 3 ? 0x7f : 0xff }
    #expect(throws: DataProblem("the array 'values' is a damaged zip archive")) {
      try DataReference("x.npz:values").read(hostile, preferring: nil)
    }
  }

  @Test func checksumsAreCompared() throws {
    var bytes = try readFile(fixtures + "data/stored.npz")
    let data = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("NUMPY".utf8)) })
    bytes[data + 130] ^= 1
    #expect(throws: DataProblem("the array 'values' has a wrong checksum in 'values.npy'")) {
      try DataReference("x.npz:values").read(bytes, preferring: nil)
    }
  }

  /// Every truncation, every byte set to 0, 0xff and flipped in its lowest and highest bit, and 2,000 random edits.
  private func damage(_ bytes: [UInt8], _ read: ([UInt8]) throws -> Void) throws {
    for count in 0..<bytes.count { try attempt(Array(bytes[..<count]), read) }
    for index in bytes.indices {
      for replacement in [0, 0xff, bytes[index] ^ 1, bytes[index] ^ 0x80] {
        var changed = bytes
        changed[index] = replacement
        try attempt(changed, read)
      }
    }
    var generator = SplitMix(state: 1)
    for _ in 0..<2000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        changed[Int.random(in: changed.indices, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      try attempt(changed, read)
    }
  }

  private func attempt(_ bytes: [UInt8], _ read: ([UInt8]) throws -> Void) throws {
    do {
      try read(bytes)
    } catch is ModelError {
    } catch is DataProblem {
    }
  }
}

struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }
}
