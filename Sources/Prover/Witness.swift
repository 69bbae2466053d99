import Circuit
import Field

/// An input for which the circuit has no satisfying advice.
package enum WitnessError: Error, Equatable {
  /// A lookup's first coordinate at this index of its columns is outside its table.
  case outsideTable(lookup: Int, index: Int, value: Int64)
}

/// The integers of every column, at true sizes, row-major; and every table's multiplicities.
package struct Witness: Sendable {
  package var columns: [[Int64]]
  package var multiplicities: [[Int64]]

  /// Computes all columns from the inputs (by port) and weights (in circuit order).
  ///
  /// For a valid circuit, and inputs and weights of the right sizes and ranges.
  package init(
    _ circuit: ArithmeticCircuit, batch: Int, inputs: [[Int64]], weights: [[Int64]], threads: Int
  ) throws(WitnessError) {
    columns = Array(repeating: [], count: circuit.columns.count)
    multiplicities = circuit.tables.map { Array(repeating: 0, count: 1 << $0.bitCount) }
    for (port, integers) in zip(circuit.inputs, inputs) { columns[port.column] = integers }
    for (column, integers) in zip(circuit.columns(of: .weight), weights) { columns[column] = integers }
    let contractions = Dictionary(uniqueKeysWithValues: circuit.contractions.map { ($0.output, $0) })
    let definitions = Self.definitions(circuit)
    for column in circuit.columns.indices {
      switch circuit.columns[column].kind {
      case .weight: break
      case .input:
        guard let port = circuit.outputs.first(where: { $0.column == column }), let source = port.classesOf else {
          break
        }
        columns[column] = selection(port.dimensions[0], of: columns[source], batch: batch)
      case .virtual:
        guard let contraction = contractions[column] else { break }
        columns[column] = evaluate(contraction, circuit, batch: batch, threads: threads)
      case .advice:
        switch definitions[column] {
        case .limb(let source, let constant, let offset, let bits, let isLast):
          columns[column] = columns[source].map {
            Self.limb(of: constant + $0, offset: offset, bits: bits, isLast: isLast)
          }
        case .function(let lookup): columns[column] = try applyFunction(lookup, circuit)
        case nil: break
        }
      }
    }
    countMultiplicities(circuit, batch: batch)
  }

  /// What a statement shows of each output port.
  package func outputs(_ circuit: ArithmeticCircuit) -> [[Int64]] {
    circuit.outputs.map { port in
      let column = columns[port.column]
      guard port.classesOf != nil, let axis = circuit.columns[port.column].axes.last else { return column }
      return column.indices.filter { column[$0] == 1 }.map { Int64($0 % circuit.axes[axis]) }
    }
  }

  /// The public column of a class port: by sample, for the indices of the largest entries, ascending, a row with a 1
  /// there. Of equal entries the first ones are taken.
  private func selection(_ count: Int, of source: [Int64], batch: Int) -> [Int64] {
    let size = source.count / batch
    var selection = [Int64](repeating: 0, count: count * source.count)
    for sample in 0..<batch {
      let row = source[sample * size..<(sample + 1) * size]
      let largest = row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count)
      for (rank, index) in largest.sorted().enumerated() {
        selection[(sample * count + rank) * size + index - row.startIndex] = 1
      }
    }
    return selection
  }

  private enum Definition {
    case limb(source: Int, constant: Int64, offset: Int, bits: Int, isLast: Bool)
    case function(lookup: Int)
  }

  private static func definitions(_ circuit: ArithmeticCircuit) -> [Int: Definition] {
    var bits: [Int: Int] = [:]
    for lookup in circuit.lookups {
      if let column = lookup.forms[0].plainColumn { bits[column] = circuit.tables[lookup.table].bitCount }
    }
    var definitions: [Int: Definition] = [:]
    for (index, lookup) in circuit.lookups.enumerated() {
      let form = lookup.forms[0]
      var offset = 0
      for limb in form.parts.dropFirst() {
        let width = bits[limb.column] ?? 0
        definitions[limb.column] = .limb(
          source: form.parts[0].column, constant: form.constant, offset: offset, bits: width,
          isLast: offset + width == form.shift)
        offset += width
      }
      if lookup.forms.count == 2, let column = lookup.forms[1].plainColumn {
        definitions[column] = .function(lookup: index)
      }
    }
    return definitions
  }

  /// Bits offset ..< offset + bits of a value in two's complement, the last limb signed.
  private static func limb(of value: Int64, offset: Int, bits: Int, isLast: Bool) -> Int64 {
    let aligned = value << Int64(64 - offset - bits)
    return isLast ? aligned >> Int64(64 - bits) : Int64(bitPattern: UInt64(bitPattern: aligned) >> UInt64(64 - bits))
  }

  /// The integer value of a form at one index; exact when the limbs are those of the source.
  private func value(of form: AffineForm, at index: Int) -> Int64 {
    var sum = form.constant
    for part in form.parts { sum &+= part.coefficient &* columns[part.column][index] }
    return sum >> Int64(form.shift)
  }

  private func applyFunction(_ index: Int, _ circuit: ArithmeticCircuit) throws(WitnessError) -> [Int64] {
    let lookup = circuit.lookups[index]
    guard case .function(let lower, let values) = circuit.tables[lookup.table].content else { return [] }
    var results: [Int64] = []
    for position in columns[lookup.forms[0].parts[0].column].indices {
      let argument = value(of: lookup.forms[0], at: position)
      guard argument >= lower, argument - lower < Int64(values.count) else {
        throw .outsideTable(lookup: index, index: position, value: argument)
      }
      results.append(values[Int(argument - lower)])
    }
    return results
  }

  /// Counts the rows looked up; padding counts as lookups of the row of zeros where it does so for the verifier.
  package mutating func countMultiplicities(_ circuit: ArithmeticCircuit, batch: Int) {
    for table in multiplicities.indices {
      multiplicities[table] = Array(repeating: 0, count: multiplicities[table].count)
    }
    for lookup in circuit.lookups {
      let table = circuit.tables[lookup.table]
      let lower = table.domain.lower
      let source = lookup.forms[0].parts[0].column
      let plain = lookup.forms[0].plainColumn
      for index in columns[source].indices {
        let argument = plain.map { columns[$0][index] } ?? value(of: lookup.forms[0], at: index)
        let row = argument &- lower
        if multiplicities[lookup.table].indices.contains(Int(row)) { multiplicities[lookup.table][Int(row)] += 1 }
      }
      if circuit.hasUnitNumerators(lookup) {
        let bits = circuit.shape(ofColumn: source, batch: batch).map(bitCountOfAxis).reduce(0, +)
        multiplicities[lookup.table][Int(-lower)] += Int64(1 << bits - columns[source].count)
      }
    }
  }

  /// output(o) = Σ_terms coefficient · Σ_s Π operands, by strides.
  private func evaluate(
    _ contraction: Contraction, _ circuit: ArithmeticCircuit, batch: Int, threads: Int
  ) -> [Int64] {
    let output = circuit.columns[contraction.output]
    let shape = output.axes.map { circuit.size(ofAxis: $0, batch: batch) }
    let terms = contraction.terms.map { term in
      StridedTerm(term, output: output, circuit, batch: batch, columns)
    }
    let count = shape.reduce(1, *)
    let rowLength = max(shape.last ?? 1, 1)
    let rows = Parallel.map(count / rowLength, threads: threads) { row in
      (0..<rowLength).map { last in
        var index: [Int] = []
        var rest = row
        for size in shape.dropLast().reversed() {
          index.insert(rest % size, at: 0)
          rest /= size
        }
        if !shape.isEmpty { index.append(last) }
        return terms.reduce(Int64(0)) { $0 &+ $1.value(at: index) }
      }
    }
    return rows.flatMap { $0 }
  }
}

