import Circuit
import Glibc
import Model
import Prover
import Verifier

enum Status: Int32 {
  case doesNotHold = 1
  case unusable = 2
  case internalError = 3
}

/// Ends a command with one line on standard error, and with --json an object.
struct Failure: Error {
  let status: Status
  let message: String
  /// Whether the line has been shown.
  var isShown = false
  /// What the object holds beside error and status.
  var members: [Member] = []

  static func unusable(_ message: String) -> Failure { Failure(status: .unusable, message: message) }

  /// A proof was made that does not hold.
  static func faulty(_ name: String, _ error: VerificationError) -> Failure {
    Failure(
      status: .internalError,
      message: "\(name), just made, does not hold, and is not written: it \(error.reason); "
        + "the key may be damaged (zkml inspect), or the memory or processor of this machine")
  }

  static func doesNotHold(_ message: String) -> Failure { Failure(status: .doesNotHold, message: message) }

  func report() -> Int32 {
    if !isShown { Output.showError("zkml: " + message) }
    if Output.isJSON {
      let error = [Member("error", .string(message)), Member("status", .integer(Int(status.rawValue)))]
      Output.show(JSON.object(members + error))
    }
    return status.rawValue
  }
}

extension Failure {
  /// What an error of a command comes to.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as ModelError: self = .unusable(error.description)
    case ProvingError.key(let error): self.init(error)
    case ProvingError.tooMuchWork:
      self = .unusable("a proof of this batch \(VerificationError.tooMuchWork.reason): zkml inspect shows how much")
    case let error as FileError:
      self.init(status: error.isFailedWrite ? .internalError : .unusable, message: "\(error.path): \(error.reason)")
    case _: self.init(status: .internalError, message: "internal error: \(error)")
    }
  }

  /// What an error of a count comes to.
  init(_ error: LedgerError, _ path: String) {
    let status: Status = if case .unwritten = error { .internalError } else { .unusable }
    self.init(status: status, message: "\(path): \(error.reason)")
  }
}

extension LedgerError {
  private static let advice = "make a new one with zkml setup NET --overwrite, for a committed input with zkml commit-input --overwrite"
  private static let forgotten = "so nobody knows what proofs have shown: move it elsewhere, which ends the use of its keys, and \(advice)"

  static let otherVersionAdvice =
    "it counts what proofs of its key have shown, so keep the two together, and compile and set up under another path"

  var reason: String {
    switch self {
    case .missing:
      "is missing, so nobody knows what proofs have shown: put it back if it was moved, never an older copy; "
        + "otherwise \(Self.advice)"
    case .damaged: "is damaged, \(Self.forgotten)"
    case .otherVersion: "was made by another version of zkml: \(Self.otherVersionAdvice)"
    case .otherKey: "belongs to another commitment than the one beside it: \(Self.advice)"
    case .usedUp:
      "all proofs in which the commitment hides what it holds have been made: make a new one with zkml setup NET --rerandomize, "
        + "for a committed input with zkml commit-input"
    case .otherSuccessor:
      "counts another commitment that follows this one: run zkml setup NET --rerandomize again; if that changes nothing, "
        + "another version of this tool began it, and has to finish it"
    case .linked:
      "has other names, hard links: what is counted under one of them is unknown under the others: find them with "
        + "find -samefile, keep the one beside the only key, remove the others"
    case .inaccessible(let reason), .unwritten(let reason): reason
    }
  }
}

extension LedgerSection {
  static let givenUp = "a transparent proof or key was made of these weights, so they may be known"
}

extension VerificationError {
  var reason: String {
    switch self {
    case .malformed: "is damaged, or is not the file that it should be"
    case .unsupportedVersion: "has a format version or mode that this tool does not know"
    case .invalidCircuit(let rule, let index):
      "holds a circuit that breaks rule \(rule) of docs/protocol.md §3.3 at index \(index)"
    case .modeMismatch: "is a hiding proof, but the key hides nothing"
    case .otherKey: "was made for another key or circuit"
    case .statementOutOfRange: "states a batch, an integer or a context outside its bounds"
    case .insufficientSoundness: "has a circuit whose soundness sum is above 2^-\(Soundness.requiredBits)"
    case .tooMuchWork: "would take more than the \(grouped(Plan.workCap)) products that a verifier may be asked for"
    case .lookupSumMismatch: "fails the sum of lookups"
    case .layerMismatch(let layer): "fails layer \(layer) of the lookups"
    case .leafMismatch: "fails the leaves of the lookups"
    case .termMismatch(let claim): "fails the terms of claim \(claim)"
    case .contractionMismatch: "fails the contractions"
    case .grindingMismatch: "fails the proof of work"
    case .merkleMismatch: "fails a Merkle path"
    case .openingMismatch: "fails the opening"
    }
  }
}
