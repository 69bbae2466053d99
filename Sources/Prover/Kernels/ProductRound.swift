import Execution
import Field

/// Two tables under a sumcheck over Σ_i left[i]·right[i]; what a round binds is folded as the next one is summed.
package struct ProductSumcheck: Sendable {
  private var tables: (left: SecureTable, right: SecureTable)
  private var pending: SecureField?

  /// - Precondition: both tables have the same power of two of entries.
  package init(_ left: consuming SecureTable, _ right: consuming SecureTable) { tables = (left, right) }

  /// The constant and the quadratic coefficient of the next round; see `productRound`.
  package mutating func round(threads: Int) -> (constant: SecureField, quadratic: SecureField) {
    if let r = pending, tables.left.count >= 32 {
      pending = nil
      return foldedRound(r, threads: threads)
    }
    fold(threads: threads)
    return productRound(tables.left, tables.right, threads: threads)
  }

  /// Binds the most significant variable.
  package mutating func bind(_ r: SecureField) {
    fold(threads: 1)
    pending = r
  }

  private mutating func fold(threads: Int) {
    guard let r = pending else { return }
    pending = nil
    tables.left.fold(r, threads: threads)
    tables.right.fold(r, threads: threads)
  }

  /// The tables over the variables that are not bound; they leave the sumcheck.
  package mutating func take(threads: Int) -> (left: SecureTable, right: SecureTable) {
    fold(threads: threads)
    defer { tables = (SecureTable(zeros: 0), SecureTable(zeros: 0)) }
    return tables
  }

  /// Overwrites the first table.
  mutating func erase(threads: Int) { tables.left.erase(threads: threads) }

  private mutating func foldedRound(_ r: SecureField, threads: Int) -> (constant: SecureField, quadratic: SecureField) {
    let (half, chunk, factor) = (tables.left.lanes.count / 2, SecureTable.chunk, SecureLanes(repeating: r))
    let next = half / 2
    let partial = tables.left.lanes.withUnsafeMutableBufferPointer { left in
      tables.right.lanes.withUnsafeMutableBufferPointer { right in
        let (left, right) = (left, right)
        return Parallel.map((next + chunk - 1) / chunk, threads: threads) { index in
          var (constant, quadratic) = (SecureProductSum(), SecureProductSum())
          for group in index * chunk..<min((index + 1) * chunk, next) {
            let a0 = left[group] + (left[group + half] - left[group]) * factor
            let b0 = right[group] + (right[group + half] - right[group]) * factor
            let a1 = left[group + next] + (left[group + next + half] - left[group + next]) * factor
            let b1 = right[group + next] + (right[group + next + half] - right[group + next]) * factor
            (left[group], left[group + next], right[group], right[group + next]) = (a0, a1, b0, b1)
            constant.add(a0, b0)
            quadratic.add(a1 - a0, b1 - b0)
          }
          return (constant.total, quadratic.total)
        }
      }
    }
    tables.left.dropUpperHalf()
    tables.right.dropUpperHalf()
    return partial.reduce((.zero, .zero)) { ($0.0 + $1.0, $0.1 + $1.1) }
  }
}

/// The constant and the quadratic coefficient of Σ_{i < half} a_i(X)·b_i(X), a_i(X) = a[i] + X·(a[i + half] − a[i]).
///
/// - Precondition: both tables have the same power of two of entries, at least 2.
package func productRound(
  _ a: SecureTable, _ b: SecureTable, threads: Int = 1
) -> (constant: SecureField, quadratic: SecureField) {
  precondition(a.count == b.count && a.count >= 2, "tables of different sizes or without a variable")
  guard a.count >= 16 else { return smallProductRound(a, b) }
  let half = a.lanes.count / 2
  let chunk = SecureTable.chunk
  let partial = Parallel.map((half + chunk - 1) / chunk, threads: threads) { index in
    var (constant, quadratic) = (SecureProductSum(), SecureProductSum())
    for group in index * chunk..<min((index + 1) * chunk, half) {
      let (a0, b0) = (a.lanes[group], b.lanes[group])
      constant.add(a0, b0)
      quadratic.add(a.lanes[group + half] - a0, b.lanes[group + half] - b0)
    }
    return (constant.total, quadratic.total)
  }
  return partial.reduce((.zero, .zero)) { ($0.0 + $1.0, $0.1 + $1.1) }
}

private func smallProductRound(
  _ a: SecureTable, _ b: SecureTable
) -> (constant: SecureField, quadratic: SecureField) {
  let half = a.count / 2
  var (constant, quadratic) = (SecureField.zero, SecureField.zero)
  for index in 0..<half {
    constant += a[index] * b[index]
    quadratic += (a[index + half] - a[index]) * (b[index + half] - b[index])
  }
  return (constant, quadratic)
}
