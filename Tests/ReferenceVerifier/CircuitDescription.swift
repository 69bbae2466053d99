/// The circuit of §3 with axis 0, the batch axis, of size 0.
package struct CircuitDescription {
  var batchCap: Int
  var axes: [Int]
  var columns: [Column]
  var tables: [Table]
  var contractions: [Contraction]
  var lookups: [Lookup]
  var thresholds: [Threshold]
  var inputs: [Port]
  var outputs: [Port]
}

enum ColumnKind: UInt8 {
  case weight = 0
  case advice = 1
  case published = 2
  case virtual = 3
  case constant = 4

  /// Whether the verifier computes the values itself (§5.5).
  var isKnown: Bool { self == .published || self == .constant }
}

struct Column {
  var kind: ColumnKind
  var axes: [Int]
  var lower: Int64
  var upper: Int64
  var scale: Double
  /// Of a constant column.
  var values: [Int64] = []
}

struct Contraction {
  var output: Int
  var terms: [Term]
}

struct Term {
  var coefficient: Int64
  var operands: [Operand]
}

struct Operand: Equatable {
  var column: Int
  var bindings: [Binding]
}

package struct Slice: Equatable {
  var start: Int
  var stride: Int

  package init(start: Int, stride: Int) {
    self.start = start
    self.stride = stride
  }
}

/// A whole binding when `slice` is nil.
struct Binding: Equatable {
  var loop: Int
  var slice: Slice?
}

struct Lookup {
  var table: Int
  var forms: [Form]
}

struct FormEntry: Hashable {
  var column: Int
  var coefficient: Int64
}

struct Form: Hashable {
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

struct Threshold {
  var digits: [Int]
  var exponent: Int
  var lookup: Int
  var sum: Int
  var sumBefore: Int
}

struct Port {
  var column: Int
  var name: [UInt8]
  var dimensions: [Int]
  var isIndexPort = false
  /// The source of a class port.
  var source: Int?
  /// The column *below* that §5.2 appends for a class port.
  var below: Int?

  /// Whether a statement has indices for it in place of a column's integers (§3.2).
  var showsIndices: Bool { isIndexPort || source != nil }
}

extension CircuitDescription {
  /// The sizes of all axes for a batch of B.
  func sizes(batch: Int) -> [Int] { [batch] + axes.dropFirst() }

  func columnIndices(_ kind: ColumnKind) -> [Int] { columns.indices.filter { columns[$0].kind == kind } }

  var hasWeights: Bool { columns.contains { $0.kind == .weight } }
}
