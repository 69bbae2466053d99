import CPlatform
import Glibc

/// What this build needs of the processor, and what the process used of the machine.
enum Machine {
  static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// The vector instructions that this build uses.
  static var instructions: String {
    switch Int(PLATFORM_VECTOR_BITS) {
    case 512: "avx512"
    case 256: "avx2"
    case _: "baseline"
    }
  }

  /// Refuses a processor without the vector instructions that this build uses, where its features can be read.
  static func requireSupport() throws {
    let needed: [String]
    switch instructions {
    case "avx512": needed = ["avx512f", "avx512dq"]
    case "avx2": needed = ["avx2"]
    case _: return
    }
    guard let flags = processorFlags() else { return }
    let missing = needed.filter { !flags.contains($0) }
    guard missing.isEmpty else {
      throw Failure.unusable(
        "this build needs a processor with \(missing.joined(separator: ", ")); build it here with scripts/build")
    }
  }

  private static func processorFlags() -> Set<String>? {
    guard let file = fopen("/proc/cpuinfo", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 1 << 14)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix("flags") else { continue }
      return Set(text.split { $0 == " " || $0 == "\n" || $0 == "\t" }.map(String.init))
    }
    return nil
  }

  static var peakMemoryByteCount: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}
