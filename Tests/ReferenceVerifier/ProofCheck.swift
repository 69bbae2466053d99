/// What a proof is about (§5 step 0).
enum Purpose: UInt8 {
  case inference = 1
  case weightRange = 2
  case equalWeights = 3
}

struct Statement {
  var batch: Int
  var visibility: [UInt8]
  /// Of each committed input.
  var commitments: [(proofs: Int, root: [UInt8])] = []
  var encodedInputs: [UInt8]
  var encodedOutputs: [UInt8]
  var context: [UInt8]
}

/// A commitment that was made before the proof.
struct PriorCommitment {
  var columns: [Int]
  var code: CodeParameters
  var root: [UInt8]
  /// What the transcript absorbs (§5 step 0); nil for the weights of the key.
  var digest: [UInt8]?
}

struct Commitment {
  var columns: [CommittedColumn]
  var code: CodeParameters
  var layout: Layout
  var root: [UInt8]

  /// m + κ.
  var variableCount: Int { code.rowBits + layout.foldBits }
}

/// The state of one verification in the order of §5.
struct ProofCheck {
  let circuit: CircuitDescription
  let sizes: [Int]
  let bits: [Int]
  var transcript: Transcript
  var ledger = SoundnessLedger()
  var commitments: [Commitment] = []
  /// n_Y, 0 in a transparent proof.
  var padRowCount = 0
  var claims: [Claim] = []
  var virtualClaims: [VirtualClaim] = []
  /// Of public and constant columns.
  var knownValues: [Int: [Extension]] = [:]
  /// The columns of each commitment, that of the witness too, also before its root is received.
  var holdings: [[CommittedColumn]] = []

  let isHiding: Bool

  private init(_ circuit: CircuitDescription, batch: Int, isHiding: Bool, proof: [UInt8]) {
    self.circuit = circuit
    self.isHiding = isHiding
    sizes = circuit.sizes(batch: batch)
    bits = sizes.map(ceilLog)
    transcript = Transcript(proof)
    transcript.isPadded = isHiding
    for column in circuit.columnIndices(.constant) {
      knownValues[column] = circuit.columns[column].values.map { Extension(Residue.of($0)) }
    }
  }

  /// Checks one proof (§5).
  ///
  /// - Parameter work: W of the proofs before; this one's is added.
  static func run(
    _ circuit: CircuitDescription, purpose: Purpose, isHiding: Bool, keyCore: [UInt8], prior: [PriorCommitment],
    statement: Statement, proof: [UInt8], work: inout Int
  ) throws(ReferenceRejection) -> (soundness: SoundnessLedger, transcript: Transcript) {
    var check = ProofCheck(circuit, batch: statement.batch, isHiding: isHiding, proof: proof)
    let outputs = purpose == .equalWeights ? check.zeroOutputs : try check.readStatement(statement)
    check.absorb(statement, prior, purpose: purpose, keyCore: keyCore)
    check.transcript.mark("0")
    try check.receiveCommitments(prior, outputs)
    check.transcript.mark("1")
    work += check.work()
    guard work <= workLimit else { throw .work }
    try check.checkRelations(outputs)
    check.claimPadding()
    check.transcript.mark("4")
    let merged = try check.merge()
    check.transcript.mark("5")
    let claim = isHiding ? try check.discharge(merged) : OpeningClaim(merged)
    check.transcript.mark("6")
    try check.open(claim)
    try check.transcript.finish()
    check.transcript.mark("8")
    try check.ledger.check()
    return (check.ledger, check.transcript)
  }

  /// Steps 2 and 3 of §5.
  private mutating func checkRelations(_ outputs: [[Extension]]) throws(ReferenceRejection) {
    if !circuit.lookups.isEmpty { try checkLookups() }
    transcript.mark("2")
    claimOutputs(outputs)
    try checkContractions()
    transcript.mark("3")
  }

  /// What steps 2 and 3 of a hiding proof leave behind; its counts do not depend on what is received.
  private func rehearse(_ outputs: [[Extension]]) throws(ReferenceRejection) -> Obligations {
    var rehearsal = self
    rehearsal.transcript = .rehearsal
    try rehearsal.checkRelations(outputs)
    return rehearsal.transcript.obligations
  }

  func sizes(ofColumn column: Int) -> [Int] { circuit.columns[column].axes.map { sizes[$0] } }

  func bits(ofColumn column: Int) -> [Int] { circuit.columns[column].axes.map { bits[$0] } }

  private mutating func absorb(_ statement: Statement, _ prior: [PriorCommitment], purpose: Purpose, keyCore: [UInt8]) {
    transcript.observe("protocol", Array("zkml 4".utf8))
    transcript.observe("purpose", [purpose.rawValue])
    transcript.observe("mode", [isHiding ? 1 : 0])
    transcript.observe("key", keyCore)
    transcript.observe("batch", littleEndian(UInt32(statement.batch)))
    transcript.observe("visibility", statement.visibility)
    transcript.observe("commitments", prior.flatMap { $0.digest ?? [] })
    transcript.observe("input", statement.encodedInputs)
    transcript.observe("output", statement.encodedOutputs)
    transcript.observe("context", statement.context)
  }

