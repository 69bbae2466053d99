extension ArithmeticCircuit {
  package static let magic = Array("zkml.circuit".utf8)
  package static let version: UInt16 = 4
  package static let encodedByteCap = 64 << 20

  /// Decodes the bytes' form; `validate()` checks their meaning.
  package init(encoded bytes: ArraySlice<UInt8>) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    guard bytes.count <= Self.encodedByteCap else { throw reader.malformed() }
    guard Array(try reader.read(Self.magic.count)) == Self.magic else { throw reader.malformed() }
    guard try reader.u16() == Int(Self.version) else { throw reader.malformed() }
    self.init(name: try reader.string(), batchCap: try reader.u32(), axes: [])
    axes = try reader.list(atMost: Self.axisCap, minimumByteCount: 4) { reader throws(MalformedBytes) in try reader.u32() }
    columns = try reader.list(atMost: Self.listCap, minimumByteCount: 28) { reader throws(MalformedBytes) in
      let name = try reader.string()
      guard let kind = ColumnKind(rawValue: UInt8(try reader.u8())) else { throw reader.malformed() }
      let axes = try reader.list(count: try reader.u8(), minimumByteCount: 4) {
        reader throws(MalformedBytes) in try reader.u32()
      }
      var column = Column(
        name: name, kind: kind, axes: axes, lower: try reader.i64(), upper: try reader.i64(),
        scale: Double(bitPattern: try reader.u64()))
      if kind == .constant { column.values = try reader.integers(atMost: Self.constantCap) }
      return column
    }
    tables = try reader.list(atMost: Self.tableCap, minimumByteCount: 12) { reader throws(MalformedBytes) in try reader.table() }
    var termCount = 0
    contractions = try reader.list(atMost: Self.listCap, minimumByteCount: 6) { [columns] reader throws(MalformedBytes) in
      let (output, count) = (try reader.u32(), try reader.u16())
      termCount += count
      guard termCount <= Self.maximumTermCount else { throw reader.malformed() }
      return Contraction(
        output: output,
        terms: try reader.list(count: count, minimumByteCount: 9) { reader throws(MalformedBytes) in try reader.term(columns) })
    }
    lookups = try reader.list(atMost: Self.listCap, minimumByteCount: 5) { reader throws(MalformedBytes) in
      Lookup(
        table: try reader.u32(),
        forms: try reader.list(count: try reader.u8(), minimumByteCount: 11) {
          reader throws(MalformedBytes) in try reader.form()
        })
    }
    thresholds = try reader.list(atMost: Self.listCap, minimumByteCount: 17) { reader throws(MalformedBytes) in
      let digits = try reader.list(count: try reader.u8(), minimumByteCount: 4) { reader throws(MalformedBytes) in try reader.u32() }
      return Threshold(
        digits: digits, exponent: try reader.u32(), lookup: try reader.u32(), sum: try reader.u32(), sumBefore: try reader.u32())
    }
    inputs = try reader.list(atMost: Self.portCap, minimumByteCount: 8) { reader throws(MalformedBytes) in
      var port = try reader.port()
      switch try reader.u8() {
      case 0: break
      case 1: port.isIndex = true
      case _: throw reader.malformed()
      }
      return port
    }
    outputs = try reader.list(atMost: Self.portCap, minimumByteCount: 8) { reader throws(MalformedBytes) in
      var port = try reader.port()
      switch try reader.u8() {
      case 0: break
      case 1: port.classesOf = try reader.u32()
      case _: throw reader.malformed()
      }
      return port
    }
    try reader.finish()
  }
}

extension ByteReader {
  fileprivate mutating func table() throws(MalformedBytes) -> Table {
    let (name, lower, bits) = (try string(), try i64(), try u8())
    let content: TableContent
    switch try u8() {
    case 0: content = .range(lower: lower, bits: bits)
    case 1: content = .ramp(lower: lower, bits: bits, low: try i64(), high: try i64())
    case 2: content = .function(lower: lower, bits: bits, width: try u8(), offset: try u32(), values: try integers(atMost: 2 << 16))
    case _: throw malformed()
    }
    return Table(name: name, content: content)
  }

  fileprivate mutating func integers(atMost cap: Int) throws(MalformedBytes) -> [Int64] {
    try list(atMost: cap, minimumByteCount: 8) { reader throws(MalformedBytes) in try reader.i64() }
  }

  fileprivate mutating func term(_ columns: [Column]) throws(MalformedBytes) -> Term {
    Term(
      coefficient: try i64(),
      operands: try list(count: try u8(), minimumByteCount: 4) { reader throws(MalformedBytes) in
        let column = try reader.u32()
        guard column < columns.count else { throw reader.malformed() }
        return Operand(
          column: column,
          bindings: try reader.list(count: columns[column].axes.count, minimumByteCount: 5) {
            reader throws(MalformedBytes) in try reader.binding()
          })
      })
  }

  private mutating func binding() throws(MalformedBytes) -> Binding {
    switch try u8() {
    case 0: return Binding(try u32())
    case 1:
      let loopAxis = try u32()
      return Binding(loopAxis, slice: .init(start: try i32(), stride: try u32()))
    case _: throw malformed()
    }
  }

  fileprivate mutating func form() throws(MalformedBytes) -> AffineForm {
    AffineForm(
      shift: try u8(), constant: try i64(),
      parts: try list(count: try u16(), minimumByteCount: 12) { reader throws(MalformedBytes) in
        AffineForm.Part(column: try reader.u32(), coefficient: try reader.i64())
      })
  }

  fileprivate mutating func port() throws(MalformedBytes) -> Port {
    Port(
      column: try u32(), name: try string(),
      dimensions: try list(count: try u8(), minimumByteCount: 4) { reader throws(MalformedBytes) in
        try reader.u32()
      })
  }
}
