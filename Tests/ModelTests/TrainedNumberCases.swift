import Model
import TestSupport
import Testing

/// A graph that holds one number of its file.
struct TrainedNumberCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Of a sample of the input x.
  let shape: [Int]
  /// Of a sample of the result.
  let rank: Int
  /// Appends the operator, with a constant `c` made of the number, and gives the result.
  let build: @Sendable (inout ONNXBuilder, Float) -> String

  var testDescription: String { name }

  static let all = ImportedOperator.all.flatMap(\.trainedNumbers)

  /// - Parameters:
  ///   - end: What reads the result: a function, of which a table could be made, or a sum, with its coefficients.
  ///   - publish: Whether the number may be public.
  func network(_ number: Float, _ end: End, publish: Bool = false) throws -> Network {
    var builder = ONNXBuilder()
    builder.input("x", [nil] + shape.map { $0 })
    if end == .sum { builder.input("z", [nil] + Array(repeating: 1, count: rank)) }
    builder.initializer("one", .floats([1], []))
    let result = build(&builder, number)
    switch end {
    case .function: builder.node("Tanh", [result], ["y"])
    case .sum: builder.node("Add", [result, "z"], ["y"])
    }
    builder.output("y")
    return try importONNX(builder.bytes, publish: publish ? ["c"] : [], file: name).simplified()
  }

  enum End: CaseIterable { case function, sum }
}

