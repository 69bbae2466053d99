import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

@Suite struct PaddingTests {
  /// Slots that belong to no column.
  private func slack(_ layout: Layout) -> [Int] {
    var used: Set<Int> = []
    for placement in layout.placements {
      for entry in 0..<1 << placement.inRowBits {
        used.insert(placement.firstRow << layout.variableCount + placement.offset + entry)
      }
    }
    return (0..<layout.rowCount << layout.variableCount).filter { !used.contains($0) }
  }

  private func error(
    _ proven: ProvenNetwork, changing change: @escaping (inout [BaseField]) -> Void
  ) -> VerificationError? {
    var prover = MaliciousProver(proven)
    prover.changeRows = change
    return proven.error(of: prover)
  }

  @Test("row 11: junk in slots of no column changes nothing", arguments: ProofMode.both)
  func junkInSlack(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    let slack = slack(proven.plan.commitments[1].layout)
    #expect(!slack.isEmpty)
    let error = error(proven, changing: { rows in
      for index in slack { rows[index] = BaseField(reducing: UInt64(index) &* 977 &+ 5) }
    })
    #expect(error == nil)
  }

  @Test("row 11: junk in the padding of an advice column is rejected, in every padded slot", arguments: ProofMode.both)
  func junkInPadding(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    let layout = proven.plan.commitments[1].layout
    for column in proven.circuit.columns(of: .advice) {
      let placement = layout.placements[proven.plan.slots[column]?.index ?? 0]
      #expect(placement.hasPadding)
      for batch in 0..<4 {
        for neuron in 0..<8 where batch == 3 || neuron >= 5 {
          let (row, offset) = placement.position([batch, neuron])
          let index = row << layout.variableCount + offset
          #expect(error(proven, changing: { $0[index] = .one }) == .openingMismatch)
        }
      }
    }
  }

  @Test("row 11: each padded advice column makes one claim, of its padding and of nothing else",
    arguments: SmallNetwork.all)
  func paddingClaims(network: SmallNetwork) {
    let circuit = network.circuit.withClassRelations
    let core = WeightCommitment(circuit: network.circuit, proofCount: 0, root: .zero)
    let plan = Plan(circuit: circuit, batch: network.batches[0], modelCode: core.code)
    var sponge = Sponge()
    let claims = plan.paddingClaims(&sponge)
    let padded = circuit.columns(of: .advice).filter { column in
      plan.slots[column].map { plan.placement($0).hasPadding } ?? false
    }
    let slots = claims.map { $0.parts.map(\.index) }
    #expect(slots == padded.map { column in plan.slots[column].map { [$0.index, $0.index] } })
    for claim in claims {
      let placement = plan.commitments[claim.commitment].layout.placements[claim.parts[0].index]
      #expect(claim.value == .zero)
      for entry in 0..<1 << min(placement.bits.reduce(0, +), 10) {
        var (rest, index) = (entry, placement.bits)
        for axis in placement.bits.indices.reversed() {
          index[axis] = rest & (1 << placement.bits[axis] - 1)
          rest >>= placement.bits[axis]
        }
        let weight = claim.parts.map(\.weight).reduce(SecureField.zero) { sum, product in
          sum + zip(product.weights, index).reduce(product.coefficient) { $0 * $1.0.value(at: $1.1) }
        }
        #expect((weight == .zero) == zip(index, placement.shape).allSatisfy { $0 < $1 })
      }
    }
  }

  /// A network of 8 hidden neurons, not the leading axis of any lookup, whose padded layout is that of one with 5: the owner of the model and the prover
  /// fill the padding of weights and activations.
  private struct Smuggler {
    let small: ProvenNetwork
    let prover: MaliciousProver

