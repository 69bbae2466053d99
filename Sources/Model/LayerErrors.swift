/// How far the integers of one value are from the float network's, in real units.
package struct LayerError: Sendable, Equatable {
  /// The node that makes the value.
  package let name: String
  package let largestError: Double
  package let meanError: Double
  /// The largest absolute value of the float network.
  package let largestValue: Double
}

/// The integers of a batch that stand for the result of a node.
package struct NamedIntegers: Sendable {
  package let name: String
  package let scale: Double
  /// Sample by sample.
  package let values: [Int64]

  package init(name: String, scale: Double, values: [Int64]) {
    self.name = name
    self.scale = scale
    self.values = values
  }
}

extension Network {
  /// The errors of the results that belong to a node of this network, in its order.
  package func layerErrors(_ batch: [FloatBatch], _ results: [NamedIntegers]) -> [LayerError] {
    let count = batch.first?.count ?? 0
    var exact = [[Double]](repeating: [], count: nodes.count)
    for index in 0..<count {
      let values = values(of: batch.map { $0.sample(index) })
      for node in nodes.indices { exact[node] += values[inputs.count + node] }
    }
    return nodes.indices.compactMap { index in
      guard let result = results.first(where: { $0.name == nodes[index].name && $0.values.count == exact[index].count })
      else { return nil }
      let errors = zip(exact[index], result.values).map { abs($0 - Double($1) * result.scale) }
      return LayerError(
        name: result.name, largestError: errors.max() ?? 0,
        meanError: errors.reduce(0, +) / Double(max(errors.count, 1)),
        largestValue: exact[index].reduce(0) { max($0, $1.magnitude) })
    }
  }
}

/// A run of an integer network on real samples.
struct IntegerResults {
  /// By output, in real units; for classes their indices.
  let outputs: [FloatBatch]
  /// Activations, and accumulators that are outputs.
  let named: [NamedIntegers]

  init(_ network: IntegerNetwork, _ batch: [FloatBatch]) {
    let integers = zip(network.inputs, batch).map { $0.quantize($1) }
    let shown = Set(network.outputs.map(\.value))
    let first = network.inputs.count
    let kept = network.nodes.indices.filter {
      !network.nodes[$0].operation.makesAccumulators || shown.contains(first + $0)
    }
    var values = [[Int64]](repeating: [], count: network.nodes.count)
    var results = [[Double]](repeating: [], count: network.outputs.count)
    let count = batch.first?.count ?? 0
    for index in 0..<count {
      let sample = network.values(of: integers.map { $0.sample(index) })
      for node in kept { values[node] += sample[first + node] }
      for (number, output) in network.outputs.enumerated() {
        let value = sample[output.value]
        if let classCount = output.classCount {
          results[number] += largestIndices(value, count: classCount).map(Double.init)
        } else {
          results[number] += value.map { Double($0) * network.scale(of: output.value) }
        }
      }
    }
    outputs = results.map { FloatBatch(count: count, values: $0) }
    named = kept.map { node in
      NamedIntegers(name: network.nodes[node].name, scale: network.nodes[node].scale, values: values[node])
    }
  }
}
