import Execution
import Model
import TestSupport
import Testing

/// Ids that are a sample of their own, as those of users and items are.
@Suite struct IdTests {
  @Test func oneIdOfASample() throws {
    var builder = ONNXBuilder(operatorSet: 17)
    builder.input("x", [nil], type: 7)
    builder.initializer("e", .floats([1, 2, 3, 4, 5, 6], [3, 2]))
    builder.node("Gather", ["e", "x"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model").simplified()
    #expect(network.ports[0].kind == .index(count: 3))
    let ids = [FloatBatch(count: 3, values: [0, 2, 1])]
    let integers = try quantize(network, try Calibration(network, ids, source: "data"))
    let inputs = zip(integers.inputs, ids).map { $0.quantize($1) }
    let rows = integers.run(inputs)[0].values
    let scale = integers.quantum(of: integers.outputs[0].value).scale
    #expect(zip(rows, [1.0, 2, 5, 6, 3, 4]).allSatisfy { abs(Double($0) * scale - $1) < 0.05 })
    let lowered = try lower(integers)
    let outputs = try CircuitExecutor(lowered.circuit, weights: lowered.weights).run(batch: 3, inputs: inputs.map(\.values), threads: 1)[0]
    #expect(outputs.map { Double($0) } == rows.map { Double($0) })
  }

  /// Integers of 16 bits of which calibration data use few, so that products are far from the largest ones.
  @Test func productOfIntegers() throws {
    var builder = ONNXBuilder(operatorSet: 17)
    for name in ["a", "b"] { builder.input(name, [nil, 2], type: 7) }
    builder.initializer("c", .integers([3], []))
    builder.node("Mul", ["a", "b"], ["m"])
    builder.node("Add", ["m", "c"], ["y"])
    builder.output("y", type: 7)
    let network = try importONNX(builder.bytes, file: "model").simplified()
    let batches = [FloatBatch(count: 1, values: [7, 48]), FloatBatch(count: 1, values: [9, 50])]
    var options = QuantizationOptions()
    options.bits = 16
    let integers = try quantize(network, try Calibration(network, batches, inputScales: [1, 1], source: "data"), options)
    let result = integers.run(zip(integers.inputs, batches).map { $0.quantize($1) })[0]
    let scale = integers.quantum(of: integers.outputs[0].value).scale
    #expect(result.values.map { Double($0) * scale } == [66, 2403])
  }
}
