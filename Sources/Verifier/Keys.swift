import Circuit

/// What every file begins with: eight bytes, then u16 version, u8 mode. docs/protocol.md §11.
package enum FileKind: String, Sendable {
  case verifyingKey = "zkml.vk\n"
  case proof = "zkml.pf\n"
  case provingKey = "zkml.pk\n"
  case weights = "zkml.wt\n"
  case spentPositions = "zkml.sp\n"
  case committedInput = "zkml.in\n"
}

/// That of circuits: all files have one format.
package let formatVersion = ArithmeticCircuit.version

extension ByteReader {
  /// Opens a sealed file: checks kind, version and digest, and reads the mode.
  ///
  /// - Throws: `.malformed`, `.unsupportedVersion`.
  package static func open(
    _ kind: FileKind, sealed file: [UInt8]
  ) throws(VerificationError) -> (reader: ByteReader, mode: ProofMode) {
    let content = file.dropLast(Digest.byteCount)
    var reader = ByteReader(content)
    let header: (kind: [UInt8], version: Int, mode: Int)
    do throws(MalformedBytes) {
      header = (Array(try reader.read(8)), try reader.u16(), try reader.u8())
    } catch { throw .malformed }
    guard header.kind == Array(kind.rawValue.utf8) else { throw .malformed }
    guard header.version == Int(formatVersion), let mode = ProofMode(rawValue: UInt8(header.mode)) else {
      throw .unsupportedVersion
    }
    guard Hash(.file).digest(content).bytes[...] == file.suffix(Digest.byteCount) else {
      throw .malformed
    }
    return (reader, mode)
  }
}

/// A commitment to a model's weights, with its parameters. Transcripts absorb its digest, *keyCore*. docs/protocol.md §10.
package struct WeightCommitment: Hashable, Sendable {
  /// The most proofs that a commitment can be made to hide.
  package static let proofCountCap = 1 << 16

  package let circuitDigest: Digest
  /// How many proofs the commitment hides the weights in; 0 for none.
  package let proofCount: Int
  package let code: Code?
  package let root: Digest
  package let modelID: Digest

  /// - Parameters:
  ///   - circuitDigest: Of the circuit's bytes, which are its only ones.
  ///   - modelID: That of the commitment that this one follows; nil for a first one.
  package init(circuitDigest: Digest, proofCount: Int, code: Code?, root: Digest, modelID: Digest?) {
    self.circuitDigest = circuitDigest
    self.proofCount = proofCount
    self.code = code
    self.root = root
    let parameters = Self.parameters(proofCount: proofCount, code)
    self.modelID = modelID ?? Hash(.model).digest(of: [circuitDigest.bytes, parameters, root.bytes])
  }

  /// For a valid circuit of this digest whose weights have these rows: the code follows from them and the number of proofs
  /// that stands first in `parameters`.
  ///
  /// - Throws: `.malformed` unless all parameters follow from these, and the mode.
  package init(
    _ rowCounts: RowCounts, _ circuitDigest: Digest, parameters: [UInt8], _ mode: ProofMode, root: Digest,
    modelID: Digest?
  ) throws(VerificationError) {
    let proofCount = parameters.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard proofCount <= Self.proofCountCap else { throw .malformed }
    let code = ParameterPlanner.modelCode(rowCounts, proofCount: proofCount)
    self.init(circuitDigest: circuitDigest, proofCount: proofCount, code: code, root: root, modelID: modelID)
    guard self.parameters == parameters, self.mode == mode else { throw .malformed }
  }

  package static let parameterByteCount = 7

  /// The most that its proofs can hide.
  package var mode: ProofMode { proofCount > 0 ? .hiding : .transparent }

  /// The code, if there are weights.
  package var codes: [Code] { code.map { [$0] } ?? [] }

  package var parameters: [UInt8] { Self.parameters(proofCount: proofCount, code) }

  package static func parameters(proofCount: Int, _ code: Code?) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(UInt32(truncatingIfNeeded: proofCount))
    let tailBits = bitCountOfAxis(code?.tailCount ?? 0)
    for part in [code?.variableCount ?? 0, code?.rateBits ?? 0, tailBits] { writer.append(UInt8(truncatingIfNeeded: part)) }
    return writer.bytes
  }

  package var digest: Digest {
    Hash(.key).digest(of: [circuitDigest.bytes, parameters, modelID.bytes, root.bytes])
  }
}

extension Hash {
  /// Of u16 version and the parts.
  package func digest(of parts: [[UInt8]]) -> Digest {
    var writer = ByteWriter()
    writer.append(formatVersion)
    for part in parts { writer.append(part) }
    return digest(writer.bytes)
  }
}

/// A commitment to the weights and a proof about it: for the first of a key that they are in range, for each later one
/// that they are those of the one before.
package struct ProvedCommitment: Sendable {
  package let core: WeightCommitment
  package let proof: [UInt8]

  package init(core: WeightCommitment, proof: [UInt8]) {
    self.core = core
    self.proof = proof
  }
}

/// All that a verifier needs of a model: circuit, commitments to the weights, and the proofs about them.
public struct VerifyingKey: Sendable {
  package let circuit: ArithmeticCircuit
  /// Not empty.
  package let chain: [ProvedCommitment]
  /// The last of the chain.
  package let core: WeightCommitment

