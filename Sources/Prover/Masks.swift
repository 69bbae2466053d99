import Circuit
import Field
import Verifier

/// The secrets of one hiding proof. docs/protocol.md §9a.
struct ProofMasks {
  /// Π, filled up with zeros to whole K-rows.
  let pads: [SecureField]
  /// The uses of Π's entries.
  let ledger: PadLedger
  private var random: SecretStream

  /// - Precondition: the plan is of the hiding mode.
  init(_ plan: Plan, _ layout: PadPlan, random: SecretStream) {
    self.random = random
    ledger = plan.padLedger()
    var pads = self.random.secureElements(layout.entryCount)
    for product in layout.quadratic(ledger).products {
      pads[product.product] = pads[product.first] * pads[product.second]
    }
    self.pads = pads + repeatElement(.zero, count: layout.rowCount << plan.padVariableCount - pads.count)
  }

  /// The pads of what is sent before the discharge, in order.
  var sentPads: [SecureField] {
    let products = Set(ledger.products.map(\.product))
    return (0..<ledger.count).filter { !products.contains($0) }.map { pads[$0] }
  }

  /// The witness's rows, followed by Π and the masks of both.
  mutating func commit(_ rows: [BaseField], _ plan: CommitmentPlan, threads: Int) -> Commitment {
    let length = 1 << plan.code.variableCount
    var all = rows
    for start in stride(from: 0, to: pads.count, by: length) {
      all += pads[start..<start + length].map(\.c0) + pads[start..<start + length].map(\.c1)
    }
    all += random.elements((2 + 2 * pads.count / length) * length)
    return Commitment(rows: all, code: plan.code, random: &random, threads: threads)
  }

  /// The mask of a commitment that was made before.
  mutating func mask(_ code: Code, threads: Int) -> Commitment {
    Commitment(rows: random.elements(2 << code.variableCount), code: code, random: &random, threads: threads)
  }
}

extension Plan {
  /// What becomes of Π in every proof of this plan: the verifier's steps on a proof of zeros.
  fileprivate func padLedger() -> PadLedger {
    let empty = Statement(
      batch: batch, inputs: circuit.inputs.map { _ in [] }, outputs: circuit.outputs.map { _ in [] })
    var transcript = VerifierTranscript(
      .hiding, proof: [UInt8](repeating: 0, count: SecureField.byteCount * (pads?.entryCount ?? 0)))
    do throws(VerificationError) { _ = try transcript.mergeAll(self, empty) } catch {
      preconditionFailure("the proof of zeros is long enough")
    }
    return transcript.pads ?? PadLedger()
  }
}

extension ProverTranscript {
  /// The sumcheck over the quadratic constraints on Π.
  mutating func dischargeProducts(_ layout: PadPlan, _ masks: ProofMasks) {
    pads = nil
    let (products, first) = layout.quadratic(masks.ledger)
    let variableCount = layout.variableCount
    func table(_ pad: KeyPath<PadProduct, Int>) -> [SecureField] {
      let values = products.map { masks.pads[$0[keyPath: pad]] }
      return values + repeatElement(.zero, count: 1 << variableCount - values.count)
    }
    var tables = [
      Multilinear.equalityTable(sponge.quadraticPoint(layout)), table(\.first), table(\.second),
      table(\.product),
    ]
    var mask = RoundMask(constant: masks.pads[first], coefficients: (0..<variableCount).map { variable in
      (0..<3).map { masks.pads[first + 1 + 3 * variable + $0] }
    })
    let sum = mask.sum
    send("mask.sum", [sum])
    let scale = sponge.challenge("mask.scale")
    var claim = scale * sum
    for _ in 0..<variableCount {
      let half = tables[0].count / 2
      var round = mask.polynomial.map { $0 * scale }
      for index in 0..<half {
        let lines = tables.map { ($0[index], $0[index + half] - $0[index]) }
        let ((e, de), (a, da), (b, db), (c, dc)) = (lines[0], lines[1], lines[2], lines[3])
        let inner = [a * b - c, a * db + da * b - dc, da * db]
        for (power, coefficient) in inner.enumerated() {
          round[power] += e * coefficient
          round[power + 1] += de * coefficient
        }
      }
      let sent = sendRound("quadratic.round", claim: claim, [round[0], round[2], round[3]])
      claim = sent.claim
      mask.bind(sent.challenge)
      for index in tables.indices {
        tables[index] = (0..<half).map { entry in
          tables[index][entry] + sent.challenge * (tables[index][entry + half] - tables[index][entry])
        }
      }
    }
    send("quadratic.ends", [tables[1][0], tables[2][0]])
  }
}

/// g(x) = constant + Σ_i Σ_d coefficients_i,d·x_i^d over the variables that are not bound.
private struct RoundMask {
  var constant: SecureField
  var coefficients: [[SecureField]]

  /// Over the hypercube.
  var sum: SecureField {
    let ones = coefficients.reduce(SecureField.zero) { $1.reduce($0, +) }
    return power(coefficients.count) * constant + (coefficients.isEmpty ? .zero : power(coefficients.count - 1) * ones)
  }

  /// The sum over all variables but the first, as a polynomial in that one.
  var polynomial: [SecureField] {
    var rest = self
    let first = rest.coefficients.removeFirst()
    let scale = power(rest.coefficients.count)
    return [rest.sum] + first.map { $0 * scale }
  }

  mutating func bind(_ x: SecureField) {
    var power = SecureField.one
    for coefficient in coefficients.removeFirst() {
      power *= x
      constant += coefficient * power
    }
  }

  private func power(_ exponent: Int) -> SecureField {
    SecureField(BaseField(reducing: 1 << UInt64(exponent)))
  }
}

extension OpeningClaim {
  /// The claim's functional on the masks: of the rows of each commitment, and of Π.
  func maskValue(_ plan: Plan, _ trees: [[Commitment]], threads: Int) -> SecureField {
    guard let layout = plan.pads else { return .zero }
    var sum = SecureField.zero
    for (index, part) in parts.enumerated() {
      let rows = plan.commitments[index].layout.rowCount
      let mask = index == trees.count - 1 ? trees[index][0].secureRow(rows + 2 * layout.rowCount, threads: threads)
        : trees[index][1].secureRow(0, threads: threads)
      sum += mask.innerProduct(SecureTable.equality(part.inRow, scale: part.coefficient, threads: threads))
    }
    let first = plan.commitments[parts.count - 1].layout.rowCount + 2 * layout.rowCount + 2
    let size = 1 << plan.padVariableCount
    for row in 0..<layout.rowCount {
      let weights = SecureTable(Array(padWeights[row * size..<(row + 1) * size]))
      sum += trees[parts.count - 1][0].secureRow(first + 2 * row, threads: threads).innerProduct(weights)
    }
    return sum
  }
}

extension Commitment {
  /// The K-row of a row of first coordinates and the next one.
  fileprivate func secureRow(_ first: Int, threads: Int) -> SecureTable {
    combineRows([.one, .generator], from: first, threads: threads)
  }
}