    init(_ mode: ProofMode, byQuotients: Bool) {
      func network(_ hidden: Int, weights: [[Int64]]?) -> SmallNetwork {
        var b = CircuitBuilder("hidden", axes: [4, hidden, 4], seed: 2)
        let x = b.input([1])
        let a = b.contraction([2], [b.term(1, b.weight([2, 1]), x)])
        let y = byQuotients
          ? b.apply(to: b.quotients(of: a, [(5, 0)])[0], CircuitBuilder.relu) : b.apply(to: a, limbs: [2, 3], CircuitBuilder.relu)
        b.output(b.contraction([3], [b.term(1, b.weight([3, 2]), y)]))
        let inputs = b.inputs(batch: 2)
        return SmallNetwork(circuit: b.circuit, weights: weights ?? b.weights, batches: [2]) { _ in inputs }
      }
      let large = ProvenNetwork(network(8, weights: nil), batch: 2, mode: mode)
      let first = Array(large.key.weights[0].prefix(20))
      let second = large.key.weights[1].indices.filter { $0 % 8 < 5 }.map { large.key.weights[1][$0] }
      let honest = ProvenNetwork(network(5, weights: [first, second]), batch: 2, mode: mode)
      // The commitment has the large model's entries under the small model's circuit.
      let core = WeightCommitment(
        circuit: honest.circuit, proofCount: mode.proofCount, code: honest.core.code, root: large.core.root)
      small = honest
      var prover = MaliciousProver(honest, core: core)
      prover.model = large.key.commitment
      prover.provenPlan = large.plan
      prover.witness = large.witness
      prover.statement = large.statement
      #expect(honest.plan.commitments.map(\.layout.rowCount) == large.plan.commitments.map(\.layout.rowCount))
      let columns = large.circuit.columns(of: .advice).map { large.witness.columns[$0] } + large.witness.multiplicities
      let rows = large.plan.commitments[1].layout.rows(of: columns)
      prover.changeRows = { $0 = rows }
      self.prover = prover
    }
  }

