import Execution

/// Why there is no proof.
package enum ProvingError: Error, Equatable {
  case execution(ExecutionError)
  /// The key's file is not as it was written, or cannot be read any more.
  case key(FileError)
}
