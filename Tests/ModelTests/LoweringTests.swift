import Circuit
import Execution
import Model
import Prover
import Testing
import Verifier

@Suite struct LoweringTests {
  /// One network for each operator and for what lowering tells apart.
  static let networks: [(name: String, network: Network)] = denseNetworks + windowNetworks

  static func build(
    _ name: String, _ shapes: [Int]..., body: (inout NetworkBuilder) -> Network
  ) -> (name: String, network: Network) {
    var builder = NetworkBuilder([1])
    builder.inputs = shapes.enumerated().map { NamedShape(name: "x\($0)", shape: $1) }
    return (name, body(&builder))
  }

  private static let denseNetworks: [(name: String, network: Network)] = {
    return [
      build("relu", [5]) { b in
        let hidden = b.relu(b.linear(0, 6))
        return b.network(b.linear(hidden, 3))
      },
      build("width one", [1]) { b in
        let hidden = b.relu(b.linear(0, 1))
        return b.network(b.linear(hidden, 1))
      },
      build("leading axes", [3, 5]) { b in
        let hidden = b.relu(b.linear(0, 6))
        return b.network(b.linear(hidden, 1))
      },
      build("reshaped between", [4, 6]) { b in
        let flat = b.add(.reshape, b.relu(b.linear(0, 6)), shape: [24])
        let split = b.add(.reshape, b.relu(b.linear(flat, 12)), shape: [3, 4])
        return b.network(b.linear(split, 2))
      },
      build("residual", [7]) { b in
        let hidden = b.relu(b.linear(0, 7))
        let sum = b.sum([1, -0.5], hidden, 0, shape: [7])
        return b.network(b.linear(sum, 4), sum)
      },
      build("broadcast", [3, 4], [4]) { b in
        let sum = b.sum([1, 2], 0, 1, shape: [3, 4])
        let product = b.product(sum, 1, shape: [3, 4])
        return b.network(b.linear(product, 2))
      },
      build("square", [6]) { b in
        let product = b.product(0, 0, shape: [6])
        return b.network(product, b.linear(product, 3))
      },
      build("matrix products", [2, 4, 3], [1, 3, 5]) { b in
        let product = b.matrixProduct(b.relu(b.linear(0, 3)), 1, shape: [2, 4, 5])
        return b.network(b.linear(b.relu(product), 2), product)
      },
      build("nothing to commit to", [2, 3], [3, 2]) { b in b.network(b.matrixProduct(0, 1, shape: [2, 2]), 0) },
      build("a matrix and its transpose", [3, 5]) { b in
        let rows = b.relu(b.linear(0, 6))
        let columns = b.transposed(rows, [1, 0])
        let scores = b.apply(.function(.sigmoid, .x), b.matrixProduct(rows, columns, shape: [3, 3]))
        return b.network(b.matrixProduct(scores, rows, shape: [3, 6]), b.linear(b.matrixProduct(columns, rows, shape: [6, 6]), 2))
      },
      build("affine", [3, 4]) { b in
        let affine = b.relu(b.affine(0, [3, 1], scale: [1, -2, 0.5], shift: [0, 1, 2]))
        let shifted = b.relu(b.affine(affine, [4], scale: nil, shift: [1, -2, 3, 0.25]))
        let scaled = b.relu(b.affine(shifted, [4], scale: [0.5, 2, -3, 1], shift: nil))
        return b.network(b.affine(scaled, [4], scale: [1, 2, 3, 4], shift: [0, 0, 1, 1]))
      },
      build("transposed", [3, 5]) { b in
        let transposed = b.transposed(b.relu(b.linear(0, 5)), [1, 0])
        return b.network(b.linear(transposed, 2), transposed)
      },
      build("sliced", [10]) { b in
        let hidden = b.relu(b.linear(0, 9))
        let odd = b.sliced(hidden, axis: 0, start: 1, stride: 2, count: 4)
        let one = b.sliced(hidden, axis: 0, start: 8, count: 1)
        let input = b.sliced(0, axis: 0, start: 3, count: 4)
        let sum = b.sum([1, 1, 1], odd, one, input, shape: [4])
        return b.network(b.linear(odd, 3), b.linear(one, 2), sum, b.apply(.function(.tanh, .x), odd))
      },
      build("rows sliced", [6, 3]) { b in
        let rows = b.sliced(b.relu(b.linear(0, 3)), axis: 0, start: 2, stride: 2, count: 2)
        return b.network(b.linear(rows, 4))
      },
      build("concatenated", [5], [3]) { b in
        let (left, right) = (b.relu(b.linear(0, 5)), b.apply(.function(.sigmoid, .x), b.linear(1, 3)))
        let one = b.relu(b.linear(0, 1))
        let joined = b.joined(axis: 0, left, right, one, 1, shape: [12])
        return b.network(b.linear(joined, 3), joined)
      },
      build("concatenated inside", [3, 4]) { b in
        let left = b.relu(b.linear(0, 3))
        let joined = b.joined(axis: 1, left, 0, shape: [3, 7])
        let stacked = b.joined(axis: 0, joined, joined, shape: [6, 7])
        let column = b.relu(b.linear(stacked, 1))
        let widened = b.joined(axis: 1, column, stacked, column, shape: [6, 9])
        return b.network(b.linear(b.relu(widened), 2))
      },
      build("functions", [6]) { b in
        let hidden = b.linear(0, 6)
        let x = Pointwise.x
        let gelu = Pointwise.product(
          .product(.constant(0.5), x), .sum(.constant(1), .function(.erf, .product(.constant(0.70710678), x))))
        let values = [
          b.apply(.function(.tanh, x), hidden), b.apply(.function(.sigmoid, x), hidden), b.apply(gelu, hidden),
          b.apply(.maximum(x, .product(.constant(0.1), x)), hidden),
          b.apply(.minimum(.maximum(x, .constant(-0.5)), .constant(0.5)), 0),
          b.apply(.function(.exp, x), 0), b.relu(hidden),
        ]
        return b.network(b.linear(values[0], 2), values[1], b.linear(values[2], 3), values[3], values[4], values[5], values[6])
      },
      build("quantized", [6]) { b in
        let input = b.quantized(0, scale: 1 / 128, -128...127)
        let hidden = b.quantized(b.linear(input, 8), scale: 0.02, -20...235)
        return b.network(
          b.quantized(b.linear(hidden, 4), scale: 0.1, -100...155))
      },
      build("class", [6]) { b in b.network(b.linear(b.relu(b.linear(0, 8)), 5), classes: 1) },
      build("three classes", [6]) { b in b.network(b.linear(b.relu(b.linear(0, 8)), 9), classes: 3) },
      build("class of activations", [6]) { b in b.network(b.relu(b.linear(0, 8)), classes: 2) },
      build("class of rows", [3, 6]) { b in b.network(b.linear(b.relu(b.linear(0, 8)), 5), classes: 1) },
      build("two classes of rows", [2, 3, 4]) { b in b.network(b.linear(0, 7), b.relu(b.linear(0, 3)), classes: 2) },
      build("classes of an input's rows", [3, 2, 4]) { b in b.network(0, b.linear(0, 3), classes: 1) },
      build("classes of a reshape's rows", [5]) { b in
        let hidden = b.linear(0, 12)
        return b.network(
          b.add(.reshape, hidden, shape: [2, 2, 3]), b.add(.reshape, b.relu(hidden), shape: [4, 3]), classes: 2)
      },
      build("classes of turned rows", [4, 6]) { b in
        b.network(b.transposed(b.linear(0, 5), [1, 0]), classes: 1)
      },
    ]
  }()

