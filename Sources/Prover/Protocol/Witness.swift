import Circuit
import Execution

/// The integers of every column, at true sizes, row-major; and every table's multiplicities.
package struct Witness: Sendable {
  package var columns: [[Int64]]
  /// Columns, by index, that were packed before.
  package var packed: [Int: PackedRows] = [:]
  package var multiplicities: [[Int64]]

  /// Runs the circuit on inputs (by port) of its sizes and ranges.
  package init(
    _ executor: CircuitExecutor, batch: Int, inputs: [[Int64]], threads: Int
  ) throws(ExecutionError) {
    columns = try executor.columns(batch: batch, inputs: inputs, threads: threads)
    multiplicities = []
    countMultiplicities(executor.stated, batch: batch, threads: threads)
  }

  /// What a statement shows of each output port.
  package func outputs(_ circuit: ArithmeticCircuit) -> [[Int64]] { circuit.shownOutputs(columns) }

  /// Overwrites what was computed and is not shown.
  package mutating func erase(_ circuit: ArithmeticCircuit) {
    let shown = circuit.outputs.map(\.column)
    for column in circuit.columns(of: .advice) + circuit.columns(of: .virtual) where !shown.contains(column) {
      columns[column].erase()
    }
    for table in multiplicities.indices { multiplicities[table].erase() }
  }

  /// Counts the rows looked up; padding counts as lookups of the row of zeros where it does so for the verifier.
  package mutating func countMultiplicities(_ circuit: ArithmeticCircuit, batch: Int, threads: Int = 1) {
    let work = circuit.lookups.reduce(0) { $0 + columns[$1.forms[0].parts[0].column].count }
    multiplicities = Parallel.map(circuit.tables.count, threads: work < 1 << 16 ? 1 : threads) { table in
      var counts = [Int64](repeating: 0, count: 1 << circuit.tables[table].bitCount)
      let lower = circuit.tables[table].domain.lower
      for lookup in circuit.lookups where lookup.table == table {
        let source = columns[lookup.forms[0].parts[0].column]
        if lookup.forms[0].bareColumn == nil {
          for index in source.indices { counts.count(value(of: lookup.forms[0], at: index) &- lower) }
        } else {
          for integer in source { counts.count(integer &- lower) }
        }
        if circuit.hasUnitNumerators(lookup) {
          counts[Int(-lower)] += Int64(circuit.block(of: lookup, batch: batch).leafCount - source.count)
        }
      }
      return counts
    }
  }

  /// The integer value of a form at one index; exact when the limbs are those of the source.
  private func value(of form: AffineForm, at index: Int) -> Int64 {
    var sum = form.constant
    for part in form.parts { sum &+= part.coefficient &* columns[part.column][index] }
    return sum >> Int64(form.shift)
  }
}

extension [Int64] {
  /// Counts a row, when there is one.
  fileprivate mutating func count(_ row: Int64) {
    let row = Int(row)
    if indices.contains(row) { self[row] += 1 }
  }
}
