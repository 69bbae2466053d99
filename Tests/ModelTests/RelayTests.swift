import Execution
import Model
import TestSupport
import Testing

/// Operators that cut, join or move along axes which other operators split in another way.
@Suite struct RelayTests {
  private static func relu(_ b: inout NetworkBuilder, _ x: Int, _ count: Int) -> Int { b.relu(b.linear(x, count)) }

  static let networks: [(name: String, network: Network)] = [
    LoweringTests.build("parts that are split alike", [3, 5]) { b in
      let layer = relu(&b, 0, 24)
      let parts = (0..<3).map { part in b.add(.reshape, b.sliced(layer, axis: 1, start: 8 * part, count: 8), shape: [3, 2, 4]) }
      let heads = parts.map { b.transposed($0, [1, 0, 2]) }
      let scores = b.matrixProduct(heads[0], b.transposed(heads[1], [0, 2, 1]), shape: [2, 3, 3])
      return b.network(b.matrixProduct(scores, heads[2], shape: [2, 3, 4]), b.linear(layer, 2))
    },
    LoweringTests.build("a part that begins beside a cut", [13]) { b in
      let part = b.sliced(relu(&b, 0, 13), axis: 0, start: 1, count: 12)
      return b.network(b.linear(b.relu(b.linear(b.add(.reshape, part, shape: [3, 4]), 2)), 2), part)
    },
    LoweringTests.build("a token before places of an image", [2, 4, 4], [1, 2]) { b in
      let side = WindowSide(size: 2, before: 0)
      let image = b.relu(b.convolution(0, 2, side, side))
      let places = b.transposed(b.add(.reshape, image, shape: [2, 9]), [1, 0])
      let joined = b.joined(axis: 0, b.relu(1), places, shape: [10, 2])
      return b.network(b.linear(relu(&b, joined, 3), 2))
    },
    LoweringTests.build("images of three sizes, joined and cut", [2, 6, 6]) { b in
      let parts = [(1, 36), (2, 9), (3, 4)].map { stride, count in
        let side = WindowSide(size: stride, stride: stride)
        return b.add(.reshape, b.relu(b.convolution(0, 4, side, side)), shape: [4, count])
      }
      let joined = b.joined(axis: 1, parts[0], parts[1], parts[2], shape: [4, 49])
      let (boxes, classes) = (b.sliced(joined, axis: 0, start: 0, count: 1), b.sliced(joined, axis: 0, start: 1, count: 3))
      let gates = b.apply(.function(.sigmoid, .x), classes)
      return b.network(b.joined(axis: 0, boxes, gates, shape: [4, 49]), b.add(.reshape, b.relu(joined), shape: [2, 98]))
    },
    LoweringTests.build("two forms that do not nest", [4, 6]) { b in
      let other = b.add(.reshape, relu(&b, 0, 6), shape: [3, 8])
      let third = b.add(.reshape, relu(&b, other, 8), shape: [2, 12])
      return b.network(b.linear(third, 2), b.linear(other, 3))
    },
    LoweringTests.build("features behind a flat image", [1, 4, 4], [3]) { b in
      let side = WindowSide(size: 3, before: 1, after: 1)
      let joined = b.joined(axis: 0, b.flattened(b.relu(b.convolution(0, 2, side, side))), b.relu(1), shape: [35])
      return b.network(b.linear(joined, 3))
    },
    LoweringTests.build("an image cut from features", [25]) { b in
      let side = WindowSide(size: 3, before: 1, after: 1)
      let image = b.add(.reshape, b.sliced(0, axis: 0, start: 5, count: 16), shape: [1, 4, 4])
      return b.network(b.linear(b.flattened(b.relu(b.convolution(image, 2, side, side))), 3), b.linear(b.sliced(0, axis: 0, start: 0, count: 5), 2))
    },
    LoweringTests.build("every other place of a split axis", [12]) { b in
      let hidden = relu(&b, 0, 12)
      let rows = relu(&b, b.add(.reshape, hidden, shape: [3, 4]), 2)
      return b.network(b.linear(b.sliced(hidden, axis: 0, start: 1, stride: 2, count: 5), 2), rows)
    },
    LoweringTests.build("windows over a split axis", [1, 12, 2]) { b in
      let hidden = b.relu(b.affine(0, [1, 12, 2], scale: (0..<24).map { Float($0) - 12 }, shift: nil))
      let signed = b.sum([1, -1], hidden, 0, shape: [1, 12, 2])
      let rows = relu(&b, b.add(.reshape, signed, shape: [3, 8]), 2)
      let largest = b.maximum(signed, WindowSide(size: 3, before: 1, after: 1), WindowSide())
      return b.network(b.linear(largest, 2), rows)
    },
    LoweringTests.build("windows over rows and columns of one element", [2, 1, 1]) { b in
      let side = WindowSide(size: 3, before: 2, after: 2)
      return b.network(b.linear(b.flattened(b.convolution(0, 2, side, side)), 2))
    },
    LoweringTests.build("an axis in three parts beside one in two", [24]) { b in
      let hidden = b.add(.reshape, relu(&b, 0, 24), shape: [2, 3, 4])
      let turned = b.add(.reshape, b.transposed(hidden, [2, 1, 0]), shape: [24])
      let other = b.add(.reshape, turned, shape: [3, 4, 2])
      return b.network(b.linear(b.transposed(other, [1, 2, 0]), 2), b.linear(hidden, 2))
    },
    LoweringTests.build("shares of places that are rows and columns", [2, 2, 3]) { b in
      let places = b.add(.reshape, b.transposed(0, [1, 0, 2]), shape: [4, 3])
      let (queries, keys, values) = (relu(&b, places, 3), relu(&b, places, 3), relu(&b, places, 2))
      let scores = b.matrixProduct(queries, b.transposed(keys, [1, 0]), shape: [4, 4])
      let shares = b.add(.softmax(Softmax(shape: [4, 4], axis: 1)), scores, shape: [4, 4])
      let image = b.transposed(b.add(.reshape, b.matrixProduct(shares, values, shape: [4, 2]), shape: [2, 2, 2]), [1, 0, 2])
      return b.network(b.linear(image, 2))
    },
    LoweringTests.build("shares of a split axis", [2, 12]) { b in
      let hidden = b.linear(0, 12)
      let shares = b.add(.softmax(Softmax(shape: [2, 12], axis: 1)), b.relu(hidden), shape: [2, 12])
      let rows = b.linear(b.add(.reshape, shares, shape: [2, 3, 4]), 2)
      return b.network(rows, b.linear(shares, 3))
    },
  ]

