import Circuit
import Field
import Prover
import ReferenceVerifier
import TestSupport
import Testing
import Verifier

/// Output ports that share a column make one claim, and all of them are bound.
@Suite struct SharedOutputTests {
  private let proven = ProofMode.both.map { ProvenNetwork(.sharedOutputs, batch: 3, mode: $0) }

  /// The same network with one port for each column.
  private var single: SmallNetwork {
    let network = SmallNetwork.sharedOutputs
    var circuit = network.circuit
    circuit.outputs = Array(circuit.outputs.prefix(2))
    return SmallNetwork(circuit: circuit, weights: network.weights, batches: [3], inputs: network.inputs)
  }

  @Test("row 3: a port that shows its column otherwise than another one is refused, by both verifiers")
  func portsAgree() throws {
    for proven in proven {
      #expect(proven.statement.outputs[0] == proven.statement.outputs[4])
      #expect(proven.error(proven.proof.bytes) == nil)
      for port in proven.circuit.outputs.indices {
        for index in proven.statement.outputs[port].indices {
          var statement = proven.statement
          statement.outputs[port][index] += statement.outputs[port][index] > 0 ? -1 : 1
          #expect(proven.error(proven.proof.bytes, statement) == .statementOutOfRange)
          guard index == 0 else { continue }
          let file = Proof(core: proven.core, mode: proven.mode, statement: statement, bytes: proven.proof.bytes)
            .file(proven.circuit)
          #expect(throws: VerificationError.statementOutOfRange) { try Proof(file: file, key: proven.verifyingKey) }
          #expect(throws: ReferenceRejection.malformedStatement) {
            try referenceVerify(verifyingKey: proven.verifyingKey.file, proof: file)
          }
        }
      }
    }
  }

  @Test("row 3: a false output that all ports of a column show is refused") func falseOutputs() {
    for proven in proven {
      for column in proven.circuit.claimedOutputs {
        var statement = proven.statement
        for (port, output) in proven.circuit.outputs.enumerated() where output.column == column {
          statement.outputs[port][5] += statement.outputs[port][5] > 0 ? -1 : 1
        }
        #expect(![nil, .statementOutOfRange].contains(proven.error(proven.proof.bytes, statement)))
      }
    }
  }

  @Test("row 1: challenges depend on what each of the ports shows") func everyPortIsBound() {
    let proven = proven[0]
    func challenge(_ statement: Statement) -> SecureField {
      var sponge = Sponge()
      sponge.absorb(.inference, .transparent, keyCore: .zero, statement, proven.circuit)
      return sponge.challenge("first")
    }
    var challenges = [challenge(proven.statement)]
    for port in proven.circuit.outputs.indices {
      var statement = proven.statement
      statement.outputs[port][0] += 1
      challenges.append(challenge(statement))
    }
    #expect(Set(challenges).count == 6)
  }

  @Test("row 19: the proof and its soundness are those of one port a column") func oneClaim() throws {
    for proven in proven {
      let other = ProvenNetwork(single, batch: 3, mode: proven.mode)
      #expect(proven.circuit.claimedOutputs == other.circuit.claimedOutputs && other.circuit.claimedOutputs.count == 2)
      #expect(proven.plan.claimCount == other.plan.claimCount)
      let labels = [proven, other].map { $0.manifest.fields.filter { $0.kind == .secure && $0.label != "leaves" }.map(\.label) }
      #expect(labels[0] == labels[1])
      let terms = [proven, other].map { proven in
        Soundness(proven.plan).terms.filter { $0.name != "constraints" }
      }
      #expect(terms[0] == terms[1])
    }
  }
}
