import TestSupport

/// A small model as an expression.
indirect enum NaiveExpression {
  typealias Attributes = [String: ONNXBuilder.Attribute]

  /// Random numbers; the shape is that of a sample.
  case input([Int], ClosedRange<Double>)
  /// Random constants.
  case weights([Int])
  case floats([Float], [Int])
  case integers([Int], [Int])
  /// Of an ONNX type of 8 to 32 bits.
  case narrow([Int], [Int], Int)
  case absent
  case node(String, [NaiveExpression], Attributes)

  static func x(_ shape: Int..., in range: ClosedRange<Double> = -2...2) -> NaiveExpression { .input(shape, range) }

  static func w(_ shape: Int...) -> NaiveExpression { .weights(shape) }

  static func list(_ values: Int...) -> NaiveExpression { .integers(values, [values.count]) }

  static func scalar(_ value: Float) -> NaiveExpression { .floats([value], []) }

  static func whole(_ value: Int) -> NaiveExpression { .integers([value], []) }

  static func of(_ operation: String, _ operands: NaiveExpression..., with attributes: Attributes = [:]) -> NaiveExpression {
    .node(operation, operands, attributes)
  }

  /// A constant result, added to an input that broadcasts with it: constants alone are no network.
  func added(to input: NaiveExpression) -> NaiveExpression { .node("Add", [input, self], [:]) }

  var operation: String? {
    if case .node(let operation, _, _) = self { operation } else { nil }
  }

  func contains(_ name: String) -> Bool {
    guard case .node(let operation, let operands, _) = self else { return false }
    return operation == name || operands.contains { $0.contains(name) }
  }
}

struct NaiveCase: CustomStringConvertible {
  let result: NaiveExpression
  let operatorSet: Int
  let outputCount: Int
  /// Whether the model states its batch as 1.
  let isSingle: Bool

  init(_ result: NaiveExpression, set operatorSet: Int = 21, outputs outputCount: Int = 1, single isSingle: Bool = false) {
    self.result = result
    self.operatorSet = operatorSet
    self.outputCount = outputCount
    self.isSingle = isSingle
  }

  var description: String { "\(result) of operator set \(operatorSet)" }

