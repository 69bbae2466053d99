/// What another value was one step before, along its first axis; 0 before the first step.
///
/// It has no operand. `Graph.delayed` says which value it is of, which may be made of it: these nodes are a *scan*.
package struct Delay<Number: GraphNumber>: Primitive, Equatable {
  package let number: Int

  package func run(_ sources: [[Int]], _ shape: [Int]) -> ([[Number]]) -> [Number] { { _ in preconditionFailure("it runs with its scan") } }
}

extension Delay<Int64>: IntegerPrimitive {
  /// What the value it is of is given.
  func range(for operands: [OperandRange], rank: Int) -> ClosedRange<Int64>? { nil }

  /// A column that stands for the value's own until that is there: `Lowering.replaceDelays`.
  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View {
    let sizes = lowering.plan.axes[lowering.network.inputs.count + index]
    guard sizes.first == node.shape[0] else {
      throw .unusableLayer(node.name, reason: "another operator reads its \(node.shape[0]) steps in pieces")
    }
    let loops = [lowering.builder.stepAxis(node.shape[0])] + sizes.dropFirst().map { lowering.builder.appendAxis($0) }
    let column = lowering.builder.appendColumn("\(node.name).before", .advice, loops, node.range, scale: node.scale)
    lowering.delays[number] = column
    return lowering.view(of: column, loops: loops)
  }
}

extension Lowering {
  /// Has all that reads columns which stand for delayed values read these values' own columns, one step before.
  mutating func replaceDelays() throws(ModelError) {
    for (number, standIn) in delays.sorted(by: { $0.key < $1.key }) {
      let own = builder.circuit.columns[standIn]
      let view = network.delayed[number].map { views[$0] }
      guard let view, case let column = builder.circuit.columns[view.column], column.kind == .advice, view.fixed.isEmpty,
        view.axes.allSatisfy({ $0.start == 0 && $0.stride == 1 }), view.axes.count == own.axes.count - 1, column.axes.count == own.axes.count,
        view.axes.first.map({ column.axes[$0.position] }) == own.axes[1], own.lower <= column.lower, column.upper <= own.upper,
        !builder.circuit.lookups.contains(where: { $0.columns.contains(standIn) })
      else { throw .unusableLayer(own.name, reason: "its steps are not computed one after the other") }
      try builder.replace(standIn, byEarlier: view)
    }
  }
}
