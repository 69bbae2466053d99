import Model
import TestSupport
import Testing

/// Casts of constants, as ONNX defines them.
@Suite struct ConstantCastTests {
  /// y = x · the constant, cast to a type and back.
  private func factors(_ values: [Float], to type: Int) throws -> [Double] {
    var builder = ONNXBuilder()
    builder.input("x", [nil, values.count])
    builder.initializer("c", .floats(values, [values.count]))
    let cast = builder.node("Cast", ["c"], [], ["to": .integer(type)])
    builder.node("Mul", ["x", builder.node("Cast", [cast], [], ["to": .integer(1)])], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    return network.run([FloatBatch(count: 1, values: values.map { _ in 1 })])[0].values
  }

  @Test func everythingButZeroIsTrue() throws {
    #expect(try factors([0.5, 0, -0.0, -3, 1e-30, 7], to: 9) == [1, 0, 0, 1, 1, 1])
  }

  @Test func integersAreTrueToo() throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3])
    builder.initializer("c", .integers([0, 5, -1]))
    let cast = builder.node("Cast", ["c"], [], ["to": .integer(9)])
    builder.node("Mul", ["x", builder.node("Cast", [cast], [], ["to": .integer(1)])], ["y"])
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model")
    #expect(network.run([FloatBatch(count: 1, values: [1, 1, 1])])[0].values == [0, 1, 1])
  }

  /// Halves of a step go to the even one; 65,519 is the largest number that is not rounded to infinity.
  @Test func halvesAreRounded() throws {
    #expect(try factors([0.1, 1 + 0x1p-11, 1 + 0x3p-11, 65519, 1e-8], to: 10) == [0x1.998p-4, 1, 1 + 0x1p-9, 65504, 0])
    #expect(try factors([0.1, 1 + 0x1p-8, 1 + 0x3p-8, -3], to: 16) == [0x1.9ap-4, 1, 1 + 0x1p-6, -3])
    #expect(try factors([0.1], to: 11) == [Double(Float(0.1))])
  }

  @Test func whatAHalfCannotHoldIsRefused() {
    #expect(throws: ModelError.self) { try factors([1e6], to: 10) }
  }

  @Test func integersAreCutTowardsZero() throws {
    #expect(try factors([1.9, -1.9, 0.5], to: 7) == [1, -1, 0])
  }
}