  package init(circuit: ArithmeticCircuit, after earlier: [ProvedCommitment] = [], core: WeightCommitment, proof: [UInt8]) {
    self.circuit = circuit
    self.core = core
    chain = earlier + [ProvedCommitment(core: core, proof: proof)]
  }

  /// The digest by which a user recognises the model, in hexadecimal.
  public var modelID: String { core.modelID.hexadecimal }

  /// The commitment of this digest.
  package func core(_ digest: Digest) -> WeightCommitment? { chain.first { $0.core.digest == digest }?.core }

  /// Decodes a .vk file; the circuit is valid and the parameters are those of its weights.
  ///
  /// The proofs about the weights are *not* checked here: `verifyWeights()`.
  public init(file: [UInt8]) throws(VerificationError) {
    var (reader, mode) = try ByteReader.open(.verifyingKey, sealed: file)
    let circuitDigest: Digest
    let links: [(parameters: [UInt8], root: Digest, proof: [UInt8])]
    do throws(MalformedBytes) {
      let encoded = try reader.block()
      circuitDigest = Hash(.circuit).digest(encoded)
      circuit = try ArithmeticCircuit(encoded: encoded)
      links = try reader.list(count: try reader.u8(), minimumByteCount: 1) { reader throws(MalformedBytes) in
        let parameters = Array(try reader.read(WeightCommitment.parameterByteCount))
        return (parameters, Digest(bytes: try reader.read(Digest.byteCount)), Array(try reader.block()))
      }
      try reader.finish()
    } catch { throw .malformed }
    do throws(InvalidCircuit) { try circuit.validate() } catch {
      throw .invalidCircuit(rule: error.rule, index: error.index)
    }
    var chain: [ProvedCommitment] = []
    let rowCounts = RowCounts(shapes: circuit.weightShapes)
    for (parameters, root, proof) in links {
      let first = chain.first?.core
      let core = try WeightCommitment(rowCounts, circuitDigest, parameters: parameters, mode, root: root, modelID: first?.modelID)
      let isEmpty = core.code == nil
      guard proof.isEmpty == isEmpty, !isEmpty || root == .zero, first == nil || !isEmpty && mode == .hiding else {
        throw .malformed
      }
      chain.append(ProvedCommitment(core: core, proof: proof))
    }
    guard let last = chain.last else { throw .malformed }
    (self.chain, core) = (chain, last.core)
  }
}

/// A statement and the bytes that prove it for one key.
public struct Proof: Sendable {
  package let keyDigest: Digest
  package let modelDigest: Digest
  public let mode: ProofMode
  public let statement: Statement
  package let bytes: [UInt8]

  package init(core: WeightCommitment, mode: ProofMode = .transparent, statement: Statement, bytes: [UInt8]) {
    keyDigest = core.digest
    modelDigest = core.modelID
    self.mode = mode
    self.statement = statement
    self.bytes = bytes
  }

  /// Decodes a .proof file made with a commitment of `key`.
  ///
  /// - Throws: `.malformed`, `.unsupportedVersion`, `.otherKey`, `.statementOutOfRange`.
  public init(file: [UInt8], key: VerifyingKey) throws(VerificationError) {
    var reader: ByteReader
    (reader, mode) = try ByteReader.open(.proof, sealed: file)
    let circuit = key.circuit
    let context, inputs, outputs: ArraySlice<UInt8>
    let batch: Int
    let visibility: [Visibility]
    let commitments: [(proofCount: Int, root: Digest)]
    do throws(MalformedBytes) {
      keyDigest = Digest(bytes: try reader.read(Digest.byteCount))
      modelDigest = Digest(bytes: try reader.read(Digest.byteCount))
      batch = try reader.u32()
      visibility = try reader.list(count: try reader.u8(), minimumByteCount: 1) { reader throws(MalformedBytes) in
        guard let visibility = Visibility(rawValue: UInt8(try reader.u8())) else { throw reader.malformed() }
        return visibility
      }
      commitments = try visibility.filter { $0 == .committed }.map { _ throws(MalformedBytes) in
        (try reader.u32(), Digest(bytes: try reader.read(Digest.byteCount)))
      }
      context = try reader.block()
      inputs = try reader.block()
      outputs = try reader.block()
      bytes = Array(try reader.block())
      try reader.finish()
    } catch { throw .malformed }
    guard key.core(keyDigest)?.modelID == modelDigest else { throw .otherKey }
    guard (1...circuit.batchCap).contains(batch) else { throw .statementOutOfRange }
    guard let stating = circuit.stating(visibility) else { throw .malformed }
    let stated = zip(stating.committed.joined(), commitments).compactMap { column, commitment in
      StatedCommitment(
        circuit.columns[column], shape: circuit.shape(ofColumn: column, batch: batch),
        proofCount: commitment.proofCount, root: commitment.root)
    }
    statement = Statement(
      batch: batch, visibility: visibility, commitments: stated,
      inputs: try Statement.decode(inputs, stating.inputs, stating, batch: batch),
      outputs: try Statement.decode(outputs, stating.outputs, stating, batch: batch), context: Array(context))
    try statement.validate(stating)
  }
}

extension Digest {
  package var hexadecimal: String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
