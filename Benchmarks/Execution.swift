import Circuit
import Execution
import TestSupport

/// Dense layers and networks by the plain executor; scripts/tools/time-onnxruntime times the same networks.
func benchmarkExecution() throws {
  print("executor: ps a product on 1 thread (time of the CPU), on 2 threads (time of the clock)")
  for (bits, range) in [(8, 0...255), (16, 0...65535)] as [(Int, ClosedRange<Int64>)] {
    var builder = CircuitBuilder("dense", axes: [1024, 1024])
    let x = builder.input([1], range)
    builder.output(builder.contraction([2], [builder.term(1, builder.weight([2, 1], bits: 16), x)]))
    let executor = CircuitExecutor(builder.circuit, weights: builder.weights)
    for batch in [1, 64] {
      try report("1024×1024, activations of \(bits) bits", executor, 1 << 20, batch, builder.inputs(batch: batch))
    }
  }
  for sizes in [[784, 128, 64, 10], [1024, 4096, 1024]] {
    let network = DenseNetwork(sizes: sizes, limbBits: [8, 8])
    let executor = CircuitExecutor(network.circuit, weights: network.weights)
    let products = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    for batch in [1, 64] {
      try report(sizes.map(String.init).joined(separator: "-"), executor, products, batch, network.input(batch: batch))
    }
  }
}

private func report(
  _ name: String, _ executor: CircuitExecutor, _ products: Int, _ batch: Int, _ inputs: [[Int64]]
) throws {
  _ = try executor.run(batch: batch, inputs: inputs, threads: 1)
  let runCount = max((1 << 26) / (products * batch), 1)
  report("\(name), batch \(batch)", elements: runCount * products * batch / 1000, target: nil) { threads in
    for _ in 0..<runCount { _ = try? executor.run(batch: batch, inputs: inputs, threads: threads) }
  }
}