  /// Reads the inputs and the indices, which ascend in each row of a class port (§5.1), into `knownValues`; returns the outputs, one list for each port.
  private mutating func readStatement(_ statement: Statement) throws(ReferenceRejection) -> [[Extension]] {
    guard statement.context.count <= 65535 else { throw .malformedStatement }
    let inputs = try decode(statement.encodedInputs, circuit.inputs)
    for (port, values) in zip(circuit.inputs, inputs) {
      knownValues[port.column] = port.isIndexPort ? entries(port, values, ==) : values.map { Extension($0) }
    }
    let outputs = try decode(statement.encodedOutputs, circuit.outputs)
    for (index, port) in circuit.outputs.enumerated() where port.source == nil {
      let first = circuit.outputs.firstIndex { $0.column == port.column }
      guard first.map({ outputs[$0] }) == outputs[index] else { throw .malformedStatement }
    }
    for (port, indices) in zip(circuit.outputs, outputs) where port.source != nil {
      let k = sizes(ofColumn: port.column).suffix(2).first ?? 1
      for position in indices.indices where position % k > 0 {
        guard indices[position - 1] < indices[position] else { throw .malformedStatement }
      }
      knownValues[port.column] = entries(port, indices, ==)
      if let below = port.below { knownValues[below] = entries(port, indices, <) }
    }
    return outputs.map { $0.map { Extension($0) } }
  }

  /// For each index of a port as many entries as its column's last axis has, 1 where j stands in the relation to the index.
  private func entries(_ port: Port, _ indices: [UInt64], _ isOne: (UInt64, UInt64) -> Bool) -> [Extension] {
    let size = UInt64(sizes(ofColumn: port.column).last ?? 1)
    return indices.flatMap { index in (0..<size).map { isOne($0, index) ? .one : .zero } }
  }

  /// Of an equal weights proof (§10).
  private var zeroOutputs: [[Extension]] {
    circuit.outputs.map { [Extension](repeating: .zero, count: sizes(ofColumn: $0.column).reduce(1, *)) }
  }

  /// Decodes an integer list (§5), as residues.
  private func decode(_ bytes: [UInt8], _ ports: [Port]) throws(ReferenceRejection) -> [[UInt64]] {
    var position = 0
    var lists: [[UInt64]] = []
    for port in ports {
      let column = circuit.columns[port.column]
      let sizes = sizes(ofColumn: port.column)
      let span = port.showsIndices ? UInt64((sizes.last ?? 1) - 1) : UInt64(bitPattern: column.upper &- column.lower)
      let width = max(1, ceilDivide(64 - span.leadingZeroBitCount, 8))
      let count = (port.showsIndices ? sizes.dropLast() : sizes[...]).reduce(1, *)
      guard count <= (bytes.count - position) / width else { throw .malformedStatement }
      var values: [UInt64] = []
      values.reserveCapacity(count)
      for _ in 0..<count {
        let digits = word(bytes[position..<position + width])
        guard digits <= span else { throw .malformedStatement }
        values.append(port.showsIndices ? digits : Residue.add(Residue.of(column.lower), digits))
        position += width
      }
      lists.append(values)
    }
    guard position == bytes.count else { throw .malformedStatement }
    return lists
  }

  /// The commitments in order: those made before, the witness (§5 step 1).
  private mutating func receiveCommitments(
    _ prior: [PriorCommitment], _ outputs: [[Extension]]
  ) throws(ReferenceRejection) {
    for prior in prior {
      commitments.append(try commitment(prior.columns.map { .listed($0) }, code: prior.code, root: prior.root))
    }
    let elsewhere = prior.flatMap(\.columns)
    let columns =
      circuit.columnIndices(.advice).filter { !elsewhere.contains($0) }.map { CommittedColumn.listed($0) }
      + circuit.tables.indices.map { .multiplicity(table: $0) }
    holdings = commitments.map(\.columns) + (isHiding || !columns.isEmpty ? [columns] : [])
    if isHiding {
      let obligations = try rehearse(outputs)
      let priorVariables = commitments.map(\.variableCount).max() ?? 0
      let (code, padRowCount) = try hidingWitnessParameters(columns.map(shape), prior: prior.map(\.code)) {
        var all = obligations
        all.padCount += 2 * max($0, priorVariables)
        _ = all.close()
        return all.padCount
      }
      self.padRowCount = padRowCount
      let root = try transcript.receiveBytes("witness", 32)
      commitments.append(try commitment(columns, code: code, root: root))
    } else if !columns.isEmpty {
      let code = try witnessParameters(columns.map(shape), prior: prior.map(\.code))
      let root = try transcript.receiveBytes("witness", 32)
      commitments.append(try commitment(columns, code: code, root: root))
    }
  }

  /// A commitment; even one opened leaf of R symbols has to fit into the proof.
  private func commitment(
    _ columns: [CommittedColumn], code: CodeParameters, root: [UInt8]
  ) throws(ReferenceRejection) -> Commitment {
    let layout = Layout(columns.map(shape), rowBits: code.rowBits)
    guard transcript.holds(8, layout.rowCount) else { throw .truncatedProof }
    return Commitment(columns: columns, code: code, layout: layout, root: root)
  }

  private func shape(_ column: CommittedColumn) -> ColumnShape {
    switch column {
    case .listed(let index): ColumnShape(sizes: sizes(ofColumn: index))
    case .multiplicity(let table): ColumnShape(sizes: [circuit.tables[table].rowCount])
    }
  }

  /// Σ_x w(x)·column(x) over the true entries of a public or constant column.
  func knownValue(_ column: Int, _ weights: [AxisWeight]) -> Extension {
    contract(knownValues[column] ?? [], zip(weights, sizes(ofColumn: column)).map { $0.table($1) })
  }

  /// Appends a claim on a weight or an advice column.
  mutating func claim(_ column: Int, _ weights: [AxisWeight], _ value: Value) {
    claims.append(Claim(products: [WeightProduct(column: .listed(column), weights: weights)], value: value))
  }
}
