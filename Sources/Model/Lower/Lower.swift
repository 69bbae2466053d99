import Circuit

/// The circuit of an integer network.
///
/// Operators that make accumulators become contractions, requantizations the limbs of a remainder and an activation, each
/// with its lookup; views leave no trace. Layers with the same function share one table. Where operators cut a value into axes
/// that have nothing in common, it is copied.
///
/// - Parameter batchCap: The largest batch, or less where columns of so many samples were too long.
/// - Throws: `.unusableLayer`.
package func lower(_ network: IntegerNetwork, batchCap: Int = defaultBatchCap) throws(ModelError) -> LoweredNetwork {
  var relaid = RelaidNetwork(network)
  var lowering = try Lowering(relaid, batchCap: batchCap)
  var index = 0
  while index < relaid.network.nodes.count {
    do {
      try lowering.add(index)
      index += 1
    } catch {
      let node = relaid.network.nodes[index]
      guard [lowering.splitAxis(node), lowering.tooManyFactors(node)].contains(error), relaid.relay(index) else { throw error }
      lowering = try Lowering(relaid, batchCap: batchCap)
      index = 0
    }
  }
  return try lowering.finish()
}

package let defaultBatchCap = 1 << 12

struct Lowering {
  let network: IntegerNetwork
  let plan: AxisPlan
  let rounding: RoundingPlan
  var builder: CircuitBuilder
  /// By value.
  private(set) var views: [View] = []
  /// The values whose columns an output shows, element by element.
  private let shown: Set<Int>
  /// The nodes that are lowered with the Softmax that reads them.
  let scores: Set<Int>
  /// By number, columns that stand for delayed values.
  var delays: [Int: Int] = [:]
  /// By column that stands for a state, the columns that it is a sum of.
  var states: [Int: [AffineForm.Part]] = [:]
  /// By node, the column of a function that was looked up with its state.
  var functionsOfStates: [Int: Int] = [:]
  /// By the number that constants give an array: its column of weights, and the place of its integers.
  var arrays: [Int: (column: Int, weights: Int)] = [:]

  init(_ relaid: RelaidNetwork, batchCap: Int) throws(ModelError) {
    let network = relaid.network
    self.network = network
    plan = try AxisPlan(network, copies: relaid.copies)
    rounding = RoundingPlan(network)
    shown = Self.shownValues(network)
    scores = Set(network.nodes.compactMap { node in
      guard case .softmax = node.operation, let source = network.node(of: node.operands[0]),
        case .contraction = source.operation, !network.isView(source)
      else { return nil }
      return node.operands[0] - network.inputs.count
    })
    builder = CircuitBuilder(name: network.name, batchCap: batchCap)
    for (index, input) in network.inputs.enumerated() {
      let loops = plan.axes[index].map { builder.appendAxis($0) }
      let column = builder.appendColumn(input.port.name, .public, columnAxes(loops), input.range, scale: input.scale)
      let isIndex = input.port.indexCount != nil
      guard !isIndex || builder.axes(of: column).last.map({ builder.circuit.axes[$0] }) == input.port.indexCount else {
        throw .unusableLayer(input.port.name, reason: "its ids are read in another way than as rows of tables")
      }
      builder.circuit.inputs.append(
        Port(column: column, name: input.port.name, dimensions: input.port.shape, isIndex: isIndex))
      views.append(view(of: column, loops: loops))
    }
  }

  consuming func finish() throws(ModelError) -> LoweredNetwork {
    for output in network.outputs {
      let column = views[output.value].column
      if let count = output.classCount {
        try appendClasses(output, of: views[output.value], count: count)
      } else {
        if let operation = output.leftOut { builder.markLeftOut(operation, after: column) }
        builder.circuit.outputs.append(
          Port(column: column, name: output.name, dimensions: network.shape(of: output)))
      }
    }
    // A proof commits to something, also of a network without weights that rounds nothing.
    if !builder.circuit.columns.contains(where: { $0.kind == .weight || $0.kind == .advice }) {
      _ = try builder.appendWeights([1], "one", layer: "one", [builder.unitAxis()])
    }
    try replaceDelays()
    try builder.replace(sums: states)
    builder.removeColumns(Set(delays.values).union(states.keys))
    builder.limitBatch()
    do throws(InvalidCircuit) {
      try builder.circuit.validate()
    } catch {
      throw .unusableLayer(
        network.outputs.first?.name ?? network.name,
        reason: "the circuit breaks rule \(error.rule) of docs/protocol.md §3.3 at \(error.index)")
    }
    return LoweredNetwork(circuit: builder.circuit, weights: builder.weights)
  }

