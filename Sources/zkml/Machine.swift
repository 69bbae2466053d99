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
    line(of: "/proc/cpuinfo", after: "flags").map { Set($0.split(separator: " ").map(String.init)) }
  }

  /// The most memory that this process has had; what getrusage says may be that of the one that started it.
  static var peakMemoryByteCount: Int? {
    line(of: "/proc/self/status", after: "VmHWM:").flatMap { $0.split(separator: " ").first }.flatMap { Int($0) }.map { 1024 * $0 }
  }

  /// The first line of a file that begins so, without its beginning.
  private static func line(of path: String, after beginning: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 1 << 14)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix(beginning) else { continue }
      return String(text.dropFirst(beginning.count).map { $0 == "\t" || $0 == "\n" ? " " : $0 })
    }
    return nil
  }
}
