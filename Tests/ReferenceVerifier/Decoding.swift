/// Reads little-endian values; every read is checked against the end.
struct ByteReader {
  let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ count: Int) throws(ReferenceRejection) -> [UInt8] {
    guard count >= 0, count <= bytes.count - position else { throw .malformedFile }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  mutating func u8() throws(ReferenceRejection) -> Int { Int(try take(1)[0]) }

  mutating func u16() throws(ReferenceRejection) -> Int { Int(word(try take(2)[...])) }

  mutating func u32() throws(ReferenceRejection) -> Int { Int(word(try take(4)[...])) }

  mutating func u64() throws(ReferenceRejection) -> UInt64 { word(try take(8)[...]) }

  mutating func i64() throws(ReferenceRejection) -> Int64 { Int64(bitPattern: try u64()) }

  /// A string of §1 that must be UTF-8 of at most 255 bytes (§3.3 rules 2 and 3).
  @discardableResult
  mutating func name() throws(ReferenceRejection) -> [UInt8] {
    let text = try take(try u16())
    guard text.count <= 255, String(validating: text, as: UTF8.self) != nil else { throw .malformedCircuit }
    return text
  }

  mutating func list<Element>(
    count: Int, atMost cap: Int,
    _ element: (inout ByteReader) throws(ReferenceRejection) -> Element
  ) throws(ReferenceRejection) -> [Element] {
    guard count <= cap else { throw .invalidCircuit(rule: 1) }
    var elements: [Element] = []
    for _ in 0..<count { elements.append(try element(&self)) }
    return elements
  }
}

extension CircuitDescription {
  /// Decodes §3.1, with the caps of §3.3 rule 1 on counts.
  package init(encoding: [UInt8]) throws(ReferenceRejection) {
    guard encoding.count <= 64 << 20 else { throw .invalidCircuit(rule: 1) }
    var reader = ByteReader(encoding)
    guard try reader.take(12) == Array("zkml.circuit".utf8), try reader.u16() == formatVersion else { throw .malformedCircuit }
    try reader.name()
    batchCap = try reader.u32()
    axes = try reader.list(count: try reader.u32(), atMost: 4096) { r throws(ReferenceRejection) in try r.u32() }
    let axes = axes
    columns = try reader.list(count: try reader.u32(), atMost: 65536) { r throws(ReferenceRejection) in
      try Column(&r, axes)
    }
    tables = try reader.list(count: try reader.u32(), atMost: 1024, Table.init)
    let columns = columns
    contractions = try reader.list(count: try reader.u32(), atMost: 65536) { r throws(ReferenceRejection) in
      try Contraction(&r, columns)
    }
    lookups = try reader.list(count: try reader.u32(), atMost: 65536, Lookup.init)
    thresholds = try reader.list(count: try reader.u32(), atMost: 65536, Threshold.init)
    inputs = try reader.list(count: try reader.u32(), atMost: 255) { r throws(ReferenceRejection) in
      var port = try Port(&r)
      switch try r.u8() {
      case 0: break
      case 1: port.isIndexPort = true
      default: throw .malformedCircuit
      }
      return port
    }
    outputs = try reader.list(count: try reader.u32(), atMost: 255) { r throws(ReferenceRejection) in
      var port = try Port(&r)
      switch try r.u8() {
      case 0: break
      case 1: port.source = try r.u32()
      default: throw .malformedCircuit
      }
      return port
    }
    guard reader.isAtEnd else { throw .malformedCircuit }
  }
}

extension Column {
  /// The values of a constant are as many as its axes have entries.
  init(_ reader: inout ByteReader, _ sizes: [Int]) throws(ReferenceRejection) {
    try reader.name()
    guard let kind = ColumnKind(rawValue: UInt8(try reader.u8())) else { throw .malformedCircuit }
    self.kind = kind
    axes = try reader.list(count: try reader.u8(), atMost: 8) { r throws(ReferenceRejection) in try r.u32() }
    lower = try reader.i64()
    upper = try reader.i64()
    scale = Double(bitPattern: try reader.u64())
    guard kind == .constant else { return }
    guard axes.allSatisfy({ $0 < sizes.count }) else { throw .invalidCircuit(rule: 3) }
    let count = axes.reduce(Integer(1)) { $0 * Integer(sizes[$1]) }
    values = try reader.list(count: try reader.u32(), atMost: 1 << 22) { r throws(ReferenceRejection) in try r.i64() }
    guard Integer(values.count) == count else { throw .invalidCircuit(rule: 1) }
  }
}

