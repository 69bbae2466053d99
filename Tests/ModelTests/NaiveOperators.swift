import Glibc

/// The outputs of a node.
typealias NaiveFormula = @Sendable (NaiveNode) -> [NaiveArray]

/// What ONNX says about each operator, written without anything of the importer and the executors.
enum NaiveOperators {
  static let formulas: [String: NaiveFormula] = {
    var all: [String: NaiveFormula] = ["Split": split, "TopK": topK]
    for (name, function) in functions {
      all[name] = { node in [NaiveArray(node[0].shape, node[0].values.map { function(node, $0) })] }
    }
    for (name, function) in combinations {
      all[name] = { node in
        let operands = node.operands.compactMap { $0 }
        return [NaiveArray(naiveBroadcast(operands.map(\.shape))) { at in function(operands.map { $0.repeated(at) }) }]
      }
    }
    for formulas in [linear, windows, samples, shapes, quantization, classes] {
      for (name, formula) in formulas { all[name] = { [formula($0)] } }
    }
    return all
  }()

  /// Functions of one number.
  private static let functions: [String: @Sendable (NaiveNode, Double) -> Double] = [
    "Abs": { _, x in x < 0 ? -x : x },
    "Celu": { node, x in
      let alpha = node.float("alpha", 1)
      return max(0, x) + min(0, alpha * (exp(x / alpha) - 1))
    },
    "Clip": { node, x in
      let isOld = node.operatorSet < 11
      let low = isOld ? node.float("min", -.infinity) : node.optional(1)?.values[0] ?? -.infinity
      let high = isOld ? node.float("max", .infinity) : node.optional(2)?.values[0] ?? .infinity
      return min(max(x, low), high)
    },
    "Elu": { node, x in x < 0 ? node.float("alpha", 1) * (exp(x) - 1) : x },
    "Erf": { _, x in erf(x) },
    "Exp": { _, x in exp(x) },
    "Gelu": { node, x in
      node.text("approximate", "none") == "tanh"
        ? x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        : x / 2 * (1 + erf(x / 2.0.squareRoot()))
    },
    "HardSigmoid": { node, x in max(0, min(1, node.float("alpha", 0.2) * x + node.float("beta", 0.5))) },
    "HardSwish": { _, x in x * max(0, min(1, x / 6 + 0.5)) },
    "LeakyRelu": { node, x in x < 0 ? node.float("alpha", 0.01) * x : x },
    "Ceil": { _, x in x.rounded(.up) },
    "Cos": { _, x in cos(x) },
    "Floor": { _, x in x.rounded(.down) },
    "Sign": { _, x in x > 0 ? 1 : x < 0 ? -1 : 0 },
    "Sin": { _, x in sin(x) },
    "Swish": { node, x in x / (1 + exp(-node.float("alpha", 1) * x)) },
    "Log": { _, x in log(x) },
    "Mish": { _, x in x * tanh(log(1 + exp(x))) },
    "Neg": { _, x in -x },
    "Reciprocal": { _, x in 1 / x },
    "Relu": { _, x in x > 0 ? x : 0 },
    "Selu": { node, x in
      let (alpha, gamma) = (node.float("alpha", 1.67326319217681884765625), node.float("gamma", 1.05070102214813232421875))
      return x > 0 ? gamma * x : gamma * (alpha * exp(x) - alpha)
    },
    "Sigmoid": { _, x in 1 / (1 + exp(-x)) },
    "Softplus": { _, x in log(exp(x) + 1) },
    "Softsign": { _, x in x / (1 + abs(x)) },
    "Sqrt": { _, x in x.squareRoot() },
    "Tanh": { _, x in tanh(x) },
    "ThresholdedRelu": { node, x in x > node.float("alpha", 1) ? x : 0 },
    "Identity": { _, x in x },
    "Dropout": { _, x in x },
    // To FLOAT and DOUBLE, or to integers: the network computes in Float64.
    "Cast": { node, x in [1, 11].contains(node.integer("to", 0)) ? x : x.rounded(.towardZero) },
  ]