  @Test(arguments: networks.indices, [8, 16])
  func circuitsComputeTheIntegerNetworkAndAreProved(_ index: Int, bits: Int) throws {
    let (name, network) = Self.networks[index]
    var options = QuantizationOptions()
    options.bits = bits
    let samples = network.samples(20)
    let integers = try quantize(network, Calibration(network, samples, source: "samples"), options)
    let lowered = try lower(integers)
    let inputs = zip(integers.inputs, network.samples(3, in: -1.2...1.2, seed: 5)).map { $0.quantize($1) }
    let expected = integers.run(inputs).map(\.values)
    let executor = CircuitExecutor(lowered.circuit, weights: lowered.weights)
    #expect(try executor.run(batch: 3, inputs: inputs.map(\.values), threads: 1) == expected, "\(name)")

    let checker = CircuitChecker(
      circuit: executor.stated, batch: 3,
      columns: try executor.columns(batch: 3, inputs: inputs.map(\.values), threads: 1))
    for contraction in executor.stated.contractions {
      let values = checker.indices(of: contraction.output).map { checker.value(of: contraction, at: $0) }
      #expect(values == checker.columns[contraction.output])
    }
    for lookup in executor.stated.lookups { #expect(checker.holds(lookup)) }

    let proving = ProvingKey(circuit: lowered.circuit, weights: lowered.weights, threads: 1)
    let (proof, _) = try proving.prove(batch: 3, inputs: inputs.map(\.values), threads: 1)
    try proving.verifyingKey(threads: 1).verify(proof)
    #expect(proof.statement.outputs == expected)
  }

  @Test(arguments: networks.indices)
  func errorsAreAFewSteps(_ index: Int) throws {
    let (name, network) = Self.networks[index]
    let samples = network.samples(50)
    var options = QuantizationOptions()
    options.bits = 12
    let integers = try quantize(network, Calibration(network, samples, source: "samples"), options)
    let outputs = zip(integers.outputs, integers.run(zip(integers.inputs, samples).map { $0.quantize($1) })).map {
      $0.classCount == nil ? $1.scaled(by: integers.quantum(of: $0.value).scale) : $1.scaled(by: 1)
    }
    let exact = network.run(samples)
    let comparison = OutputComparison(float: exact, integer: outputs, integers.outputs)
    let largest = exact.flatMap(\.values).reduce(0) { max($0, $1.magnitude) }
    print("\(name): largest error \(comparison.largestError) of \(largest), same classes \(comparison.agreement ?? 0)")
    #expect(comparison.largestError <= 0.02 * largest || name == "quantized")
    #expect(comparison.agreement ?? 1 >= 0.9)
  }

  @Test func relationsRefuseOtherIntegers() throws {
    let compiled = try CircuitFolder.digits.compiled()
    let batch = try CircuitFolder.digits.testInputs(compiled.integers, count: 2)
    let (circuit, weights) = (compiled.lowered.circuit, compiled.lowered.weights)
    let columns = try CircuitExecutor(circuit, weights: weights).columns(batch: 2, inputs: [batch.values], threads: 1)
    let honest = CircuitChecker(circuit: circuit, batch: 2, columns: columns)
    for (index, column) in circuit.columns.enumerated() where column.kind == .advice {
      var checker = honest
      checker.columns[index][7] += checker.columns[index][7] == column.upper ? -1 : 1
      let isRefused =
        circuit.lookups.contains { !checker.holds($0) }
        || circuit.contractions.contains { contraction in
          checker.indices(of: contraction.output).map { checker.value(of: contraction, at: $0) }
            != checker.columns[contraction.output]
        }
      #expect(isRefused)
    }
  }

  /// What places parts of size 1 is a constant of the circuit, not a weight.
  @Test func placesOfPartsAreConstants() throws {
    var b = NetworkBuilder([3])
    let parts = (b.relu(b.linear(0, 1)), b.relu(b.linear(0, 1, seed: 2)))
    let network = b.network(b.linear(b.joined(axis: 0, parts.0, parts.1, shape: [2]), 2))
    let lowered = try lower(quantize(network, Calibration(network, network.samples(9), source: "samples")))
    let ones = lowered.circuit.columns.filter { $0.name == "one" }
    #expect(ones.map(\.kind) == [.constant] && ones.map(\.values) == [[1]])
  }

  @Test(arguments: CircuitFolder.all)
  func circuitIsCanonical(folder: CircuitFolder) throws {
    let circuit = try folder.compiled().lowered.circuit
    #expect(try ArithmeticCircuit(encoded: circuit.encoded[...]) == circuit)
  }

  @Test func limbsAreSplitByCost() {
    #expect(LimbWidths(for: [(16, 32)]).bits(ofShift: 16) == [8, 8])
    #expect(LimbWidths(for: [(16, 128), (16, 64)]).bits(ofShift: 13) == [8, 5])
    #expect(LimbWidths(for: [(16, 1 << 20)]).bits(ofShift: 16) == [16])
    #expect(LimbWidths(for: [(16, 1 << 20)]).bits(ofShift: 9) == [9])
    #expect(LimbWidths(for: [(3, 4)]).bits(ofShift: 3) == [3])
    #expect(LimbWidths(for: [(8, 4)]).bits(ofShift: 8) == [8])
  }

  @Test func longNamesKeepTheirEnds() throws {
    let circuit = try lower(oneLayer(name: String(repeating: "é", count: 300), bias: 0)).circuit
    #expect(circuit.columns.map { $0.name.suffix(5) } == ["x", "eight", ".bias", "lator"])
    #expect(circuit.columns.allSatisfy { $0.name.utf8.count <= 255 })
    #expect(circuit.name.utf8.count == 254)
  }

  @Test(arguments: [(Int64(1) << 15, 32), (1 << 31, 48), (1 << 47, nil), (0, 16)])
  func biasesAreDeclaredInMultiplesOf16Bits(bias: Int64, bits: Int?) throws {
    let network = oneLayer(name: "fc", bias: bias)
    guard let bits else {
      let description = errorDescription { _ = try lower(network) }
      #expect(description == "layer fc: its bias does not fit 48 bits in units of the accumulator")
      return
    }
    #expect(try lower(network).circuit.columns[2].weightBitCount == bits)
  }

  @Test func windowsBeyondTheLimitsAreRefused() throws {
    var b = NetworkBuilder([1, 256, 256])
    let side = WindowSide(size: 256, before: 2, after: 2)
    let network = b.network(b.linear(b.flattened(b.convolution(0, 2, side, side)), 2))
    let integers = try quantize(network, Calibration(network, network.samples(2), source: "s"))
    let description = errorDescription { _ = try lower(integers) }
    #expect(description?.contains("with its 65537 terms the network has more than 65535") == true)
  }

  /// A layer whose quotients no table covers is refused, and leaves alone the tables of another one with its function.
  @Test(arguments: [(Int64(1) << 15, true), (1 << 16, true), (1 << 17, false)])
  func quotientsFarBeyondTheRangeAreRefused(weight: Int64, isLowered: Bool) throws {
    let input = InputEncoding(port: NamedShape(name: "x", shape: [1]), scale: 1, range: -65536...65535)
    var nodes: [Node<Int64>] = []
    for (name, weight) in [("near", 1), ("far", weight)] {
      let linear = Contraction<Int64>.linear([1], axis: 0, outputCount: 1, [weight], bias: [0])
      let range = try #require(linear.range(for: [OperandRange(nodes.last?.range ?? input.range, shape: [1])], rank: 1))
      let rounded = Requantization(shift: 1, function: .clamp(-32768...32767), accumulators: range)
      nodes.append(
        Node(name: name, operands: [nodes.count], operation: .contraction(linear), shape: [1], encoding: Quantum(scale: 1, range: range)))
      nodes.append(
        Node(
          name: name, operands: [nodes.count], operation: .map(.requantize(rounded)), shape: [1],
          encoding: Quantum(scale: 1, range: -32768...32767)))
    }
    let outputs = [NetworkOutput(name: "y", value: nodes.count)]
    let network = IntegerNetwork(name: "wide", inputs: [input], outputs: outputs, nodes: nodes)
    let description = errorDescription { _ = try lower(network) }
    #expect((description == nil) == isLowered)
    #expect(isLowered || description?.hasPrefix("layer far: inputs in range could take it to") == true)
  }

  @Test(arguments: [(1 << 10, 1 << 12), (1 << 21, 1 << 11), (3 << 21, 1 << 9)])
  func batchesAreLimitedByTheLongestColumn(width: Int, cap: Int) throws {
    let input = InputEncoding(port: NamedShape(name: "x", shape: [width]), scale: 1, range: 0...1)
    let node = Node<Int64>(
      name: "y", operands: [0], operation: .map(.table(.clamp(0...1))), shape: [width], encoding: Quantum(scale: 1, range: 0...1))
    let network = IntegerNetwork(
      name: "wide", inputs: [input], outputs: [NetworkOutput(name: "y", value: 1)], nodes: [node])
    #expect(try lower(network).circuit.batchCap == cap)
  }

  @Test(arguments: [-16384...16383, -32768...32767, 0...65535, -1...65534, -1...65535] as [ClosedRange<Int64>])
  func maximaCompareTheEndsOfTheirRange(_ range: ClosedRange<Int64>) throws {
    let input = InputEncoding(port: NamedShape(name: "x", shape: [1, 1, 8]), scale: 1, range: range)
    let maximum = Maximum<Int64>(of: [WindowSide(), WindowSide(size: 3)], shape: [1, 1, 6])
    let pool = Node<Int64>(
      name: "y", operands: [0], operation: .maximum(maximum), shape: [1, 1, 6], encoding: Quantum(scale: 1, range: range))
    let network = IntegerNetwork(
      name: "ends", inputs: [input], outputs: [NetworkOutput(name: "y", value: 1)], nodes: [pool])
    guard range.upperBound - range.lowerBound < 1 << 16 else {
      return #expect(
        errorDescription { _ = try lower(network) }
          == "layer y: it compares activations in \(range); at most 16 bits are supported")
    }
    let lowered = try lower(network)
    let (low, high) = (range.lowerBound, range.upperBound)
    let values = [low, high, low, low, low, high, high - 1, low + 1]
    let expected = [[high, high, low, high, high, high]]
    #expect(network.run([IntegerBatch(count: 1, values: values)]).map(\.values) == expected)
    let proving = ProvingKey(circuit: lowered.circuit, weights: lowered.weights, threads: 1)
    let (proof, _) = try proving.prove(batch: 1, inputs: [values], threads: 1)
    try proving.verifyingKey(threads: 1).verify(proof)
    #expect(proof.statement.outputs == expected)
  }

  private func oneLayer(name: String, bias: Int64) -> IntegerNetwork {
    return IntegerNetwork(
      name: name, inputs: [InputEncoding(port: NamedShape(name: "x", shape: [1]), scale: 1, range: 0...1)],
      outputs: [NetworkOutput(name: "y", value: 1)],
      nodes: [
        Node(name: name, operands: [0], operation: .contraction(.linear([1], axis: 0, outputCount: 1, [1], bias: [bias])), shape: [1],
          encoding: Quantum(scale: 1, range: 0...1))
      ])
  }
}
