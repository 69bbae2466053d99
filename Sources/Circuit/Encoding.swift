extension ArithmeticCircuit {
  package static let magic = Array("zkml.circuit".utf8)
  package static let version: UInt16 = 1
  package static let encodedByteCap = 64 << 20

  /// The canonical bytes. docs/protocol.md §3.1.
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.append(Self.magic)
    writer.append(Self.version)
    writer.append(string: name)
    writer.append(UInt32(batchCap))
    writer.appendList(axes) { $0.append(UInt32($1)) }
    writer.appendList(columns) { writer, column in
      writer.append(string: column.name)
      writer.append(column.kind.rawValue)
      writer.append(UInt8(column.axes.count))
      for axis in column.axes { writer.append(UInt32(axis)) }
      writer.append(column.lower)
      writer.append(column.upper)
      writer.append(column.scale.bitPattern)
    }
    writer.appendList(tables) { $0.append($1) }
    writer.appendList(contractions) { writer, contraction in
      writer.append(UInt32(contraction.output))
      writer.append(UInt16(contraction.terms.count))
      for term in contraction.terms { writer.append(term) }
    }
    writer.appendList(lookups) { writer, lookup in
      writer.append(UInt32(lookup.table))
      writer.append(UInt8(lookup.forms.count))
      for form in lookup.forms { writer.append(form) }
    }
    writer.appendList(inputs) { $0.append($1) }
    writer.appendList(outputs) { writer, port in
      writer.append(port)
      writer.append(UInt8(port.classesOf == nil ? 0 : 1))
      if let source = port.classesOf { writer.append(UInt32(source)) }
    }
    return writer.bytes
  }

  /// Decodes the bytes' form; `validate()` checks their meaning.
  package init(encoded bytes: ArraySlice<UInt8>) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    guard bytes.count <= Self.encodedByteCap else { throw reader.malformed() }
    guard Array(try reader.read(Self.magic.count)) == Self.magic else { throw reader.malformed() }
    guard try reader.u16() == Int(Self.version) else { throw reader.malformed() }
    self.init(name: try reader.string(), batchCap: try reader.u32(), axes: [])
    axes = try reader.list(minimumByteCount: 4) { reader throws(MalformedBytes) in try reader.u32() }
    columns = try reader.list(minimumByteCount: 28) { reader throws(MalformedBytes) in
      let name = try reader.string()
      guard let kind = ColumnKind(rawValue: UInt8(try reader.u8())) else { throw reader.malformed() }
      let axes = try reader.list(count: try reader.u8(), minimumByteCount: 4) {
        reader throws(MalformedBytes) in try reader.u32()
      }
      return Column(
        name: name, kind: kind, axes: axes, lower: try reader.i64(), upper: try reader.i64(),
        scale: Double(bitPattern: try reader.u64()))
    }
    tables = try reader.list(minimumByteCount: 12) { reader throws(MalformedBytes) in try reader.table() }
    contractions = try reader.list(minimumByteCount: 6) { [columns] reader throws(MalformedBytes) in
      Contraction(
        output: try reader.u32(),
        terms: try reader.list(count: try reader.u16(), minimumByteCount: 9) {
          reader throws(MalformedBytes) in try reader.term(columns)
        })
    }
    lookups = try reader.list(minimumByteCount: 5) { reader throws(MalformedBytes) in
      Lookup(
        table: try reader.u32(),
        forms: try reader.list(count: try reader.u8(), minimumByteCount: 11) {
          reader throws(MalformedBytes) in try reader.form()
        })
    }
    inputs = try reader.list(minimumByteCount: 7) { reader throws(MalformedBytes) in try reader.port() }
    outputs = try reader.list(minimumByteCount: 8) { reader throws(MalformedBytes) in
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

extension ByteWriter {
  fileprivate mutating func appendList<Element>(
    _ elements: [Element], _ append: (inout ByteWriter, Element) -> Void
  ) {
    self.append(UInt32(elements.count))
    for element in elements { append(&self, element) }
  }

  fileprivate mutating func append(_ table: Table) {
    append(string: table.name)
    switch table.content {
    case .range(let lower, let bits):
      append(UInt8(0))
      append(lower)
      append(UInt8(bits))
    case .function(let lower, let values):
      append(UInt8(1))
      append(lower)
      append(UInt32(values.count))
      for value in values { append(value) }
    }
  }

  fileprivate mutating func append(_ term: Term) {
    append(term.coefficient)
    append(UInt8(term.operands.count))
    for operand in term.operands {
      append(UInt32(operand.column))
      for binding in operand.bindings {
        append(UInt8(binding.slice == nil ? 0 : 1))
        append(UInt32(binding.loopAxis))
        if let slice = binding.slice {
          append(Int32(slice.start))
          append(UInt32(slice.stride))
        }
      }
    }
  }

  fileprivate mutating func append(_ form: AffineForm) {
    append(UInt8(form.shift))
    append(form.constant)
    append(UInt16(form.parts.count))
    for part in form.parts {
      append(UInt32(part.column))
      append(part.coefficient)
    }
  }

  fileprivate mutating func append(_ port: Port) {
    append(UInt32(port.column))
    append(string: port.name)
    append(UInt8(port.dimensions.count))
    for dimension in port.dimensions { append(UInt32(dimension)) }
  }
}

extension ByteReader {
  fileprivate mutating func table() throws(MalformedBytes) -> Table {
    let name = try string()
    switch try u8() {
    case 0: return Table(name: name, content: .range(lower: try i64(), bits: try u8()))
    case 1:
      let lower = try i64()
      let values = try list(minimumByteCount: 8) { reader throws(MalformedBytes) in try reader.i64() }
      return Table(name: name, content: .function(lower: lower, values: values))
    case _: throw malformed()
    }
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
