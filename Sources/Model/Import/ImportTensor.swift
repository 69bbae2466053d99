import FoundationEssentials
import SwiftProtobuf

/// A tensor known when the model is imported.
struct Constant {
  enum Elements {
    case floats([Float])
    case integers([Int])
  }

  /// What samples have of their own in a tensor that was computed from the size of a symbolic batch.
  struct Batch {
    var place: BatchPlace
    /// By element, by how much it grows from one sample to the next; nil when that is not so simple.
    var steps: [Int]?

    var isUniform: Bool { steps?.allSatisfy { $0 == 0 } ?? false }
  }

  /// Of the first sample.
  let elements: Elements
  /// For a batch of one sample.
  let shape: [Int]
  let type: ElementType
  /// Nil when it is the same for each sample.
  let batch: Batch?

  init(_ elements: Elements, shape: [Int], type: ElementType, batch: Batch? = nil) {
    self.elements = elements
    self.shape = shape
    self.type = type
    self.batch = batch
  }

  static func floats(_ values: [Float], shape: [Int]) -> Constant {
    Constant(.floats(values), shape: shape, type: .float)
  }

  static func integers(_ values: [Int], shape: [Int]) -> Constant {
    Constant(.integers(values), shape: shape, type: .int64)
  }

  var count: Int {
    switch elements {
    case .floats(let values): values.count
    case .integers(let values): values.count
    }
  }

  var floats: [Float]? {
    guard case .floats(let values) = elements else { return nil }
    return values
  }

  var integers: [Int]? {
    guard case .integers(let values) = elements else { return nil }
    return values
  }

  /// The elements as floats, whatever their type; nil when one is the size of a symbolic batch axis.
  var numbers: [Float]? {
    switch elements {
    case .floats(let values): values
    case .integers(let values): hasBatchSize ? nil : values.map(Float.init)
    }
  }

  /// Whether an element is the size of a symbolic batch, or follows from the number of a sample.
  var hasBatchSize: Bool { integers?.contains { batchMultiple($0) != nil } ?? false || !(batch?.isUniform ?? true) }

  /// The only element, or the one that all elements equal; nil when there is no such.
  var uniform: Float? {
    guard let floats, let first = floats.first, floats.allSatisfy({ $0 == first }) else { return nil }
    return first
  }
}

enum ElementType: Int32 {
  case float = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case bool = 9
  case float16 = 10
  case double = 11
  case uint32 = 12
  case uint64 = 13
  case bfloat16 = 16

  var isFloat: Bool { range == nil }

  /// The integers of the type; nil for a type of floats.
  var range: ClosedRange<Int64>? {
    switch self {
    case .uint8: 0...255
    case .int8: -128...127
    case .uint16: 0...65535
    case .int16: -32768...32767
    case .int32: -1 << 31...1 << 31 - 1
    case .int64: .min ... .max
    case .uint32: 0...1 << 32 - 1
    case .uint64: 0 ... .max
    case .bool: 0...1
    case .float, .float16, .double, .bfloat16: nil
    }
  }

  /// The number of the type that is nearest to one of Float32, of two the even one.
  func rounded(_ value: Float) -> Float {
    switch self {
    case .float16: return Float(Float16(value))
    case .bfloat16:
      guard value.isFinite else { return value }
      let bits = value.bitPattern
      return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
    case .float, .double, .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64, .bool: return value
    }
  }

  var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .float, .uint32, .int32: 4
    case .uint64, .int64, .double: 8
    }
  }
}

extension Constant {
  /// A tensor with its data, in `raw_data` or in the field of its type. All floats become Float32.
  init(_ tensor: ONNXTensor) throws(NodeProblem) {
    let name = "the tensor '\(tensor.name.oneLine)'"
    if tensor.isExternal { throw .unsupported("\(name) keeps its data in another file, which is not known") }
    if tensor.hasSegment { throw .unsupported("\(name) is stored in segments") }
    guard let type = ElementType(rawValue: tensor.dataType), type != .uint32, type != .uint64 else {
      throw .unsupported("\(name) has element type \(elementTypeName(tensor.dataType)), which is not read")
    }
    let shape = tensor.dims.map(Int.init)
    guard let count = elementCount(shape) else {
      throw .malformed("\(name) has shape \(tensor.dims.prefix(8)), which is negative or too large")
    }
    let fields = [
      tensor.rawData.count, tensor.floatData.count, tensor.int32Data.count, tensor.int64Data.count,
      tensor.doubleData.count,
    ]
    guard fields.count(where: { $0 > 0 }) <= 1 else { throw .malformed("\(name) stores its data twice") }
    self.init(tensor.elements(type), shape: shape, type: type)
    guard tensor.rawData.isEmpty || tensor.rawData.count == count * type.byteCount else {
      let bytes = "\(tensor.rawData.count) bytes, not \(count * type.byteCount)"
      throw .malformed("\(name) of shape \(shape) holds \(bytes)")
    }
    guard self.count == count else { throw .malformed("\(name) of shape \(shape) holds \(self.count) elements") }
    if let integers, let range = type.range, !integers.allSatisfy({ range.contains(Int64($0)) }) {
      throw .malformed("\(name) holds an integer outside its element type")
    }
  }
}

