import Prover
import TestSupport
import Verifier

/// Proves and verifies a random dense network; prints medians by phase.
func benchmarkDense(_ sizes: [Int], batch: Int, repetitions: Int) throws {
  let network = DenseNetwork(sizes: sizes, limbBits: [8, 8])
  let clock = ContinuousClock()
  var key: ProvingKey?
  let setup = clock.measure { key = ProvingKey(circuit: network.circuit, weights: network.weights, threads: 2) }
  guard let key else { return }
  var verifyingKey: VerifyingKey?
  let range = try clock.measure { verifyingKey = try key.verifyingKey(threads: 2) }
  guard let verifyingKey else { return }
  let rangeCheck = try clock.measure { try verifyingKey.verifyWeightRange() }
  print("sizes \(sizes), batch \(batch): commit \(setup), range proof \(range), its check \(rangeCheck)")
  print("verifying key \(verifyingKey.file.count) bytes, parameters \(String(describing: key.core.code))")
  let inputs = network.input(batch: batch)
  for threads in [1, 2] {
    var phases: [String: [Double]] = [:]
    var order: [String] = []
    var (proving, verifying): ([Double], [Double]) = ([], [])
    for repetition in 0..<repetitions {
      var file: [UInt8] = []
      let seconds = try clock.measure {
        let (proof, details) = try key.prove(batch: batch, inputs: inputs, threads: threads)
        file = proof.file(key.circuit)
        order = details.phases.map(\.name)
        for phase in details.phases { phases[phase.name, default: []].append(phase.seconds) }
        if repetition == 0, threads == 1 { print("proof \(file.count) bytes:", details.parts) }
      }
      proving.append(seconds / .seconds(1))
      verifying.append(try clock.measure { try verifyingKey.verify(try Proof(file: file, key: verifyingKey)) } / .seconds(1))
    }
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    func milliseconds(_ values: [Double]) -> Double { (median(values) * 1e5).rounded() / 100 }
    let parts = order.map { "\($0) \(milliseconds(phases[$0] ?? [0]))" }
    print("\(threads) threads, ms: prove \(milliseconds(proving)), verify \(milliseconds(verifying));", parts.joined(separator: ", "))
  }
}
