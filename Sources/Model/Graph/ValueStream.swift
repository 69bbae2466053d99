/// Computes the values of one sample in index order, hands each over, and keeps it until nothing reads it any more.
///
/// - Parameters:
///   - operands: By node, the values that it reads, of which all have smaller indices.
///   - result: The value of a node, from all values; those that it does not read may be empty.
package func forEachValue<Element>(
  of inputs: [[Element]], operands: [[Int]], result: (_ node: Int, _ values: [[Element]]) -> [Element],
  _ body: (_ value: Int, _ elements: [Element]) -> Void
) {
  var lastReader: [Int: Int] = [:]
  for (node, values) in operands.enumerated() { for value in values { lastReader[value] = node } }
  for (value, elements) in inputs.enumerated() { body(value, elements) }
  var values = inputs
  values.reserveCapacity(inputs.count + operands.count)
  for node in operands.indices {
    let elements = result(node, values)
    body(inputs.count + node, elements)
    values.append(lastReader[inputs.count + node] == nil ? [] : elements)
    for value in operands[node] where lastReader[value] == node { values[value] = [] }
  }
}
