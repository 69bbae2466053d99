extension IntegerNetwork {
  /// All values of one sample: the inputs, then the result of each node. Exact.
  ///
  /// - Precondition: One array an input, with its number of elements, all in its range.
  package func values(of sample: [[Int64]]) -> [[Int64]] {
    var values: [[Int64]] = []
    forEachValue(of: sample) { values.append($1) }
    return values
  }

  /// The same, of which each is kept until nothing reads it any more.
  func forEachValue(of sample: [[Int64]], _ body: (_ value: Int, _ elements: [Int64]) -> Void) {
    precondition(
      sample.count == inputs.count
        && zip(sample, inputs).allSatisfy { $0.count == $1.port.width && $0.allSatisfy($1.range.contains) })
    Model.forEachValue(
      of: sample, operands: nodes.map(\.operands),
      result: { index, values in
        let node = nodes[index]
        return node.operation.apply(
          to: node.operands.map { (values: values[$0], shape: shape(of: $0)) }, shape: node.shape)
      }, body)
  }

  /// The outputs of a batch by output: values, or for an output of classes their indices, ascending.
  package func run(_ batch: [IntegerBatch]) -> [IntegerBatch] {
    let count = batch.first?.count ?? 0
    var results = [[Int64]](repeating: [], count: outputs.count)
    for index in 0..<count {
      let values = values(of: batch.map { $0.sample(index) })
      for (number, output) in outputs.enumerated() {
        let value = values[output.value]
        results[number] += output.classes(value, shape: shape(of: output.value))?.map(Int64.init) ?? value
      }
    }
    return results.map { IntegerBatch(count: count, values: $0) }
  }
}

/// The indices of the largest elements, ascending; of equal elements the first ones.
package func largestIndices(_ values: [some Comparable], count: Int) -> [Int] {
  values.indices.sorted { (values[$1], $0) < (values[$0], $1) }.prefix(count).sorted()
}

extension IntegerOperation {
  fileprivate func apply(to operands: [(values: [Int64], shape: [Int])], shape: [Int]) -> [Int64] {
    let (x, source) = operands[0]
    switch self {
    case .contraction(let contraction): return contraction.apply(to: operands, shape: shape)
    case .maximum(let loops, let reading):
      return maxima(x, source, reading, loops: loops, shape: shape, lowest: .min)
    case .requantize(let requantization): return requantization.apply(to: x)
    case .table(let function): return x.map(function.value)
    case .reshape: return x
    case .transpose(let order): return transposed(x, source, order: order)
    case .slice(let axis, let start, let stride):
      return sliced(x, source, axis: axis, start: start, stride: stride, count: shape[axis])
    }
  }
}
