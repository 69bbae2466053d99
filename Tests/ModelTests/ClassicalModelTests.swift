import Model
import TestSupport
import Testing

/// What converters of classical models write.
@Suite struct ClassicalModelTests {
  private func twoTargets() -> [UInt8] {
    var builder = ONNXBuilder(domains: ["ai.onnx.ml": 3])
    builder.input("x", [nil, 3])
    builder.initializer("w", .floats([1, -1, 0.5, 2, 3, 0], [3, 2]))
    builder.node("MatMul", ["x", "w"], ["y"])
    builder.output("y", [nil, 1])
    return builder.bytes
  }

  @Test func computedShapesCount() throws {
    let network = try importONNX(twoTargets(), file: "model")
    #expect(network.isClassical)
    #expect(network.notices == ["the output 'y' is shown with shape [2], which the graph computes; it is declared with another one"])
    #expect(network.run([FloatBatch(count: 1, values: [1, 2, 4])])[0].values == [14, 3])
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

  /// A tree of 1,023 nodes in tables, as Hummingbird writes it: from each node the way goes on at the one that a table names.
  @Test(arguments: [8, nil])
  func treesInTables(bits: Int?) throws {
    let (depth, features) = (9, 4)
    let count = (1 << (depth + 1)) - 1
    var random = RepeatableRandom(seed: 17)
    let samples = (0..<40 * features).map { _ in Double.random(in: 0...8, using: &random) }
    let thresholds = (0..<count).map { _ in Float.random(in: 0...8, using: &random) }
    let chosen = (0..<count).map { _ in Int.random(in: 0..<features, using: &random) }
    let values = (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    let result = try integersShown([samples], count: 40, bits: bits) {
      $0.input("x", [nil, features])
      $0.initializer("features", .integers(chosen))
      $0.initializer("thresholds", .floats(thresholds, [count]))
      $0.initializer("lefts", .integers((0..<count).map { min(2 * $0 + 1, count - 1) }))
      $0.initializer("rights", .integers((0..<count).map { min(2 * $0 + 2, count - 1) }))
      $0.initializer("values", .floats(values, [count]))
      $0.initializer("offset", .integers([0]))
      $0.initializer("first", .integers([chosen[0]]))
      $0.initializer("one", .integers([1]))
      $0.initializer("two", .integers([2]))
      $0.initializer("threshold", .floats([thresholds[0]], [1]))
      let isFirst = $0.node("LessOrEqual", [$0.node("Gather", ["x", "first"], [], ["axis": .integer(1)]), "threshold"])
      var node = $0.node("Where", [isFirst, "one", "two"])
      for _ in 1..<depth {
        let element = $0.node("GatherElements", ["x", $0.node("Gather", ["features", node])], [], ["axis": .integer(1)])
        let isLeft = $0.node("LessOrEqual", [element, $0.node("Gather", ["thresholds", node])])
        node = $0.node("Add", [$0.node("Where", [isLeft, $0.node("Gather", ["lefts", node]), $0.node("Gather", ["rights", node])]), "offset"])
      }
      $0.node("Gather", ["values", node], ["y"])
      $0.output("y")
    }
    let expected = (0..<40).map { sample in
      var node = 0
      for _ in 0..<depth { node = 2 * node + (samples[sample * features + chosen[node]] <= Double(thresholds[node]) ? 1 : 2) }
      return Double(values[node])
    }
    #expect(zip(result[0], expected).filter { abs($0 - $1) > 0.01 }.count == 0)
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
