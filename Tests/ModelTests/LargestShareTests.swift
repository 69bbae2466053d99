import Model
import TestSupport
import Testing

/// The largest elements of probabilities, whose integers go from 0 to 2^16 + 1.
@Suite struct LargestShareTests {
  @Test func largestShares() throws {
    var builder = ONNXBuilder(operatorSet: 17)
    builder.input("x", [nil, 2, 3])
    builder.node("Softmax", ["x"], ["p"], ["axis": .integer(-1)])
    builder.node("ReduceMax", ["p"], ["y"], ["axes": .integers([2]), "keepdims": .integer(0)])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model").simplified()
    let batch = [FloatBatch(count: 1, values: [1, 2, 3, 0, 0, 0])]
    var options = QuantizationOptions()
    options.bits = 16
    let integers = try quantize(network, try Calibration(network, batch, source: "data"), options)
    let result = integers.run(zip(integers.inputs, batch).map { $0.quantize($1) })[0]
    let scale = integers.quantum(of: integers.outputs[0].value).scale
    let expected = [0.665241, 1.0 / 3]
    #expect(zip(result.values, expected).allSatisfy { abs(Double($0) * scale - $1) < 1e-3 })
    _ = try lower(integers)
  }
}
