import Field

/// A network lowered to columns of integers and two relations, contraction and lookup. docs/protocol.md §3.
package struct ArithmeticCircuit: Hashable, Sendable {
  package var name: String
  package var batchCap: Int
  /// Sizes by axis index. Axis 0 is the batch axis and has size 0 here.
  package var axes: [Int]
  package var columns: [Column]
  package var tables: [Table]
  package var contractions: [Contraction]
  package var lookups: [Lookup]
  package var thresholds: [Threshold]
  package var inputs: [Port]
  package var outputs: [Port]
  /// For each earlier commitment other than the key's: the columns it holds. Not encoded.
  package var committed: [[Int]] = []

  package init(
    name: String, batchCap: Int, axes: [Int], columns: [Column] = [], tables: [Table] = [],
    contractions: [Contraction] = [], lookups: [Lookup] = [], thresholds: [Threshold] = [], inputs: [Port] = [],
    outputs: [Port] = []
  ) {
    self.name = name
    self.batchCap = batchCap
    self.axes = axes
    self.columns = columns
    self.tables = tables
    self.contractions = contractions
    self.lookups = lookups
    self.thresholds = thresholds
    self.inputs = inputs
    self.outputs = outputs
  }

  package static let batchAxis = 0

  package func size(ofAxis axis: Int, batch: Int) -> Int {
    axis == Self.batchAxis ? batch : axes[axis]
  }

  /// A port's column, that of a class port and an index port with the range of the indices.
  package func shownColumn(_ port: Port) -> Column {
    var column = columns[port.column]
    if port.showsIndices, let axis = column.axes.last { column.upper = Int64(axes[axis]) - 1 }
    return column
  }

  /// How many indices a class port shows of each row; 1 for others.
  package func classCount(_ port: Port) -> Int {
    port.classesOf == nil ? 1 : columns[port.column].axes.dropLast().last.map { axes[$0] } ?? 1
  }

  /// The columns that output ports other than class ports show, once each: each makes a claim. docs/protocol.md §7.
  package var claimedOutputs: [Int] {
    var listed = Set<Int>()
    return outputs.filter { $0.classesOf == nil && listed.insert($0.column).inserted }.map { $0.column }
  }

  /// The real value of the integer 1 in a port's column.
  package func scale(of port: Port) -> Double { columns[port.column].scale }

  package func shape(ofColumn column: Int, batch: Int) -> [Int] {
    columns[column].axes.map { size(ofAxis: $0, batch: batch) }
  }

  /// True when padding may count as a lookup: the forms of zero columns are the row of zeros, which is in the table.
  package func hasUnitNumerators(_ lookup: Lookup) -> Bool {
    tables[lookup.table].containsZeroRow && lookup.forms.allSatisfy { $0.constant == 0 }
  }

  /// The columns of each commitment that is made before a proof: of the key's weights, if there are any, then `committed`.
  package var priorColumns: [[Int]] {
    let elsewhere = Set(committed.joined())
    let weights = columns(of: .weight).filter { !elsewhere.contains($0) }
    return (weights.isEmpty ? [] : [weights]) + committed
  }

  /// Indices of the columns of one kind, in circuit order.
  package func columns(of kind: ColumnKind) -> [Int] {
    columns.indices.filter { columns[$0].kind == kind }
  }
}

package enum ColumnKind: UInt8, Sendable {
  /// Public columns are shown by a statement: inputs, and the classes of class ports. The circuit has the integers of constants.
  case weight, advice, `public`, virtual, constant
}

/// A tensor of integers, row-major over its axes, each entry in `lower ... upper`.
package struct Column: Hashable, Sendable {
  package var name: String
  package var kind: ColumnKind
  package var axes: [Int]
  package var lower: Int64
  package var upper: Int64
  /// The real value of the integer 1.
  package var scale: Double
  /// Those of a constant.
  package var values: [Int64]

  package init(
    name: String, kind: ColumnKind, axes: [Int], lower: Int64, upper: Int64, scale: Double = 1, values: [Int64] = []
  ) {
    self.name = name
    self.kind = kind
    self.axes = axes
    self.lower = lower
    self.upper = upper
    self.scale = scale
    self.values = values
  }
}

/// Axis `loopAxis` runs over one axis of a column: whole, or by a slice, at start + stride·o, where reads outside the axis are 0.
package struct Binding: Hashable, Sendable {
  package struct Slice: Hashable, Sendable {
    package var start: Int
    package var stride: Int

    package init(start: Int, stride: Int) {
      self.start = start
      self.stride = stride
    }

    /// The indices below `loopSize` at which a column's axis of `size` is read inside.
    package func inside(loopSize: Int, size: Int) -> Range<Int> {
      let lower = max(0, (stride - 1 - start) / stride)
      return lower..<max(lower, min(loopSize, (size - start + stride - 1) / stride))
    }
  }

  package var loopAxis: Int
  package var slice: Slice?

  package init(_ loopAxis: Int, slice: Slice? = nil) {
    self.loopAxis = loopAxis
    self.slice = slice
  }
}

