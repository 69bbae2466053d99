import FuzzTargets
import Glibc

// libFuzzer's main function calls these two; `scripts/fuzz` builds it.

/// Chosen by the environment variable ZKML_FUZZ.
private let target: FuzzTarget = {
  guard let name = getenv("ZKML_FUZZ"), let target = FuzzTarget(rawValue: String(cString: name)) else {
    fatalError("ZKML_FUZZ names no target")
  }
  return target
}()

/// Writes the seeds to the folder ZKML_SEEDS, if it is set.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_: UnsafeMutablePointer<Int32>, _: UnsafeMutableRawPointer) -> Int32 {
  guard let folder = getenv("ZKML_SEEDS") else { return 0 }
  for (index, seed) in target.seeds.enumerated() {
    guard let file = fopen("\(String(cString: folder))/seed\(index)", "w") else { fatalError("ZKML_SEEDS is no folder") }
    fwrite(seed, 1, seed.count, file)
    fclose(file)
  }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  target.use(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
