import Circuit
import Field
import TestSupport
import Testing
import Verifier

/// Thresholds against provers that choose their integer, or the sums that determine it, as they like.
@Suite struct ThresholdForgeryTests {
  /// For each of 2 rows the least h with Σ_j (m(j) + k(j))·E(round((8·h − x(j)) / 8)) ≤ 6; the output is E.
  private struct Parts {
    let network: SmallNetwork
    let columns: CircuitBuilder.ThresholdColumns
    let mask: Int

    init(isRounded: Bool = true) {
      var b = CircuitBuilder("threshold", axes: [2, 3], seed: 3)
      let x = b.input([1, 2], isRounded ? -60...60 : -7...7)
      mask = b.index([2])
      let k = b.constant([2], [0, 1, 2])
      columns = b.threshold(
        [1], over: [2], top: (-64, 7), limbs: isRounded ? [2, 1] : [], plus: [b.term(-1, x)], SmallNetwork.falling,
        weights: [(1, [mask]), (1, [k])], bound: 6)
      b.output(columns.value)
      network = SmallNetwork(b, batches: [2])
    }
  }

  @Test("row 6: an integer that is one more or one less is rejected, by one sum each", arguments: ProofMode.both, [true, false])
  func neighbours(mode: ProofMode, isRounded: Bool) {
    let parts = Parts(isRounded: isRounded)
    let prover = ChosenWitness(parts.network, batch: 2, mode: mode)
    let (columns, circuit) = (parts.columns, parts.network.circuit)
    #expect(prover.error() == nil)
    for (step, sum) in [(1, columns.sumBefore), (-1, columns.sum)] as [(Int64, Int)] {
      for row in 0..<4 {
        let forged = [columns.digits[0]: prover.changed(columns.digits[0]) { $0[row] += step }]
        #expect(prover.error(forged) == mode.found(.lookupSumMismatch))
        guard row == 2 else { continue }
        #expect(prover.error(in: circuit.without(circuit.rangeLookup(sum)), forged) == nil)
        #expect(circuit.brokenRule { circuit in
          let lookup = circuit.rangeLookup(sum)
          circuit.lookups.removeAll { $0 == lookup }
        } == 10)
      }
    }
  }

  @Test("row 6: an integer plus 2^−s moves the remainder, and is rejected by the digit's range alone", arguments: ProofMode.both)
  func fractions(mode: ProofMode) {
    let parts = Parts()
    let prover = ChosenWitness(parts.network, batch: 2, mode: mode)
    let (digit, circuit) = (parts.columns.digits[0], parts.network.circuit)
    let eighth = BaseField(8 as Int64).inverseOrZero()
    // A row whose exponents keep their quotients when they grow by 1.
    let exponents = prover.columns[parts.columns.exponent]
    let row = (0..<4).first { (row: Int) -> Bool in
      exponents[3 * row..<3 * row + 3].allSatisfy { (exponent: Int64) -> Bool in (exponent + 5) >> 3 == (exponent + 4) >> 3 }
    }
    #expect(row != nil)
    let forged = [digit: prover.adding(eighth, to: digit, at: row ?? 0)]
    #expect(prover.error(forged) == mode.found(.lookupSumMismatch))
    #expect(prover.error(in: circuit.without(circuit.rangeLookup(digit)), forged) == nil)
  }

  @Test("row 6: a digit does not carry into the next one", arguments: ProofMode.both) func carries(mode: ProofMode) {
    let network = SmallNetwork.twoDigits
    let prover = ChosenWitness(network, batch: 1, mode: mode)
    let digits = network.circuit.thresholds[0].digits
    #expect(prover.error() == nil && prover.columns[digits[1]].contains(-1))
    let (low, high) = (prover.changed(digits[0]) { $0[1] += 1 << 16 }, prover.changed(digits[1]) { $0[1] -= 1 })
    let forged = [digits[0]: low, digits[1]: high]
    #expect(prover.error(forged) == mode.found(.lookupSumMismatch))
    let lookups = digits.map { network.circuit.rangeLookup($0) }
    #expect(prover.error(in: network.circuit.without(lookups[0]).without(lookups[1]), forged) == nil)
    #expect(prover.error(in: network.circuit.without(lookups[0]), forged) == mode.found(.lookupSumMismatch))
    #expect(prover.error(in: network.circuit.without(lookups[1]), forged) == mode.found(.lookupSumMismatch))
  }

  @Test("row 6: the value of the row before is that of the table, in its place", arguments: ProofMode.both)
  func valuesBefore(mode: ProofMode) {
    let parts = Parts()
    let prover = ChosenWitness(parts.network, batch: 2, mode: mode)
    let columns = parts.columns
    let (value, before) = (prover.columns[columns.value], prover.columns[columns.before])
    #expect(value != before)
    // E in its place; both exchanged; one that helps an integer that is too large.
    #expect(prover.error([columns.before: value]) == mode.found(.lookupSumMismatch))
    #expect(prover.error([columns.before: value, columns.value: before]) == mode.found(.lookupSumMismatch))
    let late = prover.changed(columns.digits[0]) { $0[0] += 1 }
    let forged = [columns.digits[0]: late, columns.before: before.map { _ in 9 }]
    #expect(prover.error(forged) == mode.found(.lookupSumMismatch))
    // A verifier that compares the first two coordinates alone.
    var circuit = parts.network.circuit
    let lookup = circuit.thresholds[0].lookup
    let table = circuit.tables[circuit.lookups[lookup].table]
    circuit.tables.append(Table(name: "pairs", content: .function(lower: table.lower, values: (0..<1 << table.bitCount).map { table.value(1, row: $0) })))
    circuit.lookups[lookup].forms.removeLast()
    circuit.lookups[lookup].table = circuit.tables.count - 1
    circuit.thresholds = []
    #expect(prover.error(in: circuit, forged) == nil)
    #expect(circuit.brokenRule() == 7)
    // Another entry's value.
    #expect(prover.error([columns.value: prover.changed(columns.value) { $0.swapAt(0, 4) }]) != nil || value[0] == value[4])
    for index in value.indices {
      for column in [columns.value, columns.before] {
        #expect(prover.error([column: prover.changed(column) { $0[index] += 1 }]) == mode.found(.lookupSumMismatch))
      }
    }
  }

  @Test("row 6: sums are those of the masks", arguments: ProofMode.both) func masks(mode: ProofMode) {
    let parts = Parts()
    let prover = ChosenWitness(parts.network, batch: 2, mode: mode)
    let columns = parts.columns
    // Without its first mask the sum is smaller, and h could be, too.
    var unmasked = parts.network.circuit
    for sum in [columns.sum, columns.sumBefore] { unmasked[terms: sum].removeFirst() }
    let other = SmallNetwork(circuit: unmasked, weights: [], batches: [2], inputs: parts.network.inputs)
    let honest = ChosenWitness(other, batch: 2, mode: mode)
    #expect(honest.error() == nil && honest.columns[columns.digits[0]] != prover.columns[columns.digits[0]])
    let digits = [columns.digits[0]: honest.columns[columns.digits[0]]]
    #expect(prover.error(digits) == mode.found(.lookupSumMismatch))
    #expect(prover.error(in: unmasked, digits) == nil)
    for sum in [columns.sum, columns.sumBefore] {
      let claimed = digits.merging([columns.sum: honest.columns[columns.sum], columns.sumBefore: honest.columns[columns.sumBefore]]) { $1 }
      #expect(prover.error(claimed) != nil)
      #expect(prover.error([sum: prover.changed(sum) { $0[1] -= 1 }]) != nil)
    }
  }
}
