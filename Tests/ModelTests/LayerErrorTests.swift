import Execution
import Model
import TestSupport
import Testing

/// Every part of a node has a name of its own, and its integers are compared with its own numbers.
@Suite struct LayerErrorTests {
  private func compiled(_ shape: [Int], _ build: (inout ONNXBuilder) -> Void) throws -> CompiledModel {
    var builder = ONNXBuilder()
    builder.input("x", [nil] + shape)
    build(&builder)
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model").simplified()
    var random = SplitMix(state: 7)
    let count = 8 * shape.reduce(1, *)
    let values = (0..<count).map { _ in Double.random(in: -4...4, using: &random) }
    var options = QuantizationOptions()
    options.bits = 14
    return try compile(network, Calibration(network, [FloatBatch(count: 8, values: values)], source: "data"), options)
  }

  private func expectOwnNumbers(_ compiled: CompiledModel, atLeast count: Int) {
    let errors = compiled.layerErrors
    #expect(Set(errors.map(\.name)).count == errors.count && errors.count >= count, "\(errors.map(\.name))")
    for error in errors {
      #expect(error.largestError <= 0.01 * error.largestValue, "\(error)")
      #expect(error.meanError <= error.largestError && error.largestValue > 0)
    }
    let names = compiled.network.nodes.map(\.name)
    #expect(Set(names).count == names.count, "\(names)")
  }

  /// The result has the name of the node, which options for layers go by.
  @Test func slopesByChannel() throws {
    let made = try compiled([4]) {
      $0.initializer("w", .floats((0..<24).map { Float($0 % 7) - 3 }, [4, 6]))
      $0.initializer("s", .floats([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [6]))
      $0.initializer("v", .floats((0..<12).map { Float($0 % 5) - 2 }, [6, 2]))
      $0.node("MatMul", [$0.node("PRelu", [$0.node("MatMul", ["x", "w"]), "s"]), "v"], ["y"])
    }
    expectOwnNumbers(made, atLeast: 3)
    #expect(made.layerErrors.contains { $0.name == "prelu2" })
  }

  @Test func partsOfASplit() throws {
    let made = try compiled([6]) {
      $0.initializer("w", .floats((0..<36).map { Float($0 % 7) - 3 }, [6, 6]))
      let parts = ["a", "b", "c"]
      $0.node("Split", [$0.node("Relu", [$0.node("MatMul", ["x", "w"])])], parts, ["axis": .integer(1), "num_outputs": .integer(3)])
      var scaled: [String] = []
      for (index, part) in parts.enumerated() {
        $0.initializer("k" + part, .floats([Float(index + 1), 10], [2]))
        scaled.append($0.node("Mul", [part, "k" + part]))
      }
      $0.node("Tanh", [$0.node("Sum", scaled)], ["y"])
    }
    expectOwnNumbers(made, atLeast: 4)
  }

  @Test func axesOfAResize() throws {
    let made = try compiled([2, 4, 4]) {
      $0.initializer("s", .floats([1, 1, 2, 2], [4]))
      let resized = $0.node("Resize", ["x", "", "s"], [], ["mode": .text("linear")])
      $0.node("Relu", [resized], ["y"])
    }
    expectOwnNumbers(made, atLeast: 1)
  }

  /// Columns of a circuit have their axes in an order of their own.
  @Test(arguments: [CircuitFolder.digitsConvolution, .lenet]) func columnsOfACircuit(folder: CircuitFolder) throws {
    let made = try folder.compiled()
    let (circuit, batch) = (made.lowered.circuit, 3)
    let inputs = try folder.testInputs(made.integers, count: batch)
    let columns = try CircuitExecutor(circuit, weights: made.lowered.weights).columns(
      batch: batch, inputs: [inputs.values], threads: 1)
    let results = circuit.columns.indices.filter { circuit.columns[$0].name.hasSuffix(".activation") }.map { index in
      NamedIntegers(
        name: String(circuit.columns[index].name.dropLast(".activation".count)), scale: circuit.columns[index].scale,
        axes: Array(circuit.shape(ofColumn: index, batch: batch).dropFirst()), values: columns[index])
    }
    let errors = made.network.layerErrors([inputs.scaled(by: made.integers.inputs[0].scale)], results)
    #expect(errors.count >= 3)
    for error in errors { #expect(error.largestError < 0.2 * error.largestValue, "\(error)") }
  }

  @Test func partsHaveNamesOfTheirOwn() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2])
    builder.initializer("w", .floats([1, 2, 3, 4], [2, 2]))
    builder.node("PRelu", [builder.node("MatMul", ["x", "w"]), "slopes"], ["y"])
    builder.initializer("slopes", .floats([0.5, 0.25], [2]))
    builder.output("y")
    let names = try importONNX(builder.bytes, file: "model").nodes.map(\.name)
    #expect(names == ["matmul1", "prelu2.2", "prelu2.3", "prelu2.4", "prelu2"])
  }
}
