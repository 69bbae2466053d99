import Circuit
import Field
import Verifier

/// The secrets of one hiding proof. docs/protocol.md §9a.
package struct ProofMasks {
  /// Y, filled up with zeros to whole K-rows.
  @Secret package var pads: [SecureField]
  /// The uses of Y's entries.
  package let ledger: PadLedger
  /// What the opening goes on with.
  package private(set) var random: any SecretSource

  /// - Precondition: the plan is of the hiding mode.
  package init(_ plan: Plan, _ layout: PadPlan, _ ledger: PadLedger, random: any SecretSource) {
    (self.random, self.ledger) = (random, ledger)
    var pads = self.random.secureElements(layout.entryCount)
    for product in layout.quadratic(ledger).products {
      pads[product.product] = pads[product.first] * pads[product.second]
    }
    let padding = repeatElement(SecureField.zero, count: layout.rowCount << plan.padVariableCount - pads.count)
    _pads = Secret(wrappedValue: pads + padding)
    pads.erase()
    self.pads.shield()
  }

  /// The pads of what is sent before the discharge, in order.
  package var sentPads: SentPads {
    let products = Set(ledger.products.map(\.product))
    return SentPads((0..<ledger.count).filter { !products.contains($0) }.map { pads[$0] })
  }

  /// Commits to the witness's rows and then Y.
  package mutating func commit(_ rows: PackedRows, _ code: Code, threads: Int) -> Commitment {
    let length = 1 << code.variableCount
    var padRows: [BaseField] = []
    padRows.reserveCapacity(2 * pads.count)
    for start in stride(from: 0, to: pads.count, by: length) {
      padRows.append(pairOf: pads[start..<start + length], length: length)
    }
    defer { padRows.erase() }
    return Commitment(rows: rows.appending(padRows), code: code, random: &random, threads: threads)
  }
}

/// What is added to elements that are sent, in order.
package struct SentPads: Sendable {
  @Secret package var elements: [SecureField]
  private var used = 0

  package init(_ elements: consuming [SecureField]) { _elements = Secret(wrappedValue: elements) }

  mutating func next(_ count: Int) -> ArraySlice<SecureField> {
    precondition(elements.count - used >= count, "every element has a pad")
    used += count
    return elements[used - count..<used]
  }
}

/// What masks the rounds of a masked level: the first two entries of its rows' tails. docs/protocol.md §9a.
struct LevelMasks {
  let commitment: Commitment
  private var entries: SecureTable
  /// 1 and the row's index, and then a power of the combination times these.
  private(set) var weight: SecureTable

  /// Commits to the rows of H, which a mask is added to.
  init(_ rows: inout [BaseField], code: Code, rowCount: Int, random: any SecretSource, threads: Int) {
    var random = random
    var mask = random.elements(2 << code.variableCount)
    defer { mask.erase() }
    rows += mask
    commitment = Commitment(rows: rows, code: code, random: &random, threads: threads)
    let size = 1 << bitCountOfAxis(rowCount)
    entries = SecureTable(zeros: Level.maskCount * size)
    weight = SecureTable(zeros: entries.count)
    for row in 0..<rowCount {
      for index in 0..<Level.maskCount { entries[Level.maskCount * row + index] = commitment.tailEntry(index, row: row) }
    }
    for row in 0..<size {
      weight[Level.maskCount * row] = .one
      weight[Level.maskCount * row + 1] = SecureField(BaseField(Int64(row)))
    }
  }

  /// The masks' sum over all rows.
  var sum: SecureField { entries.innerProduct(weight) }

  mutating func multiply(by power: SecureField) {
    var product = SecureTable(zeros: weight.count)
    product.add(weight, times: power)
    weight = product
  }

  /// What they add to a round.
  var round: (constant: SecureField, quadratic: SecureField) { productRound(entries, weight) }

  mutating func bind(_ x: SecureField) {
    entries.fold(x)
    weight.fold(x)
  }

  /// The claim's functional on the mask of the folded row, which has this weight; all rows are bound.
  func value(_ rowWeight: SecureTable, threads: Int) -> SecureField {
    let last = commitment.rowCount - 2
    var row = commitment.combineRows([.one, .generator], from: last, threads: threads)
    defer { row.erase() }
    let tail = (0..<Level.maskCount).map { commitment.tailEntry($0, row: last / 2) * weight[$0] }
    return row.innerProduct(rowWeight) + tail.reduce(.zero, +)
  }

