import Circuit
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

/// A verifier's work is bounded before it begins. docs/protocol.md §5.
@Suite struct WorkTests {
  @Test("row 16: W counts each claim, term, slice and shown integer", arguments: SmallNetwork.all)
  func everythingIsCounted(_ network: SmallNetwork) {
    let proven = ProvenNetwork(network, batch: min(network.batches[0], 3))
    let (plan, circuit) = (proven.plan, proven.plan.circuit)
    let prover = MaliciousProver(proven)
    var transcript = ProverTranscript()
    let claims = prover.reduce(&transcript, prover.commit())
    var work = claims.reduce(0) { $0 + 512 + 4 * $1.weight.count * plan.placement($1.slot).rowCount }
    let terms = plan.columns.virtual.flatMap { column in circuit.contractions.first { $0.output == column }?.terms ?? [] }
    let operands = terms.flatMap(\.operands)
    work += 512 * terms.count
    for operand in operands {
      for (axis, binding) in zip(circuit.columns[operand.column].axes, operand.bindings) where binding.slice != nil {
        work += 4 << [axis, binding.loopAxis].map { bitCountOfAxis(circuit.size(ofAxis: $0, batch: plan.batch)) }.max()!
      }
    }
    let isShown = { (column: Int) in circuit.columns[column].kind == .input }
    let looked = Set(circuit.lookups.flatMap { $0.forms.flatMap { $0.parts.map(\.column) } })
    for column in operands.map(\.column).filter(isShown) + looked.filter(isShown) + circuit.claimedOutputs {
      for (port, integers) in zip(circuit.inputs + circuit.outputs, proven.statement.inputs + proven.statement.outputs)
      where port.column == column || port.below == column {
        work += integers.count * (port.classesOf == nil ? 1 : 32)
        break
      }
    }
    #expect(plan.work == work)
  }

  @Test("row 16: the reference counts the same, for proofs and for keys", arguments: SmallNetwork.all, ProofMode.both)
  func referenceCountsTheSame(_ network: SmallNetwork, mode: ProofMode) throws {
    let proven = ProvenNetwork(network, batch: 1, mode: mode)
    let key = proven.verifyingKey.file
    #expect(try referenceWork(verifyingKey: key, proof: proven.proof.file(proven.circuit)) == proven.plan.work)
    #expect(try referenceCheckKey(verifyingKey: key) == proven.verifyingKey.weightBounds().work)
  }

  @Test("row 16: the proofs about weights of a key are bounded together") func chains() throws {
    let key = Chain.small.last
    let work = try key.weightBounds().work
    #expect(try referenceCheckKey(verifyingKey: key.file) == work)
    let parts = key.chain.indices.map { index in
      let previous = index == 0 ? nil : key.chain[index - 1].core
      return WeightProof(key.circuit, key.chain[index].core, after: previous).plan.work
    }
    #expect(parts.count == 3 && parts.reduce(0, +) == work)
    // What goes beyond the cap is not begun.
    for (cap, count) in [(work, 3), (work - 1, 2), (parts[0], 1), (parts[0] - 1, 0)] {
      var begun = 0
      do throws(VerificationError) {
        try key.forEachWeightProof(workCap: cap) { _, _ in begun += 1 }
        #expect(count == 3)
      } catch { #expect(error == .tooMuchWork && count < 3) }
      #expect(begun == count)
    }
  }

  /// Every term evaluates the whole input.
  private func direct(entries: Int) -> ArithmeticCircuit {
    var b = CircuitBuilder("direct", axes: [entries, 1], batchCap: 1)
    let x = b.input([1], 0...1)
    let y = b.apply(to: b.input([2], 0...1)) { $0 }
    b.output(y)
    let term = b.term(1, x)
    b.output(b.contraction([1], Array(repeating: term, count: ArithmeticCircuit.maximumTermCount)))
    return b.circuit
  }

  @Test("row 16: what would take longer is refused before a byte of the proof is read, by both verifiers",
    arguments: ProofMode.both)
  func refusals(mode: ProofMode) throws {
    // 65,535 · (512 + n) + n + …, at most 2^31.
    for (entries, isAllowed) in [(32_255, true), (32_256, false)] {
      let circuit = direct(entries: entries)
      try circuit.validate()
      let core = KeyCore(circuit: circuit, proofCount: mode.proofCount, root: .zero)
      let key = VerifyingKey(circuit: circuit, core: core, proof: [])
      let zeros = [Int64](repeating: 0, count: entries)
      let statement = Statement(batch: 1, inputs: [zeros, [0]], outputs: [[0], zeros])
      let proof = Proof(core: core, mode: mode, statement: statement, bytes: [])
      #expect(throws: isAllowed ? VerificationError.malformed : .tooMuchWork) { try key.verify(proof) }
      // The reference rehearses hiding proofs before it counts.
      guard !isAllowed, mode == .plain else { continue }
      // A leaf has to fit.
      let long = Proof(core: core, mode: mode, statement: statement, bytes: [UInt8](repeating: 0, count: 1 << 16))
      #expect(throws: ReferenceRejection.work) { try referenceVerify(verifyingKey: key.file, proof: long.file(circuit)) }
    }
  }
}