  private func expectAgreement(_ network: Network, _ name: String, bits: Int = 8) throws {
    let samples = network.samples(3)
    var options = QuantizationOptions()
    options.bits = bits
    let integers = try quantize(network, try Calibration(network, samples, source: "s"), options)
    let inputs = zip(integers.inputs, samples).map { $0.quantize($1) }
    let lowered = try lower(integers)
    let executor = CircuitExecutor(lowered.circuit, weights: lowered.weights)
    let computed = try executor.run(batch: 3, inputs: inputs.map(\.values), threads: 1)
    #expect(computed == integers.run(inputs).map(\.values), "\(name)")
  }

  @Test(arguments: networks.map(\.name))
  func circuitsComputeTheIntegers(name: String) throws {
    let network = try #require(Self.networks.first { $0.name == name }).network
    try expectAgreement(network, name)
    try expectAgreement(network.simplified(), "\(name), simplified")
  }

  /// Nothing is computed or committed twice.
  @Test func partsOfALayerAreLayers() throws {
    var b = NetworkBuilder([3, 5])
    let layer = b.linear(0, 12)
    let parts = (0..<3).map { b.sliced(layer, axis: 1, start: 4 * $0, count: 4) }
    let product = b.matrixProduct(parts[0], b.transposed(parts[1], [1, 0]), shape: [3, 3])
    let network = b.network(b.matrixProduct(product, parts[2], shape: [3, 4]))
    let simplified = network.simplified()
    let layers = simplified.nodes.filter { $0.operands == [0] }
    #expect(layers.map(\.name).sorted() == ["n0[0:4]", "n0[4:8]", "n0[8:12]"])
    #expect(simplified.parameterCount == network.parameterCount)
    let samples = network.samples(2)
    for (own, expected) in zip(simplified.run(samples), network.run(samples)) {
      #expect(zip(own.values, expected.values).allSatisfy { ($0 - $1).magnitude < 1e-9 })
    }
  }

  /// Parts that have elements in common, and rows of tokens, which all have the same weights.
  @Test(arguments: [(axis: 1, starts: [0, 3, 8]), (axis: 0, starts: [0, 1])])
  func otherPartsAreViews(axis: Int, starts: [Int]) throws {
    var b = NetworkBuilder([3, 5])
    let layer = b.linear(0, 12)
    let parts = starts.map { b.sliced(layer, axis: axis, start: $0, count: axis == 1 ? 4 : 1) }
    let network = b.network(b.product(parts[0], parts[1], shape: b.shape(parts[0])))
    let simplified = network.simplified()
    #expect(simplified.nodes.count { $0.operands == [0] } == 1)
    #expect(simplified.parameterCount == network.parameterCount)
  }

  /// Reshapes, transposes, slices and joins of random shapes, with layers between them.
  @Test func randomMovesHaveCircuits() throws {
    var random = RepeatableRandom(seed: 17)
    for number in 0..<150 {
      var b = NetworkBuilder([4, 6], [24])
      var values = [0, 1]
      for _ in 0..<Int.random(in: 3...7, using: &random) {
        guard let x = values.suffix(3).randomElement(using: &random), let made = move(&b, x, &random) else { continue }
        values.append(made)
      }
      let outputs = values.suffix(2).map { b.linear($0, 2) }
      try expectAgreement(b.network(outputs[0], outputs[1]).simplified(), "\(number)")
    }
  }

  private func move(_ b: inout NetworkBuilder, _ x: Int, _ random: inout RepeatableRandom) -> Int? {
    let shape = b.shape(x)
    let axis = Int.random(in: shape.indices, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      var (rest, sizes) = (shape.reduce(1, *), [Int]())
      while sizes.count < 2, rest > 1, let size = (1...rest).filter({ rest % $0 == 0 }).randomElement(using: &random) {
        sizes.append(size)
        rest /= size
      }
      return b.add(.reshape, x, shape: sizes + [rest])
    case 1: return b.transposed(x, shape.indices.shuffled(using: &random))
    case 2 where shape[axis] > 1:
      let count = Int.random(in: 1..<shape[axis], using: &random)
      return b.sliced(x, axis: axis, start: Int.random(in: 0...shape[axis] - count, using: &random), count: count)
    case 3 where shape.reduce(1, *) < 100:
      var joined = shape
      joined[axis] *= 2
      return b.joined(axis: axis, b.relu(x), x, shape: joined)
    case 4: return b.relu(b.linear(x, Int.random(in: 2...6, using: &random)))
    case _: return b.relu(x)
    }
  }
}
