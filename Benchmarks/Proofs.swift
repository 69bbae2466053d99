import Field
import Prover
import TestSupport
import Verifier

/// Proves and verifies a random dense network, transparently and hiding the weights in each of `proofCounts`; prints medians.
func benchmarkDense(_ sizes: [Int], batch: Int, proofCounts: [Int], repetitions: Int) throws {
  let network = DenseNetwork(sizes: sizes, limbBits: [8, 8])
  let clock = ContinuousClock()
  let inputs = network.input(batch: batch)
  print("sizes \(sizes), batch \(batch)")
  for proofCount in [0] + proofCounts {
    var key: ProvingKey?
    let setup = clock.measure {
      key = ProvingKey(circuit: network.circuit, weights: network.weights, proofCount: proofCount, threads: 2)
    }
    guard let key, let code = key.core.code else { return }
    var verifyingKey: VerifyingKey?
    let range = try clock.measure { verifyingKey = try key.verifyingKey(threads: 2) }
    guard let verifyingKey else { return }
    let rangeCheck = try clock.measure { try verifyingKey.verifyWeights() }
    print("\nhiding in \(proofCount) proofs: commit \(setup), range proof \(range), its check \(rangeCheck),")
    print("  rows of 2^\(code.variableCount) + \(code.tailCount), rate 2^-\(code.rateBits), \(code.queryCount) queries,", terminator: " ")
    print("symbols \((key.commitment?.rowCount ?? 0) << (code.domainBits - 17)) MB")
    for threads in [1, 2] {
      var phases: [String: [Double]] = [:]
      var order: [String] = []
      var byteCount = 0
      var (proving, verifying): ([Double], [Double]) = ([], [])
      for _ in 0..<repetitions {
        var file: [UInt8] = []
        let seconds = try clock.measure {
          let (proof, details) = try key.prove(batch: batch, inputs: inputs, mode: key.core.mode, threads: threads)
          file = proof.file(key.circuit)
          order = details.phases.map(\.name)
          for phase in details.phases { phases[phase.name, default: []].append(phase.seconds) }
        }
        byteCount = file.count
        proving.append(seconds / .seconds(1))
        verifying.append(try clock.measure { try verifyingKey.verify(try Proof(file: file, key: verifyingKey)) } / .seconds(1))
      }
      func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
      func milliseconds(_ values: [Double]) -> Double { (median(values) * 1e5).rounded() / 100 }
      let parts = order.map { "\($0) \(milliseconds(phases[$0] ?? [0]))" }
      print("  \(threads) threads, ms: prove \(milliseconds(proving)), verify \(milliseconds(verifying)), \(byteCount) bytes;", parts.joined(separator: ", "))
    }
  }
}
