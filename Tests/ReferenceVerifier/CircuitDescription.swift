/// The circuit of §3 with axis 0, the batch axis, of size 0.
package struct CircuitDescription {
  var batchCap: Int
  var axes: [Int]
  var columns: [Column]
  var tables: [Table]
  var contractions: [Contraction]
  var lookups: [Lookup]
  var inputs: [Port]
  var outputs: [Port]
}

enum ColumnKind: UInt8 {
  case weight = 0
  case advice = 1
  case published = 2
  case virtual = 3
}

struct Column {
  var kind: ColumnKind
  var axes: [Int]
  var lower: Int64
  var upper: Int64
  var scale: Double
}

package enum Table: Equatable {
  case range(lower: Int64, bits: Int)
  case function(lower: Int64, values: [Int64])

  var rowCount: Int {
    switch self {
    case .range(_, let bits): 1 << bits
    case .function(_, let values): values.count
    }
  }

  /// First and last value of the first coordinate.
  var domain: (lower: Int64, upper: Int64) {
    switch self {
    case .range(let lower, _), .function(let lower, _): (lower, lower + Int64(rowCount - 1))
    }
  }

  /// ⌈log rows⌉.
  var bits: Int { ceilLog(rowCount) }

  var formCount: Int {
    switch self {
    case .range: 1
    case .function: 2
    }
  }
}

struct Contraction {
  var output: Int
  var terms: [Term]
}

struct Term {
  var coefficient: Int64
  var operands: [Operand]
}

struct Operand {
  var column: Int
  var bindings: [Binding]
}

struct Slice: Equatable {
  var start: Int
  var stride: Int
}

/// A whole binding when `slice` is nil.
struct Binding {
  var loop: Int
  var slice: Slice?
}

struct Lookup {
  var table: Int
  var forms: [Form]
}

struct FormEntry: Equatable {
  var column: Int
  var coefficient: Int64
}

struct Form: Equatable {
  var shift: Int
  var constant: Int64
  var entries: [FormEntry]

  static func bare(_ column: Int) -> Form {
    Form(shift: 0, constant: 0, entries: [FormEntry(column: column, coefficient: 1)])
  }

  /// The column of a bare form (§3.3 rule 6).
  var bareColumn: Int? {
    guard shift == 0, constant == 0, entries.count == 1, entries[0].coefficient == 1 else { return nil }
    return entries[0].column
  }
}

struct Port {
  var column: Int
  var name: [UInt8]
  var dimensions: [Int]
  /// The source of a class port.
  var source: Int?
  /// The column Z that §5 appends for a class port.
  var smaller: Int?
}

extension CircuitDescription {
  /// The sizes of all axes for a batch of B.
  func sizes(batch: Int) -> [Int] { [batch] + axes.dropFirst() }

  func columnIndices(_ kind: ColumnKind) -> [Int] { columns.indices.filter { columns[$0].kind == kind } }

  var hasWeights: Bool { columns.contains { $0.kind == .weight } }
}
