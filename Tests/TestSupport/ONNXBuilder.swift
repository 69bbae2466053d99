/// Writes ONNX files: the bytes of the format itself, independent of the importer's reader.
package struct ONNXBuilder {
  /// A tensor of an ONNX file.
  package struct Tensor {
    let shape: [Int]
    let type: Int
    let raw: [UInt8]

    package static func floats(_ values: [Float], _ shape: [Int]) -> Tensor {
      Tensor(shape: shape, type: 1, raw: values.flatMap { littleEndian($0.bitPattern) })
    }

    package static func halves(_ values: [Float], _ shape: [Int]) -> Tensor {
      Tensor(shape: shape, type: 10, raw: values.flatMap { littleEndian(Float16($0).bitPattern) })
    }

    package static func doubles(_ values: [Double], _ shape: [Int]) -> Tensor {
      Tensor(shape: shape, type: 11, raw: values.flatMap { littleEndian($0.bitPattern) })
    }

    package static func integers(_ values: [Int], _ shape: [Int]? = nil) -> Tensor {
      Tensor(shape: shape ?? [values.count], type: 7, raw: values.flatMap { littleEndian(Int64($0)) })
    }

    /// Integers of 8 to 32 bits.
    package static func narrow<Word: FixedWidthInteger>(_ values: [Word], _ shape: [Int]) -> Tensor {
      let type = Word.isSigned ? [1: 3, 2: 5, 4: 6] : [1: 2, 2: 4, 4: 12]
      return Tensor(shape: shape, type: type[Word.bitWidth / 8] ?? 0, raw: values.flatMap(littleEndian))
    }

    fileprivate func bytes(name: String) -> [UInt8] {
      shape.flatMap { field(1, UInt64(bitPattern: Int64($0))) } + field(2, UInt64(type)) + field(8, name)
        + field(9, raw)
    }
  }

  package enum Attribute {
    case float(Float)
    case floats([Float])
    case integer(Int)
    case integers([Int])
    case text(String)
    case texts([String])
    case tensor(Tensor)
    /// The nodes, constants, inputs and outputs of a builder.
    case graph(ONNXBuilder)
  }

  fileprivate var graph: [UInt8] = []
  private var nodeCount = 0
  private let operatorSet: Int
  private let domains: [String: Int]

  /// - Parameter domains: Others than the default one, with their versions.
  package init(name: String = "graph", operatorSet: Int = 21, domains: [String: Int] = [:]) {
    (self.operatorSet, self.domains) = (operatorSet, domains)
    graph += field(2, name)
  }

  /// - Parameters:
  ///   - shape: Nil for a symbolic size.
  ///   - symbol: The name of axes without a size.
  package mutating func input(_ name: String, _ shape: [Int?], type: Int = 1, symbol: String = "batch") {
    graph += field(11, value(name, shape, type, symbol))
  }

  /// - Parameter shape: Nil to leave the shape out.
  package mutating func output(_ name: String, _ shape: [Int?]? = nil, type: Int = 1) {
    graph += field(12, shape.map { value(name, $0, type) } ?? field(1, name))
  }

  package mutating func initializer(_ name: String, _ tensor: Tensor) { graph += field(5, tensor.bytes(name: name)) }

  /// Adds a node and gives the name of its first output, made up when `outputs` is empty.
  @discardableResult
  package mutating func node(
    _ operation: String, _ inputs: [String], _ outputs: [String] = [],
    _ attributes: KeyValuePairs<String, Attribute> = [:],
    domain: String = ""
  ) -> String {
    node(operation, inputs, outputs, list: attributes.map { ($0.key, $0.value) }, domain: domain)
  }

  @discardableResult
  package mutating func node(
    _ operation: String, _ inputs: [String], _ outputs: [String] = [], list attributes: [(String, Attribute)],
    domain: String = ""
  ) -> String {
    nodeCount += 1
    let outputs = outputs.isEmpty ? ["\(operation)\(nodeCount)"] : outputs
    var bytes = inputs.flatMap { field(1, $0) } + outputs.flatMap { field(2, $0) }
    bytes += field(3, "\(operation.lowercased())\(nodeCount)") + field(4, operation) + field(7, domain)
    for (name, attribute) in attributes { bytes += field(5, field(1, name) + attribute.bytes) }
    graph += field(1, bytes)
    return outputs[0]
  }

  /// The file.
  package var bytes: [UInt8] {
    let sets = [("", operatorSet)] + domains.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return field(1, 8) + field(7, graph) + sets.flatMap { field(8, field(1, $0.0) + field(2, UInt64($0.1))) }
  }

  private func value(_ name: String, _ shape: [Int?], _ type: Int, _ symbol: String = "batch") -> [UInt8] {
    let dimensions = shape.flatMap { size in
      field(1, size.map { field(1, UInt64(bitPattern: Int64($0))) } ?? field(2, symbol))
    }
    return field(1, name) + field(2, field(1, field(1, UInt64(type)) + field(2, dimensions)))
  }
}

extension ONNXBuilder.Attribute {
  fileprivate var bytes: [UInt8] {
    switch self {
    case .float(let value): [2 << 3 | 5] + littleEndian(value.bitPattern) + field(20, 1)
    case .integer(let value): field(3, UInt64(bitPattern: Int64(value))) + field(20, 2)
    case .text(let value): field(4, value) + field(20, 3)
    case .tensor(let value): field(5, value.bytes(name: "")) + field(20, 4)
    case .graph(let body): field(6, body.graph) + field(20, 5)
    case .floats(let values): values.flatMap { [7 << 3 | 5] + littleEndian($0.bitPattern) } + field(20, 6)
    case .texts(let values): values.flatMap { field(9, $0) } + field(20, 8)
    case .integers(let values): values.flatMap { field(8, UInt64(bitPattern: Int64($0))) } + field(20, 7)
    }
  }
}

private func littleEndian<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
  (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
}

private func variable(_ value: UInt64) -> [UInt8] {
  var (value, bytes) = (value, [UInt8]())
  while value >= 0x80 {
    bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
    value >>= 7
  }
  return bytes + [UInt8(value)]
}

private func field(_ number: UInt64, _ value: UInt64) -> [UInt8] { variable(number << 3) + variable(value) }

private func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
  variable(number << 3 | 2) + variable(UInt64(bytes.count)) + bytes
}

private func field(_ number: UInt64, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
