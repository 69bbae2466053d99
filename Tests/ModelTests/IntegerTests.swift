import Model
import Testing

@Suite struct IntegerTests {
  @Test func requantizationRoundsHalvesUp() {
    let requantization = Requantization(shift: 2, function: .clamp(-4...3), accumulators: -40...40)
    #expect([-6, -5, -3, -2, -1, 0, 1, 2, 5, 6].map(requantization.quotient) == [-1, -1, -1, 0, 0, 0, 0, 1, 1, 2])
    #expect([-40, -18, -17, 13, 14, 40].map(IntegerFunction.requantize(requantization).value) == [-4, -4, -4, 3, 3, 3])
    #expect(requantization.domain == -16...15)
  }

  /// Worked by hand: steps of 4 from −2 on, of which −3…3 stay in −16…15.
  @Test func clampsOfStatesLeaveTheirLowBits() {
    var requantization = Requantization(shift: 1, function: .clamp(-16...15), accumulators: -60...60)
    requantization.lowBits = 2
    let quotients: [Int64] = [-30, -17, -15, -14, -13, 0, 1, 2, 12, 13, 14, 17, 29]
    #expect(quotients.map { IntegerFunction.requantize(requantization).value(at: 2 * $0) } == [-14, -13, -11, -14, -13, 0, 1, 2, 12, 13, 10, 13, 13])
    #expect(requantization.value(at: -3) == -1)
  }

  @Test func domainsHoldEveryQuotient() {
    func domain(_ range: ClosedRange<Int64>) -> ClosedRange<Int64> {
      Requantization.domain(shift: 1, accumulators: range)
    }
    #expect(domain(0...65534) == -32768...32767)
    #expect(domain(0...65535) == -65536...65535)
    #expect(domain(-65537...0) == -32768...32767)
    #expect(domain(-65538...0) == -65536...65535)
    #expect(domain(0...0) == -1...0)
    #expect(!Requantization(shift: 1, function: .clamp(0...255), accumulators: 0...65534).saturates)
    #expect(Requantization(shift: 1, function: .clamp(0...255), accumulators: 0...65535).saturates)
  }

  @Test func functionsAreConstantBeyondTheirEnds() {
    let function = ActivationFunction.values(lower: -2, [5, 6, 7])
    #expect([-9, -2, -1, 0, 1, 100].map(function.value) == [5, 5, 6, 7, 7, 7])
    #expect(function.results == 5...7)
  }

  @Test func rangeIsReachedAndNeverLeft() throws {
    let linear = Contraction<Int64>.linear([3], axis: 0, outputCount: 2, [2, -3, 1, 0, -1, -1], bias: [5, -7])
    for inputs in [Int64(0)...3, -2...1, -3 ... -1] {
      let range = try #require(linear.range(for: [OperandRange(inputs, shape: [3])], rank: 1))
      var outputs: [Int64] = []
      for a in inputs { for b in inputs { for c in inputs { outputs += linear.run([[3]], [2])([[a, b, c]]) } } }
      #expect(outputs.min() == range.lowerBound)
      #expect(outputs.max() == range.upperBound)
    }
  }

  @Test func accumulatorsStayBelowTheLimit() {
    func range(_ bias: Int64, _ inputs: ClosedRange<Int64>) -> ClosedRange<Int64>? {
      Contraction<Int64>.linear([1], axis: 0, outputCount: 1, [1], bias: [bias]).range(for: [OperandRange(inputs, shape: [1])], rank: 1)
    }
    #expect(range(1 << 62 - 2, 0...1) != nil)
    #expect(range(1 << 62 - 1, 0...1) == nil)
    #expect(range(-1 << 62 + 1, 0...0) != nil)
    #expect(range(-1 << 62, 0...0) == nil)
    #expect(range(.max, 0...1) == nil)
    #expect(range(.min, -1...0) == nil)
  }

  @Test func operatorsComputeWhatTheyStand() {
    let x: [Int64] = [1, 2, 3, 4, 5, 6]
    #expect(run(.contraction(.sum(of: [[2, 3], [3]], [2, -1], shape: [2, 3])), [x, [10, 20, 30]], [[2, 3], [3]], [2, 3]) == [-8, -16, -24, -2, -10, -18])
    #expect(run(.contraction(.product(of: [[2, 3], [2, 1]], 3, shape: [2, 3])), [x, [1, -1]], [[2, 3], [2, 1]], [2, 3]) == [3, 6, 9, -12, -15, -18])
    let affine = Contraction<Int64>.affine([2, 1], scale: [2, -1], shift: [0, 100], [2, 3])
    #expect(run(.contraction(affine), [x], [[2, 3]], [2, 3]) == [2, 4, 6, 96, 95, 94])
    #expect(
      run(
        .contraction(.concatenation(of: [[2, 3], [2, 1]], [1, 10], axis: 1, shape: [2, 4])), [x, [7, 8]],
        [[2, 3], [2, 1]], [2, 4]) == [1, 2, 3, 70, 4, 5, 6, 80])
    #expect(run(.contraction(.transposition(of: [2, 3], order: [1, 0])), [x], [[2, 3]], [3, 2]) == [1, 4, 2, 5, 3, 6])
    #expect(run(.contraction(.slice(of: [2, 3], axis: 1, start: 0, stride: 2, count: 2)), [x], [[2, 3]], [2, 2]) == [1, 3, 4, 6])
    #expect(run(.map(.table(.clamp(2...4))), [x], [[6]], [6]) == [2, 2, 3, 4, 4, 4])
  }

  /// Of one node on inputs of these shapes.
  private func run(
    _ operation: Operation<Int64>, _ inputs: [[Int64]], _ shapes: [[Int]], _ shape: [Int]
  ) -> [Int64] {
    let encodings = shapes.enumerated().map {
      InputEncoding(port: NamedShape(name: "x\($0)", shape: $1), scale: 1, range: -100...100)
    }
    let network = IntegerNetwork(
      name: "n", inputs: encodings, outputs: [NetworkOutput(name: "y", value: inputs.count)],
      nodes: [
        Node(
          name: "a", operands: Array(inputs.indices), operation: operation, shape: shape,
          encoding: Quantum(scale: 1, range: 0...0))
      ])
    return network.run(inputs.map { IntegerBatch(count: 1, values: $0) })[0].values
  }

  @Test func classesAreTheLargestFirstOfEqualOnes() {
    #expect(largestIndices([3, 9, 9, 1], count: 1) == [1])
    #expect(largestIndices([3, 9, 9, 1, 9], count: 2) == [1, 2])
    #expect(largestIndices([5, 5, 5], count: 2) == [0, 1])
  }

  @Test func inputsAreRoundedAndClamped() {
    let encoding = InputEncoding(port: NamedShape(name: "x", shape: [6]), scale: 0.5, range: -4...3)
    let batch = FloatBatch(count: 1, values: [0.24, 0.25, -0.25, -0.26, 1e300, -1e300])
    #expect(encoding.quantize(batch).values == [0, 1, 0, -1, 3, -4])
    #expect(encoding.saturated(batch) == [1e300, -1e300])
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
