/// A scale and a zero point of bytes.
private struct Steps {
  let scale: String
  let zero: String

  /// - Parameter scale: Of no number of bits, so that no product is in the middle between two steps.
  init(_ d: inout GraphDraft, _ scale: ClosedRange<Float>, zero: ClosedRange<Int> = 110...140) {
    self.scale = d.number(d.float(scale))
    self.zero = d.graph.initializer(.narrow([UInt8(d.number(zero))], []))
  }

  var names: [String] { [scale, zero] }

  func quantized(_ d: inout GraphDraft, _ x: String) -> String { d.node("QuantizeLinear", [x] + names) }

  func floats(_ d: inout GraphDraft, _ x: String) -> String { d.node("DequantizeLinear", [x] + names) }
}

extension OperatorRecipe {
  private static let input: ClosedRange<Float> = 0.015...0.03
  private static let output: ClosedRange<Float> = 0.02...0.05

  static let quantized: [OperatorRecipe] = [
    .same("QuantizeLinear") { d, x in
      let steps = Steps(&d, input)
      return steps.floats(&d, steps.quantized(&d, x.name))
    },
    .same("com.microsoft.QuantizeLinear") { d, x in
      let steps = [d.number(d.float(0.0002...0.0004)), d.graph.initializer(.narrow([UInt16(32768)], []))]
      return d.node("com.microsoft.DequantizeLinear", [d.node("com.microsoft.QuantizeLinear", [x.name] + steps)] + steps)
    },
    .same("QuantizeLinear of channels") { d, x in
      let scales = d.constant([x.shape[0]], input)
      let zeros = d.graph.initializer(.narrow((0..<x.shape[0]).map { _ in Int8(d.number(-20...20)) }, [x.shape[0]]))
      let codes = d.node("QuantizeLinear", [x.name, scales, zeros], [("axis", .integer(1))])
      return d.node("DequantizeLinear", [codes, scales, zeros], [("axis", .integer(1))])
    },
    OperatorRecipe("DequantizeLinear") { d, x in
      let (last, width) = (x.shape[x.shape.count - 1], d.number(1...4))
      let codes = bytes(&d, [last, width])
      let zeros = d.graph.initializer(.narrow([Int8](repeating: 3, count: width), [width]))
      let weights = d.node("DequantizeLinear", [codes, d.constant([width], 0.005...0.01), zeros])
      return (d.node("MatMul", [x.name, weights]), x.shape.dropLast() + [width])
    },
    matrix("QLinearMatMul") { d, x, weights, _ in
      let steps = Steps(&d, output)
      let result = d.node("QLinearMatMul", x + weights + steps.names)
      return steps.floats(&d, result)
    },
    matrix("com.microsoft.QGemm", { $0.count == 1 }) { d, x, weights, width in
      let steps = Steps(&d, output)
      let bias = d.graph.initializer(.narrow((0..<width).map { _ in Int32(d.number(-2000...2000)) }, [width]))
      let result = d.node("com.microsoft.QGemm", x + weights + [bias] + steps.names)
      return steps.floats(&d, result)
    },
    matrix("MatMulInteger") { d, x, weights, _ in
      d.asFloats(d.node("MatMulInteger", [x[0], weights[0], x[2], weights[2]]), 0.0002)
    },
    matrix("com.microsoft.MatMulIntegerToFloat") { d, x, weights, width in
      d.node(
        "com.microsoft.MatMulIntegerToFloat", [x[0], weights[0], x[1], weights[1], x[2], weights[2], d.constant([width], -0.5...0.5)])
    },
    convolution("QLinearConv"), convolution("ConvInteger"),
    function("com.microsoft.QLinearLeakyRelu", output, [("alpha", .float(0.3))]),
    function("com.microsoft.QLinearSigmoid", 0.004...0.005, zero: 0...10),
    combination("com.microsoft.QLinearAdd"), combination("com.microsoft.QLinearMul"),
    OperatorRecipe("com.microsoft.QLinearConcat") { d, x in
      let axis = d.axis(x)
      let (first, second, result) = (Steps(&d, input), Steps(&d, input), Steps(&d, output))
      let operands = [first.quantized(&d, x.name)] + first.names + [second.quantized(&d, d.other(x))] + second.names
      let codes = d.node("com.microsoft.QLinearConcat", result.names + operands, [("axis", .integer(axis + 1))])
      return (result.floats(&d, codes), x.shape.with(x.shape[axis] * 2, at: axis))
    },
    OperatorRecipe("com.microsoft.QLinearAveragePool", { $0.count == 3 && $0[1] > 1 && $0[2] > 1 }) { d, x in
      let (own, result) = (Steps(&d, input), Steps(&d, output))
      let codes = d.node(
        "com.microsoft.QLinearAveragePool", [own.quantized(&d, x.name)] + own.names + result.names, [("kernel_shape", .integers([2, 2]))])
      return (result.floats(&d, codes), [x.shape[0], x.shape[1] - 1, x.shape[2] - 1])
    },
    OperatorRecipe("com.microsoft.QLinearGlobalAveragePool", { $0.count == 3 }) { d, x in
      let (own, result) = (Steps(&d, input), Steps(&d, output))
      let codes = d.node("com.microsoft.QLinearGlobalAveragePool", [own.quantized(&d, x.name)] + own.names + result.names)
      return (result.floats(&d, codes), [x.shape[0], 1, 1])
    },
  ]

