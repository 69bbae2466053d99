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

extension NetworkFiles {
  /// Refuses to replace keys, unless that is wanted, and to make one where others were counted.
  ///
  /// - Returns: What is lost then, if anything.
  func requireNoKey(overwrite: Bool) throws -> String? {
    let present = try requireNew(
      [provingKeyPath, verifyingKeyPath, ledgerPath], overwrite: overwrite,
      instead: "go on with its model by --rerandomize, choose another path")
    let lost = present.filter { $0 != ledgerPath }
    guard !lost.isEmpty else { return nil }
    let old = (try? readFile(verifyingKeyPath, limit: verifyingKeyByteCap)).flatMap { try? VerifyingKey(file: $0) }
    return "--overwrite: replaces \(lost.joined(separator: ", "))\(old.map { " of model \($0.modelID)" } ?? ""); "
      + "proofs made with that key verify with a copy of its .vk alone; \(ledgerPath) goes on counting what they showed"
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