  /// Functions of the operands' elements, which broadcast.
  private static let combinations: [String: @Sendable ([Double]) -> Double] = [
    "Equal": { $0[0] == $0[1] ? 1 : 0 },
    "Greater": { $0[0] > $0[1] ? 1 : 0 },
    "GreaterOrEqual": { $0[0] >= $0[1] ? 1 : 0 },
    "Less": { $0[0] < $0[1] ? 1 : 0 },
    "LessOrEqual": { $0[0] <= $0[1] ? 1 : 0 },
    "And": { min($0[0], $0[1]) },
    "Or": { max($0[0], $0[1]) },
    "Xor": { abs($0[0] - $0[1]) },
    "Not": { 1 - $0[0] },
    "Where": { $0[0] == 0 ? $0[2] : $0[1] },
    "Add": { $0[0] + $0[1] },
    "Sub": { $0[0] - $0[1] },
    "Mul": { $0[0] * $0[1] },
    "Div": { $0[0] / $0[1] },
    "Pow": { pow($0[0], $0[1]) },
    "PRelu": { $0[0] < 0 ? $0[1] * $0[0] : $0[0] },
    "Sum": { $0.reduce(0, +) },
    "Mean": { $0.reduce(0, +) / Double($0.count) },
    "Min": { $0.reduce(.infinity) { min($0, $1) } },
    "Max": { $0.reduce(-.infinity) { max($0, $1) } },
  ]

  private static let linear: [String: @Sendable (NaiveNode) -> NaiveArray] = [
    "Gemm": { node in
      let (a, b) = (node[0], node[1])
      let (turnsA, turnsB) = (node.integer("transA", 0) != 0, node.integer("transB", 0) != 0)
      let (alpha, beta) = (node.float("alpha", 1), node.float("beta", 1))
      return NaiveArray([a.shape[turnsA ? 1 : 0], b.shape[turnsB ? 0 : 1]]) { at in
        var sum = 0.0
        for k in 0..<a.shape[turnsA ? 0 : 1] {
          sum += a[turnsA ? [k, at[0]] : [at[0], k]] * b[turnsB ? [at[1], k] : [k, at[1]]]
        }
        return alpha * sum + beta * (node.optional(2)?.repeated(at) ?? 0)
      }
    },
    "MatMul": { node in
      let a = node[0].shape.count == 1 ? node[0].reshaped([1] + node[0].shape) : node[0]
      let b = node[1].shape.count == 1 ? node[1].reshaped(node[1].shape + [1]) : node[1]
      let (rows, inner, columns) = (a.shape[a.shape.count - 2], b.shape[b.shape.count - 2], b.shape[b.shape.count - 1])
      let outer = naiveBroadcast([a.shape.dropLast(2), b.shape.dropLast(2)])
      let product = NaiveArray(outer + [rows, columns]) { at in
        let (row, column) = (at[outer.count], at[outer.count + 1])
        return (0..<inner).reduce(0) {
          $0 + a.repeated(at.dropLast(2) + [row, $1]) * b.repeated(at.dropLast(2) + [$1, column])
        }
      }
      return product.reshaped(
        outer + (node[0].shape.count == 1 ? [] : [rows]) + (node[1].shape.count == 1 ? [] : [columns]))
    },
    "Einsum": { node in
      let sides = node.text("equation", "").split(separator: "-").map { $0.filter(\.isLetter) }
      let names = node.text("equation", "").split(separator: "-")[0].split(separator: ",").map { $0.filter(\.isLetter) }
      let result = sides.count > 1 ? sides[1] : String(Set(sides[0]).filter { name in sides[0].count { $0 == name } == 1 }.sorted())
      var sizes: [Character: Int] = [:]
      for (name, operand) in zip(names, node.operands) {
        for (axis, size) in zip(name, operand?.shape ?? []) { sizes[axis] = max(size, sizes[axis] ?? 1) }
      }
      let summed = Set(sides[0]).subtracting(result).sorted()
      return NaiveArray(result.map { sizes[$0] ?? 1 }) { at in
        allIndices(summed.map { sizes[$0] ?? 1 }).reduce(0) { sum, inner in
          let place = Dictionary(uniqueKeysWithValues: zip(Array(result) + summed, at + inner))
          return sum + zip(names, node.operands).reduce(1) { product, operand in
            product * (operand.1?.repeated(operand.0.map { place[$0] ?? 0 }) ?? 1)
          }
        }
      }
    },
    "BatchNormalization": { node in
      let epsilon = node.float("epsilon", 1e-5)
      return NaiveArray(node[0].shape) { at in
        let channel = [at[1]]
        let deviation = (node[4][channel] + epsilon).squareRoot()
        return (node[0][at] - node[3][channel]) / deviation * node[1][channel] + node[2][channel]
      }
    },
    "ReduceSum": { reduced($0) { $0.reduce(0, +) } },
    "ReduceMean": { reduced($0) { $0.reduce(0, +) / Double($0.count) } },
    "ReduceMax": { reduced($0) { $0.max() ?? .nan } },
    "GlobalAveragePool": { reducedImage($0) { $0.reduce(0, +) / Double($0.count) } },
    "GlobalMaxPool": { reducedImage($0) { $0.max() ?? .nan } },
  ]