extension ImportedOperator {
  /// Graphs in which the operator reads floats of the file, as far as they need not be public; every way to read them.
  /// An operator without a case here reads one.
  fileprivate var trainedNumbers: [TrainedNumberCase] {
    /// A result of x, centred so that it takes both signs.
    func value(
      _ what: String, _ shape: [Int] = [2, 3], rank: Int? = nil,
      _ build: @escaping @Sendable (inout ONNXBuilder, String, Float) -> String
    ) -> TrainedNumberCase {
      TrainedNumberCase(name: "\(name), \(what)", shape: shape, rank: rank ?? shape.count) { builder, number in
        build(&builder, builder.node("Sub", ["x", "one"]), number)
      }
    }
    /// x times what the operator makes of a constant of a shape, all of whose elements are the number.
    func constant(
      _ shape: [Int] = [], _ build: @escaping @Sendable (inout ONNXBuilder) -> String
    ) -> TrainedNumberCase {
      TrainedNumberCase(name: "\(name) of a constant", shape: [2, 3], rank: 2) { builder, number in
        builder.initializer("c", .floats(Array(repeating: number, count: shape.reduce(1, *)), shape))
        return builder.node("Mul", ["x", build(&builder)])
      }
    }
    func alone(_ attributes: KeyValuePairs<String, ONNXBuilder.Attribute> = [:]) -> [TrainedNumberCase] {
      let list = attributes.map { ($0.key, $0.value) }
      return [constant { $0.node(name, ["c"], [], list: list) }]
    }
    switch name {
    case "Mean", "Sum":
      return alone() + [
        value("a constant among values") {
          $0.initializer("c", .floats([$2], []))
          return $0.node(name, [$1, "c", "one", $1])
        }
      ]
    case "Add", "Sub", "Mul", "Div", "Min", "Max":
      let shapes = [[], [1], [1, 1, 1], [3], [2, 1], [1, 2, 3]]
      return shapes.flatMap { shape in
        [false, true].map { isFirst in
          value("\(shape)\(isFirst ? " first" : "")") {
            $0.initializer("c", .floats(Array(repeating: $2, count: shape.reduce(1, *)), shape))
            let operand = name == "Div" && isFirst ? $0.node("Exp", [$1]) : $1
            return $0.node(name, isFirst ? ["c", operand] : [operand, "c"])
          }
        }
      } + [
        value("of two constants") {
          $0.initializer("c", .floats([$2], []))
          $0.initializer("other", .floats([name == "Max" ? 0.5 : 2], []))
          return $0.node("Mul", [$1, $0.node(name, ["other", "c"])])
        }
      ]
    case "Pow":
      return [
        constant {
          $0.initializer("two", .floats([2], []))
          return $0.node(name, ["c", "two"])
        }
      ]
    case "PRelu":
      return [[], [1], [1, 1], [3], [2, 1]].map { shape in
        value("\(shape)") {
          $0.initializer("c", .floats(Array(repeating: $2, count: shape.reduce(1, *)), shape))
          return $0.node(name, [$1, "c"])
        }
      }
    case "ThresholdedRelu": return alone(["alpha": .float(0.5)])
    case "Cast": return alone(["to": .integer(1)])
    // Whether a number is larger than another, or how large about: the result is the same for both networks.
    case "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not", "Ceil", "Floor", "Sign": return []
    case "Where":
      return [
        constant([3]) {
          $0.initializer("zero", .floats([0], []))
          return $0.node(name, [$0.node("Greater", ["c", "zero"]), "c", "one"])
        },
        value("a value and a constant") {
          $0.initializer("c", .floats([$2, $2, $2], [3]))
          $0.initializer("mask", .floats([1, 0, 1], [3]))
          $0.initializer("half", .floats([0.5], []))
          return $0.node(name, [$0.node("Greater", ["mask", "half"]), $1, "c"])
        },
      ]
    case "Trilu": return [constant([1, 2, 3]) { $0.node(name, ["c"]) }]
    case "Range":
      return [
        constant {
          $0.initializer("three", .floats([3], []))
          return $0.node(name, ["c", "three", "one"])
        }
      ]
    case "CumSum":
      return [
        constant([3]) {
          $0.initializer("axis", .integers([0], []))
          return $0.node(name, ["c", "axis"])
        }
      ]
    case "Concat": return [constant([1, 1]) { $0.node(name, ["c", "c", "c"], [], ["axis": .integer(1)]) }]
    case "Flatten": return [constant([1, 3]) { $0.node(name, ["c"]) }]
    case "Transpose": return [constant([3, 1, 1]) { $0.node(name, ["c"], [], ["perm": .integers([1, 2, 0])]) }]
    case "Reshape", "Expand", "Unsqueeze", "Squeeze", "Gather":
      let (shape, second): ([Int], [Int]) =
        switch name {
        case "Reshape": ([3, 1], [1, 3])
        case "Expand": ([1, 1], [2, 3])
        case "Unsqueeze": ([3], [0])
        case "Squeeze": ([1, 3], [0])
        default: ([5, 3], [4])
        }
      return [
        constant(shape) {
          $0.initializer("second", .integers(second))
          return $0.node(name, ["c", "second"])
        }
      ]
    case "Slice":
      return [
        constant([5]) {
          $0.initializer("start", .integers([1]))
          $0.initializer("end", .integers([2]))
          return $0.node(name, ["c", "start", "end"])
        }
      ]
    case "Split":
      return [
        constant([2, 3]) {
          $0.node(name, ["c"], ["left", "right"], ["axis": .integer(0)])
          return "right"
        }
      ]
    case "Constant":
      return [
        value("float") { $0.node("Mul", [$1, $0.node("Constant", [], ["c"], ["value_float": .float($2)])]) },
        value("tensor") {
          $0.node("Mul", [$1, $0.node("Constant", [], ["c"], ["value": .tensor(.floats([$2], []))])])
        },
      ]
    case "ConstantOfShape":
      return [
        value("tensor") {
          $0.initializer("sizes", .integers([1, 3]))
          return $0.node("Mul", [$1, $0.node(name, ["sizes"], ["c"], ["value": .tensor(.floats([$2], [1]))])])
        }
      ]
    case "QuantizeLinear":
      return [
        constant {
          $0.initializer("step", .floats([0x1p-14], []))
          $0.initializer("zero", .narrow([Int16(0)], []))
          return $0.node("DequantizeLinear", [$0.node(name, ["c", "step", "zero"]), "step", "zero"])
        }
      ]
    case "DequantizeLinear":
      return [
        value("integers") {
          $0.initializer("c", .narrow([Int32($2 * 0x1p14)], []))
          $0.initializer("step", .floats([0x1p-14], []))
          return $0.node("Mul", [$1, $0.node(name, ["c", "step"])])
        },
        value("a scale") {
          $0.initializer("integer", .narrow([Int8(5)], []))
          $0.initializer("c", .floats([$2], []))
          return $0.node("Mul", [$1, $0.node(name, ["integer", "c"])])
        },
      ]
    case "Gemm":
      return [[6, 4], [4]].map { shape in
        value(shape.count == 1 ? "bias" : "weights", rank: 1) {
          $0.initializer("w", .floats((0..<24).map { Float($0 * 7 % 24 - 9) / 32 }, [6, 4]))
          $0.initializer("b", .floats([0.5, -0.25, 0.125, 1], [4]))
          var values = (0..<shape.reduce(1, *)).map { Float($0 * 7 % 24 - 9) / 16 }
          values[2] = $2
          $0.initializer("c", .floats(values, shape))
          return $0.node(name, [$0.node("Flatten", [$1])] + (shape.count == 1 ? ["w", "c"] : ["c", "b"]))
        }
      }
    case "Einsum":
      return [
        value("weights", rank: 1) {
          $0.initializer("c", .floats([0.5, $2, -0.25], [3]))
          return $0.node(name, [$1, "c"], [], ["equation": .text("bij,j->bi")])
        }
      ]
    case "MatMul":
      return [true, false].map { isRight in
        value(isRight ? "right" : "left") {
          let shape = isRight ? [3, 4] : [4, 2]
          var values = (0..<shape.reduce(1, *)).map { Float($0 * 7 % 12 - 5) / 16 }
          values[2] = $2
          $0.initializer("c", .floats(values, shape))
          return $0.node(name, isRight ? [$1, "c"] : ["c", $1])
        }
      }
    case "Conv", "ConvTranspose":
      return [[2, 2, 2, 2], [2], [1, 1, 1, 1]].map { shape in
        value("\(shape)", shape.last == 1 ? [1, 3, 3] : [2, 3, 3]) {
          var weights = [Float](repeating: 0.25, count: 16)
          var bias: [Float] = [0.5, -1]
          if shape.count == 1 { bias[1] = $2 } else { weights[0] = $2 }
          let isSingle = shape.last == 1
          $0.initializer(shape.count == 1 ? "w" : "c", .floats(isSingle ? [$2] : weights, isSingle ? shape : [2, 2, 2, 2]))
          $0.initializer(shape.count == 1 ? "c" : "b", .floats(isSingle ? [0.5] : bias, [isSingle ? 1 : 2]))
          return $0.node(name, [$1] + (shape.count == 1 ? ["w", "c"] : ["c", "b"]))
        }
      }
    case "BatchNormalization":
      return [1, 2].flatMap { channels in
        (0..<4).map { place in
          value("\(channels) channels, parameter \(place)", [channels, 2, 2]) { builder, x, number in
            let names = (0..<4).map { $0 == place ? "c" : "p\($0)" }
            for (name, value) in zip(names, [1, 0.5, 0.25, 2]) {
              let value = name == "c" ? number : Float(value)
              builder.initializer(name, .floats(Array(repeating: value, count: channels), [channels]))
            }
            return builder.node("BatchNormalization", [x] + names)
          }
        }
      }
    case "GRU", "LSTM", "RNN":
      let gates = ["GRU": 3, "LSTM": 4][name] ?? 1
      let shapes = [[1, gates, 1], [1, gates, 1], [1, 2 * gates], [1, 1, 1], [1, 1, 1], [1, 3]].prefix(name == "LSTM" ? 6 : 4)
      return shapes.indices.map { place in
        value("constant \(place)", [2, 1], rank: 3) { builder, x, number in
          var operands = [x]
          for (index, shape) in shapes.enumerated() {
            // The lengths of sequences are left out.
            if index == 3 { operands.append("") }
            operands.append(index == place ? "c" : "p\(index)")
            // The one number moves few of the steps of the many values.
            var own = [Float](repeating: 0.5, count: shape.reduce(1, *))
            if index == place { own[0] = number }
            builder.initializer(operands[operands.count - 1], .floats(own, shape))
          }
          return builder.node(name, operands, [], ["layout": .integer(1)])
        }
      }
    // They pick from several constants, or read a constant beside a value, as operators that have cases do.
    case _ where name.contains("Normalization") || name.contains("Attention") || name.hasPrefix(fusedDomain): return []
    case _ where name.hasPrefix(classicalDomain): return TrainedNumberCase.classical(name)
    case "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear": return []
    case "AffineGrid", "CausalConvWithState", "CenterCropPad", "Col2Im", "Compress", "EyeLike", "GatherElements", "GatherND", "GridSample", "IsInf", "IsNaN", "Mod", "NonZero",
      "OneHot", "ReverseSequence", "RotaryEmbedding", "Scatter", "ScatterElements", "ScatterND", "Size", "Tile": return []
    case "If", "Loop", "Scan", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "CastLike": return []
    // Of numbers from 1 on.
    case "Acosh": return []
    // Of constants they need several axes.
    case "DepthToSpace", "GlobalLpPool", "Hardmax", "LRN", "LpPool", "SpaceToDepth", "Round": return []
    case "ArgMax", "ArgMin", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LogSoftmax", "MaxPool", "Pad", "ReduceMax",
      "ReduceL2", "ReduceMean", "ReduceSum", "ReduceSumSquare", "Resize", "Shape", "Softmax", "TopK", "Upsample":
      return []
    default: return alone()
    }
  }
}
