import Model
import TestSupport
import Testing

/// Models with a symbolic batch that mix its samples, and what reads an axis from its end.
@Suite struct BatchOfOneTests {
  private func largest() -> [UInt8] {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.node("ReduceMax", ["x"], ["y"], ["keepdims": .integer(0)])
    builder.output("y", [])
    return builder.bytes
  }

  @Test func aSampleIsACall() throws {
    #expect(throws: ModelError.self) { try importONNX(largest(), file: "model") }
    let network = try importONNX(largest(), file: "model", fixesBatch: true)
    #expect(network.inputs[0].shape == [3])
    #expect(network.run([FloatBatch(count: 2, values: [1, 7, 3, -1, -4, -2])])[0].values == [7, -1])
  }

  /// Of data with one axis more, each sample is a batch.
  @Test func dataWithBatches() throws {
    let network = try importONNX(largest(), file: "model", fixesBatch: true) { _ in [5, 2, 3] }
    #expect(network.inputs[0].shape == [2, 3])
    #expect(network.run([FloatBatch(count: 1, values: [1, 7, 3, -1, 9, -2])])[0].values == [9])
  }

  /// A sum over an axis picks no elements: its results are no ids of the input's rows, and no booleans.
  @Test func sumsOfBooleansAreCounts() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2])
    builder.initializer("bounds", .floats([1, 2, 3], [3, 1]))
    builder.initializer("axis", .integers([1]))
    builder.initializer("axes", .integers([1]))
    builder.initializer("table", .floats([10, 20, 30, 40], [4]))
    let wide = builder.node("Unsqueeze", ["x", "axis"])
    let isLarger = builder.node("Cast", [builder.node("Greater", [wide, "bounds"])], [], ["to": .integer(7)])
    let place = builder.node("ReduceSum", [isLarger, "axes"], [], ["keepdims": .integer(0)])
    builder.node("Gather", ["table", place], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, publish: nil, file: "model").simplified()
    #expect(network.run([FloatBatch(count: 2, values: [0.5, 1.5, 2.5, 3.5])])[0].values == [10, 20, 30, 40])
  }

  @Test(arguments: [[1], [2], [1, 2]])
  func axesReadFromTheirEnd(axes: [Int]) throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2, 3])
    builder.initializer("starts", .integers(axes.map { _ in -1 }))
    builder.initializer("ends", .integers(axes.map { _ in -100 }))
    builder.initializer("axes", .integers(axes))
    builder.initializer("steps", .integers(axes.map { _ in -1 }))
    builder.node("Slice", ["x", "starts", "ends", "axes", "steps"], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model").simplified()
    let batch = FloatBatch(count: 1, values: [0, 1, 2, 3, 4, 5])
    let integers = try quantize(network, Calibration(network, [batch], inputScales: [1], source: "data"))
    let result = integers.run([integers.inputs[0].quantize(batch)])[0]
    let scale = integers.quantum(of: integers.outputs[0].value).scale
    #expect(result.values.map { Double($0) * scale } == network.run([batch])[0].values)
  }
}
