import Field

/// The two halves of a layer of fractions, folded as the layer's sumcheck goes on.
struct LayerHalves {
  private var numerators: SecureTable
  private var denominators: SecureTable
  private var variableCount: Int

  init(numerators: SecureTable, denominators: SecureTable) {
    self.numerators = numerators
    self.denominators = denominators
    variableCount = numerators.count.trailingZeroBitCount - 1
  }

  private var half: Int { 1 << variableCount }

  fileprivate func numerator(_ upper: Bool, _ index: Int) -> SecureField {
    numerators[(upper ? half : 0) + index]
  }

  fileprivate func denominator(_ upper: Bool, _ index: Int) -> SecureField {
    denominators[(upper ? half : 0) + index]
  }

  /// The lower and upper numerator, then the lower and upper denominator, once no variable is left.
  var ends: [SecureField] { [numerators[0], numerators[1], denominators[0], denominators[1]] }

  /// Binds the most significant variable of both halves.
  mutating func fold(_ r: SecureField, threads: Int) {
    numerators = folded(numerators, r)
    denominators = folded(denominators, r)
    variableCount -= 1
  }

  private func folded(_ table: SecureTable, _ r: SecureField) -> SecureTable {
    let quarter = half / 2
    var result: [SecureField] = []
    for start in [0, half] {
      for index in start..<start + quarter {
        result.append(table[index] + r * (table[index + quarter] - table[index]))
      }
    }
    return SecureTable(result)
  }
}

/// h(0) and the quadratic coefficient of
/// h(X) = Σ_x equality(x)·(a·(p0·q1 + p1·q0) + b·q0·q1)(X, x), the most significant variable being X.
func layerRound(
  _ halves: LayerHalves, equality: SecureTable, _ a: SecureField, _ b: SecureField, threads: Int
) -> (constant: SecureField, quadratic: SecureField) {
  let count = equality.count
  var (constant, quadratic) = (SecureField.zero, SecureField.zero)
  for index in 0..<count {
    let (p0, p1) = (halves.numerator(false, index), halves.numerator(true, index))
    let (q0, q1) = (halves.denominator(false, index), halves.denominator(true, index))
    constant += equality[index] * (a * (p0 * q1 + p1 * q0) + b * (q0 * q1))
    let next = index + count
    let (dp0, dp1) = (halves.numerator(false, next) - p0, halves.numerator(true, next) - p1)
    let (dq0, dq1) = (halves.denominator(false, next) - q0, halves.denominator(true, next) - q1)
    quadratic += equality[index] * (a * (dp0 * dq1 + dp1 * dq0) + b * (dq0 * dq1))
  }
  return (constant, quadratic)
}

/// The layer above: fractions of entries i and i + half added.
func fractionSums(
  numerators: SecureTable, denominators: SecureTable, threads: Int
) -> (numerators: SecureTable, denominators: SecureTable) {
  let half = numerators.count / 2
  var (sums, products) = (SecureTable(zeros: half), SecureTable(zeros: half))
  for index in 0..<half {
    let (q0, q1) = (denominators[index], denominators[index + half])
    sums[index] = numerators[index] * q1 + numerators[index + half] * q0
    products[index] = q0 * q1
  }
  return (sums, products)
}
