import Model
import Testing

@Suite struct ImportTests {
  @Test(arguments: [
    "gemm_scaled", "gemm_scalar_bias", "gemm_without_bias", "matmul_add", "shapes", "typed_fields", "unused_nodes",
  ])
  func floatExecutorMatchesReference(name: String) throws {
    let network = try fixtureNetwork("accepted/\(name).onnx")
    let expected = fixtures + "accepted/expected.npz:\(name)"
    let input = try DataReference("\(expected)/x").read()
    let output = try DataReference("\(expected)/y").read()
    let batch = try FloatBatch(input, for: network.input, source: name)
    let result = network.run(batch)
    #expect(network.output.shape == Array(output.shape.dropFirst()))
    #expect(result.values.count == output.values.count)
    for (ours, theirs) in zip(result.values, output.values) { #expect(abs(ours - theirs) <= 1e-5) }
  }

  @Test func everyAcceptedFixtureIsTested() throws {
    #expect(try fixtureNames("accepted").count == 8)
  }

  @Test func unusedNodesDisappear() throws {
    let network = try fixtureNetwork("accepted/unused_nodes.onnx")
    #expect(network.nodes.count == 1)
    #expect(network.parameterCount == 8)
    #expect(network.multiplicationCount == 6)
  }

  @Test func biasIsFoldedAndAliasesVanish() throws {
    let network = try fixtureNetwork("accepted/matmul_add.onnx")
    #expect(network.nodes.count == 3)
    #expect(try fixtureNetwork("accepted/shapes.onnx").nodes.map(\.shape) == [[12], [3, 4], [12], [2], [1, 2, 1]])
  }
}
