import Circuit

/// Of tables of functions with more than 2^16 rows, in all: a circuit has at most 2^24.
private let mostLongRows = 1 << 22

/// How the requantizations of a network are cut into limbs and tables: with the fewest entries to look up, limbs for a
/// batch of one, tables for one of 16.
struct RoundingPlan {
  private let limbWidths: LimbWidths
  /// By clamp, the quotients of all layers that have it.
  private let domains: [ClosedRange<Int64>: ClosedRange<Int64>]
  private let windows: [ClosedRange<Int64>: ClosedRange<Int64>]
  /// By the values of an exponential, the bits of the longest of its tables.
  private let exponentBits: [[Int64]: Int]
  /// Nodes whose function has a table of all quotients, though these are more than 2^16.
  private let longTables: Set<Int>

  init(_ network: IntegerNetwork) {
    var domains: [ClosedRange<Int64>: ClosedRange<Int64>] = [:]
    var counts: [ClosedRange<Int64>: Int] = [:]
    var remainders: [(shift: Int, count: Int)] = []
    var exponentBits: [[Int64]: Int] = [:]
    var (longTables, longRows) = (Set<Int>(), 0)
    func cover(_ clamp: ClosedRange<Int64>, _ domain: ClosedRange<Int64>) {
      let known = domains[clamp] ?? domain
      domains[clamp] = min(known.lowerBound, domain.lowerBound)...max(known.upperBound, domain.upperBound)
    }
    for (index, node) in network.nodes.enumerated() {
      if node.operation.integerPrimitive.looksUpItsRange { cover(node.range, node.range) }
      let count = node.shape.reduce(1, *)
      if case .softmax(let softmax) = node.operation, let exponential = softmax.exponential {
        remainders.append((exponential.shift, count))
        exponentBits[exponential.values] = max(exponentBits[exponential.values] ?? 0, exponential.tableBits)
      }
      if case .map(.windowed(let function)) = node.operation { remainders.append((function.shift, count)) }
      guard case .map(.requantize(let requantization)) = node.operation else { continue }
      if network.state(under: node) != nil { continue }
      remainders.append((requantization.shift, count))
      if requantization.keptBits != nil || requantization.lowBits > 0 { continue }
      let rows = requantization.domain.count
      // A saturation has three more columns to look up.
      if case .values = requantization.function, requantization.saturates, rows <= 3 << bitCountOfAxis(count), longRows + rows <= mostLongRows {
        longTables.insert(index)
        longRows += rows
      }
      guard case .clamp(let clamp) = requantization.function,
        Self.covers(requantization, Self.window(of: clamp, domain: requantization.domain))
      else { continue }
      cover(clamp, requantization.domain)
      counts[clamp, default: 0] += 16 << bitCountOfAxis(count)
    }
    self.domains = domains
    self.exponentBits = exponentBits
    self.longTables = longTables
    limbWidths = LimbWidths(for: remainders)
    windows = domains.reduce(into: [:]) { windows, entry in
      let (clamp, domain) = entry
      guard let window = Self.window(of: clamp, domain: domain) else { return }
      // A saturation looks up four columns where a table looks up one, in tables of the window's size.
      let saturation = 4 * (counts[clamp] ?? 0) + 2 * window.count + 2 * (domain.count / window.count + 1)
      let table = (counts[clamp] ?? 0) + domain.count
      if domain.count > maximumTableSize || saturation < table { windows[clamp] = window }
    }
  }

  /// The smallest power of two of integers from the clamp's lower end on that holds the clamp, is at most 2^16 and
  /// leaves at most 2^16 places in the domain.
  private static func window(of clamp: ClosedRange<Int64>, domain: ClosedRange<Int64>) -> ClosedRange<Int64>? {
    let bits = max(bitCountOfAxis(clamp.count), bitCountOfAxis(domain.count) - 15, 1)
    guard bits <= 16 else { return nil }
    return clamp.lowerBound...clamp.lowerBound + (1 << Int64(bits)) - 1
  }

  /// Whether tables of at most 2^16 rows cover the domain, with or without a window, or a clamp to more is one longer table.
  static func covers(_ requantization: Requantization, _ window: ClosedRange<Int64>?) -> Bool {
    let (domain, isLong) = (requantization.domain, requantization.function.results.count > maximumTableSize)
    if isLong, case .clamp = requantization.function { return domain.count <= maximumClampSize }
    return domain.count <= maximumTableSize || window.map { domain.count / $0.count < maximumTableSize } ?? false
  }

  func limbs(ofShift shift: Int) -> [Int] { limbWidths.bits(ofShift: shift) }

  func tableBits(of exponential: Exponential) -> Int { exponentBits[exponential.values] ?? exponential.tableBits }

  /// The steps of floor((source + constant + 2^(shift − 1)) / 2^shift), each with a remainder as long as a limb.
  func quotientSteps(_ shift: Int, constant: Int64) -> [(bits: Int, constant: Int64)] {
    let parts = limbs(ofShift: shift)
    return parts.enumerated().map { index, bits in
      (bits, (index == 0 ? constant + 1 << Int64(shift - 1) : 0) - 1 << Int64(bits - 1))
    }
  }

  /// Whether a node's function has a table of all quotients, however many.
  func hasLongTable(_ node: Int) -> Bool { longTables.contains(node) }

  /// Nil when one table covers every quotient.
  func window(of requantization: Requantization) -> ClosedRange<Int64>? {
    switch requantization.function {
    case .clamp(let clamp): windows[clamp]
    case .values(let lower, let values):
      requantization.saturates ? lower...lower + Int64(values.count) - 1 : nil
    }
  }

  /// A table that holds every integer of a range beside itself.
  func identity(on range: ClosedRange<Int64>, _ builder: inout CircuitBuilder) -> Int {
    guard let window = windows[range] else { return table(of: .clamp(range), domain: range, &builder) }
    return windowTable(of: .clamp(range), window, &builder)
  }

  func windowTable(
    of function: ActivationFunction, _ window: ClosedRange<Int64>, _ builder: inout CircuitBuilder
  ) -> Int {
    builder.appendTable(lower: window.lowerBound, values: window.map(function.value), "function on \(window)")
  }

  func table(
    of function: ActivationFunction, domain: ClosedRange<Int64>, _ builder: inout CircuitBuilder
  ) -> Int {
    switch function {
    case .clamp(let clamp):
      let domain = domains[clamp] ?? domain
      return builder.appendTable(lower: domain.lowerBound, values: domain.map(function.value), "clamp to \(clamp)")
    case .values(let lower, let values):
      guard domain.count > values.count else { return builder.appendTable(lower: lower, values: values, "function on \(domain)") }
      return builder.appendTable(lower: domain.lowerBound, values: domain.map(function.value), "function on \(domain)")
    }
  }
}