extension ONNXTensor {
  var isExternal: Bool { dataLocation == .external || !externalData.isEmpty }

  /// Reads what it keeps in another file, which is in the model's folder or below.
  ///
  /// - Parameter limit: How many bytes may still be read; lowered by those that are.
  /// - Throws: `.unusableFile` for that file, `.unusableModel` for what the tensor says about it.
  mutating func loadExternalData(folder: String, model: String, limit: inout Int) throws(ModelError) {
    guard isExternal else { return }
    let fields = Dictionary(externalData.map { ($0.key, $0.value) }) { first, _ in first }
    let location = fields["location"] ?? ""
    let offset = fields["offset"].map { Int($0) } ?? 0
    let size = ElementType(rawValue: dataType).flatMap { type in
      elementCount(dims.map(Int.init)).map { $0 * type.byteCount }
    }
    let isBelow = !location.isEmpty && !location.hasPrefix("/") && !location.contains("\0")
      && !location.split(separator: "/").contains("..")
    guard isBelow, let offset, let size, fields["length"].map({ Int($0) == size }) ?? true else {
      throw .unusableModel(
        file: model, node: nil,
        reason: "the tensor '\(name.oneLine)' keeps its data at '\(location.oneLine)', which is not in the model's folder, or not of its size")
    }
    rawData = Data(try readFile(folder + location, from: offset, count: size, limit: limit))
    limit -= size
    externalData = []
    dataLocation = .default
  }

  fileprivate func elements(_ type: ElementType) -> Constant.Elements {
    if !rawData.isEmpty {
      return type.floats(rawData).map { .floats($0) } ?? .integers(type.integers(rawData) { $0 } ?? [])
    }
    return switch type {
    case .float: .floats(floatData)
    case .double: .floats(doubleData.map { Float($0) })
    case .float16: .floats(int32Data.map { Float(Float16(bitPattern: UInt16(truncatingIfNeeded: $0))) })
    case .bfloat16: .floats(int32Data.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16) })
    case .int64: .integers(int64Data.map(Int.init))
    case .uint32, .uint64: .integers([])
    case .uint8, .int8, .uint16, .int16, .int32, .bool: .integers(int32Data.map(Int.init))
    }
  }
}

extension ElementType {
  /// The elements that little-endian bytes hold, without bytes beyond the last whole one; nil for a type of integers.
  func floats<Number: BinaryFloatingPoint>(_ bytes: some ContiguousBytes) -> [Number]? {
    switch self {
    case .float: elements(bytes) { (word: UInt32) in Number(Float(bitPattern: word)) }
    case .double: elements(bytes) { (word: UInt64) in Number(Double(bitPattern: word)) }
    case .float16: elements(bytes) { (word: UInt16) in Number(Float16(bitPattern: word)) }
    case .bfloat16: elements(bytes) { (word: UInt16) in Number(Float(bitPattern: UInt32(word) << 16)) }
    case .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64, .bool: nil
    }
  }

  /// The elements that little-endian bytes hold, without bytes beyond the last whole one; nil for a type of floats.
  func integers<Number>(_ bytes: some ContiguousBytes, as number: (Int) -> Number) -> [Number]? {
    switch self {
    case .uint8, .bool: elements(bytes) { (word: UInt8) in number(Int(word)) }
    case .int8: elements(bytes) { (word: Int8) in number(Int(word)) }
    case .uint16: elements(bytes) { (word: UInt16) in number(Int(word)) }
    case .int16: elements(bytes) { (word: Int16) in number(Int(word)) }
    case .int32: elements(bytes) { (word: Int32) in number(Int(word)) }
    case .int64: elements(bytes) { (word: Int64) in number(Int(word)) }
    case .uint32: elements(bytes) { (word: UInt32) in number(Int(word)) }
    // One beyond those of Int is outside the type's range.
    case .uint64: elements(bytes) { (word: UInt64) in number(Int(exactly: word) ?? -1) }
    case .float, .double, .float16, .bfloat16: nil
    }
  }
}

private func elements<Word: FixedWidthInteger, Element>(
  _ bytes: some ContiguousBytes, _ element: (Word) -> Element
) -> [Element] {
  let size = MemoryLayout<Word>.size
  return bytes.withUnsafeBytes { bytes in
    (0..<bytes.count / size).map {
      element(Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * size, as: Word.self)))
    }
  }
}

/// The name that the ONNX format gives to an element type.
func elementTypeName(_ code: Int32) -> String {
  let names = [
    "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE",
    "UINT32", "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16",
  ]
  return code >= 0 && code < names.count ? names[Int(code)] : "\(code)"
}
