/// Computes the values of one sample stage by stage, hands each over, and keeps it until nothing reads it any more.
///
/// - Parameters:
///   - stages: Of all nodes; each reads values of earlier stages and its own.
///   - results: The values of a stage's nodes, from all values; those that it does not read may be empty.
package func forEachValue<Element>(
  of inputs: [[Element]], stages: [Stage], results: (_ stage: Int, _ values: [[Element]]) -> [[Element]],
  _ body: (_ value: Int, _ elements: [Element]) -> Void
) {
  var lastReader: [Int: Int] = [:]
  for (stage, own) in stages.enumerated() { for value in own.operands { lastReader[value] = stage } }
  for (value, elements) in inputs.enumerated() { body(value, elements) }
  var values = inputs + [[Element]](repeating: [], count: stages.reduce(0) { $0 + $1.nodes.count })
  for (stage, own) in stages.enumerated() {
    for (node, elements) in zip(own.nodes, results(stage, values)) {
      body(inputs.count + node, elements)
      if let last = lastReader[inputs.count + node], last > stage { values[inputs.count + node] = elements }
    }
    for value in own.operands where lastReader[value] == stage { values[value] = [] }
  }
}
