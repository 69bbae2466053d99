import Dispatch

/// One line: nanoseconds an element on one and on two threads, the target on one thread, and their ratio.
func report(
  _ name: String, elements: Int, target: Double?, repetitions: Int = 9, _ body: (_ threads: Int) -> Void
) {
  let one = nanoseconds(repetitions) { body(1) } / Double(elements)
  let two = nanoseconds(repetitions) { body(2) } / Double(elements)
  let goal = target.map { "\(fixed($0))  \(fixed(one / $0))×" } ?? "–"
  print("\(padded(name, 44)) \(fixed(one)) \(fixed(two))  \(goal)")
}

/// The median duration of a call.
private func nanoseconds(_ repetitions: Int, _ body: () -> Void) -> Double {
  body()
  let durations = (0..<max(repetitions, 1)).map { _ in
    let start = DispatchTime.now().uptimeNanoseconds
    body()
    return Double(DispatchTime.now().uptimeNanoseconds - start)
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
