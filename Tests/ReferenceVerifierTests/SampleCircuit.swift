import ReferenceVerifier

/// Writes the encoding of §3.1.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func u8(_ value: UInt8) { bytes.append(value) }
  mutating func u16(_ value: UInt16) { bytes += littleEndian(value) }
  mutating func u32(_ value: Int) { bytes += littleEndian(UInt32(value)) }
  mutating func i64(_ value: Int64) { bytes += littleEndian(value) }

  mutating func string(_ text: String) {
    u16(UInt16(text.utf8.count))
    bytes += Array(text.utf8)
  }

  mutating func column(_ name: String, kind: UInt8, axes: [Int], _ lower: Int64, _ upper: Int64) {
    string(name)
    u8(kind)
    u8(UInt8(axes.count))
    for axis in axes { u32(axis) }
    i64(lower)
    i64(upper)
    bytes += littleEndian(Double(1).bitPattern)
  }

  enum OperandBinding {
    case loop(Int)
    case slice(Int, start: Int, stride: Int)
  }

  mutating func operand(_ column: Int, loops: [Int]) { operand(column, loops.map { .loop($0) }) }

  mutating func operand(_ column: Int, _ bindings: [OperandBinding]) {
    u32(column)
    for binding in bindings {
      switch binding {
      case .loop(let loop):
        u8(0)
        u32(loop)
      case .slice(let loop, let start, let stride):
        u8(1)
        u32(loop)
        u32(start)
        u32(stride)
      }
    }
  }

  mutating func form(shift: UInt8, constant: Int64 = 0, _ entries: [(column: Int, coefficient: Int64)]) {
    u8(shift)
    i64(constant)
    u16(UInt16(entries.count))
    for entry in entries {
      u32(entry.column)
      i64(entry.coefficient)
    }
  }

  mutating func port(_ column: Int, _ name: String, _ dimensions: [Int]) {
    u32(column)
    string(name)
    u8(UInt8(dimensions.count))
    for dimension in dimensions { u32(dimension) }
  }
}

extension ByteWriter {
  mutating func range(_ name: String, _ lower: Int64, bits: UInt8) {
    string(name)
    i64(lower)
    u8(bits)
    u8(0)
  }

  mutating func ramp(_ name: String, _ lower: Int64, bits: UInt8, _ low: Int64, _ high: Int64) {
    string(name)
    i64(lower)
    u8(bits)
    u8(1)
    i64(low)
    i64(high)
  }

  mutating func function(_ name: String, _ lower: Int64, bits: UInt8, width: UInt8 = 1, offset: Int = 0, _ values: [Int64]) {
    string(name)
    i64(lower)
    u8(bits)
    u8(2)
    u8(width)
    u32(offset)
    u32(values.count)
    for value in values { i64(value) }
  }

  mutating func constant(_ name: String, axes: [Int], _ lower: Int64, _ upper: Int64, _ values: [Int64]) {
    column(name, kind: 4, axes: axes, lower, upper)
    u32(values.count)
    for value in values { i64(value) }
  }

  /// An input port that is no index port.
  mutating func input(_ column: Int, _ name: String, _ dimensions: [Int]) {
    port(column, name, dimensions)
    u8(0)
  }

  /// An output port that is no class port.
  mutating func output(_ column: Int, _ name: String, _ dimensions: [Int]) {
    port(column, name, dimensions)
    u8(0)
  }
}

/// A dense layer of 3 inputs and 5 outputs with a bias, a shift by 8 and a ReLU, with single parts that tests change.
struct SampleCircuit {
  var outputAxisOfWeight = 2
  var limbLower: Int64 = -128
  var limbCoefficient: Int64 = -1
  var virtualBound: Int64 = 81920
  var loopOfInput = 1
  var outputPort = 5
  var inputPorts = [2]
  var weightUpper: Int64 = 127
  var name = "sample"
  var biasOperand = 1

  var encoding: [UInt8] {
    var w = ByteWriter()
    w.bytes = Array("zkml.circuit".utf8)
    w.u16(4)
    w.string(name)
    w.u32(16)
    w.u32(3)
    for size in [0, 3, 5] { w.u32(size) }
    w.u32(6)
    w.column("w", kind: 0, axes: [outputAxisOfWeight, 1], -128, weightUpper)
    w.column("b", kind: 0, axes: [2], -32768, 32767)
    w.column("x", kind: 2, axes: [0, 1], -128, 127)
    w.column("a", kind: 3, axes: [0, 2], -virtualBound, virtualBound)
    w.column("r", kind: 1, axes: [0, 2], -128, 127)
    w.column("y", kind: 1, axes: [0, 2], 0, 127)
    w.u32(2)
    w.range("bytes", limbLower, bits: 8)
    w.function("relu", -512, bits: 10, (0..<1024).map { min(127, max(0, $0 - 512)) })
    w.u32(1)
    w.u32(3)
    w.u16(2)
    w.i64(1)
    w.u8(2)
    w.operand(0, loops: [2, 1])
    w.operand(2, loops: [0, loopOfInput])
    w.i64(1)
    w.u8(1)
    w.operand(biasOperand, loops: [2])
    w.u32(2)
    w.u32(0)
    w.u8(1)
    w.form(shift: 0, [(4, 1)])
    w.u32(1)
    w.u8(2)
    w.form(shift: 8, [(3, 1), (4, limbCoefficient)])
    w.form(shift: 0, [(5, 1)])
    w.u32(0)
    w.u32(inputPorts.count)
    for port in inputPorts { w.input(port, "x", [3]) }
    w.u32(1)
    w.output(outputPort, "y", [5])
    return w.bytes
  }

  func validate() throws(ReferenceRejection) { try CircuitDescription(encoding: encoding).checkValidity() }
}
