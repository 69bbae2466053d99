import Circuit
import FoundationEssentials
import Model
import Prover
import Testing
import Verifier

/// The formats do not drift: circuit, keys and one proof of each network under circuits/ are what they were.
///
/// `scripts/tools/pin` writes them anew, by running this test with ZKML_PIN set; the change is reviewed as a diff.
@Suite struct PinnedProofTests {
  @Test(arguments: CircuitFolder.all)
  func circuitKeyAndProofAreThePinnedOnes(folder: CircuitFolder) throws {
    let compiled = try folder.compiled()
    let circuit = compiled.lowered.circuit
    let proving = ProvingKey(circuit: circuit, weights: compiled.lowered.weights, threads: 1)
    let verifying = try proving.verifyingKey(threads: 1)
    let input = try folder.testInputs(compiled.integers, count: 1)
    let (proof, _) = try proving.prove(batch: 1, inputs: [input.values], context: Array("pinned".utf8), threads: 1)
    let plan = Plan(circuit: circuit, batch: 1, modelCode: proving.core.code)
    let lines = [
      "circuit \(proving.core.circuitDigest.hexadecimal)",
      "model \(verifying.modelID)",
      "key file \(Hash(.file).digest(verifying.file).hexadecimal)",
      "columns \(circuit.columns.count)",
      "tables \(circuit.tables.count)",
      "lookups \(circuit.lookups.count)",
      "lookup leaves \(1 << plan.columns.lookupBlocks.depth)",
      "table leaves \(1 << plan.columns.tableBlocks.depth)",
      "committed rows \(plan.commitments.map(\.layout.rowCount))",
      "proof bytes \(proof.bytes.count)",
    ]
    let counts = lines.joined(separator: "\n") + "\n"
    let file = proof.file(circuit)
    if ProcessInfo.processInfo.environment["ZKML_PIN"] != nil {
      try Data(counts.utf8).write(to: URL(fileURLWithPath: folder.path + "pinned.txt"))
      try Data(file).write(to: URL(fileURLWithPath: folder.path + "pinned.proof"))
    }
    #expect(try String(contentsOf: URL(fileURLWithPath: folder.path + "pinned.txt"), encoding: .utf8) == counts)
    let pinned = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path + "pinned.proof")))
    #expect(pinned == file)
    try verifying.verify(try Proof(file: pinned, key: verifying))
  }
}
