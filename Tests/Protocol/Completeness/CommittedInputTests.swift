import Circuit
import Execution
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

/// Proofs about inputs that were committed to before.
@Suite struct CommittedInputTests {
  @Test("proofs about committed inputs of every shape verify, state none, and name their commitments", arguments: SmallNetwork.all)
  func everyShape(network: SmallNetwork) throws {
    let (circuit, batch) = (network.circuit, network.batches[0])
    let key = ProvingKey(circuit: circuit, weights: network.weights, proofCount: 3, threads: 2)
    let verifyingKey = try VerifyingKey(file: try key.verifyingKey(threads: 1).file)
    let inputs = network.inputs(batch)
    for others in [Visibility.shown, .hidden, .committed] {
      let visibility = circuit.inputs.indices.map { $0 == 0 ? .committed : others }
      guard !visibility.isEmpty, circuit.stating(visibility) != nil else { continue }
      let committed = zip(circuit.inputs, inputs).enumerated().filter { visibility[$0.offset] == .committed }.map {
        let (port, integers) = $0.element
        return CommittedInput(port, of: circuit, batch: batch, integers: circuit.entries(of: port, integers), proofCount: 2, threads: 1)
      }
      let (proof, details) = try key.prove(
        batch: batch, inputs: inputs, visibility: visibility, committed: committed, context: [7], mode: .hiding, threads: 2)
      #expect(details.priorPositions.count == (network.weights.isEmpty ? 0 : 1) + committed.count)
      let file = proof.file(circuit)
      let decoded = try Proof(file: file, key: verifyingKey)
      #expect(decoded.statement == proof.statement && decoded.statement.commitments == committed.map(\.stated))
      try verifyingKey.verify(decoded)
      #expect(verifyingKey.soundness(of: decoded).isSufficient)
      if batch <= 5 { try referenceVerify(verifyingKey: verifyingKey.file, proof: file) }
    }
  }

  @Test("a file of a committed input makes the same commitment again, and proofs of other models name it too")
  func files() throws {
    let small = SmallNetwork.small
    let port = small.circuit.inputs[0]
    let input = CommittedInput(
      port, of: small.circuit, batch: 3, integers: small.inputs(3)[0], proofCount: 5, threads: 1)
    let again = try CommittedInput(file: input.file, threads: 1)
    #expect(again.stated == input.stated && again.integers == input.integers && again.file == input.file)
    #expect(again.fits(port, of: small.circuit))
    let other = CommittedInput(
      port, of: small.circuit, batch: 3, integers: small.inputs(3)[0], proofCount: 5, threads: 1)
    #expect(other.stated.digest != input.stated.digest, "equal inputs have other digests")
    var renamed = small.circuit
    renamed.name = "another"
    var weights = small.weights
    weights[0][0] = weights[0][0] == 0 ? 1 : 0
    for circuit in [small.circuit, renamed] {
      let key = ProvingKey(circuit: circuit, weights: weights, proofCount: 1, threads: 1)
      let (proof, _) = try key.prove(
        batch: 3, inputs: small.inputs(3), visibility: [.committed], committed: [again], mode: .hiding, threads: 1)
      try key.verifyingKey(threads: 1).verify(proof)
      #expect(proof.statement.commitments == [input.stated])
    }
  }

  @Test("an input of another shape, range, scale or batch does not fit") func misfits() throws {
    let small = SmallNetwork.small
    let port = small.circuit.inputs[0]
    let input = CommittedInput(
      port, of: small.circuit, batch: 2, integers: small.inputs(2)[0], proofCount: 1, threads: 1)
    for change: (inout Column) -> Void in [
      { $0.lower -= 1 }, { $0.upper += 1 }, { $0.scale *= 2 }, { $0.axes[1] = 2 },
    ] {
      var circuit = small.circuit
      change(&circuit.columns[port.column])
      #expect(!input.fits(port, of: circuit))
      let (column, shape) = (circuit.columns[port.column], circuit.shape(ofColumn: port.column, batch: 2))
      let stated = StatedCommitment(column, shape: shape, proofCount: 1, root: input.stated.root)
      #expect(stated?.digest != input.stated.digest)
    }
    var circuit = small.circuit
    circuit.batchCap = 1
    #expect(!input.fits(port, of: circuit))
    let column = small.circuit.columns[port.column]
    for (shape, proofCount) in [([3, 3], 1), ([2, 3], 2)] {
      let stated = StatedCommitment(column, shape: shape, proofCount: proofCount, root: input.stated.root)
      #expect(stated?.digest != input.stated.digest)
    }
    for proofCount in [0, 65_537] {
      #expect(StatedCommitment(column, shape: [2, 3], proofCount: proofCount, root: input.stated.root) == nil)
    }
  }

  @Test("files of committed inputs with changed bytes are refused") func damage() throws {
    let small = SmallNetwork.small
    let file = CommittedInput(
      small.circuit.inputs[0], of: small.circuit, batch: 1, integers: small.inputs(1)[0], proofCount: 1, threads: 1
    ).file
    let body = Array(file.dropLast(Digest.byteCount))
    for position in body.indices {
      for bit: UInt8 in [1, 0x80] {
        var changed = body
        changed[position] ^= bit
        changed += Hash(.file).digest(changed).bytes
        guard let input = try? CommittedInput(file: changed, threads: 1) else { continue }
        #expect(input.file == changed, "\(position)")
      }
      #expect(throws: VerificationError.malformed) {
        let short = Array(body[..<position])
        _ = try CommittedInput(file: short + Hash(.file).digest(short).bytes, threads: 1)
      }
    }
    #expect(throws: VerificationError.malformed) {
      _ = try CommittedInput(file: body + [0] + Hash(.file).digest(body + [0]).bytes, threads: 1)
    }
  }
}
