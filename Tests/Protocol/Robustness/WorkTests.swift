import Circuit
import Field
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
    var work = 0
    for claim in claims {
      for part in claim.parts { work += 512 + 4 * plan.commitments[claim.commitment].layout.placements[part.index].rowCount }
    }
    for lookup in circuit.lookups { work += 8 * lookup.columns.count << bitCountOfAxis(circuit.block(of: lookup, batch: plan.batch).size) }
    let terms = plan.columns.virtual.flatMap { column in circuit.contractions.first { $0.output == column }?.terms ?? [] }
    let operands = terms.flatMap(\.operands)
    work += 512 * terms.count
    for operand in operands {
      for (axis, binding) in zip(circuit.columns[operand.column].axes, operand.bindings) {
        work += 4 << [axis, binding.loopAxis].map { bitCountOfAxis(circuit.size(ofAxis: $0, batch: plan.batch)) }.max()!
      }
    }
    let isShown = { (column: Int) in [.public, .constant].contains(circuit.columns[column].kind) }
    let looked = circuit.lookups.flatMap(\.columns)
    for column in operands.map(\.column).filter(isShown) + looked.filter(isShown) + circuit.claimedOutputs {
      if circuit.columns[column].kind == .constant {
        work += circuit.columns[column].values.count + plan.columns.bits(ofColumn: column).reduce(0) { $0 + 8 << $1 }
        continue
      }
      for (port, integers) in zip(circuit.inputs + circuit.outputs, proven.statement.inputs + proven.statement.outputs)
      where port.column == column || port.below == column {
        work += integers.count * (port.showsIndices ? 96 : 1)
        work += plan.columns.bits(ofColumn: column).reduce(0) { $0 + 8 << $1 }
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
    for (cap, count) in [(work, 3), (work - 1, 0), (parts[0] - 1, 0)] {
      var begun = 0
      do throws(VerificationError) {
        try key.forEachWeightProof(workCap: cap) { _, _ in begun += 1 }
        #expect(count == 3)
      } catch { #expect(error == .tooMuchWork && count < 3) }
      #expect(begun == count)
    }
  }

  private static let entries = 4_000

  /// Every term evaluates the whole input.
  private func simple(terms: Int) -> ArithmeticCircuit {
    var b = CircuitBuilder("simple", axes: [Self.entries, 1], batchCap: 1)
    let x = b.input([1], 0...1)
    let y = b.apply(to: b.input([2], 0...1)) { $0 }
    b.output(y)
    let term = b.term(1, x)
    b.output(b.contraction([1], Array(repeating: term, count: terms)))
    return b.circuit
  }

  @Test("row 16: what would take longer is refused before a byte of the proof is read, by both verifiers",
    arguments: ProofMode.both)
  func refusals(mode: ProofMode) throws {
    // 512, the integers, and axes of 0 and 12 bits, of the input and of its bindings.
    let each = 512 + Self.entries + 12 + 12 << 12
    let rest = Plan(circuit: simple(terms: 1), batch: 1, modelCode: nil, isHiding: mode == .hiding).work - each
    let largest = (1 << 30 - rest) / each
    for (terms, isAllowed) in [(largest, true), (largest + 1, false)] {
      let entries = Self.entries
      let circuit = simple(terms: terms)
      try circuit.validate()
      let core = WeightCommitment(circuit: circuit, proofCount: mode.proofCount, root: .zero)
      let key = VerifyingKey(circuit: circuit, core: core, proof: [])
      let zeros = [Int64](repeating: 0, count: entries)
      let statement = Statement(batch: 1, inputs: [zeros, [0]], outputs: [[0], zeros])
      let proof = Proof(core: core, mode: mode, statement: statement, bytes: [])
      #expect(throws: isAllowed ? VerificationError.malformed : .tooMuchWork) { try key.verify(proof) }
      // The reference rehearses hiding proofs before it counts.
      guard !isAllowed, mode == .transparent else { continue }
      // A leaf has to fit.
      let long = Proof(core: core, mode: mode, statement: statement, bytes: [UInt8](repeating: 0, count: 1 << 16))
      #expect(throws: ReferenceRejection.work) { try referenceVerify(verifyingKey: key.file, proof: long.file(circuit)) }
    }
  }

  @Test("row 16: an output without integers is zero, whatever its axes: no table is made") func absentOutputs() {
    let proof = Chain.small.last.chain[1]
    let plan = WeightProof(Chain.small.last.circuit, proof.core, after: Chain.small.last.chain[0].core).plan
    let statement = Statement(batch: 1, inputs: [], outputs: plan.circuit.outputs.map { _ in [] })
    let endless = AxisWeight(at: [SecureField](repeating: .one, count: 60))
    for port in plan.circuit.outputs {
      var known: Statement.PartialSums = [:]
      let weights = plan.circuit.columns[port.column].axes.map { _ in endless }
      #expect(statement.evaluate(port.column, plan, weights, &known) == .zero)
    }
  }

  @Test("row 16: class relations are counted before they are made", arguments: [1, 2]) func classRelations(rank: Int) throws {
    // t terms and 2·t + 1 or 2·t + 2 of the relation, at most 2^16 − 1.
    for (terms, isValid) in [(21_844, true), (21_845, false)] {
      var b = CircuitBuilder("classes", axes: [4, rank], batchCap: 1)
      let y = b.apply(to: b.input([1], 0...1)) { $0 }
      let sum = b.contraction([1], Array(repeating: b.term(1, y), count: terms))
      b.output(y)
      _ = b.classes(2, of: sum)
      var broken: InvalidCircuit?
      do throws(InvalidCircuit) { try b.circuit.validate() } catch { broken = error }
      // The port's index: all that follows from it would be at index 0.
      #expect(isValid ? broken == nil : broken?.rule == 1 && broken?.index == 1)
      let core = WeightCommitment(circuit: b.circuit, proofCount: 0, root: .zero)
      let file = VerifyingKey(circuit: b.circuit, core: core, proof: []).file
      #expect(((try? referenceCheckKey(verifyingKey: file)) != nil) == isValid)
    }
  }
}
