/// Which columns are made of which, and the scans among them. Rule 4 of docs/protocol.md §3.3.
package struct ColumnOrder {
  private struct Edge {
    let end: Int
    /// The axes for which it is level, of a backward edge those for which it is late; nil for all.
    let axes: [Int]?
  }

  /// By column: the number of its component. No column is made of one of a larger number.
  package private(set) var components: [Int]
  /// By component with a backward edge: the axes along which it is a scan. None where the circuit is not valid.
  package private(set) var scans: [Int: Set<Int>] = [:]

  /// For a circuit whose contractions, lookups and thresholds are valid. The work is linear in their terms.
  package init(_ circuit: ArithmeticCircuit) {
    var edges = [[Edge]](repeating: [], count: circuit.columns.count)
    let terms = circuit.contractions.reduce(into: [:]) { $0[$1.output] = $1.terms }
    func append(_ operands: [Operand], to column: Int) {
      for operand in operands where ![.weight, .constant].contains(circuit.columns[operand.column].kind) {
        let start = operand.column < column ? 0 : -1
        let axes = zip(circuit.columns[operand.column].axes, operand.bindings).filter { axis, binding in
          binding.loopAxis == axis && (binding.slice.map { $0.stride == 1 && $0.start <= start } ?? (start == 0))
        }
        edges[column].append(Edge(end: operand.column, axes: axes.map { $0.0 }))
      }
    }
    for (output, terms) in terms { append(terms.flatMap { $0.operands }, to: output) }
    for form in circuit.lookups.map({ $0.forms }) {
      let source = form[0].parts[0].column
      // A column that is in several forms has one source.
      for part in form.flatMap({ $0.parts }).dropFirst() where edges[part.column].isEmpty {
        edges[part.column] = [Edge(end: source, axes: part.column > source ? nil : [])]
      }
    }
    for threshold in circuit.thresholds {
      let masks = (terms[threshold.sum] ?? []).flatMap { $0.operands.dropFirst() }
      let others = (terms[threshold.exponent] ?? []).flatMap { $0.operands }.filter { !threshold.digits.contains($0.column) }
      for digit in threshold.digits { append(others + masks, to: digit) }
    }
    for port in circuit.outputs {
      if let source = port.classesOf { edges[port.column] = [Edge(end: source, axes: circuit.columns[port.column].axes.dropLast(2))] }
    }
    components = Self.components(edges.map { $0.map { $0.end } })
    for (column, edges) in edges.enumerated() {
      for edge in edges where edge.end >= column { scans[components[column]] = Set(circuit.columns[column].axes) }
    }
    for (column, edges) in edges.enumerated() {
      guard scans[components[column]] != nil else { continue }
      scans[components[column]]?.formIntersection(circuit.columns[column].axes)
      for edge in edges {
        let isInside = components[edge.end] == components[column]
        if isInside, let axes = edge.axes { scans[components[column]]?.formIntersection(axes) }
        if !isInside, edge.end >= column { scans[components[column]] = [] }
      }
    }
  }

  /// The strongly connected components of a graph, numbered so that no edge leads to a larger number. Tarjan's algorithm.
  package static func components(_ edges: [[Int]]) -> [Int] {
    var (components, component) = ([Int](repeating: 0, count: edges.count), 0)
    // When a node was found, 0 before; the first such node that it leads to, none once its component is known.
    var (found, low, count) = (components, components, 0)
    var (path, open): ([(node: Int, edge: Int)], [Int]) = ([], [])
    func enter(_ node: Int) {
      count += 1
      (found[node], low[node]) = (count, count)
      path.append((node, 0))
      open.append(node)
    }
    for root in edges.indices where found[root] == 0 {
      enter(root)
      while let (node, edge) = path.last {
        if edge < edges[node].count {
          let end = edges[node][edge]
          if found[end] == 0 {
            enter(end)
          } else {
            low[node] = min(low[node], low[end])
            path[path.count - 1].edge += 1
          }
          continue
        }
        path.removeLast()
        guard low[node] == found[node] else { continue }
        while let last = open.popLast() {
          (components[last], low[last]) = (component, .max)
          if last == node { break }
        }
        component += 1
      }
    }
    return components
  }
}

extension ArithmeticCircuit {
  /// After the other rules.
  func validateOrder() throws(InvalidCircuit) {
    for (_, axes) in ColumnOrder(self).scans { try require(!axes.isEmpty, rule: 4) }
  }
}
