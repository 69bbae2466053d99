import Model
import Testing

@Suite struct IntegerTests {
  @Test func requantizationRoundsHalvesUp() throws {
    let requantization = try #require(Requantization(shift: 2, clamp: -4...3, accumulators: -40...40))
    #expect([-6, -5, -3, -2, -1, 0, 1, 2, 5, 6].map(requantization.quotient) == [-1, -1, -1, 0, 0, 0, 0, 1, 1, 2])
    #expect(requantization.apply(to: [-40, -18, -17, 13, 14, 40]) == [-4, -4, -4, 3, 3, 3])
    #expect(requantization.domain == -16...15)
  }

  @Test(arguments: [1, 8, 13, 16, 40])
  func remainderAndQuotientDetermineTheAccumulator(shift: Int) throws {
    let limit: Int64 = 1 << (shift + 12)
    let requantization = try #require(Requantization(shift: shift, clamp: 0...255, accumulators: -limit...limit))
    let half: Int64 = 1 << (shift - 1)
    var generator = SplitMix(state: UInt64(shift))
    for accumulator in [-limit, limit, 0, half, half - 1, -half, -half - 1]
      + (0..<1000).map({ _ in Int64.random(in: -limit...limit, using: &generator) })
    {
      let quotient = requantization.quotient(accumulator)
      let remainder = requantization.remainder(accumulator)
      #expect(quotient << shift + remainder == accumulator)
      #expect((-half..<half).contains(remainder))
      #expect(requantization.domain.contains(quotient))
    }
  }

  @Test func tablesAreLimited() {
    #expect(Requantization(shift: 1, clamp: 0...255, accumulators: 0...65534)?.domain == -32768...32767)
    #expect(Requantization(shift: 1, clamp: 0...255, accumulators: 0...65535) == nil)
    #expect(Requantization(shift: 1, clamp: 0...255, accumulators: -65537...0)?.domain == -32768...32767)
    #expect(Requantization(shift: 1, clamp: 0...255, accumulators: -65538...0) == nil)
    #expect(Requantization(shift: 1, clamp: 0...255, accumulators: 0...0)?.domain == -1...0)
  }

  @Test func rangeIsReachedAndNeverLeft() throws {
    let linear = IntegerLinear(inputCount: 3, outputCount: 2, weights: [2, -3, 1, 0, -1, -1], bias: [5, -7])
    for inputs in [Int64(0)...3, -2...1, -3 ... -1] {
      let range = try #require(linear.range(for: inputs))
      var outputs: [Int64] = []
      for a in inputs { for b in inputs { for c in inputs { outputs += linear.apply(to: [a, b, c]) } } }
      #expect(outputs.min() == range.lowerBound)
      #expect(outputs.max() == range.upperBound)
    }
  }

  @Test func accumulatorsStayBelowTheLimit() {
    func range(_ bias: Int64, _ inputs: ClosedRange<Int64>) -> ClosedRange<Int64>? {
      IntegerLinear(inputCount: 1, outputCount: 1, weights: [1], bias: [bias]).range(for: inputs)
    }
    #expect(range(1 << 62 - 2, 0...1) != nil)
    #expect(range(1 << 62 - 1, 0...1) == nil)
    #expect(range(-1 << 62 + 1, 0...0) != nil)
    #expect(range(-1 << 62, 0...0) == nil)
    #expect(range(.max, 0...1) == nil)
    #expect(range(.min, -1...0) == nil)
  }

  /// Operand ranges and weight sizes on both sides of what 16-bit factors and 32-bit sums hold.
  @Test(arguments: [
    (255, 100), (32767, 2), (32767, 3), (32768, 1), (1_048_576, 32767), (1, 32768), (3, 1_073_741_824),
  ])
  func plainExecutorComputesTheSame(_ inputs: Int, _ weights: Int) {
    let (largestInput, largestWeight) = (Int64(inputs), Int32(weights))
    let (inputCount, outputCount) = (33, 5)
    var generator = SplitMix(state: UInt64(largestInput) << 32 | UInt64(largestWeight))
    var weights = (0..<inputCount * outputCount).map { _ in
      Int32.random(in: -largestWeight...largestWeight, using: &generator)
    }
    for index in 0..<inputCount { weights[index] = largestWeight }
    let linear = IntegerLinear(
      inputCount: inputCount, outputCount: outputCount, weights: weights, bias: [1 << 40, 0, -7, .zero, 1 << 60])
    let range = -largestInput - 1...largestInput
    let network = IntegerNetwork(
      name: "n", input: InputEncoding(port: NamedShape(name: "x", shape: [inputCount]), scale: 1, range: range),
      output: NamedShape(name: "y", shape: [outputCount]), outputScale: 1,
      nodes: [
        IntegerNode(name: "a", operand: 0, operation: .reshape, shape: [inputCount, 1], range: range),
        IntegerNode(name: "b", operand: 1, operation: .linear(linear), shape: [outputCount], range: 0...0),
      ])
    let random = (0..<3 * inputCount).map { _ in Int64.random(in: range, using: &generator) }
    let extremes = [range.lowerBound, range.upperBound].flatMap { Array(repeating: $0, count: inputCount) }
    let batch = IntegerBatch(count: 5, values: random + extremes)
    #expect(PlainExecutor(network).run(batch) == network.run(batch))
  }

  @Test func inputsAreRoundedAndClamped() {
    let encoding = InputEncoding(port: NamedShape(name: "x", shape: [6]), scale: 0.5, range: -4...3)
    let batch = FloatBatch(count: 1, values: [0.24, 0.25, -0.25, -0.26, 1e300, -1e300])
    #expect(encoding.quantize(batch).values == [0, 1, 0, -1, 3, -4])
  }

  @Test func arraysOfIntegersHoldSteps() throws {
    let port = NamedShape(name: "x", shape: [2])
    let integers = NumericArray(shape: [1, 2], values: [0, 255], isInteger: true)
    let reals = NumericArray(shape: [1, 2], values: [0, 1], isInteger: false)
    let steps = InputEncoding(port: port, scale: 1.0 / 255, range: 0...255)
    for array in [integers, reals] {
      #expect(try steps.quantize(steps.samples(array, source: "a")).values == [0, 255])
    }
    let narrow = InputEncoding(port: port, scale: 0.5, range: 0...15)
    #expect(try narrow.quantize(narrow.samples(integers, source: "a")).values == [0, 15])
  }
}
