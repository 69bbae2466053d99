import Circuit
import Prover
import Verifier

/// What `inspect` shows: lines for people, members for --json.
struct FileDescription {
  var kind: String
  /// What its proofs hide, for a key or a proof.
  var mode: ProofMode?
  /// Whether the weights may be known, by the count.
  var isGivenUp = false
  var lines: [String] = []
  var members: [Member]

  static func + (left: FileDescription, right: FileDescription) -> FileDescription {
    FileDescription(
      kind: left.kind, mode: left.mode ?? right.mode, isGivenUp: left.isGivenUp || right.isGivenUp,
      lines: left.lines + right.lines, members: left.members + right.members)
  }

  static func += (left: inout FileDescription, right: FileDescription) { left = left + right }

  init(
    kind: String, mode: ProofMode? = nil, isGivenUp: Bool = false, lines: [String] = [], members: [Member] = []
  ) {
    self.kind = kind
    self.mode = mode
    self.isGivenUp = isGivenUp
    self.lines = lines
    self.members = members
  }
}

extension FileDescription {
  init(kind: String, _ circuit: ArithmeticCircuit) {
    self.init(kind: kind)
    let elements = { (kind: ColumnKind) in
      circuit.columns(of: kind).reduce(0) { $0 + circuit.shape(ofColumn: $1, batch: 1).reduce(1, *) }
    }
    let counts = [("weight", ColumnKind.weight), ("advice", .advice), ("virtual", .virtual), ("input", .public)].map {
      "\(circuit.columns(of: $0.1).count) \($0.0)"
    }
    let lookups = "\(circuit.lookups.count) lookups of \(grouped(circuit.lookedUpCount(batch: 1))) values"
    lines = [
      "name      \(circuit.name)", "circuit   \(circuit.digest.hexadecimal)",
      "batch     at most \(circuit.batchCap)",
      "columns   \(circuit.columns.count): \(counts.joined(separator: ", "))",
      "elements  \(grouped(elements(.weight))) weight, \(grouped(elements(.advice))) advice for a batch of one",
      "relations \(circuit.contractions.count) contractions, \(lookups)",
    ]
    for table in circuit.tables { lines.append("table     \(table.name): 2^\(table.bitCount) rows of \(table.arity)") }
    for (title, ports) in [("input ", circuit.inputs), ("output", circuit.outputs)] {
      lines += ports.map { port in
        let range = "0 to \(circuit.shownColumn(port).upper)"
        let steps = circuit.steps(of: port).max().map { " times 1 to \(Int($0)) by feature" } ?? ""
        let unit = port.isIndex ? "ids \(range)" : port.classesOf == nil ? "scale \(circuit.scale(of: port))\(steps)" : "classes \(range)"
        return "\(title)    \(port.name) (\(port.shapeText)), \(unit), public"
      }
    }
    func ports(_ ports: [Port]) -> JSON {
      .array(
        ports.map {
          [
            "name": .string($0.name), "shape": .array($0.dimensions.map { .integer($0) }), "scale": .number(circuit.scale(of: $0)),
            "steps": .array(circuit.steps(of: $0).map { .number($0) }),
            "visibility": .string("public"),
          ]
        })
    }
    members = [
      Member("name", .string(circuit.name)), Member("circuit_digest", .string(circuit.digest.hexadecimal)),
      Member("batch_cap", .integer(circuit.batchCap)), Member("columns", .integer(circuit.columns.count)),
      Member("weight_elements", .integer(elements(.weight))), Member("advice_elements", .integer(elements(.advice))),
      Member("contractions", .integer(circuit.contractions.count)),
      Member("lookups", .integer(circuit.lookedUpCount(batch: 1))),
      Member(
        "tables", .array(circuit.tables.map { ["name": .string($0.name), "rows": .integer(1 << $0.bitCount)] })),
      Member("inputs", ports(circuit.inputs)), Member("outputs", ports(circuit.outputs)),
    ]
  }

