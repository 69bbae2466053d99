import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Blocks of leaves of odd sizes: every entry of every lookup counts, and nothing else.
@Suite struct LookupBlockTests {
  /// Blocks of rests 5, 3, 3 and 0 for a batch of 1, whose leading axis has 3 entries; with a larger batch that is the leading axis.
  private struct Parts {
    let network: SmallNetwork
    /// Function values, by rest.
    let values: [(column: Int, rest: Int)]

    init() {
      var b = CircuitBuilder("blocks", axes: [3, 7, 20], seed: 5)
      let (small, middle, large) = (b.input([1], 0...3), b.input([1, 2], 0...3), b.input([1, 3], 0...3))
      let first = b.apply(to: small) { 5 - $0 }
      // A column in two blocks.
      let (second, third) = (b.apply(to: middle) { $0 * $0 }, b.apply(to: middle) { 7 - $0 })
      let fourth = b.apply(to: large) { $0 ^ 1 }
      b.output(b.contraction([1], [first, second, third, fourth].map { b.term(1, $0) }))
      network = SmallNetwork(b, batches: [1, 2, 3])
      values = [(first, 0), (second, 3), (third, 3), (fourth, 5)]
    }
  }

  @Test("row 9: every entry of every block counts, the last ones of its leading axis too", arguments: [1, 2, 3], ProofMode.both)
  func entries(batch: Int, mode: ProofMode) {
    let parts = Parts()
    let proven = ProvenNetwork(parts.network, batch: batch, mode: mode)
    #expect(proven.error(proven.proof.bytes) == nil)
    let blocks = proven.plan.columns.lookupBlocks
    if batch == 1 {
      #expect(blocks.blocks.map(\.rest).sorted() == [0, 3, 3, 5] && blocks.blocks.allSatisfy { $0.size == 3 })
      #expect(blocks.leafCount == 3 * (32 + 8 + 8 + 1))
    } else {
      #expect(blocks.blocks.allSatisfy { $0.leading == 0 && $0.size == batch })
    }
    for (column, _) in parts.values {
      let count = proven.witness.columns[column].count
      for index in Set([0, count / 2, count - 2, count - 1]) {
        for step in [-1, 1, 100] as [Int64] {
          let error = proven.error { $0.columns[column][index] += step }
          #expect([mode.found(.lookupSumMismatch), .statementOutOfRange].contains(error))
        }
      }
    }
  }

  /// v(o) = y(o + 1) in a function table: in a block behind larger ones, or in the first one.
  private static func shifted(isFirst: Bool) -> (network: SmallNetwork, virtual: Int, value: Int) {
    var b = CircuitBuilder("shifted", axes: [3, 6], seed: 11)
    let y = b.apply(to: b.input([1], 0...3)) { $0 + 1 }
    if !isFirst { b.output(b.apply(to: b.input([1, 2], 0...3)) { 3 - $0 }) }
    let read = Operand(column: y, bindings: [Binding(0), Binding(1, slice: .init(start: 1, stride: 1))])
    let virtual = b.contraction(isFirst ? [1, 2] : [1], [Term(operands: [read])])
    let value = b.apply(to: virtual) { 9 - $0 }
    b.output(value)
    return (SmallNetwork(b, batches: [1]), virtual, value)
  }

  @Test("row 11: a slice of a virtual column in a block counts from the block's start", arguments: [false, true], ProofMode.both)
  func slices(isFirst: Bool, mode: ProofMode) throws {
    let (network, virtual, value) = Self.shifted(isFirst: isFirst)
    let proven = ProvenNetwork(network, batch: 1, mode: mode)
    let plan = proven.plan
    #expect(proven.error(proven.proof.bytes) == nil)
    let lookup = try #require(plan.circuit.lookups.firstIndex { $0.columns.contains(virtual) })
    let offset = plan.columns.lookupBlocks.offsets[lookup]
    #expect(isFirst ? offset == 0 : offset > 2)
    // Honest proofs pass a verifier that forgets the start of the block only where it is 0.
    func accepts(_ flaw: Flaw, _ prover: MaliciousProver) -> Bool {
      (try? plan.verify(flaw, proven.core, prover.statement, prover.prove(flaw))) != nil
    }
    var liar = MaliciousProver(proven)
    liar.witness.columns[virtual] = liar.witness.columns[virtual].map { _ in 0 }
    liar.witness.columns[value] = liar.witness.columns[value].map { _ in 9 }
    liar.witness.countMultiplicities(plan.circuit, batch: 1)
    liar.statement.outputs = liar.witness.outputs(plan.circuit)
    #expect(liar.statement != proven.statement)
    #expect(accepts(.none, MaliciousProver(proven)))
    #expect(accepts(.unshiftedSlices, liar) == !isFirst)
    #expect(accepts(.unshiftedSlices, MaliciousProver(proven)) == isFirst)
    #expect(!accepts(.none, liar))
    #expect(proven.error(of: liar) != nil)
    #expect(proven.error(liar.prove(.unshiftedSlices), liar.statement) != nil)
  }
}
