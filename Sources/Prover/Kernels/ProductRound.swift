import Execution
import Field

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
