if CommandLine.arguments.dropFirst().first == "kernels" {
  benchmarkKernels()
} else {
  print("usage: Benchmarks kernels [part of a name]…")
}