/// A column, each of its axes driven by a loop axis of the contraction.
package struct Operand: Hashable, Sendable {
  package var column: Int
  package var bindings: [Binding]

  package init(column: Int, bindings: [Binding]) {
    self.column = column
    self.bindings = bindings
  }
}

package struct Term: Hashable, Sendable {
  package var coefficient: Int64
  package var operands: [Operand]

  package init(coefficient: Int64 = 1, operands: [Operand]) {
    self.coefficient = coefficient
    self.operands = operands
  }
}

/// output(o) = Σ_terms coefficient · Σ_s Π operands. docs/protocol.md §3.2.
package struct Contraction: Hashable, Sendable {
  package var output: Int
  package var terms: [Term]

  package init(output: Int, terms: [Term]) {
    self.output = output
    self.terms = terms
  }
}

/// (constant + Σ coefficient·column) / 2^shift in F.
package struct AffineForm: Hashable, Sendable {
  package struct Part: Hashable, Sendable {
    package var column: Int
    package var coefficient: Int64

    package init(column: Int, coefficient: Int64) {
      self.column = column
      self.coefficient = coefficient
    }
  }

  package var shift: Int
  package var constant: Int64
  package var parts: [Part]

  package init(shift: Int, constant: Int64 = 0, parts: [Part]) {
    self.shift = shift
    self.constant = constant
    self.parts = parts
  }

  /// The column itself.
  package init(bare column: Int) {
    self.init(shift: 0, parts: [Part(column: column, coefficient: 1)])
  }

  /// s, when the form is that of a remainder: constant + source − 2^s·quotient.
  package var remainderShift: Int? {
    guard shift == 0, parts.count == 2, parts[1].coefficient < -1 else { return nil }
    let power = parts[1].coefficient.magnitude
    return power.nonzeroBitCount == 1 ? power.trailingZeroBitCount : nil
  }

  /// The column, when the form is just that.
  package var bareColumn: Int? {
    guard shift == 0, constant == 0, parts.count == 1, parts[0].coefficient == 1 else { return nil }
    return parts[0].column
  }
}

/// For every index of the domain, the tuple of forms is a row of the table.
package struct Lookup: Hashable, Sendable {
  package var table: Int
  package var forms: [AffineForm]

  package init(table: Int, forms: [AffineForm]) {
    self.table = table
    self.forms = forms
  }

  /// Of its forms, in order; some more than once.
  package var columns: [Int] {
    var columns: [Int] = []
    for form in forms { for part in form.parts { columns.append(part.column) } }
    return columns
  }
}

/// The least integer for which a sum is at most a bound, for each index of the digits' axes. docs/protocol.md §3.2.
package struct Threshold: Hashable, Sendable {
  /// The integer's digits to the base 2^16, lowest first.
  package var digits: [Int]
  package var exponent: Int
  package var lookup: Int
  package var sum: Int
  /// The sum for the integer before.
  package var sumBefore: Int

  package init(digits: [Int], exponent: Int, lookup: Int, sum: Int, sumBefore: Int) {
    self.digits = digits
    self.exponent = exponent
    self.lookup = lookup
    self.sum = sum
    self.sumBefore = sumBefore
  }
}

/// A column that a statement shows, under its name in the network.
///
/// A class port is an output that shows the indices of the largest entries of each row in place of its public column:
/// entry (row, rank, index) is 1 where the statement has the index. An index port is an input that shows one index for
/// each row: entry (row, index) is 1. docs/protocol.md §3.2.
package struct Port: Hashable, Sendable {
  package var column: Int
  package var name: String
  /// Without the batch axis.
  package var dimensions: [Int]
  /// For a class port, the column of whose rows these are the largest entries.
  package var classesOf: Int?
  package var isIndex: Bool
  /// For a class port of a statement's circuit, the public column of what is smaller than its indices. Not encoded.
  package var below: Int?

  package init(column: Int, name: String, dimensions: [Int], classesOf: Int? = nil, isIndex: Bool = false) {
    self.column = column
    self.name = name
    self.dimensions = dimensions
    self.classesOf = classesOf
    self.isIndex = isIndex
  }

  /// True where the statement has indices of a column's entries in place of integers.
  package var showsIndices: Bool { isIndex || classesOf != nil }
}

/// ⌈log2 size⌉.
package func bitCountOfAxis(_ size: Int) -> Int {
  size <= 1 ? 0 : Int.bitWidth - (size - 1).leadingZeroBitCount
}
