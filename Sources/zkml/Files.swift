import Circuit
import Model
import Prover
import Verifier

/// The files of one network, named by their common path without extension.
struct NetworkFiles {
  let path: String

  init(path: String) { self.path = path }

  /// Those beside one of them, which has this extension.
  init(_ file: String, _ name: String) { path = file.hasSuffix("." + name) ? String(file.dropLast(name.count + 1)) : file }

  var circuitPath: String { path + ".circuit" }
  var weightsPath: String { path + ".weights" }
  var provingKeyPath: String { path + ".pk" }
  var verifyingKeyPath: String { path + ".vk" }
  var ledgerPath: String { path + ".spent" }

  /// What setup writes.
  var keyKinds: [(path: String, kind: FileKind)] {
    [(provingKeyPath, .provingKey), (verifyingKeyPath, .verifyingKey), (ledgerPath, .spentPositions)]
  }

  func circuit() throws -> ArithmeticCircuit {
    let bytes = try readFile(circuitPath, limit: ArithmeticCircuit.encodedByteCap + Digest.byteCount)
    return try load(circuitPath) { () throws(VerificationError) in try ArithmeticCircuit(file: bytes) }
  }

  func weights(of circuit: ArithmeticCircuit) throws -> [[Int64]] {
    @Secret var bytes = try readFile(weightsPath, limit: 1 << 31)
    return try load(weightsPath) { () throws(VerificationError) in try circuit.weights(file: bytes) }
  }

  func lowered() throws -> LoweredNetwork {
    let circuit = try circuit()
    return LoweredNetwork(circuit: circuit, weights: try weights(of: circuit))
  }

  func provingKey() throws -> (key: ProvingKey, byteCount: Int) {
    let file = try StoredBytes(path: provingKeyPath)
    let key = try load(provingKeyPath) { () throws(VerificationError) in try ProvingKey(file: file) }
    return (key, file.count)
  }

  /// The verifying key, where there is one that can be read; its proofs are not checked.
  func verifyingKey() -> VerifyingKey? {
    (try? readFile(verifyingKeyPath, limit: verifyingKeyByteCap)).flatMap { try? VerifyingKey(file: $0) }
  }

  func ledger(of core: WeightCommitment) -> PositionLedger? { PositionLedger(path: ledgerPath, core: core) }

  /// What is counted, for who has the file; nothing otherwise.
  var knownSections: [LedgerSection] {
    (try? readFile(ledgerPath, limit: 1 << 28)).flatMap { try? LedgerSection.sections($0) } ?? []
  }

  /// Whether the weights of a key may be known, by the count; nil where that says nothing of its model.
  func isHidingGivenUp(_ core: WeightCommitment) -> Bool? {
    let sections = knownSections.filter { $0.model == core.modelID }
    return sections.isEmpty ? nil : sections.contains(where: \.isHidingGivenUp)
  }

  /// Says that weights may be known, where that is counted.
  ///
  /// - Parameter isGivenUp: Of their key, by `isHidingGivenUp`.
  func givenUpNotice(_ isGivenUp: Bool?) -> String? {
    isGivenUp == true ? "\(ledgerPath): \(LedgerSection.givenUp)" : nil
  }
}

extension PositionLedger {
  /// Runs `body`, with its errors as a line that says what to do.
  func reporting<Value>(_ body: (PositionLedger) throws(LedgerError) -> Value) throws -> Value {
    do throws(LedgerError) { return try body(self) } catch { throw Failure(error, path) }
  }

  /// Refuses to make a key whose count could not be added to a file.
  static func requireExtendable(_ path: String) throws {
    do throws(LedgerError) { try requireReadable(path) } catch { throw Failure(error, path) }
  }

  /// Refuses a key that has no positions left for a proof.
  func requireProof() throws {
    try reporting { ledger throws(LedgerError) in
      try ledger.requireOneName()
      guard try ledger.remainingProofCount() > 0 else { throw .usedUp }
    }
  }
}

let verifyingKeyByteCap = 1 << 28
let proofByteCap = 1 << 28

/// Runs `decode`, with its errors as a line that names the file.
func load<Value>(_ path: String, _ decode: () throws(VerificationError) -> Value) throws -> Value {
  do throws(VerificationError) { return try decode() } catch {
    throw error == .unsupportedVersion ? otherVersion(path) : Failure.unusable("\(path): \(error.reason)")
  }
}

/// What to do about a file whose version or mode is not this tool's.
func otherVersion(_ path: String) -> Failure {
  guard let file = try? StoredBytes(path: path), let start = try? file.read(at: 0, count: min(file.count, 14)) else {
    return .unusable("\(path): \(VerificationError.unsupportedVersion.reason)")
  }
  let magic = start.starts(with: ArithmeticCircuit.magic) ? ArithmeticCircuit.magic.count : 8
  let version = start.dropFirst(magic).prefix(2).reversed().reduce(0) { $0 << 8 | Int($1) }
  guard version != Int(formatVersion) else { return .unusable("\(path): has a mode that this version of zkml does not know") }
  let advice =
    switch FileKind(rawValue: String(decoding: start.prefix(8), as: UTF8.self)) {
    case .provingKey, .verifyingKey: "compile the network and set it up again"
    case .proof: "prove again, with a key of this version"
    case .committedInput: "commit to the input again, with zkml commit-input"
    case .spentPositions: LedgerError.otherVersionAdvice
    case .weights, nil: "compile the network again"
    }
  return .unusable(
    "\(path): was made by \(version < formatVersion ? "an older" : "a newer") version of zkml "
      + "(format \(version); this one reads \(formatVersion)): \(advice)")
}
