import Circuit
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

@Suite struct ShapeTests {
  @Test("every shape is proved, in equal bytes on 1 and 2 threads and on repetition", arguments: SmallNetwork.all)
  func everyShapeIsProved(_ network: SmallNetwork) throws {
    try network.circuit.validate()
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, threads: 2)
    let verifyingKey = try VerifyingKey(file: try key.verifyingKey(threads: 1).file)
    #expect(verifyingKey.file == (try key.verifyingKey(threads: 2).file))
    try verifyingKey.verifyWeights()
    for batch in network.batches where batch <= network.circuit.batchCap {
      let inputs = network.inputs(batch)
      let (proof, _) = try key.prove(batch: batch, inputs: inputs, context: [1, 2], threads: 1)
      let file = proof.file(network.circuit)
      for threads in [1, 2] {
        let again = try key.prove(batch: batch, inputs: inputs, context: [1, 2], threads: threads).proof
        #expect(again.file(network.circuit) == file)
      }
      let decoded = try Proof(file: file, key: verifyingKey)
      #expect(decoded.statement == proof.statement)
      try verifyingKey.verify(decoded)
      #expect(verifyingKey.soundness(.transparent, batch: batch).isSufficient)
    }
  }

  @Test(
    "the verifier written from docs/protocol.md alone accepts every shape and comes to the same soundness sum",
    arguments: SmallNetwork.all, [ProofMode.transparent, .hiding])
  func referenceAgrees(_ network: SmallNetwork, mode: ProofMode) throws {
    let proofCount = mode == .hiding ? 3 : 0
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: proofCount, threads: 2)
    let verifyingKey = try key.verifyingKey(threads: 2)
    for batch in network.batches.prefix(2) where batch <= 5 {
      let proof = try key.prove(batch: batch, inputs: network.inputs(batch), mode: mode, threads: 2).proof
      let sum = try referenceVerify(verifyingKey: verifyingKey.file, proof: proof.file(network.circuit))
      let units = UInt64(verifyingKey.soundness(mode, batch: batch).totalUnits)
      #expect(sum.isAtMost(Integer(units), overPowerOfTwo: Soundness.unitBits))
      #expect(!sum.isAtMost(Integer(units - units >> 24), overPowerOfTwo: Soundness.unitBits))
    }
  }

  @Test("row 5: the merge combines as many claims as the soundness sum counts", arguments: SmallNetwork.all)
  func claimsAreCounted(_ network: SmallNetwork) {
    let proven = ProvenNetwork(network, batch: min(network.batches[0], 3))
    let prover = MaliciousProver(proven)
    var transcript = ProverTranscript()
    let claims = prover.reduce(&transcript, prover.commit())
    #expect(claims.count == proven.plan.claimCount)
    #expect(claims.allSatisfy { proven.plan.commitments.indices.contains($0.commitment) })
  }

  @Test("the prover's merge sends what the sumcheck over full tables sends", arguments: SmallNetwork.all)
  func mergesAgree(_ network: SmallNetwork) {
    let proven = ProvenNetwork(network, batch: 1)
    let prover = MaliciousProver(proven)
    let committed = prover.commit()
    let commitments = committed.commitments
    guard proven.plan.commitments.allSatisfy({ $0.variableCount <= 11 }) else { return }
    var fast = ProverTranscript()
    var naive = ProverTranscript()
    let claims = prover.reduce(&fast, committed)
    _ = prover.reduce(&naive, committed)
    let opening = fast.mergeClaims(proven.plan, claims, commitments, threads: 1)
    let end = naive.mergeNaively(proven.plan, claims, commitments, .none)
    #expect(fast.proof == naive.proof)
    #expect(opening.value == Value(end.claim))
    let totals = proven.plan.totals(claims, proven.plan.weights(claims, end.coefficients, at: end.point, .none))
    #expect(opening.parts.map(\.coefficient) == totals)
  }

  @Test("the networks cover rows of 1, 3, 5, 7, row and block columns, and m of model above and below that of witness")
  func networksCoverLayouts() {
    var (rows, orders): (Set<Int>, Set<Int>) = ([], [])
    var (hasRowColumn, hasBlockColumn, hasSplitPadding) = (false, false, false)
    for network in SmallNetwork.all {
      let shapes = network.circuit.columns(of: .weight).map { network.circuit.shape(ofColumn: $0, batch: 1) }
      let code = ParameterPlanner.modelCode(RowCounts(shapes: shapes))
      for batch in network.batches {
        let plan = Plan(circuit: network.circuit.withClassRelations, batch: batch, modelCode: code)
        rows.formUnion(plan.commitments.map(\.layout.rowCount))
        let counts = plan.commitments.map(\.layout.variableCount)
        if counts.count == 2 { orders.insert((counts[0] - counts[1]).signum()) }
        for (placement, size) in zip(plan.commitments, counts).flatMap({ plan, size in
          plan.layout.placements.map { ($0, size) }
        }) {
          let isRow = placement.variableCount > size
          if isRow { hasRowColumn = true } else { hasBlockColumn = true }
          if isRow, placement.splitBits > 0, placement.hasPadding { hasSplitPadding = true }
        }
      }
    }
    #expect(rows.isSuperset(of: [1, 3, 5, 7]), "\(rows)")
    #expect(orders.isSuperset(of: [-1, 1]), "\(orders)")
    #expect(hasRowColumn && hasBlockColumn && hasSplitPadding)
  }
}
