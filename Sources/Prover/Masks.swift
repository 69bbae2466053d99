import Circuit
import Field
import Verifier

/// The secrets of one hiding proof. docs/protocol.md §9a.
package struct ProofMasks {
  /// Π, filled up with zeros to whole K-rows.
  package var pads: [SecureField]
  /// The uses of Π's entries.
  package let ledger: PadLedger
  /// What the opening goes on with.
  package private(set) var random: any SecretSource

  /// - Precondition: the plan is of the hiding mode.
  package init(_ plan: Plan, _ layout: PadPlan, random: any SecretSource) {
    self.random = random
    ledger = plan.padLedger()
    var pads = self.random.secureElements(layout.entryCount)
    for product in layout.quadratic(ledger).products {
      pads[product.product] = pads[product.first] * pads[product.second]
    }
    self.pads = pads + repeatElement(.zero, count: layout.rowCount << plan.padVariableCount - pads.count)
  }

  /// The pads of what is sent before the discharge, in order.
  package var sentPads: [SecureField] {
    let products = Set(ledger.products.map(\.product))
    return (0..<ledger.count).filter { !products.contains($0) }.map { pads[$0] }
  }

  /// The witness's rows, followed by Π.
  package mutating func commit(_ rows: [BaseField], _ code: Code, threads: Int) -> Commitment {
    let length = 1 << code.variableCount
    var all = rows
    for start in stride(from: 0, to: pads.count, by: length) { all += pads[start..<start + length].rowPair }
    return Commitment(rows: all, code: code, random: &random, threads: threads)
  }
}

/// The secrets of the opening's first level. docs/protocol.md §9a.
struct LevelMasks {
  /// Π'.
  let pads: [SecureField]
  /// What a verifier knows of the claim.
  var claim = Value.zero
  private let code: Code
  private var random: any SecretSource
  private var used = 0

  /// Nil where the level does not hide.
  init?(_ level: Level, random: any SecretSource) {
    guard case .committed(let code, _, _) = level, code.isHiding else { return nil }
    self.code = code
    self.random = random
    pads = self.random.secureElements(2 * level.roundCount)
  }

  /// Rows of H, then Π' and the two masks.
  mutating func commit(_ rows: [BaseField], threads: Int) -> Commitment {
    let length = 1 << code.variableCount
    let all = rows + (pads + repeatElement(.zero, count: length - pads.count)).rowPair + random.elements(4 * length)
    return Commitment(rows: all, code: code, random: &random, threads: threads)
  }

  /// Goes over to the claim after a round.
  mutating func follow(_ sent: [SecureField], _ challenge: SecureField) {
    let first = used
    used += sent.count
    let values = sent.indices.map { Value(sent: sent[$0] + pads[first + $0], pad: first + $0) }
    claim = RoundPolynomial.evaluate(RoundPolynomial.coefficients(values, claim: claim), at: challenge)
  }

  /// The weights of Π' in the claim.
  var weight: SecureTable { SecureTable(claim.padWeights(count: 1 << code.variableCount)) }

  /// The claim's functional on the masks; `rowWeight` is that on the folded row.
  func value(_ commitment: Commitment, _ rowWeight: SecureTable, threads: Int) -> SecureField {
    let first = commitment.rowCount - 4
    return zip([first, first + 2], [rowWeight, weight]).reduce(.zero) { sum, mask in
      sum + commitment.combineRows([.one, .generator], from: mask.0, threads: threads).innerProduct(mask.1)
    }
  }
}

extension Sequence<SecureField> {
  /// The two rows of F of a K-row.
  fileprivate var rowPair: [BaseField] { map(\.c0) + map(\.c1) }
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
  package mutating func dischargeProducts(_ layout: PadPlan, _ masks: ProofMasks) {
    pads = nil
    let (products, first) = layout.quadratic(masks.ledger)
    let variableCount = layout.variableCount
    func table(_ pad: KeyPath<PadProduct, Int>) -> [SecureField] {
      let values = products.map { masks.pads[$0[keyPath: pad]] }
      return values + repeatElement(.zero, count: 1 << variableCount - values.count)
    }
    var tables = [
      Multilinear.equalityTable(sponge.challenges("quadratic", count: layout.variableCount)), table(\.first), table(\.second),
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