  @Test("row 11: neurons smuggled into padded slots pass a verifier without padding claims, and this one rejects them",
    arguments: ProofMode.both, [false, true])
  func neuronsInPaddedSlots(mode: ProofMode, byQuotients: Bool) throws {
    let smuggler = Smuggler(mode, byQuotients: byQuotients)
    let statement = smuggler.prover.statement
    #expect(statement.outputs != smuggler.small.statement.outputs, "eight neurons compute something else")
    let core = smuggler.prover.core
    let forged = smuggler.prover.prove(.noPaddingClaims)
    try smuggler.small.plan.verify(.noPaddingClaims, core, statement, forged)
    let bytes = smuggler.prover.prove()
    #expect(throws: VerificationError.openingMismatch) {
      try smuggler.small.plan.verify(.inference, core, statement, bytes)
    }
    #expect(throws: VerificationError.self) {
      try smuggler.small.plan.verify(.inference, core, statement, forged)
    }
  }

  @Test("row 11: beyond the true size of a lookup's leading axis there are no leaves, and what stands there is zero all the same",
    arguments: ProofMode.both)
  func junkOnLeadingAxes(mode: ProofMode) throws {
    let proven = ProvenNetwork.small(mode)
    let layout = proven.plan.commitments[1].layout
    #expect(proven.plan.columns.lookupBlocks.blocks.allSatisfy { $0.leading == 0 && $0.size == 3 })
    for column in proven.circuit.columns(of: .advice) {
      var prover = MaliciousProver(proven)
      prover.changeRows = { rows in
        for neuron in 0..<8 {
          let (row, offset) = layout.placements[proven.plan.slots[column]?.index ?? 0].position([3, neuron])
          rows[row << layout.variableCount + offset] = BaseField(Int64(neuron) + 77)
        }
      }
      let forged = prover.prove(.noPaddingClaims)
      try proven.plan.verify(.noPaddingClaims, proven.core, prover.statement, forged)
      #expect(proven.error(forged) != nil)
      #expect(proven.error(of: prover) == .openingMismatch)
    }
  }

  /// The model committed with `junk` in some of its entries outside the weights; the error of an honest statement, or
  /// of one that shows these classes.
  private func error(
    _ proven: ProvenNetwork, showing classes: [Int64]? = nil, junkIn isChosen: (Int, Int) -> Bool
  ) -> VerificationError? {
    let plan = proven.plan.commitments[0]
    var rows = plan.layout.rows(of: proven.key.weights)
    let used = plan.layout.placements.map { placement in
      Set(placement.trueIndices.map { placement.position($0).row << plan.layout.variableCount + placement.position($0).offset })
    }
    for index in rows.indices where !used.contains(where: { $0.contains(index) }) {
      let owner = plan.layout.placements.firstIndex { placement in
        let offset = index - placement.firstRow << plan.layout.variableCount
        return (placement.offset..<placement.offset + 1 << placement.inRowBits).contains(offset)
      }
      if isChosen(owner ?? -1, index) { rows[index] = BaseField(Int64(index % 7 + 1)) }
    }
    var random = proven.secrets
    let commitment = Commitment(rows: rows, code: plan.code, random: &random, threads: 1)
    let core = WeightCommitment(
      circuit: proven.circuit, proofCount: proven.core.proofCount, code: plan.code, root: commitment.root)
    var prover = MaliciousProver(proven, core: core)
    prover.model = commitment
    if let classes { prover.show(classes) }
    do throws(VerificationError) {
      try proven.plan.verify(.inference, core, prover.statement, prover.prove())
      return nil
    } catch { return error }
  }

  @Test("row 11: what a model's owner puts into unused slots changes nothing; into padding, only lets proofs fail",
    arguments: ProofMode.both)
  func junkInModelPadding(mode: ProofMode) {
    let proven = ProvenNetwork.small(mode)
    #expect(error(proven) { _, _ in false } == nil)
    #expect(error(proven) { owner, _ in owner == -1 } == nil)
    // Beyond the 5 neurons of the first layer the accumulators are not zero any more.
    #expect(error(proven) { owner, _ in owner == 0 } == .openingMismatch)
    #expect(error(proven) { _, _ in true } == .openingMismatch)
  }

  @Test("row 11: neurons that only the padding of the last layer's weights has are no outputs",
    arguments: ProofMode.both)
  func junkInLastLayer(mode: ProofMode) {
    var b = CircuitBuilder("padded outputs", axes: [4, 5])
    let x = b.input([1])
    b.output(b.contraction([2], [b.term(1, b.weight([2, 1]), x), b.term(1, b.weight([2]))]))
    let proven = ProvenNetwork(SmallNetwork(b, batches: [3]), batch: 3, mode: mode)
    #expect(proven.plan.commitments[0].layout.placements.allSatisfy { $0.hasPadding })
    #expect(error(proven) { _, _ in true } == nil)
  }

  @Test("row 11: what a model's owner puts into padding beside classes lets proofs fail, and no other class pass",
    arguments: [1, 2], ProofMode.both)
  func junkBesideClasses(count: Int, mode: ProofMode) {
    let proven = ProvenNetwork(.classes(count), batch: 3, mode: mode)
    #expect(proven.plan.commitments[0].layout.placements.allSatisfy { $0.hasPadding })
    #expect(error(proven) { owner, _ in owner == -1 } == nil)
    #expect(error(proven) { _, _ in true } == .openingMismatch)
    let other = (0..<3).flatMap { _ in (5 - Int64(count)..<5).map { $0 } }
    #expect(other != proven.statement.outputs[0])
    #expect(error(proven, showing: other) { _, _ in true } == mode.found(.lookupSumMismatch))
  }

  @Test("row 11: a slice that goes beyond a weight reads zeros there, not what stands in the padding",
    arguments: [(0, 1), (-4, 1), (2, 1), (-7, 3), (1, 2)], ProofMode.both)
  func junkBeyondSlices(part: (start: Int, stride: Int), mode: ProofMode) {
    let (start, stride) = part
    var b = CircuitBuilder("padded weight", axes: [5, 11, 4])
    let (x, y) = (b.input([2]), b.input([3]))
    let (w, matrix) = (b.weight([1]), b.weight([3, 1]))
    let slice = Binding(2, slice: .init(start: start, stride: stride))
    let view = Operand(column: w, bindings: [slice])
    let rows = Operand(column: matrix, bindings: [Binding(3), slice])
    b.output(b.contraction([2], [Term(operands: [view]), Term(operands: [view, b.whole(x)])]))
    b.output(b.contraction([], [Term(operands: [view]), Term(operands: [view, b.whole(x)])]))
    b.output(b.contraction([], [Term(operands: [rows, b.whole(x), b.whole(y)]), Term(operands: [rows, b.whole(y)])]))
    let inputs = b.inputs(batch: 3)
    let network = SmallNetwork(circuit: b.circuit, weights: b.weights, batches: [3]) { _ in inputs }
    let proven = ProvenNetwork(network, batch: 3, mode: mode)
    #expect(proven.plan.commitments[0].layout.placements.allSatisfy { $0.hasPadding })
    #expect(error(proven) { _, _ in true } == nil)
  }
}
