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
  static func doesNotHold(_ message: String) -> Failure { Failure(status: .doesNotHold, message: message) }

  func report() -> Int32 {
    if !isShown { Output.showError("zkml: " + message) }
    if Output.isJSON {
      let error = [Member("error", .string(message)), Member("status", .integer(Int(status.rawValue)))]
      Output.show(JSON.object(members + error).description)
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
    case let error as FileError: self = .unusable("\(error.path): \(error.reason)")
    case _: self.init(status: .internalError, message: "internal error: \(error)")
    }
  }
}

extension LedgerError {
  private static let advice = "make a new one with zkml setup NET --overwrite, for a committed input with zkml commit-input --overwrite"

  static let otherVersionAdvice =
    "it counts what proofs of its key have shown, so keep the two together, and compile and set up under another path"

  var reason: String {
    switch self {
    case .missing:
      "is missing, so nobody knows what proofs have shown: put it back if it was moved, never an older copy; "
        + "otherwise \(Self.advice)"
    case .otherVersion: "was made by another version of zkml: \(Self.otherVersionAdvice)"
    case .damaged: "is damaged, so nobody knows what proofs have shown: \(Self.advice)"
    case .otherKey: "belongs to another commitment than the one beside it: \(Self.advice)"
    case .usedUp:
      "all proofs in which the commitment hides what it holds have been made: make a new one with zkml setup NET --rerandomize, "
        + "for a committed input with zkml commit-input"
    case .inaccessible(let reason): reason
    }
  }
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