  init(_ core: WeightCommitment) {
    self.init(kind: "", mode: core.mode)
    let code = core.code
    lines = ["model     \(core.modelID.hexadecimal)", "key       \(core.digest.hexadecimal)"]
    if let code {
      let tail = code.isTailed ? ", tails of \(grouped(code.tailCount))" : ""
      lines.append(
        "weights   rows of 2^\(code.variableCount)\(tail), rate 1/\(1 << code.rateBits), root \(core.root.hexadecimal)")
    }
    lines.append("proofs    \(core.disclosure)")
    members = [
      Member("model", .string(core.modelID.hexadecimal)), Member("key", .string(core.digest.hexadecimal)),
      Member("root", .string(core.root.hexadecimal)),
      Member("row_variables", code.map { .integer($0.variableCount) } ?? .null),
      Member("rate_bits", code.map { .integer($0.rateBits) } ?? .null),
      Member("tail", code.map { .integer($0.tailCount) } ?? .null), Member("proofs", .integer(core.proofCount)),
    ]
  }

  init(_ ledger: PositionLedger) {
    self.init(kind: "")
    do throws(LedgerError) {
      let (count, section) = (try ledger.remainingProofCount(), try ledger.section())
      lines = ["left      at least \(proofs(count)), by \(ledger.path)"]
      members = [Member("proofs_left", .integer(count))]
      self += FileDescription(hidingGivenUp: section.isHidingGivenUp)
    } catch {
      lines = ["left      none: \(ledger.path): \(error.reason)"]
      members = [Member("proofs_left", .null)]
    }
  }

  /// - Parameter isGivenUp: Whether the weights may be known; nil where no count says.
  init(hidingGivenUp isGivenUp: Bool?) {
    let lines = isGivenUp == true ? ["hiding    given up: \(LedgerSection.givenUp)"] : []
    self.init(
      kind: "", isGivenUp: isGivenUp == true, lines: lines, members: [Member("hiding_forfeited", JSON(isGivenUp))])
  }

  /// The commitments of a key with the proofs about them.
  ///
  /// - Parameter sums: Of the key, as `weightBounds` has them.
  init(chainOf key: VerifyingKey, _ sums: [Soundness]) {
    self.init(kind: "")
    for (index, (link, soundness)) in zip(key.chain, sums).enumerated() {
      let proof = index == 0 ? "weight range" : "equal weights"
      lines.append("commitment \(index + 1) of \(sums.count): root \(link.core.root.hexadecimal), \(link.core.disclosure)")
      lines.append("\(proof) proof: \(grouped(link.proof.count)) bytes, soundness in bits")
      lines += soundness.lines
    }
    members = [
      Member(
        "chain",
        .array(
          key.chain.enumerated().map { index, link in
            [
              "key": .string(link.core.digest.hexadecimal), "root": .string(link.core.root.hexadecimal),
              "proofs": .integer(link.core.proofCount), "proof_bytes": .integer(link.proof.count),
              "soundness": index < sums.count ? sums[index].json : .null,
            ]
          }))
    ]
  }

  init(_ soundness: Soundness, _ mode: ProofMode, batch: Int) {
    self.init(kind: "")
    lines = ["\(mode.name) inference proof of a batch of \(batch): soundness in bits"] + soundness.lines
    members = [
      Member("soundness", soundness.json), Member("soundness_bits", .number(soundness.totalBits)),
      Member("work_bits", .integer(Code.grindingBits)),
    ]
  }

  /// The bounds on a verifier's work.
  ///
  /// - Parameter weights: For the proofs about weights of a key; nil where there is none.
  init(work: Int, weights: Int? = nil) {
    let subjects = ["\(grouped(work)) for a proof"] + (weights.map { ["\(grouped($0)) for those about weights"] } ?? [])
    self.init(kind: "")
    lines = ["work      at most \(subjects.joined(separator: ", ")), in products of a verifier; the cap is \(grouped(Plan.workCap)) each"]
    members = [
      Member("work", .integer(work)), Member("weights_work", weights.map { .integer($0) } ?? .null),
      Member("work_cap", .integer(Plan.workCap)),
    ]
  }

  init(_ soundness: RestingSoundness) {
    self.init(kind: "", lines: ["sound     \(soundness.line)"])
    members = [
      Member("weights_soundness_bits", JSON(soundness.weightBits)),
      Member("total_soundness_bits", .number(soundness.totalBits)),
    ]
  }

  init(statement: Statement, _ circuit: ArithmeticCircuit) {
    self.init(kind: "", lines: ["statement, not checked here:"])
    let inputs = statement.ports(circuit, .shown)
    lines += zip(inputs + circuit.outputs, statement.inputs + statement.outputs).flatMap { $0.lines($1, circuit) }
    members = [
      Member("input_values", inputs.json(statement.inputs, circuit, batch: statement.batch)),
      Member("output_values", circuit.outputs.json(statement.outputs, circuit, batch: statement.batch)),
    ]
  }
}

