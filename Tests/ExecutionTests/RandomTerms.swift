import Circuit
import TestSupport

/// A contraction of random terms over columns with random axes, read directly and by slices.
func randomContraction(seed: UInt64) -> SmallNetwork {
  var random = RepeatableRandom(seed: seed)
  let axes = (0..<6).map { _ in Int.random(in: 1...([3, 9, 20].randomElement(using: &random) ?? 3), using: &random) }
  var builder = CircuitBuilder("random terms \(seed)", axes: axes, seed: seed)
  func someAxes(_ most: Int) -> [Int] {
    Array((1...6).shuffled(using: &random).prefix(Int.random(in: 0...most, using: &random)))
  }
  var columns = (0..<3).map { _ in builder.input(someAxes(3), -9...9) }
  columns += (0..<3).map { _ in builder.weight(someAxes(3), bits: 5) }
  let terms = (0..<Int.random(in: 1...4, using: &random)).map { _ in
    Term(
      coefficient: Int64.random(in: -3...3, using: &random),
      operands: (0..<Int.random(in: 1...3, using: &random)).compactMap { _ in
        columns.randomElement(using: &random).map { column in
          Operand(column: column, bindings: randomBindings(builder.circuit, column, &random))
        }
      })
  }
  builder.output(builder.contraction(someAxes(3), terms))
  return SmallNetwork(builder, batches: [1, 3])
}

/// Every axis with a loop axis of its own; slices start before the column and end beyond it at times.
private func randomBindings(
  _ circuit: ArithmeticCircuit, _ column: Int, _ random: inout RepeatableRandom
) -> [Binding] {
  let axes = circuit.columns[column].axes
  var bindings: [Binding] = []
  for (position, axis) in axes.enumerated() {
    let taken = bindings.map(\.loopAxis) + axes[position...]
    let others = circuit.axes.indices.dropFirst().filter { !taken.contains($0) }
    guard axis != ArithmeticCircuit.batchAxis, Bool.random(using: &random),
      let loop = others.randomElement(using: &random)
    else {
      bindings.append(Binding(axis))
      continue
    }
    let (start, stride) = (Int.random(in: -4...4, using: &random), Int.random(in: 1...3, using: &random))
    bindings.append(Binding(loop, slice: .init(start: start, stride: stride)))
  }
  return bindings
}
