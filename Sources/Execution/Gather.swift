import Circuit

/// A term that reads the column of an index port: only the places of its ones count.
struct Gather: Sendable {
  private let term: AffineTerm
  /// The loops of the rows' axes, and that of the entries.
  private let rows: [Int]
  private let entries: Int
  /// Whose ones they are.
  let port: Int

  /// Nil for a term that reads no index port, or not from end to end.
  init?(_ term: Term, output: Column, _ circuit: ArithmeticCircuit) {
    guard let operand = term.operands.first(where: { operand in circuit.inputs.contains { $0.isIndex && $0.column == operand.column } }),
      let port = circuit.inputs.firstIndex(where: { $0.column == operand.column }),
      operand.bindings.allSatisfy({ $0.slice == nil }), let affine = AffineTerm(term, output: output, circuit)
    else { return nil }
    let order = output.axes + term.summedAxes(output: output)
    let loops = operand.bindings.compactMap { order.firstIndex(of: $0.loopAxis) }
    guard let last = loops.last, affine.loops.allSatisfy({ $0.range == nil || $0.isWhole }) else { return nil }
    (self.term, self.port, rows, entries) = (affine, port, loops.dropLast(), last)
  }

  var columns: [Int] { term.columns }

  /// - Parameter indices: Those of the port, by row.
  func add(to output: inout [Int64], _ columns: [[Int64]], indices: [Int64], batch: Int, threads: Int) {
    let sizes = rows.map { term.loops[$0].count(batch: batch) }
    for (row, index) in indices.enumerated() {
      var rest = row
      var fixed = [(loop: entries, index: Int(index))]
      for (loop, size) in zip(rows, sizes).reversed() {
        fixed.append((loop, rest % size))
        rest /= size
      }
      TermKernel.strided(term.fixing(fixed)).add(to: &output, columns, batch: batch, threads: threads)
    }
  }
}
