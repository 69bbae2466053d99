extension IntegerNetwork {
  /// All values of one sample: the input, then the result of each node. Exact.
  ///
  /// - Precondition: `sample` has the input's number of elements, all in its range.
  package func values(of sample: [Int64]) -> [[Int64]] {
    precondition(sample.count == input.port.width && sample.allSatisfy(input.range.contains))
    var values = [sample]
    for node in nodes {
      let operand = values[node.operand]
      switch node.operation {
      case .linear(let linear): values.append(linear.apply(to: operand))
      case .requantize(let requantization): values.append(requantization.apply(to: operand))
      case .reshape: values.append(operand)
      }
    }
    return values
  }

  /// The outputs of a batch, in the shape batch × output.
  package func run(_ batch: IntegerBatch) -> IntegerBatch {
    var outputs: [Int64] = []
    outputs.reserveCapacity(batch.count * output.width)
    for index in 0..<batch.count { outputs += values(of: batch.sample(index)).last ?? [] }
    return IntegerBatch(count: batch.count, values: outputs)
  }
}
