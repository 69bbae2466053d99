import Model
import TestSupport
import Testing

/// What converters of classical models write.
@Suite struct ClassicalModelTests {
  private func twoTargets(domains: [String: Int]) -> [UInt8] {
    var builder = ONNXBuilder(domains: domains)
    builder.input("x", [nil, 3])
    builder.initializer("w", .floats([1, -1, 0.5, 2, 3, 0], [3, 2]))
    builder.node("MatMul", ["x", "w"], ["y"])
    builder.output("y", [nil, 1])
    return builder.bytes
  }

  @Test func computedShapesCount() throws {
    let network = try importONNX(twoTargets(domains: ["ai.onnx.ml": 3]), file: "model")
    #expect(network.isClassical)
    #expect(network.notices == ["the output 'y' is shown with shape [2], which the graph computes; it is declared with another one"])
    #expect(network.run([FloatBatch(count: 1, values: [1, 2, 4])])[0].values == [14, 3])
    #expect(throws: ModelError.self) { try importONNX(twoTargets(domains: [:]), file: "model") }
  }

  /// A place in a tree, and the integers that tables say of it.
  @Test func integersOfTables() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.initializer("next", .integers([2, 0, 1]))
    let place = builder.node("ArgMax", ["x"], [], ["axis": .integer(1), "keepdims": .integer(1)])
    let feature = builder.node("Gather", ["next", place])
    builder.node("GatherElements", ["x", feature], ["y"], ["axis": .integer(1)])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model").simplified()
    #expect(network.run([FloatBatch(count: 3, values: [3, 1, 2, 1, 3, 2, 1, 2, 3])])[0].values == [2, 1, 2])
  }

  /// Axes that a Squeeze does not name are those of size 1 but the batch.
  @Test func squeezeKeepsTheBatch() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 1, 3, 1])
    builder.node("Relu", [builder.node("Squeeze", ["x"])], ["y"])
    builder.output("y", [nil, 3])
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.run([FloatBatch(count: 2, values: [1, -2, 3, -4, 5, -6])])[0].values == [1, 0, 3, 0, 5, 0])
  }
}