extension Table {
  /// With its caps of rule 1.
  init(_ reader: inout ByteReader) throws(ReferenceRejection) {
    try reader.name()
    lower = try reader.i64()
    bits = try reader.u8()
    guard bits <= 22, isSmall(lower), isSmall(lower + Int64(1 << bits - 1)) else { throw .invalidCircuit(rule: 1) }
    switch try reader.u8() {
    case 0: kind = .range
    case 1:
      let (low, high) = (try reader.i64(), try reader.i64())
      guard lower <= low, low <= high, high <= lower + Int64(1 << bits - 1) else { throw .invalidCircuit(rule: 1) }
      kind = .ramp(low: low, high: high)
    case 2: kind = .function(try FunctionEntries(&reader, rowCount: 1 << bits))
    default: throw .malformedCircuit
    }
  }
}

extension FunctionEntries {
  fileprivate init(_ reader: inout ByteReader, rowCount: Int) throws(ReferenceRejection) {
    width = try reader.u8()
    offset = try reader.u32()
    guard (1...2).contains(width) else { throw .invalidCircuit(rule: 1) }
    values = try reader.list(count: try reader.u32(), atMost: width << 16) { r throws(ReferenceRejection) in try r.i64() }
    guard !values.isEmpty, values.count % width == 0, offset + count <= rowCount, values.allSatisfy(isSmall) else {
      throw .invalidCircuit(rule: 1)
    }
  }
}

extension Contraction {
  init(_ reader: inout ByteReader, _ columns: [Column]) throws(ReferenceRejection) {
    output = try reader.u32()
    terms = try reader.list(count: try reader.u16(), atMost: 65535) { r throws(ReferenceRejection) in
      Term(
        coefficient: try r.i64(),
        operands: try r.list(count: try r.u8(), atMost: 3) { r throws(ReferenceRejection) in
          try Operand(&r, columns)
        })
    }
  }
}

extension Operand {
  init(_ reader: inout ByteReader, _ columns: [Column]) throws(ReferenceRejection) {
    column = try reader.u32()
    guard column < columns.count else { throw .invalidCircuit(rule: 3) }
    bindings = try reader.list(count: columns[column].axes.count, atMost: 8, Binding.init)
  }
}

extension Binding {
  init(_ reader: inout ByteReader) throws(ReferenceRejection) {
    switch try reader.u8() {
    case 0:
      loop = try reader.u32()
      slice = nil
    case 1:
      loop = try reader.u32()
      slice = Slice(start: Int(Int32(truncatingIfNeeded: try reader.u32())), stride: try reader.u32())
    default:
      throw .malformedCircuit
    }
  }
}

extension Form {
  init(_ reader: inout ByteReader) throws(ReferenceRejection) {
    shift = try reader.u8()
    constant = try reader.i64()
    entries = try reader.list(count: try reader.u16(), atMost: 65535) { r throws(ReferenceRejection) in
      FormEntry(column: try r.u32(), coefficient: try r.i64())
    }
  }
}

extension Threshold {
  init(_ reader: inout ByteReader) throws(ReferenceRejection) {
    digits = try reader.list(count: try reader.u8(), atMost: 255) { r throws(ReferenceRejection) in try r.u32() }
    exponent = try reader.u32()
    lookup = try reader.u32()
    sum = try reader.u32()
    sumBefore = try reader.u32()
  }
}

extension Lookup {
  init(_ reader: inout ByteReader) throws(ReferenceRejection) {
    table = try reader.u32()
    forms = try reader.list(count: try reader.u8(), atMost: 255, Form.init)
  }
}

extension Port {
  init(_ reader: inout ByteReader) throws(ReferenceRejection) {
    column = try reader.u32()
    name = try reader.name()
    dimensions = try reader.list(count: try reader.u8(), atMost: 255) { r throws(ReferenceRejection) in
      try r.u32()
    }
  }
}
