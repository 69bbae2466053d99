import Circuit
import Execution
import Field
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

@Suite("Forged chains") struct ChainForgeryTests {
  private let chain = Chain.small

  private struct Next {
    let core: WeightCommitment
    let commitment: Commitment
    let link: ProvedCommitment
  }

  /// A further commitment of the model, to `weights` with `change` made to its rows, and the proof that it holds those of
  /// the one before, by default the last of the chain; of a prover that believes in `believed`.
  private func next(
    _ weights: [[Int64]], believed: [[Int64]]? = nil, after previous: Next? = nil,
    change: (inout [BaseField], Circuit.Layout) -> Void = { _, _ in }
  ) throws -> Next {
    let (circuit, last) = (chain.circuit, chain.keys[2])
    let code = try #require(last.core.code)
    let shapes = circuit.columns(of: .weight).map { circuit.shape(ofColumn: $0, batch: 1) }
    let layout = Layout(shapes: shapes, variableCount: code.variableCount)
    var rows = layout.rows(of: weights)
    change(&rows, layout)
    var random: any SecretSource = SecretStream(seed: .init(repeating: previous == nil ? 3 : 4, count: 32))
    let commitment = Commitment(rows: rows, code: code, random: &random, threads: 2)
    let core = WeightCommitment(
      circuit: circuit, proofCount: last.core.proofCount, code: code, root: commitment.root,
      modelID: last.core.modelID)
    let proof = WeightProof(circuit, core, after: previous?.core ?? last.core)
    let witness = try Witness(
      CircuitExecutor(proof.plan.circuit, weights: (believed ?? weights) + last.weights), batch: 1, inputs: [], threads: 2)
    let bytes = try proof.plan.prove(
      proof.purpose, core, [commitment, previous?.commitment ?? last.commitment].compactMap { $0 }, proof.statement, witness,
      random: SecretStream(seed: .init(repeating: 5, count: 32)), threads: 2
    ).bytes
    return Next(core: core, commitment: commitment, link: ProvedCommitment(core: core, proof: bytes))
  }

  /// Nil when the chain, continued by these, is accepted.
  private func error(_ next: Next...) -> VerificationError? { chain.error(chain.links + next.map(\.link)) }

  @Test("a commitment to other weights, in any entry, is rejected, whatever its prover claims") func otherWeights() throws {
    let honest = chain.keys[0].weights
    #expect(try error(next(honest)) == nil)
    for column in honest.indices {
      for entry in honest[column].indices {
        for delta: Int64 in [1, -1] {
          var weights = honest
          weights[column][entry] += delta
          #expect(try error(next(weights)) != nil)
          #expect(try error(next(weights, believed: honest)) != nil)
        }
      }
    }
    // Differences that cancel.
    for (column, entry) in [(0, 1), (1, 0), (2, 3)] {
      var weights = honest
      weights[0][0] += 1
      weights[column][entry] -= 1
      #expect(try error(next(weights)) != nil)
    }
  }

  @Test("what stands in padding and in slots of no column may differ, true entries may not") func padding() throws {
    let honest = chain.keys[0].weights
    func junk(_ rows: inout [BaseField], _ layout: Circuit.Layout) {
      let used = Set(layout.placements.flatMap { placement in
        placement.trueIndices.map { index in
          let (row, offset) = placement.position(index)
          return row << layout.variableCount + offset
        }
      })
      #expect(layout.placements.contains { $0.hasPadding } && used.count < rows.count)
      for index in rows.indices where !used.contains(index) { rows[index] = BaseField(reducing: UInt64(index) &* 977 &+ 5) }
    }
    let filled = try next(honest, change: junk)
    let emptied = try next(honest, after: filled)
    #expect(error(filled, emptied) == nil)
    let key = try chain.key(chain.links + [filled.link, emptied.link])
    #expect(throws: Never.self) { try referenceCheckKey(verifyingKey: key.file) }
    var weights = honest
    weights[2][5] += 1
    #expect(try error(next(weights, change: junk)) != nil)
    #expect(try error(filled, next(weights, after: filled)) != nil)
  }

