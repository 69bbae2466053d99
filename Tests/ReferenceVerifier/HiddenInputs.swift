extension CircuitDescription {
  /// The circuit of a statement with these visibility bytes (§5).
  func stated(_ visibility: [UInt8], isHiding: Bool) throws(ReferenceRejection) -> CircuitDescription {
    guard visibility.count == inputs.count, visibility.allSatisfy({ $0 == 0 || $0 <= 2 && isHiding }) else {
      throw .malformedStatement
    }
    var circuit = withClassRelations
    circuit.inputs = zip(inputs, visibility).filter { $1 == 0 }.map(\.0)
    for (port, byte) in zip(inputs, visibility) where byte > 0 {
      let (lower, upper) = (columns[port.column].lower, columns[port.column].upper)
      let (span, overflow) = upper.subtractingReportingOverflow(lower)
      guard !overflow, span < 65536 else { throw .malformedStatement }
      let bits = ceilLog(Int(span) + 1)
      circuit.columns[port.column].kind = .advice
      circuit.lookUp(.bare(port.column), from: lower, bits: bits)
      if Int(span) + 1 < 1 << bits {
        circuit.lookUp(.bare(port.column), from: upper - Int64(1 << bits) + 1, bits: bits)
      }
      if port.isIndexPort { circuit.lookUpOnes(port.column) }
    }
    return circuit
  }

  /// Each row of an index port's column has exactly one 1.
  private mutating func lookUpOnes(_ column: Int) {
    let columnAxes = columns[column].axes
    let sum = columns.count
    let operand = Operand(column: column, bindings: columnAxes.map { Binding(loop: $0) })
    columns.append(
      Column(
        kind: .virtual, axes: columnAxes.dropLast(), lower: 0, upper: Int64(columnAxes.last.map { axes[$0] } ?? 0), scale: 1))
    contractions.append(Contraction(output: sum, terms: [Term(coefficient: 1, operands: [operand])]))
    lookUp(.bare(sum), from: 1, bits: 0)
  }

  /// The commitments that a statement refers to, with the inputs of this circuit that they hold (§5).
  func committedInputs(_ statement: Statement) throws(ReferenceRejection) -> [PriorCommitment] {
    var commitments: [PriorCommitment] = []
    let ports = zip(inputs, statement.visibility).filter { $1 == 2 }.map(\.0)
    for (port, stated) in zip(ports, statement.commitments) {
      guard (1...65536).contains(stated.proofs) else { throw .malformedStatement }
      let column = columns[port.column]
      let sizes = column.axes.map { self.sizes(batch: statement.batch)[$0] }
      let code = try modelParameters([ColumnShape(sizes: sizes)], proofs: stated.proofs)
      let digest = hash(
        "input",
        littleEndian(formatVersion) + littleEndian(UInt32(stated.proofs)) + code.encoded
          + littleEndian(UInt64(bitPattern: column.lower)) + littleEndian(UInt64(bitPattern: column.upper))
          + littleEndian(column.scale.bitPattern) + [UInt8(sizes.count)]
          + sizes.flatMap { littleEndian(UInt32($0)) } + stated.root)
      commitments.append(PriorCommitment(columns: [port.column], code: code, root: stated.root, digest: digest))
    }
    return commitments
  }
}
