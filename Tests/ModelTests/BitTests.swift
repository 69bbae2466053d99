import Model
import TestSupport
import Testing

/// Operators of the bits of integers that are inputs.
@Suite struct BitTests {
  /// What integers stand for, of the sample that they are calibrated with.
  private func shown(_ sample: [[Int]], _ build: (inout ONNXBuilder) -> Void) throws -> [Double] {
    var builder = ONNXBuilder(operatorSet: 28)
    build(&builder)
    let network = try importONNX(builder.bytes, file: "model").simplified()
    let batches = sample.map { FloatBatch(count: 1, values: $0.map(Double.init)) }
    var options = QuantizationOptions()
    options.bits = 16
    let calibration = try Calibration(network, batches, inputScales: network.inputs.map { _ in 1 }, source: "data")
    let integers = try quantize(network, calibration, options)
    let result = integers.run(zip(integers.inputs, batches).map { $0.quantize($1) })[0]
    return result.values.map { Double($0) * integers.quantum(of: integers.outputs[0].value).scale }
  }

  private static let (unsigned, others): ([UInt8], [UInt8]) = ([13, 200, 255, 0, 129, 90], [11, 77, 1, 9, 128, 165])
  private static let (signed, signedOthers): ([Int8], [Int8]) = ([-3, 127, -128, 5, -1, 64], [7, -1, -128, -6, 0, -65])

  private func result<Number: FixedWidthInteger>(_ operation: String, _ first: Number, _ second: Number) -> Double {
    switch operation {
    case "BitwiseAnd": Double(first & second)
    case "BitwiseOr": Double(first | second)
    default: Double(first ^ second)
    }
  }

  @Test(arguments: ["BitwiseAnd", "BitwiseOr", "BitwiseXor"])
  func bitsOfTwoInputs(operation: String) throws {
    let results = try shown([Self.unsigned.map { Int($0) }, Self.others.map { Int($0) }]) {
      $0.input("x", [nil, 6], type: 2)
      $0.input("z", [nil, 6], type: 2)
      $0.node(operation, ["x", "z"], ["y"])
      $0.output("y", type: 2)
    }
    #expect(results == zip(Self.unsigned, Self.others).map { result(operation, $0, $1) })
    let ofSigned = try shown([Self.signed.map { Int($0) }, Self.signedOthers.map { Int($0) }]) {
      $0.input("x", [nil, 6], type: 3)
      $0.input("z", [nil, 6], type: 3)
      $0.node(operation, ["x", "z"], ["y"])
      $0.output("y", type: 3)
    }
    #expect(ofSigned == zip(Self.signed, Self.signedOthers).map { result(operation, $0, $1) })
  }

  @Test(arguments: ["BitwiseAnd", "BitwiseOr", "BitwiseXor"])
  func bitsOfAnInputAndAConstant(operation: String) throws {
    let results = try shown([Self.unsigned.map { Int($0) }]) {
      $0.input("x", [nil, 6], type: 2)
      $0.initializer("c", .narrow(Self.others, [6]))
      $0.node(operation, ["c", "x"], ["y"])
      $0.output("y", type: 2)
    }
    #expect(results == zip(Self.unsigned, Self.others).map { result(operation, $0, $1) })
  }

  @Test func negation() throws {
    let results = try shown([Self.unsigned.map { Int($0) }]) {
      $0.input("x", [nil, 6], type: 2)
      $0.node("BitwiseNot", ["x"], ["y"])
      $0.output("y", type: 2)
    }
    #expect(results == Self.unsigned.map { Double(~$0) })
    let ofSigned = try shown([Self.signed.map { Int($0) }]) {
      $0.input("x", [nil, 6], type: 3)
      $0.node("BitwiseNot", ["x"], ["y"])
      $0.output("y", type: 3)
    }
    #expect(ofSigned == Self.signed.map { Double(~$0) })
  }

  /// Places that are negative, or as many as there are bits, move out all bits.
  @Test(arguments: ["LEFT", "RIGHT"], [false, true])
  func shifts(direction: String, isConstant: Bool) throws {
    let places = [1, 7, 3, 0, 8, -1]
    let results = try shown([Self.signed.map { Int($0) }] + (isConstant ? [] : [places])) {
      $0.input("x", [nil, 6], type: 3)
      if isConstant {
        $0.initializer("s", .narrow(places.map { Int8($0) }, [6]))
      } else {
        $0.input("s", [nil, 6], type: 3)
      }
      $0.node("BitShift", ["x", "s"], ["y"], ["direction": .text(direction)])
      $0.output("y", type: 3)
    }
    let expected = zip(Self.signed, places).map { number, count in
      let isOut = !(0..<8).contains(count)
      return direction == "LEFT" ? isOut ? 0 : Double(number << Int8(count)) : Double(isOut ? (number < 0 ? -1 : 0) : number >> Int8(count))
    }
    #expect(results == expected)
  }

  @Test func theLargerOfTwoIntegersIsExact() throws {
    let results = try shown([[3, 2, 1], [1, 4, 4]]) {
      $0.input("x", [nil, 3], type: 6)
      $0.input("z", [nil, 3], type: 6)
      $0.node("Max", ["x", "z"], ["y"])
      $0.output("y", type: 6)
    }
    #expect(results == [3, 4, 4])
  }

  /// The type of integers that nodes make is that of a Cast, also behind operators that keep it.
  @Test func typesFollowFromNodes() throws {
    let results = try shown([[3, 20, 250]]) {
      $0.input("x", [nil, 3])
      $0.initializer("shape", .integers([-1, 3]))
      $0.initializer("mask", .narrow([UInt8(0x0F)], [1]))
      $0.node("Reshape", [$0.node("Cast", ["x"], [], ["to": .integer(2)]), "shape"], ["codes"])
      $0.node("BitwiseAnd", [$0.node("BitwiseNot", ["codes"]), "mask"], ["y"])
      $0.output("y", type: 2)
    }
    #expect(results == [12, 11, 5])
  }
}