  static func cases(of name: String) -> [NaiveCase] {
    /// The operator itself, of operands and attributes.
    func one(
      _ operands: NaiveExpression..., with attributes: NaiveExpression.Attributes = [:], set: Int = 21, outputs: Int = 1,
      single: Bool = false
    ) -> NaiveCase {
      NaiveCase(.node(name, operands, attributes), set: set, outputs: outputs, single: single)
    }
    /// The operator of constants alone.
    func constant(
      _ operands: NaiveExpression..., with attributes: NaiveExpression.Attributes = [:], to input: NaiveExpression
    ) -> NaiveCase {
      NaiveCase(.node(name, operands, attributes).added(to: input))
    }
    /// Of samples of ranks 1 to 4.
    func ranks(in range: ClosedRange<Double> = -3...3, with attributes: NaiveExpression.Attributes = [:], set: Int = 21)
      -> [NaiveCase]
    {
      [[5], [2, 3], [3, 1, 2], [2, 1, 2, 3]].map {
        NaiveCase(.node(name, [.input($0, range)], attributes), set: set)
      }
    }
    switch name {
    case "Log", "Sqrt", "Reciprocal": return ranks(in: 0.25...4)
    case "Celu": return ranks() + ranks(with: ["alpha": .float(2.5)])
    case "Elu": return ranks() + ranks(with: ["alpha": .float(0.3)])
    case "LeakyRelu": return ranks() + ranks(with: ["alpha": .float(0.3)])
    case "ThresholdedRelu":
      let atThreshold = one(.of("Clip", .x(9), .absent, .scalar(0.5)), with: ["alpha": .float(0.5)])
      return ranks() + ranks(with: ["alpha": .float(0.3)]) + ranks(with: ["alpha": .float(-0.7)]) + [atThreshold]
    case "Selu": return ranks() + ranks(with: ["alpha": .float(1.5), "gamma": .float(0.7)])
    case "HardSigmoid": return ranks() + ranks(with: ["alpha": .float(0.7), "beta": .float(0.1)])
    case "Gelu": return ranks() + ranks(with: ["approximate": .text("tanh")])
    case "Cast": return ranks(with: ["to": .integer(1)]) + ranks(with: ["to": .integer(11)])
    case "Identity": return [constant(.w(2, 3), to: .x(2, 3))] + ranks()
    case "Dropout": return ranks() + ranks(with: ["ratio": .float(0.3)], set: 7) + [one(.x(3), .scalar(0.3))]
    case "Clip":
      return [
        one(.x(4), .scalar(-0.3), .scalar(0.7)), one(.x(2, 3), .scalar(0.3)), one(.x(2, 2, 2), .absent, .scalar(0.3)),
        one(.x(5)), one(.x(5), .scalar(0.5), .scalar(-0.5)),
        one(.x(6), with: ["min": .float(-0.4), "max": .float(0.6)], set: 7),
        one(.x(6), with: ["max": .float(0.1)], set: 10),
      ]
    case "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual":
      let pairs: [(NaiveExpression, NaiveExpression)] = [
        (.w(2, 3), .w(2, 3)), (.w(3), .w(2, 1)), (.list(1, 2, 3), .list(3, 2, 1)), (.list(0, 1, 2), .whole(1)),
      ]
      return pairs.map { NaiveCase(.of("Cast", .of(name, $0, $1), with: ["to": .integer(1)]).added(to: .x(2, 3))) }
    case "And", "Or", "Xor", "Not":
      let (rows, column): (NaiveExpression, NaiveExpression) = (.of("Greater", .w(2, 3), .scalar(0)), .of("Less", .w(2, 1), .scalar(0)))
      let operands = name == "Not" ? [rows] : [rows, column]
      return [NaiveCase(.of("Cast", .node(name, operands, [:]), with: ["to": .integer(1)]).added(to: .x(2, 3)))]
    case "Where":
      let mask: NaiveExpression = .of("Greater", .w(2, 3), .scalar(0))
      return [
        constant(mask, .w(2, 3), .w(3), to: .x(2, 3)), constant(mask, .scalar(2), .w(2, 1), to: .x(2, 3)), one(mask, .x(2, 3), .w(3)),
        one(mask, .w(2, 1), .x(2, 3)), one(mask, .x(2, 3), .x(2, 3)),
      ]
    case "Trilu":
      return [-2, -1, 0, 1, 5].flatMap { diagonal in
        [0, 1].map { constant(.w(2, 3, 4), .whole(diagonal), with: ["upper": .integer($0)], to: .x(2, 3, 4)) }
      } + [constant(.w(3, 3), to: .x(3, 3))]
    case "Range":
      return [
        constant(.scalar(0.5), .scalar(3), .scalar(0.75), to: .x(4)), constant(.scalar(2), .scalar(-1), .scalar(-1.5), to: .x(2)),
        NaiveCase(.of("Cast", .of(name, .whole(2), .whole(9), .whole(3)), with: ["to": .integer(1)]).added(to: .x(3))),
      ]
    case "CumSum":
      return [
        constant(.w(4), .whole(0), to: .x(4)), constant(.w(2, 3, 2), .whole(1), to: .x(2, 3, 2)), constant(.w(2, 3), .whole(-1), to: .x(2, 3)),
      ]
    case "Add", "Sub", "Mul": return binary(name) + values(name)
    case "Min", "Max":
      return binary(name) + values(name) + [one(.x(4)), one(.w(4), .x(2, 4), .scalar(0.3)), one(.x(2, 1), .w(1, 3), .w(2, 1))]
    case "Sum", "Mean":
      return binary(name) + values(name) + [one(.x(3)), one(.x(2, 1), .w(3), .x(1, 3), .scalar(0.3), .x(2, 3))]
    case "Div":
      let divisors: NaiveExpression = .floats([2, -0.5, 4], [3])
      return [
        one(.x(3), divisors), one(.x(2, 1), divisors), one(.x(4), .scalar(1.5)), one(.x(2, 2), .floats([-3], [1, 1])),
        one(.w(3), .x(3, in: 0.5...2)), one(.w(2, 1), .x(2, 3, in: -2 ... -0.5)), one(.scalar(0.7), .x(4, 2, in: 0.5...2)),
        one(.w(1, 2, 3), .x(2, 1, in: 0.5...2)),
      ]
    case "Pow":
      return [
        one(.x(4), .scalar(3)), one(.x(2, 3), .list(2)), one(.x(4, in: 0.25...4), .scalar(0.5)),
        one(.x(4, in: 0.25...4), .scalar(-1.3)), one(.x(4), .scalar(0)), one(.x(1, 3), .floats([2, 2], [2, 1])),
      ]
    case "PRelu":
      return [
        one(.x(3), .w(3)), one(.x(3), .scalar(0.3)), one(.x(2, 3), .w(2, 1)), one(.x(2, 3, 2), .w(2, 1, 1)),
        one(.x(2, 3, 2), .w(1, 3, 2)),
      ]
    case "Gemm":
      return [
        one(.x(4), .w(4, 3), .w(3)), one(.x(4), .w(3, 4), .w(1, 3), with: ["transB": .integer(1)]), one(.x(1), .w(1, 2)),
        one(.x(4), .w(4, 3), .scalar(0.5), with: ["alpha": .float(0.75), "beta": .float(-2.5), "transA": .integer(0)]),
        one(.x(4), .w(2, 4), .w(1), with: ["alpha": .float(-2), "transB": .integer(1)]),
      ]
    case "MatMul":
      return [
        one(.x(4), .w(4, 3)), one(.x(2, 4), .w(4, 3)), one(.x(2, 3, 4), .w(4, 2)), one(.x(2, 4), .w(1, 4, 3)),
        one(.x(2, 4), .w(4)), one(.x(2, 3, 4), .w(4)), one(.w(3, 4), .x(4, 2)), one(.w(3, 4), .x(2, 4, 3)),
        one(.w(1, 3, 4), .x(2, 4, 3)), one(.w(1, 2), .x(2, 1)), one(.x(2, 3, 4), .w(2, 4, 2)), one(.w(1, 2, 3, 4), .x(2, 4, 2)),
        one(.w(2), .x(2, 3)), one(.x(2, 1, 3, 2), .w(3, 2, 4)), one(.x(2, 3), .x(3, 2)), one(.x(2, 2, 3), .x(1, 3, 4)),
      ]
    case "Einsum":
      let cases: [(String, [NaiveExpression])] = [
        ("bi,io->bo", [.x(3), .w(3, 2)]), ("bhtc,bhjc->bhtj", [.x(2, 3, 2), .x(2, 4, 2)]), ("bhtc,hjc->bhtj", [.x(2, 3, 2), .w(2, 4, 2)]),
        ("oi, bti -> bto", [.w(4, 3), .x(2, 3)]), ("bij,jk", [.x(2, 3), .w(3, 2)]), ("bij->bj", [.x(2, 3)]), ("bt,bc,tc->btc", [.x(2), .x(3), .w(2, 3)]),
        ("bti,Bi->bt", [.x(2, 3), .w(2, 3)]), ("bj,bij->bji", [.x(3), .x(2, 3)]),
      ]
      return cases.map { NaiveCase(.node(name, $1, ["equation": .text($0)])) }
    case "BatchNormalization":
      // The deviations are 1.5 and 0.75.
      let parameters: [NaiveExpression] = [.floats([1.5, -3], [2]), .w(2), .w(2), .floats([2, 0.3125], [2])]
      return [[2], [2, 3], [2, 2, 3]].flatMap { shape in
        [7, 15, 21].map { set in
          let epsilon: NaiveExpression.Attributes = ["epsilon": .float(0.25)]
          return NaiveCase(.node(name, [.input(shape, -2...2)] + parameters, epsilon), set: set)
        }
      }
    case "ReduceSum", "ReduceMean", "ReduceMax": return reductions(name)
    case "GlobalAveragePool", "GlobalMaxPool": return [one(.x(3, 5)), one(.x(2, 3, 4)), one(.x(1, 1, 4))]
    case "Conv", "ConvTranspose", "MaxPool", "AveragePool": return windows(name)
    case "QuantizeLinear", "DequantizeLinear": return quantizations().filter { $0.result.contains(name) }
    case "Softmax", "LogSoftmax":
      return [
        NaiveCase(.of("ArgMax", .of(name, .x(5)), with: ["axis": .integer(1)])),
        NaiveCase(.of("ArgMax", .of(name, .x(5)), with: ["axis": .integer(1)]), set: 11),
        NaiveCase(.of("TopK", .of(name, .x(2, 5), with: ["axis": .integer(2)]), .list(2)), outputs: 2),
        NaiveCase(.of("TopK", .of(name, .x(2, 5), with: ["axis": .integer(-1)]), .list(4)), set: 11, outputs: 2),
      ]
    case "ArgMax":
      return [
        one(.x(5), with: ["axis": .integer(1)]), one(.x(2, 5), with: ["axis": .integer(-1), "keepdims": .integer(0)]),
        one(.of("Relu", .x(3, 2, 4)), with: ["axis": .integer(3)]), one(.of("Relu", .x(9)), with: ["axis": .integer(1)]),
      ]
    case "TopK":
      return [
        one(.x(5), .list(1), outputs: 2), one(.x(2, 5), .list(3), with: ["axis": .integer(2)], outputs: 2),
        one(.of("Relu", .x(3, 6)), .list(4), outputs: 2), one(.x(5), with: ["k": .integer(2)], set: 9, outputs: 2),
      ]
    case "Resize", "Upsample": return resizes(name)
    case "Pad":
      return [
        one(.x(3), .list(0, 2, 0, 1)), one(.x(2, 3), .list(0, 1, 0, 0, 2, 3)),
        one(.x(2, 3, 2), .list(0, 1, 0, 2, 0, 0, 3, 1)),
        one(.x(2, 3, 2), .list(1, 2, 0, 3), .absent, .list(2, -1)), one(.x(2, 3, 2), .list(1, 2), .scalar(0), .list(-3)),
        one(.x(2, 2, 1, 2), .list(0, 1, 0, 2, 1, 0, 0, 3, 0, 0)),
        one(.x(3), with: ["pads": .integers([0, 1, 0, 2])], set: 10),
      ]
    case "Shape":
      func target(_ attributes: NaiveExpression.Attributes, _ rest: NaiveExpression) -> NaiveExpression {
        .of("Concat", .of("Shape", .x(4, 2), with: attributes), rest, with: ["axis": .integer(0)])
      }
      return [
        NaiveCase(.of("Reshape", .x(2, 3), target(["end": .integer(1)], .list(-1)))),
        NaiveCase(.of("Reshape", .x(4, 6), target(["end": .integer(-1)], .list(3, 2)))),
        NaiveCase(.of("Reshape", .x(4, 2, 3), target([:], .list(-1)))),
        NaiveCase(.of("Expand", .x(1, 1), target([:], .integers([], [0])))),
        NaiveCase(.of("Expand", .x(4, 1), .of("Shape", .x(4, 2), with: ["start": .integer(-2)]))),
      ]
    case "Flatten":
      return [
        one(.x(3)), one(.x(2, 3, 2)), one(.x(1, 3, 2), with: ["axis": .integer(2)]),
        one(.x(2, 3), with: ["axis": .integer(-2)]),
        one(.x(1, 1), with: ["axis": .integer(3)]), constant(.w(2, 3, 2), with: ["axis": .integer(-1)], to: .x(6, 2)),
        constant(.w(2, 3), with: ["axis": .integer(0)], to: .x(1, 6)),
      ]
    case "Reshape":
      return [
        one(.x(2, 6), .list(0, 3, 4)), one(.x(2, 6), .list(-1, 3, 4)), one(.x(2, 3, 2), .list(0, 0, -1)),
        one(.x(2, 6), .list(-1, 12), with: ["allowzero": .integer(1)]), one(.x(12), .list(0, 1, 2, 3, -1)),
        one(.x(2, 3), .list(1, 3, -1), single: true), constant(.w(2, 6), .list(0, 3, -1), to: .x(2, 3, 2)),
      ]
    case "Squeeze":
      return [
        one(.x(1, 3, 1), .list(1)), one(.x(1, 3, 1), .list(-1, 1)), one(.x(3, 1), with: ["axes": .integers([2])], set: 7),
        constant(.w(1, 3, 1, 2), .list(-2), to: .x(1, 3, 2)), constant(.w(1, 3, 1, 2), to: .x(3, 2)),
      ]
    case "Unsqueeze":
      return [
        one(.x(3), .list(1)), one(.x(3), .list(-1, 1)), one(.x(2, 3), .list(4, 2)),
        one(.x(2, 3), with: ["axes": .integers([3])], set: 7), constant(.w(2, 3), .list(0, -1), to: .x(1, 2, 3, 1)),
      ]
    case "Transpose":
      return [
        one(.x(3), with: ["perm": .integers([0, 1])]), one(.x(2, 3), with: ["perm": .integers([0, 2, 1])]),
        one(.x(2, 3, 4), with: ["perm": .integers([0, 3, 1, 2])]),
        one(.x(2, 3, 2, 2), with: ["perm": .integers([0, 4, 1, 3, 2])]),
        constant(.w(2, 3, 4), to: .x(4, 3, 2)), constant(.w(2, 3, 4), with: ["perm": .integers([1, 2, 0])], to: .x(3, 4, 2)),
      ]
    case "Expand":
      return [
        one(.x(1, 3), .list(1, 2, 3)), one(.x(2, 1, 3), .list(1, 1, 4, 1)), one(.x(1, 3), .list(2, 1)), one(.x(3), .list(3)),
        constant(.w(2, 1), .list(3, 1, 4), to: .x(3, 2, 4)), constant(.w(1, 2, 1), .list(3), to: .x(1, 2, 3)),
      ]
    case "Slice":
      return [
        one(.x(7), .list(1), .list(6), .list(1), .list(2)), one(.x(7), .list(-2), .list(-7), .list(-1), .list(-2)),
        one(.x(4, 5), .list(9, -3), .list(-9, 4), .list(1, 2), .list(-3, 1)), one(.x(4, 5), .list(1), .list(99), .list(-1)), one(.x(5), .list(-9), .list(-20), .list(1), .list(-1)),
        one(.x(2, 3, 5), .list(2, 1), .list(Int.min, 2), .list(3, 2), .list(-1, 1)),
        one(.x(4, 5), .list(0, 1, -4), .list(Int.max, 3, 5)), one(.x(5), .list(-99), .list(2), .list(1), .list(1)),
        one(.x(2, 5), with: ["starts": .integers([-4]), "ends": .integers([-1]), "axes": .integers([2])], set: 9),
        one(.x(2, 5), with: ["starts": .integers([0, 1]), "ends": .integers([Int.max, 2])], set: 7),
        constant(.w(4, 5), .list(-1, 1), .list(-4, 5), .list(0, 1), .list(-2, 3), to: .x(2, 2)),
      ]
    case "Gather":
      return [
        one(.x(4), .list(2), with: ["axis": .integer(1)]), one(.x(2, 3), .whole(-1), with: ["axis": .integer(1)]),
        one(.x(2, 3, 4), .integers([-2], [1, 1]), with: ["axis": .integer(-2)]),
        one(.x(2, 3), .whole(0), with: ["axis": .integer(2)]),
        constant(.w(4, 3), .integers([2, -1, 0, 0], [2, 2]), to: .x(2, 2, 3)),
        constant(.w(2, 4, 3), .list(3, 0), with: ["axis": .integer(-2)], to: .x(2, 2, 3)),
      ]
    case "Concat":
      return [
        one(.x(2), .x(3), with: ["axis": .integer(1)]), one(.x(2, 3), .x(2, 1), .x(2, 2), with: ["axis": .integer(-1)]),
        one(.x(1, 2, 3), .x(2, 2, 3), with: ["axis": .integer(-3)]), one(.x(2, 1, 2), .x(2, 2, 2), with: ["axis": .integer(2)]),
        one(.x(4), with: ["axis": .integer(1)]), constant(.w(2, 1), .w(2, 3), with: ["axis": .integer(-1)], to: .x(2, 4)),
        constant(.w(1, 3), .w(2, 3), with: ["axis": .integer(0)], to: .x(3, 3)),
      ]
    case "Split":
      return [
        one(.x(5), .list(2, 3), with: ["axis": .integer(1)], outputs: 2),
        one(.x(2, 6), .list(1, 3, 2), with: ["axis": .integer(-1)], outputs: 3),
        one(.x(5, 2), with: ["axis": .integer(1), "num_outputs": .integer(3)], outputs: 3),
        one(.x(2, 4, 2), with: ["axis": .integer(-2)], set: 13, outputs: 2),
        one(.x(6), with: ["axis": .integer(1), "split": .integers([5, 1])], set: 11, outputs: 2),
        NaiveCase(.of(name, .w(5, 2), .list(2, 3)).added(to: .x(2, 2)), outputs: 2),
      ]
    case "Constant", "ConstantOfShape": return []
    default: return ranks()
    }
  }
}
