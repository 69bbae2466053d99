import Execution
import Field

/// A column of leaves with its factor.
struct LeafPart {
  let factor: SecureField
  let column: [BaseField]
}

extension SecureTable {
  /// Sets the entries of a block to base − Σ_parts factor·column[i].
  ///
  /// - Precondition: the block is aligned to its size, a power of two, and no column is shorter.
  mutating func setLeaves(at offset: Int, count: Int, base: SecureField, _ parts: [LeafPart], threads: Int) {
    precondition(offset % count == 0 && parts.allSatisfy { $0.column.count >= count }, "an aligned block of leaves")
    guard count >= 8 else {
      for index in 0..<count {
        self[offset + index] = parts.reduce(base) { $0 - $1.factor * $1.column[index] }
      }
      return
    }
    let base = SecureLanes(repeating: base)
    let factors = parts.map { SecureLanes(repeating: $0.factor) }
    let (start, end) = (offset / 8, (offset + count) / 8)
    Parallel.chunks(&lanes, in: start..<end, size: Self.chunk, threads: threads) { first, span in
      for group in span.indices {
        var (c0, c1) = (ProductLanes(), ProductLanes())
        for (part, factor) in zip(parts, factors) {
          let values = part.column.lanes(8 * (first - start + group))
          c0.add(values, factor.c0)
          c1.add(values, factor.c1)
        }
        span[group] = base - SecureLanes(c0: c0.reducedLong(), c1: c1.reducedLong())
      }
    }
  }
}

extension [BaseField] {
  /// Eight elements.
  @inline(__always) fileprivate func lanes(_ start: Int) -> BaseLanes {
    var values = SIMD8<UInt64>()
    for lane in 0..<8 { values[lane] = self[start + lane].value }
    return BaseLanes(reducing: values)
  }
}
