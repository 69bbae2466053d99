import CSodium
import Execution
import Glibc
import Synchronization

extension Array where Element: BitwiseCopyable {
  /// Overwrites all that the array has room for with zeros; where others hold it too, a copy.
  package mutating func erase(threads: Int = 1) {
    guard capacity > 0 else { return }
    let place = withUnsafeBytes(\.baseAddress)
    reserveCapacity(count)
    let byteCount = capacity * MemoryLayout<Element>.stride
    withUnsafeMutableBytes { bytes in
      let memory = UnsafeMutableRawBufferPointer(start: bytes.baseAddress, count: byteCount)
      Erasure.run(on: memory, isInPlace: place == UnsafeRawPointer(bytes.baseAddress), threads: threads)
    }
  }
}

extension Array where Element: BitwiseCopyable {
  /// Keeps the pages that the array is on out of images of the process's memory and, as far as the system lets this user
  /// lock memory, out of swap, as long as the process has them.
  package func shield() {
    let pageSize = sysconf(Int32(_SC_PAGESIZE))
    withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
      let offset = Int(bitPattern: start) & (pageSize - 1)
      let pages = UnsafeMutableRawPointer(mutating: start - offset)
      let byteCount = (offset + bytes.count + pageSize - 1) & -pageSize
      madvise(pages, byteCount, MADV_DONTDUMP)
      mlock(pages, byteCount)
    }
  }
}

/// Lets tests see what is overwritten while it is still there.
package enum Erasure: Sendable {
  case begins(isInPlace: Bool)
  case ended

  package typealias Observer = @Sendable (Erasure, UnsafeRawBufferPointer) -> Void

  private static let observers = Mutex<[pthread_t: Observer]>([:])
  /// Spares threads that overwrite much the lock.
  private static let isObserved = Atomic<Bool>(false)

  /// Runs `body`; the observer is called before and after anything is overwritten on this thread.
  package static func observed(by observer: @escaping Observer, _ body: () -> Void) {
    observers.withLock { $0[pthread_self()] = observer }
    isObserved.store(true, ordering: .sequentiallyConsistent)
    body()
    observers.withLock { $0[pthread_self()] = nil }
  }

  /// Bytes in a unit of parallel work.
  private static let chunk = 1 << 17

  fileprivate static func run(on memory: UnsafeMutableRawBufferPointer, isInPlace: Bool, threads: Int) {
    guard let start = memory.baseAddress else { return }
    let observer = isObserved.load(ordering: .relaxed) ? observers.withLock { $0[pthread_self()] } : nil
    observer?(.begins(isInPlace: isInPlace), UnsafeRawBufferPointer(memory))
    nonisolated(unsafe) let first = start
    Parallel.forEachRange(memory.count, size: chunk, threads: threads) { sodium_memzero(first + $0.lowerBound, $0.count) }
    observer?(.ended, UnsafeRawBufferPointer(memory))
  }
}

/// An array that is overwritten with zeros when nobody holds it any more. Copies share it.
///
/// The array itself, taken out, must not outlive it. A local variable is rather erased by `defer`: that of a wrapper may
/// end before the array it gave out.
@propertyWrapper
package struct Secret<Element: BitwiseCopyable & Sendable>: Sendable {
  private var storage: Storage

  /// - Parameter threads: Those that overwrite the array.
  package init(wrappedValue elements: consuming [Element], threads: Int = 1) { storage = Storage(elements, threads) }

  package var wrappedValue: [Element] {
    get { storage.elements }
    set { storage = Storage(newValue, storage.threads) }
  }

  private final class Storage: @unchecked Sendable {
    private(set) var elements: [Element]
    let threads: Int

    init(_ elements: consuming [Element], _ threads: Int) { (self.elements, self.threads) = (elements, threads) }

    deinit { elements.erase(threads: threads) }
  }
}
