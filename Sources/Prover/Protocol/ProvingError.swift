import Execution

/// Why there is no proof.
package enum ProvingError: Error, Equatable {
  case execution(ExecutionError)
  /// The bound of docs/protocol.md §5 on a verifier's work is above its cap: nobody would check the proof.
  case tooMuchWork
  /// The key's file is not as it was written, or cannot be read any more.
  case key(FileError)
}
