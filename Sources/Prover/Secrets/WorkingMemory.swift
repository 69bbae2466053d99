import CPlatform
import Glibc

/// The memory that proofs work in.
enum WorkingMemory {
  /// Makes this process keep what it frees for what it allocates next, and take memory in huge pages.
  ///
  /// The system clears every page before it gives it out, which would take longer than much of the work on it. Holds
  /// for the whole process, from the first call on, and for what the main thread allocates: malloc serves the others
  /// from other places. Where the system refuses, memory is what it was. Results do not depend on it.
  static func keep() { _ = isKept }

  private static let isKept: Void = {
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, -1)
    // Addresses alone: nothing is touched, and the arrays to come stand there.
    guard let start = malloc(reserve) else { return }
    let pageSize = sysconf(Int32(_SC_PAGESIZE))
    let offset = -Int(bitPattern: start) & (pageSize - 1)
    madvise(start + offset, (reserve - offset) & -pageSize, MADV_HUGEPAGE)
    free(start)
  }()

  private static let reserve = 1 << 32
}
