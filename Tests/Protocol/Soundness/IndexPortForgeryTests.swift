import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

/// Index ports: what a statement shows of them, and rows of hidden ones.
@Suite struct IndexPortForgeryTests {
  /// Rows of an embedding: y(row) = Σ_j id(row, j)·w(j).
  private struct Parts {
    let network: SmallNetwork
    let column: Int

    init() {
      var b = CircuitBuilder("indices", axes: [3, 5])
      column = b.index([1, 2])
      b.output(b.contraction([1], [b.term(1, column, b.weight([2], bits: 5))]))
      network = SmallNetwork(b, batches: [2])
    }
  }

  @Test("row 7: a hidden row has exactly one 1", arguments: [[0, 0, 0, 0, 0], [1, 0, 0, 1, 0], [0, 0, 2, 0, 0], [1, -1, 1, 0, 0], [0, 1, 0, 0, 0]] as [[Int64]])
  func rows(row: [Int64]) throws {
    let parts = Parts()
    let prover = ChosenWitness(parts.network, batch: 2, mode: .hiding, visibility: [.hidden])
    #expect(prover.error() == nil)
    let forged = [parts.column: prover.changed(parts.column) { $0.replaceSubrange(5..<10, with: row) }]
    let isRight = row.allSatisfy { [0, 1].contains($0) } && row.reduce(0, +) == 1
    #expect(prover.error(forged) == (isRight ? nil : .openingMismatch))
    // The sum of the row is looked up in the table of 1 alone, each entry in that of 0 and 1.
    let stated = try #require(parts.network.circuit.stating([.hidden]))
    let sum = try #require(stated.lookups.last)
    #expect(stated.tables[sum.table].content == .range(lower: 1, bits: 0))
    #expect(stated.lookups.count == parts.network.circuit.lookups.count + 2)
  }

  @Test("row 7: without the sums of rows no 1 and two would pass") func withoutSums() {
    // The same as advice that an input of 0 … 1 is: the circuit of a port that is no index port.
    let parts = Parts()
    var circuit = parts.network.circuit
    circuit.inputs[0].isIndex = false
    circuit.inputs[0].dimensions = [3, 5]
    let prover = ChosenWitness(parts.network, batch: 2, mode: .hiding, visibility: [.hidden])
    for row in [[0, 0, 0, 0, 0], [1, 0, 0, 1, 0]] as [[Int64]] {
      let forged = [parts.column: prover.changed(parts.column) { $0.replaceSubrange(5..<10, with: row) }]
      #expect(prover.error(in: circuit, forged) == nil)
      #expect(prover.error(forged) == .openingMismatch)
    }
  }

  @Test("row 3: indices of a statement are smaller than the size of entries, one for each row, and those of the proof", arguments: ProofMode.both)
  func statements(mode: ProofMode) {
    let proven = ProvenNetwork(Parts().network, batch: 2, mode: mode)
    func error(_ change: (inout [Int64]) -> Void) -> VerificationError? {
      var statement = proven.statement
      change(&statement.inputs[0])
      return proven.error(proven.proof.bytes, statement)
    }
    #expect(error { _ in } == nil)
    for index in proven.statement.inputs[0].indices {
      for value in [5, 6, -1, .max, .min] as [Int64] { #expect(error { $0[index] = value } == .statementOutOfRange) }
      #expect(error { $0[index] = ($0[index] + 1) % 5 } != nil)
    }
    #expect(error { $0.removeLast() } == .statementOutOfRange)
    #expect(error { $0.append(0) } == .statementOutOfRange)
    #expect(error { $0 = [] } == .statementOutOfRange)
    // A prover of another word has another output.
    var prover = MaliciousProver(proven)
    prover.statement.inputs[0][0] = (prover.statement.inputs[0][0] + 1) % 5
    #expect(proven.error(of: prover) != nil)
  }

  @Test("row 3: a list of indices in a file has exactly its bytes") func files() throws {
    let proven = ProvenNetwork(Parts().network, batch: 2)
    let file = proven.proof.file(proven.circuit)
    #expect(try Proof(file: file, key: proven.verifyingKey).statement == proven.statement)
    // An index is one byte: 5 is none.
    let body = Array(file.dropLast(Digest.byteCount))
    let start = 81 + 4 + proven.statement.context.count + 4
    #expect(body[start - 4] == 6 && body[start..<start + 6].map { Int64($0) } == proven.statement.inputs[0])
    var changed = body
    changed[start] = 5
    #expect(throws: VerificationError.malformed) { try Proof(file: changed + Hash(.file).digest(changed).bytes, key: proven.verifyingKey) }
    var short = body
    short.remove(at: start)
    short[start - 4] = 5
    #expect(throws: VerificationError.malformed) { try Proof(file: short + Hash(.file).digest(short).bytes, key: proven.verifyingKey) }
  }
}
