import Model
import TestSupport
import Testing

/// Sizes and places are those of onnxruntime 1.32, which forms them in Float32; each expected list is its output.
@Suite struct ResizeTests {
  /// The elements 0, 1, 2 … of a sample, resized.
  private func resized(
    _ shape: [Int], scales: [Float]? = nil, sizes: [Int]? = nil, _ attributes: KeyValuePairs<String, ONNXBuilder.Attribute>
  ) throws -> (shape: [Int], values: [Double]) {
    var builder = ONNXBuilder(operatorSet: 18)
    builder.input("x", [1] + shape)
    if let scales { builder.initializer("s", .floats(scales, [scales.count])) }
    if let sizes { builder.initializer("s", .integers(sizes)) }
    let operands = ["x", ""] + (sizes == nil ? ["s"] : ["", "s"])
    builder.node("Resize", operands, ["y"], list: attributes.map { ($0.key, $0.value) })
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    let values = (0..<shape.reduce(1, *)).map(Double.init)
    return (network.shape(of: network.outputs[0]), network.run([FloatBatch(count: 1, values: values)])[0].values)
  }

  @Test(arguments: [
    (10, Float(0.7), [0, 1, 2, 4, 5, 7, 8], [0, 2, 3, 4, 6, 7, 9]),
    (3, Float(1) / 3, [0], [1]),
    (7, Float(10) / 7, [0, 0, 1, 2, 2, 3, 4, 4, 5, 6], [0, 1, 1, 2, 3, 3, 4, 5, 5, 6]),
    (
      41, Float(0.73),
      [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 15, 16, 17, 19, 20, 21, 23, 24, 26, 27, 28, 30, 31, 32, 34, 35, 36, 38],
      [0, 2, 3, 4, 6, 7, 8, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 26, 28, 29, 30, 32, 33, 34, 36, 37, 39]
    ),
    (
      100, Float(0.29),
      [
        0, 3, 6, 10, 13, 17, 20, 24, 27, 31, 34, 37, 41, 44, 48, 51, 55, 58, 62, 65, 68, 72, 75, 79, 82, 86, 89, 93, 96,
      ],
      [
        1, 5, 8, 12, 15, 18, 22, 25, 29, 32, 36, 39, 43, 46, 49, 53, 56, 60, 63, 67, 70, 74, 77, 81, 84, 87, 91, 94, 98,
      ]
    ),
  ] as [(Int, Float, [Double], [Double])])
  func sizesAreProductsOfFloats(length: Int, scale: Float, floor: [Double], half: [Double]) throws {
    let asymmetric = try resized(
      [1, length], scales: [1, 1, scale],
      ["coordinate_transformation_mode": .text("asymmetric"), "nearest_mode": .text("floor")])
    #expect(asymmetric.values == floor && asymmetric.shape == [1, floor.count])
    #expect(try resized([1, length], scales: [1, 1, scale], [:]).values == half)
  }

  @Test func placesAreFloatsToo() throws {
    let linear = try resized([1, 7], scales: [1, 1, Float(10) / 7], ["mode": .text("linear")]).values
    let expected = [0, 0.55, 1.25, 1.95, 2.65, 3.35, 4.05, 4.75, 5.45, 6]
    #expect(linear.count == expected.count && zip(linear, expected).allSatisfy { abs($0 - $1) < 1e-4 })
    let long = try resized(
      [1, 706], scales: [1, 1, Float(224) / 706],
      ["coordinate_transformation_mode": .text("asymmetric"), "nearest_mode": .text("floor")])
    #expect(long.shape == [1, 223] && long.values.reduce(0, +) == 77906)
  }

  private func policy(_ name: String, _ sizes: [Int]) throws -> (shape: [Int], values: [Double]) {
    try resized([1, 4, 6], sizes: [1, 1] + sizes, ["keep_aspect_ratio_policy": .text(name)])
  }

  @Test func policiesKeepTheRatioOfAllAxes() throws {
    let stretched = try policy("stretch", [2, 9])
    #expect(stretched.shape == [1, 2, 9])
    #expect(stretched.values == [0, 0, 1, 2, 2, 3, 4, 4, 5, 12, 12, 13, 14, 14, 15, 16, 16, 17])
    // The other axes have the scale 1.
    let same = try policy("not_larger", [8, 9])
    #expect(same.shape == [1, 4, 6] && same.values == (0..<24).map(Double.init))
    for sizes in [[2, 9], [2, 5]] {
      let halved = try policy("not_larger", sizes)
      #expect(halved.shape == [1, 2, 3] && halved.values == [0, 2, 4, 12, 14, 16], "\(sizes)")
    }
    let kept = try policy("not_smaller", [2, 5])
    #expect(kept.shape == [1, 4, 6] && kept.values == (0..<24).map(Double.init))
  }

  /// The batch and the channels too.
  @Test func policiesKeepTheRatioOfTheBatch() throws {
    let doubled = try policy("not_smaller", [8, 9])
    #expect(doubled.shape == [2, 2, 8, 12])
    #expect(doubled.values.count == 2 * 2 * 8 * 12 && doubled.values.reduce(0, +) == 4 * 4 * 23 * 12)
    #expect(throws: ModelError.self) { try policy("fill", [8, 9]) }
  }
}