  @Test("links that are missing, repeated or in another order are rejected") func order() {
    let links = chain.links
    for accepted in [[0], [0, 1], [0, 1, 2]] { #expect(chain.error(accepted.map { links[$0] }) == nil) }
    let orders = [
      [1], [2], [0, 2], [1, 2], [1, 0], [0, 0], [0, 2, 1], [1, 0, 2], [2, 1, 0], [0, 1, 1], [0, 0, 1], [0, 1, 2, 2],
      [0, 1, 1, 2], [0, 1, 2, 1], [0, 1, 2, 0],
    ]
    for order in orders {
      #expect(chain.error(order.map { links[$0] }) != nil, "\(order)")
      let last = links[order[order.count - 1]]
      let key = VerifyingKey(
        circuit: chain.circuit, after: order.dropLast().map { links[$0] }, core: last.core, proof: last.proof)
      #expect(throws: VerificationError.self, "\(order)") { try key.verifyWeights() }
      #expect(throws: ReferenceRejection.self, "\(order)") { try referenceCheckKey(verifyingKey: key.file) }
    }
  }

  @Test("proofs of other links, purposes, models and keys are no proofs of a link") func otherProofs() throws {
    let links = chain.links
    func error(_ index: Int, _ proof: [UInt8]) -> VerificationError? {
      var changed = links
      changed[index] = ProvedCommitment(core: links[index].core, proof: proof)
      return chain.error(changed)
    }
    #expect(error(1, links[1].proof) == nil)
    for (index, other) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
      #expect(error(index, links[other].proof) != nil, "\(index) \(other)")
    }
    #expect(try error(1, chain.keys[1].proveWeightRange(threads: 2).key.chain[0].proof) != nil)
    #expect(try error(1, chain.keys[1].prove(batch: 1, inputs: SmallNetwork.small.inputs(1), mode: .hiding, threads: 2).proof.bytes) != nil)
    // The same weights, another chain: links and models do not mix.
    let other = Chain(.small, [1, 40])
    #expect(other.last.modelID != chain.last.modelID)
    #expect(error(1, other.links[1].proof) != nil)
    for mixed in [[links[0], other.links[1]], [other.links[0], links[1]], [other.links[0], links[1], links[2]]] {
      #expect(chain.error(mixed) != nil)
    }
    let foreign = VerifyingKey(
      circuit: chain.circuit, after: [other.links[0]], core: links[1].core, proof: links[1].proof)
    #expect(throws: VerificationError.self) { try foreign.verifyWeights() }
    // The same commitment before it, of another model.
    let renamed = WeightCommitment(
      circuit: chain.circuit, proofCount: links[0].core.proofCount, root: links[0].core.root, modelID: other.links[0].core.modelID)
    for (previous, isRight) in [(links[0].core, true), (renamed, false)] {
      let proof = WeightProof(chain.circuit, links[1].core, after: previous)
      let verify = { try proof.plan.verify(proof.purpose, links[1].core, proof.statement, links[1].proof) }
      if isRight { try verify() } else { #expect(throws: VerificationError.self) { try verify() } }
    }
  }

  @Test("commitments that hide nothing are in no chain of several") func transparentCommitments() throws {
    let network = SmallNetwork.small
    let transparent = ProvingKey(circuit: network.circuit, weights: network.weights, threads: 2)
    let key = try transparent.verifyingKey(threads: 2)
    let next = transparent.next(proofCount: 2, threads: 2)
    let last = transparent.next(proofCount: 0, threads: 2)
    let first = try next.proveEqualWeights(transparent, in: key, threads: 2).key
    let second = try last.proveEqualWeights(transparent, in: key, threads: 2).key
    let third = try last.proveEqualWeights(next, in: first, threads: 2).key
    for key in [first, second, third] {
      #expect(throws: VerificationError.malformed) { try VerifyingKey(file: key.file) }
      #expect(throws: ReferenceRejection.malformedFile) { try referenceCheckKey(verifyingKey: key.file) }
    }
  }

  @Test("without weights there is nothing to continue") func weightless() throws {
    let network = try #require(SmallNetwork.all.first { $0.weights.isEmpty })
    let key = try ProvingKey(circuit: network.circuit, weights: [], proofCount: 2, threads: 1).verifyingKey(threads: 1)
    let twice = VerifyingKey(circuit: network.circuit, after: key.chain, core: key.core, proof: [])
    #expect(throws: Never.self) { try VerifyingKey(file: key.file).verifyWeights() }
    #expect(throws: VerificationError.malformed) { try VerifyingKey(file: twice.file) }
    #expect(throws: ReferenceRejection.malformedFile) { try referenceCheckKey(verifyingKey: twice.file) }
  }

  @Test("300 random changes of links, and of what is before them in the file, are rejected without a trap") func changedBytes() {
    var random = RepeatableRandom(seed: 77)
    let content = Array(chain.last.file.dropLast(Digest.byteCount))
    let start = 11 + 4 + chain.circuit.encoded.count
    var starts = [start]
    for link in chain.links { starts.append(starts[starts.count - 1] + 43 + link.proof.count) }
    for round in 0..<300 {
      var copy = content
      let place = round % 2 == 0 ? Int.random(in: start..<copy.count, using: &random)
        : starts[round / 2 % 3] + Int.random(in: 0..<60, using: &random)
      switch round % 5 {
      case 0: copy.remove(at: place)
      case 1: copy.replaceSubrange(place..<min(place + 4, copy.count), with: [255, 255, 255, 255])
      case _: copy[place] ^= UInt8.random(in: 1...255, using: &random)
      }
      guard copy != content else { continue }
      let file = copy + Hash(.file).digest(copy).bytes
      #expect(throws: VerificationError.self, "\(place)") { try VerifyingKey(file: file).verifyWeights() }
    }
    for length in stride(from: start, to: content.count, by: 499) {
      let copy = Array(content.prefix(length))
      #expect(throws: VerificationError.malformed) { try VerifyingKey(file: copy + Hash(.file).digest(copy).bytes) }
    }
  }
}