/// A term of a contraction with each operand's strides along output and summed axes.
private struct StridedTerm {
  let coefficient: Int64
  let columns: [[Int64]]
  let bases: [Int]
  /// By operand, then output axis.
  let outputStrides: [[Int]]
  /// By operand, then summed axis.
  let summedStrides: [[Int]]
  /// The indices of each axis at which no operand is read outside its column.
  let outputRanges: [Range<Int>]
  let summedRanges: [Range<Int>]

  init(_ term: Term, output: Column, _ circuit: ArithmeticCircuit, batch: Int, _ all: [[Int64]]) {
    coefficient = term.coefficient
    columns = term.operands.map { all[$0.column] }
    let summed = term.summedAxes(output: output)
    var ranges: [Int: Range<Int>] = [:]
    for axis in output.axes + summed { ranges[axis] = 0..<circuit.size(ofAxis: axis, batch: batch) }
    var bases: [Int] = []
    var loops: [[Int: Int]] = []
    for operand in term.operands {
      var stride = 1
      var base = 0
      var strides: [Int: Int] = [:]
      let axes = circuit.columns[operand.column].axes
      for (axis, binding) in zip(axes, operand.bindings).reversed() {
        let slice = binding.slice ?? .init(start: 0, stride: 1)
        let size = circuit.size(ofAxis: axis, batch: batch)
        base += stride * slice.start
        strides[binding.loopAxis] = stride * slice.stride
        stride *= size
        let loopSize = circuit.size(ofAxis: binding.loopAxis, batch: batch)
        ranges[binding.loopAxis] = ranges[binding.loopAxis]?.clamped(to: slice.inside(loopSize: loopSize, size: size))
      }
      bases.append(base)
      loops.append(strides)
    }
    self.bases = bases
    outputStrides = loops.map { strides in output.axes.map { strides[$0] ?? 0 } }
    summedStrides = loops.map { strides in summed.map { strides[$0] ?? 0 } }
    outputRanges = output.axes.map { ranges[$0] ?? 0..<0 }
    summedRanges = summed.map { ranges[$0] ?? 0..<0 }
  }

  func value(at index: [Int]) -> Int64 {
    guard zip(outputRanges, index).allSatisfy({ $0.contains($1) }) else { return 0 }
    let offsets = bases.indices.map { operand in
      let start = zip(index, outputStrides[operand]).reduce(bases[operand]) { $0 + $1.0 * $1.1 }
      return zip(summedRanges, summedStrides[operand]).reduce(start) { $0 + $1.0.lowerBound * $1.1 }
    }
    return coefficient &* sum(0, offsets)
  }

  private func sum(_ axis: Int, _ offsets: [Int]) -> Int64 {
    guard axis < summedRanges.count else {
      return columns.indices.reduce(1) { $0 &* columns[$1][offsets[$1]] }
    }
    if axis == summedRanges.count - 1, columns.count == 2 {
      return dot(
        columns[0], columns[1], offsets, summedStrides[0][axis], summedStrides[1][axis], summedRanges[axis].count)
    }
    var total: Int64 = 0
    var current = offsets
    for _ in summedRanges[axis] {
      total &+= sum(axis + 1, current)
      for operand in current.indices { current[operand] += summedStrides[operand][axis] }
    }
    return total
  }

  private func dot(
    _ a: [Int64], _ b: [Int64], _ offsets: [Int], _ strideA: Int, _ strideB: Int, _ count: Int
  ) -> Int64 {
    var total: Int64 = 0
    var (i, j) = (offsets[0], offsets[1])
    for _ in 0..<count {
      total &+= a[i] &* b[j]
      i += strideA
      j += strideB
    }
    return total
  }
}
