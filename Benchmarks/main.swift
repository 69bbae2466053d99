switch CommandLine.arguments.dropFirst().first {
case "kernels": benchmarkKernels()
case "dense":
  try benchmarkDense([784, 128, 64, 10], batch: 1, proofCounts: [1, 16, 256], repetitions: 11)
  try benchmarkDense([1024, 2048, 1024, 10], batch: 1, proofCounts: [1, 16, 256], repetitions: 11)
case "execution": try benchmarkExecution()
case _: print("usage: Benchmarks kernels [part of a name]… | dense | execution")
}
