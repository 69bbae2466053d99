import CSodium
import Glibc
import Prover
import TestSupport
import Testing
import Verifier

/// The system's randomness in a state that comes back at every call, as after a machine is restored; in processes of
/// their own.
@Suite("When the system's generator repeats itself, nothing else does") struct StuckGeneratorTests {
  private static func stick() {
    let generator = UnsafeMutablePointer<randombytes_implementation>.allocate(capacity: 1)
    generator.initialize(
      to: randombytes_implementation(
        implementation_name: { nil }, random: { 7 }, stir: nil, uniform: nil,
        buf: { bytes, count in if let bytes { memset(bytes, 7, count) } }, close: nil))
    randombytes_set_implementation(generator)
    var drawn: [UInt8] = [1, 2, 3]
    randombytes_buf(&drawn, drawn.count)
    precondition(drawn == [7, 7, 7], "it is stuck")
  }

  @Test("two keys have other tails, salts and range proofs, whatever the number of proofs") func keys() async {
    await #expect(processExitsWith: .success) {
      Self.stick()
      let network = DenseNetwork(sizes: [4, 3, 2])
      let keys = [2, 2, 3].map { ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: $0, threads: 1) }
      precondition(Set(keys.compactMap { $0.commitment?.tails.first?.value }).count == 3)
      precondition(Set(keys.map(\.core.root)).count == 3)
      let proofs = (0..<2).compactMap { _ in try? keys[0].proveWeightRange(threads: 1).key.chain[0].proof }
      precondition(proofs.count == 2 && proofs[0] != proofs[1])
    }
  }

  @Test("two proofs of one input have other masks") func proofs() async {
    await #expect(processExitsWith: .success) {
      Self.stick()
      let network = DenseNetwork(sizes: [4, 3, 2])
      let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 2, threads: 1)
      let inputs = network.input(batch: 1)
      let proofs = (0..<2).compactMap { _ in try? key.prove(batch: 1, inputs: inputs, mode: .hiding, threads: 1).proof.bytes }
      precondition(proofs.count == 2 && Set(proofs.map { $0.prefix(32) }).count == 2, "roots of the witness")
    }
  }

  @Test("two commitments to one input have other digests") func inputs() async {
    await #expect(processExitsWith: .success) {
      Self.stick()
      let network = DenseNetwork(sizes: [4, 3, 2])
      let digests = (0..<2).map { _ in
        CommittedInput(
          network.circuit.inputs[0], of: network.circuit, batch: 1, integers: network.input(batch: 1)[0], proofCount: 2, threads: 1
        ).stated.digest
      }
      precondition(digests[0] != digests[1])
    }
  }

  @Test("keys that follow each other have tails of their own; the one that follows is the same however often it is made")
  func chains() async {
    await #expect(processExitsWith: .success) {
      Self.stick()
      let network = DenseNetwork(sizes: [4, 3, 2])
      let first = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 2, threads: 1)
      let next = [first.next(proofCount: 2, threads: 1), first.next(proofCount: 2, threads: 1)]
      precondition(next[0].core == next[1].core && next[0].core.root != first.core.root)
      let others = [first.next(proofCount: 3, threads: 1), next[0].next(proofCount: 2, threads: 1)]
      let tails = ([first] + next + others).compactMap { $0.commitment?.tails.first?.value }
      precondition(tails.count == 5 && Set(tails).count == 4)
      guard let key = try? first.verifyingKey(threads: 1) else { preconditionFailure("a key") }
      let proofs = next.compactMap { try? $0.proveEqualWeights(first, in: key, threads: 1).key.file }
      precondition(proofs.count == 2 && proofs[0] == proofs[1])
    }
  }
}