  mutating func add(_ index: Int) throws(ModelError) {
    let node = network.nodes[index]
    guard !scores.contains(index) else {
      views.append(View(column: 0, axes: []))
      return
    }
    views.append(try node.operation.integerPrimitive.lower(node, index, &self))
  }

  /// A column that has these loop axes, as a value whose axes they are.
  func view(of column: Int, loops: [Int]) -> View {
    let axes = builder.circuit.columns[column].axes
    return View(
      column: column,
      axes: loops.map { View.Axis(position: axes.firstIndex(of: $0) ?? 0, size: builder.circuit.axes[$0]) },
      fixed: loops.isEmpty ? [1: 0] : [:])
  }

  /// At least one axis.
  private mutating func columnAxes(_ axes: [Int]) -> [Int] { axes.isEmpty ? [builder.unitAxis()] : axes }

  /// The axes of a column for a value with these loop axes: shown values keep their order.
  mutating func columnAxes(_ loops: [Int], value: Int) -> [Int] {
    columnAxes(shown.contains(value) ? loops : builder.byPadding(loops))
  }

  /// A value of accumulators over these loop axes.
  mutating func accumulators(_ node: Node<Int64>, _ index: Int, _ loops: [Int], _ terms: [Term]) throws(ModelError) -> View
  {
    let axes = columnAxes(loops, value: network.inputs.count + index)
    let column = try builder.appendContraction(
      "\(node.name).accumulator", layer: node.name, axes, terms, scale: node.scale)
    return view(of: column, loops: loops)
  }

  private static func shownValues(_ network: IntegerNetwork) -> Set<Int> {
    var shown = Set(network.outputs.map(\.value))
    for (index, node) in network.nodes.enumerated().reversed() where shown.contains(network.inputs.count + index) {
      if node.operation.integerPrimitive.keepsPlaces { shown.formUnion(node.operands) }
    }
    return shown
  }

  func splitAxis(_ node: Node<Int64>) -> ModelError {
    .unusableLayer(node.name, reason: "it cuts or joins along an axis whose pieces in another operator do not fit its own; sizes that are powers of two do")
  }

  func tooManyFactors(_ node: Node<Int64>) -> ModelError {
    .unusableLayer(node.name, reason: "its products have more than three factors, pieces of axes that do not fit among them; multiply fewer values at once")
  }
}

// MARK: Classes

extension Lowering {
  /// The largest entries of each row along a value's last axis; the class relation is the statement's.
  private mutating func appendClasses(_ output: NetworkOutput, of view: View, count: Int) throws(ModelError) {
    let name = output.name
    let shape = network.shape(of: output.value)
    guard let size = shape.last, count < size else {
      throw .unusableLayer(name, reason: "\(count) classes can only be shown of rows of more than \(count) elements")
    }
    let axes = builder.axes(of: view.column)
    guard plan.axes[output.value].last == size, axes.map({ builder.circuit.axes[$0] }) == plan.axes[output.value] else {
      throw .unusableLayer(name, reason: "another operator reads the axis of its classes in pieces; show the values instead, without --classes")
    }
    guard axes.count <= 6 else {
      throw .unusableLayer(name, reason: "its elements are cut into \(axes.count) axes; at most 6 are supported with classes: show the values instead")
    }
    let source = try classSource(view.column, name, range: network.quantum(of: output.value).range)
    let classes = builder.appendColumn(
      "\(name).classes", .public, axes.dropLast() + [builder.appendAxis(count)] + axes.suffix(1), 0...1)
    builder.circuit.outputs.append(
      Port(column: classes, name: name, dimensions: output.shape(of: shape), classesOf: source))
  }

  /// A column of the same integers whose terms have one operand each.
  private mutating func classSource(_ column: Int, _ name: String, range: ClosedRange<Int64>) throws(ModelError) -> Int {
    let widest = Int64(1) << 52
    guard -widest < range.lowerBound, range.upperBound < widest else {
      throw .unusableLayer(name, reason: "its elements can reach \(range), too wide to be compared; show the values instead")
    }
    let terms = builder.circuit.contractions.first { $0.output == column }?.terms ?? []
    let isSimple = terms.allSatisfy { $0.operands.count == 1 }
    // Of an input's classes alone there is nothing that a proof commits to.
    if isSimple, builder.circuit.columns.contains(where: { $0.kind == .weight || $0.kind == .advice }) { return column }
    let parts = builder.appendExactParts(column, name, range: range, limbs: rounding.limbs(ofShift:))
    let sum = parts.map { Term(coefficient: $0.coefficient, operands: [builder.whole($0.column)]) }
    return try builder.appendContraction(
      "\(name).exact", layer: name, builder.axes(of: column), sum, scale: builder.circuit.columns[column].scale)
  }
}