extension FileDescription {
  init(_ input: CommittedInput, path: String) {
    let (batch, sizes) = (input.batch, input.shape.dropFirst().map(String.init).joined(separator: "×"))
    let digest = input.stated.digest.hexadecimal
    self.init(kind: "committed input (private)")
    lines = [
      "digest    \(digest)", "input     \(input.column.name) (\(sizes)), scale \(input.column.scale), a batch of \(batch)",
      "proofs    hides the input in \(proofs(input.stated.proofCount))",
    ]
    members = [
      Member("digest", .string(digest)), Member("batch", .integer(batch)),
      Member("shape", .array(input.shape.dropFirst().map { .integer($0) })), Member("scale", .number(input.column.scale)),
      Member("proofs", .integer(input.stated.proofCount)),
    ]
    self += FileDescription(input.ledger(of: path))
  }

  init(weights file: [UInt8]) throws(VerificationError) {
    var (reader, _) = try ByteReader.open(.weights, sealed: file)
    self.init(kind: "weights (private)")
    do throws(MalformedBytes) {
      let circuit = Digest(bytes: try reader.read(Digest.byteCount)).hexadecimal
      lines = ["circuit   \(circuit)", "integers  \(grouped(reader.remaining)) bytes"]
      members = [Member("circuit_digest", .string(circuit)), Member("integer_bytes", .integer(reader.remaining))]
    } catch { throw .malformed }
  }

  init(ledger file: [UInt8]) throws(VerificationError) {
    self.init(kind: "spent positions (private)")
    let sections = try LedgerSection.sections(file)
    lines = sections.flatMap { section in
      [
        "key       \(section.key.hexadecimal)",
        "positions \(grouped(section.spentCount)) of 2^\(section.domainBits) are spent",
      ] + (section.isHidingGivenUp ? ["hiding    given up: \(LedgerSection.givenUp)"] : [])
        + (section.successor.map { ["next      a key that hides in \(proofs($0.proofCount))"] } ?? [])
    }
    members = [
      Member(
        "keys",
        .array(
          sections.map { section in
            [
              "key": .string(section.key.hexadecimal), "domain_bits": .integer(section.domainBits),
              "spent_positions": .integer(section.spentCount), "hiding_forfeited": .bool(section.isHidingGivenUp),
            ]
          }))
    ]
  }

  init(proof file: [UInt8]) throws(VerificationError) {
    var (reader, mode) = try ByteReader.open(.proof, sealed: file)
    self.init(kind: "proof (public)", mode: mode)
    do throws(MalformedBytes) {
      let key = Digest(bytes: try reader.read(Digest.byteCount)).hexadecimal
      let model = Digest(bytes: try reader.read(Digest.byteCount)).hexadecimal
      let batch = try reader.u32()
      let visibility = try reader.read(try reader.u8()).map { Visibility(rawValue: $0) }
      for case .committed in visibility { _ = try reader.read(4 + Digest.byteCount) }
      let context = Array(try reader.block())
      let sizes = [try reader.block().count, try reader.block().count, try reader.block().count]
      try reader.finish()
      lines = [
        "model     \(model)", "key       \(key)", "batch     \(batch)", "context   \(contextText(context))",
        "inputs    \(visibility.count), \(visibility.count { $0 == .shown }) public, \(grouped(sizes[0])) bytes",
        "outputs   public, \(grouped(sizes[1])) bytes", "proof     \(grouped(sizes[2])) bytes",
      ]
      members = [
        Member("model", .string(model)), Member("key", .string(key)), Member("batch", .integer(batch)),
        Member("context", .string(String(decoding: context, as: UTF8.self))), Member("input_bytes", .integer(sizes[0])),
        Member("output_bytes", .integer(sizes[1])), Member("proof_bytes", .integer(sizes[2])),
      ]
    } catch { throw .malformed }
  }
}

extension ArithmeticCircuit {
  /// How many values all lookups look up.
  func lookedUpCount(batch: Int) -> Int {
    lookups.reduce(0) { $0 + shape(ofColumn: $1.forms[0].parts[0].column, batch: batch).reduce(1, *) }
  }
}
