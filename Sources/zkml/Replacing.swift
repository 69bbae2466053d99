import Circuit
import Model
import Prover
import Verifier

/// Refuses to replace what cannot be made again, unless that is wanted.
///
/// - Parameter advice: What to do instead.
/// - Returns: Those of the files that are there.
func requireNew(_ paths: [String], overwrite: Bool, instead advice: String) throws -> [String] {
  let present = paths.filter(fileExists)
  guard let first = present.first, !overwrite else { return present }
  throw Failure.unusable("\(first): exists: \(advice), or replace it by --overwrite")
}

/// Files that a command reads.
struct SourceFiles {
  private let paths: [FileIdentity: String]

  init(_ paths: [String]) {
    self.paths = Dictionary(paths.compactMap { path in FileIdentity(path).map { ($0, path) } }) { first, _ in first }
  }

  /// Refuses to write what is one of them, whatever it is called: it would be lost.
  func requireOther(_ output: String) throws {
    guard let path = FileIdentity(output).flatMap({ paths[$0] }) else { return }
    throw Failure.unusable("\(output): is also read, as \(path), and would be lost: choose another name")
  }
}

extension NetworkFiles {
  /// Refuses to replace keys, unless that is wanted. A count alone is no key: a section is added to it.
  ///
  /// - Returns: What is lost then, if anything.
  func requireNoKey(overwrite: Bool) throws -> String? {
    let lost = try requireNew(
      [provingKeyPath, verifyingKeyPath], overwrite: overwrite,
      instead: "go on with its model by --rerandomize, choose another path")
    guard !lost.isEmpty else { return nil }
    let old = verifyingKey()
    return "--overwrite: replaces \(lost.joined(separator: ", "))\(old.map { " of model \($0.modelID)" } ?? ""); "
      + "proofs made with that key verify with a copy of its .vk alone; \(ledgerPath) goes on counting what they showed"
  }

  /// A file that says that weights are hidden by a key of this name, if there is any: a count, or a key that is not known
  /// to be transparent.
  func hidingFile() -> String? {
    fileExists(ledgerPath) ? ledgerPath : keyFiles.first { $0.mode != .transparent }?.path
  }

  /// Whether a key of this name is transparent, so that it shows its weights.
  var hasTransparentKey: Bool { keyFiles.contains { $0.mode == .transparent } }

  /// The keys that are there, with what their headers say; nil where they say nothing.
  private var keyFiles: [(path: String, mode: ProofMode?)] {
    [provingKeyPath, verifyingKeyPath].filter(fileExists).compactMap { path in
      guard let file = try? StoredBytes(path: path) else { return (path, nil) }
      return file.count > 0 ? (path, file.keyMode) : nil
    }
  }

  /// Refuses a proving key that the verifying key beside it does not know.
  func requireKnown(_ core: WeightCommitment) throws {
    guard fileExists(verifyingKeyPath) else { return }
    let bytes = try readFile(verifyingKeyPath, limit: verifyingKeyByteCap)
    let key = try load(verifyingKeyPath) { () throws(VerificationError) in try VerifyingKey(file: bytes) }
    guard !key.chain.contains(where: { $0.core == core }) else { return }
    throw Failure.unusable(
      "\(verifyingKeyPath): is not the verifying key of \(provingKeyPath), so a proof would not hold for it: put the one back "
        + "that was written with it; after a setup that was stopped, run zkml setup \(path) --overwrite")
  }

  /// What to tell who uses a key beside a network that was compiled anew since, if anything.
  func staleKeyNotice() -> String? {
    guard let circuit = try? StoredBytes(path: circuitPath), let weights = try? StoredBytes(path: weightsPath) else {
      return nil
    }
    let stale = [provingKeyPath, verifyingKeyPath].filter { path in
      guard let key = try? StoredBytes(path: path) else { return false }
      return (try? isMade(key, fromCircuit: circuit, weights: weights)) == false
    }
    guard let key = stale.first else { return nil }
    return "\(key): is not the key of \(circuitPath) and \(weightsPath), which were compiled anew since: proofs are about the "
      + "network of the key; zkml setup \(path) --overwrite makes a key of the new one"
  }
}

extension StoredBytes {
  /// What the header of a key says; nil where it is of no version that is known.
  fileprivate var keyMode: ProofMode? {
    guard let header = try? read(at: 0, count: 11), (1...Int(formatVersion)).contains(Int(header[8]) | Int(header[9]) << 8) else {
      return nil
    }
    return ProofMode(rawValue: header[10])
  }
}
