import Circuit
import Execution
import Glibc
import Model
import Prover
import TestSupport
import Testing
import Verifier

@Suite struct WindowedFunctionTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    let function: Pointwise
    let (offset, shift, reach): (Int64, Int, Int64)
    let domain: ClosedRange<Int64>
    let quantum: Quantum
    var least: Double?
    let windows: Int

    var testDescription: String { name }
    func real(_ x: Double) -> Double { function.value(at: x) }
    var windowed: WindowedFunction? {
      WindowedFunction(offset: offset, shift: shift, reach: reach, domain: domain, quantum: quantum, least: least, function: real)
    }
  }

  static let cases = [
    Case(
      name: "one window", function: .function(.sqrt, .x), offset: 0, shift: 1, reach: 40, domain: 0...100,
      quantum: Quantum(scale: 0.125, range: 0...255), least: 0, windows: 1),
    Case(
      name: "one signed window", function: .function(.reciprocal, .x), offset: 1, shift: 1, reach: 40, domain: -3...5,
      quantum: Quantum(scale: 0x1p-6, range: -128...127), windows: 1),
    Case(
      name: "two windows", function: .function(.sqrt, .x), offset: 0, shift: 1, reach: 1 << 19, domain: 0...1 << 20,
      quantum: Quantum(scale: 0x1p-6, range: 0...65535), least: 0, windows: 2),
    Case(
      name: "seven windows, more beyond", function: .function(.log, .x), offset: 5, shift: 3, reach: 1 << 33, domain: 0...1 << 44,
      quantum: Quantum(scale: 0x1p-10, range: -32768...32767), windows: 7),
    Case(
      name: "signed windows", function: .function(.reciprocal, .x), offset: 0, shift: 2, reach: 1 << 28, domain: -1 << 30...1 << 30,
      quantum: Quantum(scale: 0x1p-30, range: -1 << 30...1 << 30), windows: 7),
    Case(
      name: "signed windows, more beyond", function: .power(.function(.abs, .x), 0.25) * .x, offset: -77, shift: 4, reach: 1 << 40,
      domain: -1 << 50...1 << 50, quantum: Quantum(scale: 0x1p30, range: -1 << 23...1 << 23), windows: 6),
    Case(
      name: "a long number of few windows", function: .power(.x, -0.5), offset: 9, shift: 20, reach: 1 << 14, domain: 0...1 << 55,
      quantum: Quantum(scale: 0x1p-24, range: 0...1 << 20), windows: 1),
  ]

  /// What docs/arithmetic.md says, from the number itself.
  private func reference(_ own: Case, _ function: WindowedFunction, at x: Int64) -> Int64 {
    func quotient(_ number: Int128, _ bits: Int) -> Int128 {
      let size = Int128(1) << Int128(bits)
      return (number - ((number % size) + size) % size) / size
    }
    let v = quotient(Int128(x) + Int128(own.offset), own.shift)
    let magnitude = v < 0 ? -1 - v : v
    let windows = 0..<own.windows
    let window = windows.first { quotient(magnitude, function.step * $0) < 1 << Int128(function.rowBits) } ?? own.windows - 1
    let row = min(quotient(magnitude, function.step * window), 1 << Int128(function.rowBits) - 1)
    let middle = (Double(row) + 0.5) * exp2(Double(own.shift + function.step * window)) * (v < 0 ? -1 : 1) - 0.5 - Double(own.offset)
    if v == 0, let least = own.least { return own.quantum.integer(least) }
    return own.quantum.integer(own.real(middle))
  }

  /// Ends, 0, and what is around borders of rows and windows, also beyond the last one; and random numbers of any length.
  private func arguments(_ own: Case, _ function: WindowedFunction) -> [Int64] {
    var random = RepeatableRandom(seed: 5)
    var result = [own.domain.lowerBound, own.domain.lowerBound + 1, 0, 1, -1, -own.offset, 1 - own.offset, -1 - own.offset]
    result += [own.domain.upperBound - 1, own.domain.upperBound]
    for window in 0...own.windows {
      for bits in [function.step * window, function.rowBits + function.step * window] {
        for border in [Int64(1) << Int64(own.shift + bits), -1 << Int64(own.shift + bits)] {
          result += [-1 << Int64(own.shift), -1, 0, 1, 1 << Int64(own.shift)].map { border + $0 - own.offset }
        }
      }
    }
    for length in 0..<56 { result += (0..<4).map { _ in Int64.random(in: -1 << Int64(length)...1 << Int64(length), using: &random) } }
    return result.filter(own.domain.contains)
  }

  @Test(arguments: cases) func resultsAreThoseOfTheMiddleOfARow(_ own: Case) throws {
    let function = try #require(own.windowed)
    #expect(function.starts.count == own.windows && function.isSigned == (own.domain.lowerBound + own.offset < 0))
    let part = exp2(Double(function.step - function.rowBits))
    for x in arguments(own, function) {
      #expect(function.value(at: x) == reference(own, function, at: x), "\(x)")
      // No result is farther away than those of arguments that differ by a part of theirs.
      let v = Double(x) + Double(own.offset)
      guard abs(v) < Double(own.reach) * exp2(Double(own.shift)),
        abs(v) >= exp2(Double(own.shift + function.rowBits - function.step))
      else { continue }
      let ends = [-part, part].map { own.quantum.integer(own.real(v * (1 + $0) - Double(own.offset))) }
      #expect((ends.min()! - 1...ends.max()! + 1).contains(function.value(at: x)), "\(x)")
    }
  }

  @Test(arguments: cases) func circuitsComputeTheSameAndAreProved(_ own: Case) throws {
    let function = try #require(own.windowed)
    let arguments = arguments(own, function)
    let count = arguments.count
    let results = (function.values.min() ?? 0)...(function.values.max() ?? 0)
    let network = IntegerNetwork(
      name: "n", inputs: [InputEncoding(port: NamedShape(name: "x", shape: [count]), scale: 1, range: own.domain)],
      outputs: [NetworkOutput(name: "y", value: 1)],
      nodes: [
        Node(
          name: "f", operands: [0], operation: .map(.windowed(function)), shape: [count],
          encoding: Quantum(scale: 1, range: results))
      ])
    let expected = arguments.map { reference(own, function, at: $0) }
    let batch = IntegerBatch(count: 1, values: arguments)
    #expect(network.run([batch]).map(\.values) == [expected])
    let lowered = try lower(network)
    let executor = CircuitExecutor(lowered.circuit, weights: lowered.weights)
    #expect(try executor.run(batch: 1, inputs: [arguments], threads: 1) == [expected])

    let honest = CircuitChecker(
      circuit: executor.stated, batch: 1, columns: try executor.columns(batch: 1, inputs: [arguments], threads: 1))
    func isRefused(_ checker: CircuitChecker) -> Bool {
      checker.circuit.lookups.contains { !checker.holds($0) }
        || checker.circuit.contractions.contains { contraction in
          checker.indices(of: contraction.output).map { checker.value(of: contraction, at: $0) } != checker.columns[contraction.output]
        }
    }
    #expect(!isRefused(honest))
    for (index, column) in lowered.circuit.columns.enumerated() where column.kind == .advice && column.lower < column.upper {
      var checker = honest
      let place = (7 * index) % count
      checker.columns[index][place] += checker.columns[index][place] == column.upper ? -1 : 1
      #expect(isRefused(checker), "\(column.name)")
    }

    let key = ProvingKey(circuit: lowered.circuit, weights: lowered.weights, threads: 1)
    let proof = try key.prove(batch: 1, inputs: [arguments], threads: 1).proof
    try key.verifyingKey(threads: 1).verify(proof)
    #expect(proof.statement.outputs == [expected])
  }

  @Test func numbersThatAreTooLongHaveNoWindows() {
    func windowed(_ offset: Int64, _ domain: ClosedRange<Int64>) -> WindowedFunction? {
      WindowedFunction(
        offset: offset, shift: 1, reach: 1 << 40, domain: domain, quantum: Quantum(scale: 1, range: 0...255), function: { $0 })
    }
    #expect(windowed(0, 0...1 << 56) != nil && windowed(0, 0...1 << 57) == nil && windowed(.min, 0...1) == nil)
    #expect(windowed(0, .min ... .max) == nil && windowed(1 << 56, -1 << 56...1 << 56) != nil)
  }

  @Test func steepPointsAreZerosOfArguments() {
    let x = Pointwise.x
    func log(_ argument: Pointwise) -> Pointwise { .function(.log, argument) }
    #expect(log(x).steepPoint == 0 && Pointwise.power(x, 0.5).steepPoint == 0 && Pointwise.power(x, -2).steepPoint == 0)
    #expect(log(2.0 * x + 0.5).steepPoint == -0.25 && (3.0 * log(.maximum(x, 1e-5)) + 1.0).steepPoint == 0)
    #expect(Pointwise.function(.reciprocal, .function(.sqrt, x + 0.5)).steepPoint == -0.5)
    #expect(Pointwise.power(x, 2).steepPoint == nil && Pointwise.function(.exp, x).steepPoint == nil)
    #expect(Pointwise.function(.reciprocal, 1.0 + .function(.exp, x)).steepPoint == nil && log(3.0).steepPoint == nil)
  }

  // MARK: Chosen by the compiler

  /// Magnitudes of the spectrum of noise of 32 numbers, whose loudness is in two orders of magnitude; and a layer of these.
  private func spectrum(_ function: Pointwise) -> (Network, [FloatBatch]) {
    let (length, count) = (32, 17)
    var b = NetworkBuilder([length])
    func basis(_ wave: (Double) -> Double) -> [Float] {
      (0..<count).flatMap { bin in
        (0..<length).map { place in
          let window = 0.5 - 0.5 * cos(2 * .pi * Double(place) / Double(length))
          return Float(window * wave(2 * .pi * Double(bin * place) / Double(length)))
        }
      }
    }
    let none = [Float](repeating: 0, count: count)
    let parts = [basis { cos($0) }, basis { -sin($0) }].map { b.linear(0, $0, none) }
    let squares = parts.map { b.apply(.x * .x, $0) }
    let result = b.apply(function, b.sum([1, 1], squares[0], squares[1], shape: [count]))
    let network = b.network(b.linear(result, (0..<count * count).map { $0 / count == $0 % count ? 1 : 0 }, none))
    var random = RepeatableRandom(seed: 8)
    var values: [Double] = []
    for _ in 0..<40 {
      let loudness = pow(10, Double.random(in: -2...0, using: &random))
      values += (0..<length).map { _ in loudness * Double.random(in: -1...1, using: &random) }
    }
    return (network, [FloatBatch(count: 40, values: values)])
  }

  /// The cosine of the smaller half of results, and their median relative error.
  private func lowerHalf(_ network: Network, _ batch: [FloatBatch], bits: Int) throws -> (cosine: Double, error: Double) {
    var options = QuantizationOptions()
    options.bits = bits
    let integers = try quantize(network, Calibration(network, batch, source: "s"), options)
    #expect(integers.nodes.contains { if case .map(.windowed) = $0.operation { true } else { false } })
    let scale = integers.quantum(of: integers.outputs[0].value).scale
    let result = integers.run(zip(integers.inputs, batch).map { $0.quantize($1) })[0].scaled(by: scale)
    let exact = network.run(batch)[0].values
    let pairs = zip(exact, result.values).sorted { abs($0.0) < abs($1.0) }.prefix(exact.count / 2)
    func product(_ one: KeyPath<(Double, Double), Double>, _ other: KeyPath<(Double, Double), Double>) -> Double {
      pairs.reduce(0) { $0 + $1[keyPath: one] * $1[keyPath: other] }
    }
    let cosine = product(\.0, \.1) / (product(\.0, \.0) * product(\.1, \.1)).squareRoot()
    let errors = pairs.map { abs($0.1 - $0.0) / abs($0.0) }.sorted()
    return (cosine, errors[errors.count / 2])
  }

  @Test(arguments: [(8, 0.98, 0.25), (12, 0.9999, 0.02), (16, 0.99999, 0.005)])
  func smallMagnitudesOfASpectrumAreRight(bits: Int, cosine: Double, error: Double) throws {
    let (network, batch) = spectrum(.function(.sqrt, .x))
    let found = try lowerHalf(network, batch, bits: bits)
    print("magnitudes, \(bits) bits: lower half \(found)")
    #expect(found.cosine >= cosine && found.error <= error)
  }

  @Test func logarithmsOfSmallPowersAreRight() throws {
    let (network, batch) = spectrum(.function(.log, .x + 1e-5))
    let found = try lowerHalf(network, batch, bits: 16)
    print("logarithms: lower half \(found)")
    #expect(found.cosine >= 0.9999 && found.error <= 0.01)
  }

  /// Of a sum of exponentials that e^−12 and e^5 are terms of.
  @Test func logarithmsOfSumsOfExponentialsAreRight() throws {
    var b = NetworkBuilder([6])
    let sum = b.reduced(axes: [0], factor: 1, b.apply(.function(.exp, .x), 0), shape: [1])
    let network = b.network(b.apply(.function(.log, .x), sum))
    let batch = network.samples(200, in: -4...3).map {
      FloatBatch(count: $0.count, values: $0.values.enumerated().map { $1 + 3 * sin(Double($0 / 6)) })
    }
    let found = try lowerHalf(network, batch, bits: 16)
    print("logarithms of sums of exponentials: lower half \(found)")
    #expect(found.cosine >= 0.99999)
  }

  @Test func narrowArgumentsHaveOneTable() throws {
    var b = NetworkBuilder([3])
    let network = b.network(b.linear(b.apply(.function(.sqrt, .x), b.linear(0, [1, 1, 1, 0.5, 1, 1], [0, 0])), [1, 1], [0]))
    let integers = try quantize(network, Calibration(network, network.samples(50, in: 0.5...1), source: "s"))
    #expect(!integers.nodes.contains { if case .map(.windowed) = $0.operation { true } else { false } })
  }
}
