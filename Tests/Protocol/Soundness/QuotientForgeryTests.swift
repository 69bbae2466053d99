import Circuit
import Field
import TestSupport
import Testing
import Verifier

/// Remainder forms against provers that choose quotients as they like.
@Suite struct QuotientForgeryTests {
  /// One quotient of x, and a chain of two; the quotients are read by a function alone, so that they may be anything in F.
  private struct Parts {
    let network: SmallNetwork
    let (single, wide, last): (Int, Int, Int)

    init() {
      var b = CircuitBuilder("quotients", axes: [5])
      let x = b.input([1], -90...90)
      single = b.quotients(of: x, [(2, 1)])[0]
      let chain = b.quotients(of: x, [(3, -4), (2, 7)])
      (wide, last) = (chain[0], chain[1])
      b.output(b.apply(to: x) { $0 & 1 })
      network = SmallNetwork(b, batches: [3])
    }
  }

  private func forged(_ mode: ProofMode) -> (parts: Parts, prover: ChosenWitness) {
    let parts = Parts()
    return (parts, ChosenWitness(parts.network, batch: 3, mode: mode))
  }

  private func inverse(_ bits: Int) -> BaseField { BaseField(Int64(1) << Int64(bits)).inverseOrZero() }

  @Test("row 6: a quotient that is off by one is rejected, at the end of a chain too", arguments: ProofMode.both)
  func neighbours(mode: ProofMode) {
    let (parts, prover) = forged(mode)
    #expect(prover.error() == nil)
    for step in [-1, 1] as [Int64] {
      for quotient in [parts.single, parts.wide, parts.last] {
        #expect(prover.error([quotient: prover.changed(quotient) { $0[4] += step }]) == mode.found(.lookupSumMismatch))
      }
      // The wide one follows its quotient, so that only its own remainder is wrong.
      let both = [parts.wide: prover.changed(parts.wide) { $0[4] += 4 * step }, parts.last: prover.changed(parts.last) { $0[4] += step }]
      #expect(prover.error(both) == mode.found(.lookupSumMismatch))
      // Without the lookup of the remainder nothing is wrong.
      let circuit = prover.network.circuit
      let remainder = circuit.lookups.first { $0.forms[0].parts.count == 2 && $0.forms[0].parts[1].column == parts.wide }
      #expect(prover.error(in: circuit.without(remainder), both) == nil)
      #expect(circuit.brokenRule { $0 = $0.without(remainder) } == 7)
    }
  }

  /// All witnesses in F; the prover's kernels compute small forms alone.
  private func witnesses(_ circuit: ArithmeticCircuit, _ prover: ChosenWitness) -> [[[BaseField]]] {
    WitnessSolver(circuit, batch: 1, given: circuit.columns.indices.map { circuit.columns[$0].kind == .public ? Array(prover.columns[$0].prefix(5)) : [] })
      .witnesses
  }

  @Test("row 6: a quotient that is no integer but gives another remainder is ruled out by its range alone") func fractions() {
    let (parts, prover) = forged(.transparent)
    let circuit = prover.network.circuit
    #expect(witnesses(circuit, prover).count == 1)
    // q + 1/4 for another remainder; q + 1/8 in a chain, for which its quotient is one of 1/32 more.
    for (quotient, bits) in [(parts.single, 2), (parts.last, 5)] {
      let flawed = circuit.without(circuit.rangeLookup(quotient))
      let found = witnesses(flawed, prover)
      #expect(found.count == 2)
      #expect(circuit.brokenRule { $0 = $0.without($0.rangeLookup(quotient)) } == 7)
      // Their difference is no small integer, but a small multiple of 2^−s.
      let differences = zip(found[0][quotient], found[1][quotient]).map { ($0 - $1) * BaseField(Int64(1) << Int64(bits)) }
      #expect(differences.contains { $0 != .zero } && differences.allSatisfy { abs($0.centred) < 1 << 12 })
    }
    // The wide one moves with its quotient only.
    for delta in [inverse(3), inverse(2), inverse(5)] {
      let wide = prover.adding(delta, to: parts.wide, at: 0)
      #expect(prover.error([parts.wide: wide, parts.last: prover.columns[parts.last]]) != nil)
    }
  }

  @Test("row 6: a table that is one bit wider admits two quotients, and is refused", arguments: ProofMode.both)
  func wideTables(mode: ProofMode) {
    let (parts, prover) = forged(mode)
    var circuit = prover.network.circuit
    let lookup = circuit.lookups.firstIndex { $0.forms[0].parts.count == 2 && $0.forms[0].parts[1].column == parts.single } ?? 0
    circuit.tables.append(Table(name: "wide", content: .range(lower: -4, bits: 3)))
    circuit.lookups[lookup].table = circuit.tables.count - 1
    let admitted = [-1, 1].count { (step: Int64) in
      prover.error(in: circuit, [parts.single: prover.changed(parts.single) { $0[4] += step }]) == nil
    }
    #expect(admitted == 1)
    #expect(circuit.brokenRule() == 6)
  }
}
