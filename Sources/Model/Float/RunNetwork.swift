extension Network {
  /// All values of one sample: the input, then the result of each node, in Float64 arithmetic and index order.
  ///
  /// - Precondition: `sample` has the input's number of elements.
  package func values(of sample: [Double]) -> [[Double]] {
    precondition(sample.count == input.width)
    var values = [sample]
    for node in nodes {
      let operand = values[node.operand]
      switch node.operation {
      case .linear(let linear): values.append(linear.apply(to: operand))
      case .relu: values.append(operand.map { max($0, 0) })
      case .reshape: values.append(operand)
      }
    }
    return values
  }

  /// The outputs of a batch, in the shape batch × output.
  package func run(_ batch: FloatBatch) -> FloatBatch {
    var outputs: [Double] = []
    outputs.reserveCapacity(batch.count * output.width)
    for index in 0..<batch.count { outputs += values(of: batch.sample(index)).last ?? [] }
    return FloatBatch(count: batch.count, values: outputs)
  }
}

extension Linear {
  func apply(to input: [Double]) -> [Double] {
    precondition(input.count == inputCount)
    return (0..<outputCount).map { output in
      let row = output * inputCount
      var sum = 0.0
      for index in 0..<inputCount { sum += Double(weights[row + index]) * input[index] }
      return sum + Double(bias[output])
    }
  }
}
