/// How far the integers of one value are from the float network's, in real units.
package struct LayerError: Sendable, Equatable {
  /// The node that makes the value.
  package let name: String
  package let largestError: Double
  package let meanError: Double
  /// The largest absolute value of the float network.
  package let largestValue: Double
}

/// What is added up of the errors of one value.
private struct ErrorSum {
  var count = 0
  var (sum, largest, largestValue) = (0.0, 0.0, 0.0)

  mutating func add(_ exact: [Double], _ integers: [Int64], scale: Double) {
    count += exact.count
    for (value, integer) in zip(exact, integers) {
      let error = abs(value - Double(integer) * scale)
      sum += error
      largest = max(largest, error)
      largestValue = max(largestValue, value.magnitude)
    }
  }

  func error(_ name: String) -> LayerError {
    LayerError(name: name, largestError: largest, meanError: sum / Double(max(count, 1)), largestValue: largestValue)
  }
}

/// The integers of a batch that stand for the result of a node.
package struct NamedIntegers: Sendable {
  package let name: String
  package let scale: Double
  /// Of one sample; the order of the axes may be another than the node's.
  package let axes: [Int]
  /// Sample by sample.
  package let values: [Int64]

  package init(name: String, scale: Double, axes: [Int], values: [Int64]) {
    self.name = name
    self.scale = scale
    self.axes = axes
    self.values = values
  }

  fileprivate func sample(_ index: Int, of count: Int) -> [Int64] {
    let width = values.count / count
    return Array(values[index * width..<(index + 1) * width])
  }

  /// The order of the axes in which the integers are nearest to the real numbers: only the compiler knows it.
  fileprivate func order(fitting exact: [Double], of count: Int) -> [Int] {
    let integers = sample(0, of: count)
    func error(_ order: [Int]) -> Double {
      zip(exact, transposed(integers, axes, order: order)).reduce(0) { $0 + abs($1.0 - Double($1.1) * scale) }
    }
    let own = Array(axes.indices)
    guard axes.count <= 4 else { return own }
    return permutations(own).map { ($0, error($0)) }.min { $0.1 < $1.1 }?.0 ?? own
  }
}

private func permutations(_ elements: [Int]) -> [[Int]] {
  guard let first = elements.first else { return [[]] }
  return permutations(Array(elements.dropFirst())).flatMap { rest in
    (0...rest.count).map { Array(rest[..<$0]) + [first] + rest[$0...] }
  }
}

extension Network {
  /// The errors of the results that belong to a node of this network, in its order.
  package func layerErrors(_ batch: [FloatBatch], _ results: [NamedIntegers]) -> [LayerError] {
    let count = batch.first?.count ?? 0
    let named = Dictionary(grouping: results, by: \.name)
    var sums: [Int: ErrorSum] = [:]
    var orders: [Int: [Int]] = [:]
    let runner = Runner(self)
    for index in 0..<count {
      runner.forEachValue(of: batch.map { $0.sample(index) }) { value, elements in
        guard value >= inputs.count,
          let result = named[nodes[value - inputs.count].name]?.first(where: { $0.values.count == count * elements.count })
        else { return }
        let order = orders[value] ?? result.order(fitting: elements, of: count)
        orders[value] = order
        let integers = transposed(result.sample(index, of: count), result.axes, order: order)
        sums[value, default: ErrorSum()].add(elements, integers, scale: result.scale)
      }
    }
    return nodes.indices.compactMap { index in sums[inputs.count + index].map { $0.error(nodes[index].name) } }
  }
}

/// An integer network run on real samples, beside its float network.
struct IntegerResults {
  /// By output, in real units; for classes their indices.
  let outputs: [FloatBatch]
  /// Of the float network.
  let floatOutputs: [FloatBatch]
  /// Of activations, and of accumulators that are outputs, in the order of the float network.
  let layerErrors: [LayerError]

  /// - Parameter float: Nil when its outputs and errors are not asked for.
  init(_ network: IntegerNetwork, _ batch: [FloatBatch], float: Network? = nil) {
    let integers = zip(network.inputs, batch).map { $0.quantize($1) }
    let shown = Set(network.outputs.map(\.value))
    let partners = float.map { network.partners(in: $0, shown: shown) } ?? [:]
    let wanted = Set(partners.values)
    var sums: [Int: ErrorSum] = [:]
    var results = [[Int64]](repeating: [], count: network.outputs.count)
    var floatResults = [[Double]](repeating: [], count: float?.outputs.count ?? 0)
    let count = batch.first?.count ?? 0
    let (floatRunner, runner) = (float.map { Runner($0) }, Runner(network))
    for index in 0..<count {
      // One sample's values alone are kept.
      var exact: [Int: [Double]] = [:]
      floatRunner?.forEachValue(of: batch.map { $0.sample(index) }) { value, elements in
        if wanted.contains(value) { exact[value] = elements }
        float?.show(value, elements, in: &floatResults)
      }
      runner.forEachValue(of: integers.map { $0.sample(index) }) { value, elements in
        if let partner = partners[value], let real = exact[partner] {
          sums[partner, default: ErrorSum()].add(real, elements, scale: network.quantum(of: value).scale)
        }
        network.show(value, elements, in: &results)
      }
    }
    outputs = zip(network.outputs, results).map { output, values in
      IntegerBatch(count: count, values: values).scaled(by: output.classCount == nil ? network.quantum(of: output.value).scale : 1)
    }
    floatOutputs = floatResults.map { FloatBatch(count: count, values: $0) }
    let nodes = float?.nodes ?? []
    let first = float?.inputs.count ?? 0
    layerErrors = nodes.indices.compactMap { index in sums[first + index].map { $0.error(nodes[index].name) } }
  }
}

extension IntegerNetwork {
  /// For values of this network those of the float network that they stand for: of the same node, each the first.
  fileprivate func partners(in float: Network, shown: Set<Int>) -> [Int: Int] {
    let named = Dictionary(float.nodes.indices.map { (float.nodes[$0].name, $0) }) { first, _ in first }
    var partners: [Int: Int] = [:]
    var found: Set<Int> = []
    for (index, node) in nodes.enumerated() {
      let value = inputs.count + index
      guard !makesAccumulators(node) || shown.contains(value), let partner = named[node.name],
        float.nodes[partner].shape == node.shape, found.insert(partner).inserted
      else { continue }
      partners[value] = float.inputs.count + partner
    }
    return partners
  }
}