  private static func reduced(_ node: NaiveNode, _ function: ([Double]) -> Double) -> NaiveArray {
    let shape = node[0].shape
    let given = node.integers(1, or: "axes") ?? []
    if given.isEmpty && node.integer("noop_with_empty_axes", 0) != 0 { return node[0] }
    let axes = given.isEmpty ? Array(shape.indices) : given.map { fromStart($0, shape.count) }
    let kept = reduced(node[0], axes, function)
    return node.integer("keepdims", 1) != 0
      ? kept : kept.reshaped(shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
  }

  private static func reducedImage(_ node: NaiveNode, _ function: ([Double]) -> Double) -> NaiveArray {
    reduced(node[0], Array(2..<node[0].shape.count), function)
  }

  private static func reduced(_ x: NaiveArray, _ axes: [Int], _ function: ([Double]) -> Double) -> NaiveArray {
    NaiveArray(x.shape.enumerated().map { axes.contains($0) ? 1 : $1 }) { at in
      function(
        allIndices(x.shape).filter { index in
          x.shape.indices.allSatisfy { axes.contains($0) || index[$0] == at[$0] }
        }.map { x[$0] })
    }
  }

  private static let quantization: [String: @Sendable (NaiveNode) -> NaiveArray] = [
    "QuantizeLinear": { node in
      let type = node.optional(2)?.type ?? node.integer("output_dtype", 2)
      let ends = [2: (0.0, 255.0), 3: (-128, 127), 4: (0, 65535), 5: (-32768, 32767)][type] ?? (.nan, .nan)
      return NaiveArray(node[0].shape) { at in
        let (scale, zero) = step(node, at)
        return min(max((node[0][at] / scale).rounded(.toNearestOrEven) + zero, ends.0), ends.1)
      }
    },
    "DequantizeLinear": { node in
      NaiveArray(node[0].shape) { at in
        let (scale, zero) = step(node, at)
        return (node[0][at] - zero) * scale
      }
    },
  ]

  /// Scale and zero point: one for all elements, or one for each index of an axis.
  private static func step(_ node: NaiveNode, _ at: [Int]) -> (scale: Double, zero: Double) {
    let place = node[1].values.count == 1 ? 0 : at[node.axis(1)]
    return (node[1].values[place], node.optional(2)?.values[place] ?? 0)
  }
}
