import Execution

extension Parallel {
  /// The results of `body` for every index below `count`, in order.
  package static func map<Element>(_ count: Int, threads: Int, _ body: (Int) -> Element) -> [Element] {
    Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      let base = buffer
      forEach(count, threads: threads) { base.initializeElement(at: $0, to: body($0)) }
      initialized = count
    }
  }

  /// An array whose consecutive pieces of `size` elements, the last one shorter, `body` initializes.
  ///
  /// `body` receives the piece's start and must initialize all of it.
  package static func build<Element: BitwiseCopyable>(
    _ count: Int, size: Int, threads: Int, _ body: (Int, UnsafeMutableBufferPointer<Element>) -> Void
  ) -> [Element] {
    precondition(size > 0, "a piece has elements")
    return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      let base = buffer
      forEach((count + size - 1) / size, threads: threads) { index in
        body(index * size, base.extracting(index * size..<min((index + 1) * size, count)))
      }
      initialized = count
    }
  }

  /// Two arrays of the same size, built as one is by `build`.
  static func buildPair<Element: BitwiseCopyable>(
    _ count: Int, size: Int, threads: Int,
    _ body: (Int, UnsafeMutableBufferPointer<Element>, UnsafeMutableBufferPointer<Element>) -> Void
  ) -> ([Element], [Element]) {
    var second: [Element] = []
    let first = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      let base = buffer
      second = build(count, size: size, threads: threads) { start, part in
        body(start, base.extracting(start..<start + part.count), part)
      }
      initialized = count
    }
    return (first, second)
  }

  /// Runs `body` on consecutive pieces of `size` elements, the last one shorter; it receives the piece's start.
  ///
  /// - Parameter range: Nil for the whole array.
  package static func chunks<Element>(
    _ array: inout [Element], in range: Range<Int>? = nil, size: Int, threads: Int,
    _ body: (Int, inout MutableSpan<Element>) -> Void
  ) {
    let range = range ?? array.indices
    precondition(size > 0, "a chunk has elements")
    array.withUnsafeMutableBufferPointer { buffer in
      let base = buffer
      forEach((range.count + size - 1) / size, threads: threads) { index in
        let start = range.lowerBound + index * size
        var span = MutableSpan(_unsafeElements: base.extracting(start..<min(start + size, range.upperBound)))
        body(start, &span)
      }
    }
  }

  /// Runs `body` on pieces of 0..<half and the same pieces moved up by `half`; it receives the piece's start.
  package static func halves<Element>(
    _ array: inout [Element], half: Int, size: Int, threads: Int,
    _ body: (Int, inout MutableSpan<Element>, inout MutableSpan<Element>) -> Void
  ) {
    precondition(size > 0 && half >= 0 && 2 * half <= array.count, "both halves are in the array")
    array.withUnsafeMutableBufferPointer { buffer in
      let base = buffer
      forEach((half + size - 1) / size, threads: threads) { index in
        let (start, end) = (index * size, min((index + 1) * size, half))
        var lower = MutableSpan(_unsafeElements: base.extracting(start..<end))
        var upper = MutableSpan(_unsafeElements: base.extracting(half + start..<half + end))
        body(start, &lower, &upper)
      }
    }
  }

  /// Runs `body` for every index below `count` on the whole array; it must write where no other does.
  package static func share<Element>(
    _ array: inout [Element], _ count: Int, threads: Int, _ body: (Int, UnsafeMutableBufferPointer<Element>) -> Void
  ) {
    array.withUnsafeMutableBufferPointer { buffer in
      let base = buffer
      forEach(count, threads: threads) { body($0, base) }
    }
  }
}
