extension Network {
  /// All values of one sample: the inputs, then the result of each node, in Float64 arithmetic and index order.
  ///
  /// - Parameter sample: The elements of each input.
  /// - Precondition: `sample` has the inputs' numbers of elements.
  package func values(of sample: [[Double]]) -> [[Double]] {
    var values: [[Double]] = []
    forEachValue(of: sample) { values.append($1) }
    return values
  }

  /// The same, of which each is kept until nothing reads it any more.
  func forEachValue(of sample: [[Double]], _ body: (_ value: Int, _ elements: [Double]) -> Void) {
    precondition(sample.map(\.count) == inputs.map(\.width))
    Model.forEachValue(
      of: sample, operands: nodes.map(\.operands), result: { result(of: nodes[$0], $1) }, body)
  }

  /// The outputs of a batch, each in the shape batch × output; class indices ascending.
  ///
  /// - Parameter inputs: One batch for each input.
  /// - Precondition: The batches have the same number of samples.
  package func run(_ inputs: [FloatBatch]) -> [FloatBatch] {
    let count = inputs.first?.count ?? 0
    precondition(inputs.allSatisfy { $0.count == count })
    var results = [[Double]](repeating: [], count: outputs.count)
    for index in 0..<count {
      var shown: [Int: [Double]] = [:]
      forEachValue(of: inputs.map { $0.sample(index) }) { value, elements in
        if outputs.contains(where: { $0.value == value }) { shown[value] = elements }
      }
      for (position, output) in outputs.enumerated() {
        let elements = shown[output.value] ?? []
        results[position] += output.classes(elements, shape: shape(of: output.value))?.map(Double.init) ?? elements
      }
    }
    return results.map { FloatBatch(count: count, values: $0) }
  }

  private func result(of node: Node, _ values: [[Double]]) -> [Double] {
    let operand = node.operands.first.map { values[$0] } ?? []
    let shape = node.operands.first.map { self.shape(of: $0) } ?? []
    switch node.operation {
    case .linear(let linear): return linear.apply(to: operand)
    case .affine(let affine):
      let scale = broadcast(affine.scale, affine.shape, to: node.shape)
      let shift = broadcast(affine.shift, affine.shape, to: node.shape)
      return operand.indices.map { operand[$0] * Double(scale[$0]) + Double(shift[$0]) }
    case .pointwise(let function): return operand.map(function.value)
    case .contraction(let contraction):
      return contraction.apply(to: node.operands.map { (values[$0], self.shape(of: $0)) }, shape: node.shape)
    case .convolution(let convolution): return convolution.apply(to: operand, rows: shape[1], columns: shape[2])
    case .windowMaximum(let window):
      return window.maxima(operand, rows: shape[1], columns: shape[2], lowest: -.infinity)
    case .reshape: return operand
    case .transpose(let order): return transposed(operand, shape, order: order)
    case .slice(let axis, let start, let stride):
      return sliced(operand, shape, axis: axis, start: start, stride: stride, count: node.shape[axis])
    case .quantize(let quantization): return operand.map(quantization.value)
    }
  }
}

extension FixedQuantization {
  /// The integer that stands for `x`, times the scale.
  package func value(at x: Double) -> Double {
    let steps = (x / scale).rounded(.toNearestOrEven)
    return scale * min(max(steps, Double(range.lowerBound)), Double(range.upperBound))
  }
}

extension Linear {
  /// Each row of `inputCount` elements gives `outputCount`.
  func apply(to rows: [Double]) -> [Double] {
    precondition(rows.count % inputCount == 0)
    var results: [Double] = []
    results.reserveCapacity(rows.count / inputCount * outputCount)
    for start in stride(from: 0, to: rows.count, by: inputCount) {
      for output in 0..<outputCount {
        let row = output * inputCount
        var sum = 0.0
        for index in 0..<inputCount { sum += Double(weights[row + index]) * rows[start + index] }
        results.append(sum + Double(bias[output]))
      }
    }
    return results
  }
}

extension Convolution {
  func apply(to input: [Double], rows: Int, columns: Int) -> [Double] {
    var results = window.sums(
      input, rows: rows, columns: columns, planes: channels, weights: weights, zero: 0
    ) { $0 + Double($1) * $2 }
    let plane = results.count / outputCount
    for index in results.indices { results[index] += Double(bias[index / plane]) }
    return results
  }
}