  mutating func erase() { entries.erase() }
}

extension Commitment {
  /// Of the tail of a K-row.
  fileprivate func tailEntry(_ index: Int, row: Int) -> SecureField {
    let first = 2 * row * code.tailCount + index
    return SecureField(c0: tails[first], c1: tails[first + code.tailCount])
  }
}

extension [BaseField] {
  /// Adds the two rows of F of a K-row that has these elements and then zeros.
  fileprivate mutating func append(pairOf elements: ArraySlice<SecureField>, length: Int) {
    let padding = repeatElement(BaseField.zero, count: length - elements.count)
    for element in elements { append(element.c0) }
    append(contentsOf: padding)
    for element in elements { append(element.c1) }
    append(contentsOf: padding)
  }
}

extension Plan {
  /// What becomes of Y in every proof of this plan: the verifier's steps on a proof of zeros.
  package func padLedger() -> PadLedger {
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
  /// The sumcheck over the quadratic constraints on Y.
  package mutating func dischargeProducts(_ layout: PadPlan, _ masks: ProofMasks) {
    pads = nil
    let (products, first) = layout.quadratic(masks.ledger)
    let variableCount = layout.variableCount
    func table(_ pad: KeyPath<PadProduct, Int>) -> [SecureField] {
      var table = [SecureField](repeating: .zero, count: 1 << variableCount)
      for (index, product) in products.enumerated() { table[index] = masks.pads[product[keyPath: pad]] }
      return table
    }
    var tables = [
      Multilinear.equalityTable(sponge.challenges("quadratic", count: layout.variableCount)), table(\.first), table(\.second),
      table(\.product),
    ]
    defer { for index in tables.indices { tables[index].erase() } }
    var mask = RoundMask(
      constant: masks.pads[first], coefficients: (0..<3 * variableCount).map { masks.pads[first + 1 + $0] })
    let sum = mask.sum
    send("mask.sum", [sum])
    let sigma = sponge.challenge("mask.scale")
    var claim = sigma * sum
    for _ in 0..<variableCount {
      let half = tables[0].count / 2
      var round = mask.polynomial.map { $0 * sigma }
      for index in 0..<half {
        func line(_ table: Int) -> (SecureField, SecureField) {
          (tables[table][index], tables[table][index + half] - tables[table][index])
        }
        let ((e, de), (a, da), (b, db), (c, dc)) = (line(0), line(1), line(2), line(3))
        let inner = [a * b - c, a * db + da * b - dc, da * db]
        for (power, coefficient) in inner.enumerated() {
          round[power] += e * coefficient
          round[power + 1] += de * coefficient
        }
      }
      let sent = sendRound("quadratic.round", claim: claim, [round[0], round[2], round[3]])
      claim = sent.claim
      mask.bind(sent.challenge)
      for index in tables.indices { tables[index].fold(sent.challenge) }
    }
    send("quadratic.ends", [tables[1][0], tables[2][0]])
  }
}

/// g(x) = constant + Σ_i Σ_d coefficients_i,d·x_i^d over the variables that are not bound.
private struct RoundMask {
  private var constant: SecureField
  /// Three for each variable.
  @Secret private var coefficients: [SecureField]
  private var boundCount = 0

  init(constant: SecureField, coefficients: consuming [SecureField]) {
    self.constant = constant
    _coefficients = Secret(wrappedValue: coefficients)
  }

  private var variableCount: Int { coefficients.count / 3 - boundCount }

  /// Over the hypercube.
  var sum: SecureField {
    let ones = coefficients.dropFirst(3 * boundCount).reduce(SecureField.zero, +)
    return power(variableCount) * constant + (variableCount == 0 ? .zero : power(variableCount - 1) * ones)
  }

  /// The sum over all variables but the first, as a polynomial in that one.
  var polynomial: [SecureField] {
    var rest = self
    rest.boundCount += 1
    let factor = power(rest.variableCount)
    return [rest.sum] + (0..<3).map { coefficients[3 * boundCount + $0] * factor }
  }

  mutating func bind(_ x: SecureField) {
    var power = SecureField.one
    for index in 0..<3 {
      power *= x
      constant += coefficients[3 * boundCount + index] * power
    }
    boundCount += 1
  }

  private func power(_ exponent: Int) -> SecureField {
    SecureField(BaseField(reducing: 1 << UInt64(exponent)))
  }
}
