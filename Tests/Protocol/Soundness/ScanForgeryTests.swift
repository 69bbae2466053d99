import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Scans against provers that choose a state, or what is before the first one, as they like.
@Suite struct ScanForgeryTests {
  /// h(t) is a function of g(t) = W·x(t) + U·h(t − 1) + b, for 5 times and 3 units.
  private let network = SmallNetwork.recurrent
  private var state: Int { network.circuit.outputs[0].column }
  private var sum: Int { network.circuit.contractions[0].output }

  @Test("row 6: a state that is replaced is rejected at each time, though all after it follow from it", arguments: ProofMode.both)
  func states(mode: ProofMode) {
    let prover = ChosenWitness(network, batch: 1, mode: mode)
    #expect(prover.error() == nil)
    let lookup = network.circuit.lookups.first { $0.forms.count == 2 }
    for time in 0..<5 {
      let honest = prover.columns[state][3 * time + 1]
      let forged = [state: prover.changed(state) { $0[3 * time + 1] = honest == 7 ? 6 : honest + 1 }]
      #expect(prover.error(forged) == mode.found(.lookupSumMismatch))
      #expect(prover.error(in: network.circuit.without(lookup), forged) == nil)
    }
  }

  @Test("row 6: the state before the first one is 0", arguments: ProofMode.both) func initialState(mode: ProofMode) {
    let prover = ChosenWitness(network, batch: 1, mode: mode)
    // The witness of an initial state of 5 in one unit.
    let recurrent = network.circuit[terms: sum].last?.operands[0].column ?? 0
    let weights = network.weights[network.circuit.columns(of: .weight).firstIndex(of: recurrent) ?? 0]
    let sums = prover.changed(sum) { sums in for unit in 0..<3 { sums[unit] += 5 * weights[3 * unit + 2] } }
    #expect(sums != prover.columns[sum])
    // All sums after the first time are those of the states.
    var columns = prover.columns
    columns[sum] = sums
    for _ in 0..<5 {
      columns = naiveColumns(network.circuit, weights: network.weights, batch: 1, inputs: network.inputs(1), chosen: [sum: columns[sum]])
      let right = network.circuit.contractions[0].evaluate(network.circuit, batch: 1, columns)
      for index in 3..<15 { columns[sum][index] = right[index] }
    }
    #expect(columns[state][0..<3] != prover.columns[state][0..<3])
    #expect(prover.error([sum: columns[sum]]) != nil)
    // It holds where a weight adds the same.
    #expect(prover.error([state: columns[state]]) == mode.found(.lookupSumMismatch))
  }

  @Test("row 11: no state is hidden in the padding, where a read before the first time would find it", arguments: ProofMode.both)
  func padding(mode: ProofMode) {
    let proven = ProvenNetwork(network, batch: 1, mode: mode)
    let layout = proven.plan.commitments[1].layout
    let placement = layout.placements[proven.plan.slots[state]?.index ?? 0]
    #expect(placement.hasPadding)
    for time in 5..<8 {
      for unit in 0..<3 {
        let (row, offset) = placement.position([0, time, unit])
        var prover = MaliciousProver(proven)
        prover.changeRows = { $0[row << layout.variableCount + offset] = .one }
        #expect(proven.error(of: prover) == .openingMismatch)
      }
    }
  }
}
