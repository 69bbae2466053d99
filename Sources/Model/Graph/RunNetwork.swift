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
    case .linear(let linear):
      return Contraction.linear(shape, linear.weights.map(Double.init), linear.bias.map(Double.init))
        .apply(to: [(operand, shape)], shape: node.shape)
    case .affine(let affine):
      return Contraction.affine(affine.shape, affine.scale.map(Double.init), affine.shift.map(Double.init), node.shape)
        .apply(to: [(operand, shape)], shape: node.shape)
    case .convolution(let convolution):
      return Contraction.convolution(
        convolution, shape, node.shape, convolution.weights.map(Double.init), convolution.bias.map(Double.init)
      ).apply(to: [(operand, convolution.grouped(shape))], shape: convolution.grouped(node.shape))
    case .pointwise(let function): return operand.map(function.value)
    case .contraction(let contraction):
      return contraction.apply(to: node.operands.map { (values[$0], self.shape(of: $0)) }, shape: node.shape)
    case .windowMaximum(let window):
      let (loops, reading) = window.reading(node.shape)
      return maxima(operand, shape, reading, loops: loops, shape: node.shape, lowest: -.infinity)
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