  /// Small enough that processors without instructions for bytes do not saturate sums of two products.
  private static func bytes(_ d: inout GraphDraft, _ shape: [Int]) -> String {
    d.graph.initializer(.narrow((0..<shape.reduce(1, *)).map { _ in Int8(d.number(-50...50)) }, shape))
  }

  /// - Parameter build: Of codes, scale and zero point of the value and of weights, and of the width of the result.
  private static func matrix(
    _ name: String, _ fits: @escaping Fits = { _ in true },
    _ build: @escaping @Sendable (inout GraphDraft, _ x: [String], _ weights: [String], _ width: Int) -> String
  ) -> OperatorRecipe {
    OperatorRecipe(name, fits) { d, x in
      let (last, width, own) = (x.shape[x.shape.count - 1], d.number(1...4), Steps(&d, input))
      let weights = [bytes(&d, [last, width]), d.number(d.float(0.008...0.01)), d.graph.initializer(.narrow([Int8(2)], []))]
      let codes = own.quantized(&d, x.name)
      return (build(&d, [codes] + own.names, weights, width), x.shape.dropLast() + [width])
    }
  }

  private static func convolution(_ name: String) -> OperatorRecipe {
    OperatorRecipe(name, { $0.count == 3 }) { d, x in
      let own = Steps(&d, input)
      let (kernel, sizes, attributes) = d.windows(Array(x.shape.dropFirst()))
      let shape = [d.number(1...3), x.shape[0]] + kernel
      let codes = own.quantized(&d, x.name)
      if name == "ConvInteger" {
        let values = (0..<shape.reduce(1, *)).map { _ in UInt8(d.number(0...50)) }
        let sums = d.node("ConvInteger", [codes, d.graph.initializer(.narrow(values, shape)), own.zero], attributes)
        return (d.asFloats(sums, 0.0002), [shape[0]] + sizes)
      }
      let result = Steps(&d, output)
      let weights = [bytes(&d, shape), d.number(d.float(0.008...0.01)), d.graph.initializer(.narrow([Int8(0)], []))]
      let sums = d.node("QLinearConv", [codes] + own.names + weights + result.names, attributes)
      return (result.floats(&d, sums), [shape[0]] + sizes)
    }
  }

  private static func function(
    _ name: String, _ scale: ClosedRange<Float>, zero: ClosedRange<Int> = 110...140, _ attributes: GraphDraft.Attributes = []
  ) -> OperatorRecipe {
    .same(name) { d, x in
      let (own, result) = (Steps(&d, input), Steps(&d, scale, zero: zero))
      let codes = d.node(name, [own.quantized(&d, x.name)] + own.names + result.names, attributes)
      return result.floats(&d, codes)
    }
  }

  private static func combination(_ name: String) -> OperatorRecipe {
    .same(name) { d, x in
      let (first, second, result) = (Steps(&d, input), Steps(&d, input), Steps(&d, output))
      let operands = [first.quantized(&d, x.name)] + first.names + [second.quantized(&d, d.other(x))] + second.names
      return result.floats(&d, d.node(name, operands + result.names))
    }
  }
}
