import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// What hides a committed input: the tails of its rows and the salts of its leaves.
@Suite struct CommittedInputHidingTests {
  private static let network = SmallNetwork.small
  private static let input = network.inputs(3)[0]

  private func commitment(proofCount: Int) -> Commitment {
    CommittedInput(
      Self.network.circuit.inputs[0], of: Self.network.circuit, batch: 3, integers: Self.input, proofCount: proofCount, threads: 1
    ).commitment
  }

  private func salts(_ commitment: Commitment) -> [[UInt8]] {
    let count = commitment.code.saltByteCount
    let salts = commitment.salts
    return stride(from: 0, to: salts.count, by: count).map { Array(salts[$0..<$0 + count]) }
  }

  @Test("tails are as long as its proofs open positions, and neither they nor salts come twice", arguments: [1, 5, 40])
  func freshness(proofCount: Int) {
    let commitments = (0..<2).map { _ in self.commitment(proofCount: proofCount) }
    let code = commitments[0].code
    #expect(code.tailCount >= proofCount * code.queryCount)
    let tails = commitments.flatMap(\.tails)
    #expect(tails.count == 2 * commitments[0].rowCount * code.tailCount)
    #expect(Set(tails.map(\.value)).count == tails.count)
    let all = commitments.flatMap { salts($0) }
    #expect(all.count == 2 << code.domainBits && Set(all).count == all.count)
  }

  @Test("every symbol is that of the input's row with its tail, and every leaf has its salt") func symbols() {
    let commitment = self.commitment(proofCount: 1)
    let leafSalts = salts(commitment)
    let (code, rows, symbols) = (commitment.code, commitment.rows.elements, commitment.symbols)
    let positions = Array(0..<1 << code.domainBits)
    for (position, z) in zip(positions, code.points(at: positions)) {
      var leaf: [UInt8] = []
      for row in 0..<commitment.rowCount {
        let data = rows[row << code.variableCount..<(row + 1) << code.variableCount]
        let tail = commitment.tails[row * code.tailCount..<(row + 1) * code.tailCount]
        let symbol = (data + tail).reversed().reduce(BaseField.zero) { $0 * z + $1 }
        #expect(symbols[row << code.domainBits + position] == symbol)
        leaf += symbol.value.littleEndianBytes
      }
      #expect(commitment.opened(at: [position]).leaves == leaf + leafSalts[position])
    }
  }

  @Test("a proof opens no more positions than it is said to, and shows leaves of the commitment alone") func opened() throws {
    let network = Self.network
    let key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: 1, threads: 1)
    let input = CommittedInput(
      network.circuit.inputs[0], of: network.circuit, batch: 3, integers: Self.input, proofCount: 2, threads: 1)
    let (_, details) = try key.prove(
      batch: 3, inputs: [Self.input], visibility: [.committed], committed: [input], mode: .hiding, threads: 1)
    #expect(details.priorPositions.count == 2)
    let positions = details.priorPositions[1]
    #expect(!positions.isEmpty && positions.count <= input.stated.code.queryCount)
    let bytes = input.commitment.opened(at: positions).leaves
    #expect(details.bytes.firstRange(of: bytes) != nil)
  }
}
