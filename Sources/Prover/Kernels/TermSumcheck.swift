import Execution
import Field

/// A sumcheck over Σ_t weight[t]·Σ_c Π_k operand_k[t, c], the most significant variable of (t, c) first.
package struct TermSumcheck: Sendable {
  /// By t; those that would not stand for whole vectors of operands are an operand instead.
  private var weights: [SecureField]
  private var operands: [SecureTable]

  /// - Parameter factors: The weights of all t are their product, the last one running fastest; powers of two.
  /// - Precondition: 1…3 tables of the same power of two of entries, at least as many as weights.
  package init(weights factors: [[SecureField]], _ operands: [SecureTable], threads: Int = 1) {
    let count = factors.reduce(1) { $0 * $1.count }
    let size = operands[0].count / count
    precondition(size * count == operands[0].count && operands.allSatisfy { $0.count == operands[0].count }, "tables match")
    if count == 1 || size >= 8 {
      (weights, self.operands) = (SecureTable(outer: factors).values, operands)
    } else {
      let table = SecureTable(outer: size == 1 ? factors : factors + [Array(repeating: .one, count: size)], threads: threads)
      (weights, self.operands) = ([.one], operands + [table])
    }
  }

  /// The sum over all variables that are not bound.
  package var value: SecureField {
    let groups = operands[0].lanes.count / weights.count
    var sum = SecureField.zero
    for (t, weight) in weights.enumerated() {
      var part = SecureLanes.zero
      for group in t * groups..<(t + 1) * groups {
        part += operands.dropFirst().reduce(operands[0].lanes[group]) { $0 * $1.lanes[group] }
      }
      sum += weight * part.sum()
    }
    return sum
  }

  /// The first operands' entries once all variables are bound.
  package func ends(_ count: Int) -> [SecureField] { operands.prefix(count).map { $0[0] } }

  /// Binds the most significant variable.
  package mutating func fold(_ r: SecureField, threads: Int = 1) {
    if weights.count > 1 { weights.fold(r) }
    for index in operands.indices { operands[index].fold(r, threads: threads) }
  }

  package mutating func erase() {
    for index in operands.indices { operands[index].erase() }
  }

  /// The coefficients, lowest first, of the sum as a polynomial of the most significant variable.
  package func round(threads: Int) -> [SecureField] {
    let half = operands[0].count / 2
    guard half >= 8 else {
      var values = [SecureField](repeating: .zero, count: operands.count + 1)
      for index in 0..<half {
        for place in values.indices {
          values[place] += operands.reduce(weights[0]) { $0 * point(place, $1[index], $1[index + half]) }
        }
      }
      return coefficients(values)
    }
    // Blocks of vectors of a weight, or of all for the one that is left.
    let count = max(1, weights.count / 2)
    let groups = half / 8 / count
    let pieces = (groups + SecureTable.chunk - 1) / SecureTable.chunk
    let parts = Parallel.map(count * pieces, threads: threads) { index in
      let (block, start) = (index / pieces, index % pieces * SecureTable.chunk)
      return sums(block * groups + start..<block * groups + min(start + SecureTable.chunk, groups))
    }
    var sum = [SecureField](repeating: .zero, count: operands.count + 2)
    for block in 0..<count {
      var values = [SecureField](repeating: .zero, count: operands.count + 1)
      for part in parts[block * pieces..<(block + 1) * pieces] {
        for place in values.indices { values[place] += part[place] }
      }
      let low = weights[block]
      let difference = weights.count > 1 ? weights[block + count] - low : .zero
      for (power, coefficient) in coefficients(values).enumerated() {
        sum[power] += low * coefficient
        sum[power + 1] += difference * coefficient
      }
    }
    if weights.count == 1 { sum.removeLast() }
    return sum
  }

  /// What the operands' products of some vectors sum to at each of the points.
  private func sums(_ groups: Range<Int>) -> [SecureField] {
    let half = operands[0].lanes.count / 2
    return (0...operands.count).map { place in
      func lanes(_ operand: Int, _ group: Int) -> SecureLanes {
        point(place, operands[operand].lanes[group], operands[operand].lanes[group + half])
      }
      var sum = SecureProductSum()
      for group in groups {
        switch operands.count {
        case 1: sum.add(lanes(0, group), SecureLanes(repeating: .one))
        case 2: sum.add(lanes(0, group), lanes(1, group))
        case 3: sum.add(lanes(0, group) * lanes(1, group), lanes(2, group))
        case _: sum.add(lanes(0, group) * lanes(1, group), lanes(2, group) * lanes(3, group))
        }
      }
      return sum.total
    }
  }
}

/// At 0, 1, ∞ (the leading coefficient), −1 or 2, the value of a + X·(b − a).
@inline(__always) private func point<Element: AdditiveLanes>(_ place: Int, _ a: Element, _ b: Element) -> Element {
  switch place {
  case 0: a
  case 1: b
  case 2: b - a
  case 3: a - (b - a)
  case _: b + (b - a)
  }
}

private protocol AdditiveLanes {
  static func + (_: Self, _: Self) -> Self
  static func - (_: Self, _: Self) -> Self
}
extension SecureField: AdditiveLanes {}
extension SecureLanes: AdditiveLanes {}

private let (inverseOfTwo, inverseOfSix) = (BaseField(2 as Int64).inverseOrZero(), BaseField(6 as Int64).inverseOrZero())

/// Of the polynomial of degree n that has n + 1 values at those points; n ≤ 4.
private func coefficients(_ values: [SecureField]) -> [SecureField] {
  let (atZero, atOne, leading) = (values[0], values[1], values.count > 2 ? values[2] : values[1] - values[0])
  switch values.count {
  case 2: return [atZero, leading]
  case 3: return [atZero, atOne - atZero - leading, leading]
  case _:
    let half = inverseOfTwo
    let (even, odd) = ((atOne + values[3]) * half, (atOne - values[3]) * half)
    if values.count == 4 { return [atZero, odd - leading, even - atZero, leading] }
    let quadratic = even - atZero - leading
    let rest = values[4] - atZero - quadratic * BaseField(4 as Int64) - leading * BaseField(16 as Int64)
    let cubic = (rest - odd - odd) * inverseOfSix
    return [atZero, odd - cubic, quadratic, cubic, leading]
  }
}
