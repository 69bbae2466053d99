import Dispatch
import Glibc

/// One line: nanoseconds an element on one thread (time of the CPU) and on two (time of the clock), the target on
/// one thread, and the ratio to it. Further arguments of the tool select the names that contain them.
func report(
  _ name: String, elements: Int, target: Double?, repetitions: Int = 9, _ body: (_ threads: Int) -> Void
) {
  guard CommandLine.arguments.dropFirst(2).allSatisfy({ name.contains($0) }) else { return }
  let one = median(repetitions, processorTime) { body(1) } / Double(elements)
  let two = median(repetitions, { Double(DispatchTime.now().uptimeNanoseconds) }) { body(2) } / Double(elements)
  let goal = target.map { "\(fixed($0))  \(fixed(one / $0))×" } ?? "–"
  print("\(padded(name, 44)) \(fixed(one)) \(fixed(two))  \(goal)")
}

/// Nanoseconds of CPU time that the process used, independent of what else the machine runs.
private func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// The median duration of a call by `clock`, in nanoseconds.
private func median(_ repetitions: Int, _ clock: () -> Double, _ body: () -> Void) -> Double {
  body()
  let durations = (0..<max(repetitions, 1)).map { _ in
    let start = clock()
    body()
    return clock() - start
  }
  return durations.sorted()[durations.count / 2]
}

private func fixed(_ value: Double) -> String {
  let hundredths = Int((value * 100).rounded())
  let fraction = hundredths % 100
  return padded("\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)", 8, onTheLeft: true)
}

private func padded(_ text: String, _ width: Int, onTheLeft: Bool = false) -> String {
  let space = String(repeating: " ", count: max(width - text.count, 0))
  return onTheLeft ? space + text : text + space
}
