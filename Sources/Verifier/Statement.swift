import Circuit
import Field

package enum Purpose: UInt8, Sendable {
  case inference = 1
  case weightRange = 2
  case equalWeights = 3
}

/// Whether a proof hides weights, or shows evaluations of them.
public enum ProofMode: UInt8, Sendable {
  case transparent = 0
  case hiding = 1
}

/// A commitment that a statement refers to: columns other than the key's weights. docs/protocol.md §5.
public struct StatedCommitment: Hashable, Sendable {
  /// What transcripts absorb, and others know it by.
  package let digest: Digest
  /// How many proofs it hides its columns in.
  package let proofCount: Int
  package let code: Code
  package let root: Digest
}

extension StatedCommitment {
  /// The commitment to one input of this shape, batch first.
  ///
  /// Nil when there is no code for that many proofs.
  package init?(_ column: Column, shape: [Int], proofCount: Int, root: Digest) {
    guard (1...WeightCommitment.proofCountCap).contains(proofCount),
      let code = ParameterPlanner.modelCode(RowCounts(shapes: [shape]), proofCount: proofCount)
    else { return nil }
    var writer = ByteWriter()
    for bound in [column.lower, column.upper] { writer.append(bound) }
    writer.append(column.scale.bitPattern)
    writer.append(UInt8(truncatingIfNeeded: shape.count))
    for size in shape { writer.append(UInt32(truncatingIfNeeded: size)) }
    let parameters = WeightCommitment.parameters(proofCount: proofCount, code)
    let digest = Hash(.input).digest(of: [parameters, writer.bytes, root.bytes])
    self.init(digest: digest, proofCount: proofCount, code: code, root: root)
  }
}

/// What a proof is about. docs/protocol.md §5.
public struct Statement: Hashable, Sendable {
  public static let contextByteCap = 65_535

  public var batch: Int
  /// By input port of the circuit.
  public var visibility: [Visibility]
  /// By input port that is committed.
  public var commitments: [StatedCommitment]
  /// By input port that is shown: integers, row-major, batch first.
  public var inputs: [[Int64]]
  /// By output port; for a class port the indices, ascending, of each row.
  public var outputs: [[Int64]]
  public var context: [UInt8]

  /// - Parameter visibility: nil where all inputs are shown.
  public init(
    batch: Int, visibility: [Visibility]? = nil, commitments: [StatedCommitment] = [], inputs: [[Int64]],
    outputs: [[Int64]], context: [UInt8] = []
  ) {
    self.batch = batch
    self.visibility = visibility ?? inputs.map { _ in .shown }
    self.commitments = commitments
    self.inputs = inputs
    self.outputs = outputs
    self.context = context
  }

  /// For the circuit of this statement, `stating(visibility)`.
  ///
  /// - Throws: `.statementOutOfRange` when a count, an integer or the context does not fit the circuit, or two ports show
  ///   a column differently.
  package func validate(_ circuit: ArithmeticCircuit) throws(VerificationError) {
    guard (1...circuit.batchCap).contains(batch), context.count <= Self.contextByteCap else {
      throw .statementOutOfRange
    }
    guard inputs.count == circuit.inputs.count, outputs.count == circuit.outputs.count,
      commitments.count == visibility.count(where: { $0 == .committed })
    else { throw .statementOutOfRange }
    var shown: [Int: [Int64]] = [:]
    for (port, integers) in zip(circuit.inputs + circuit.outputs, inputs + outputs) {
      let (column, classCount) = (circuit.shownColumn(port), circuit.classCount(port))
      guard integers.count == port.dimensions.reduce(batch, *), integers.allSatisfy({ column.lower <= $0 && $0 <= column.upper }),
        port.classesOf == nil || integers.indices.allSatisfy({ $0 % classCount == 0 || integers[$0 - 1] < integers[$0] }),
        shown.updateValue(integers, forKey: port.column) ?? integers == integers
      else { throw .statementOutOfRange }
    }
  }

  /// By column that is shown: the sums over its first axis of several entries, and the weight that they are for.
  package typealias PartialSums = [Int: (weight: AxisWeight, sums: [SecureField])]

  /// The extension of a constant or a column that a port shows under axis weights; zero outside its true size.
  ///
  /// An output without integers is zero.
  ///
  /// - Parameter known: The last of each column, which terms of one virtual claim have in common.
  package func evaluate(_ column: Int, _ plan: Plan, _ weights: [AxisWeight], _ known: inout PartialSums) -> SecureField {
    let (circuit, shape) = (plan.circuit, plan.columns.shape(column))
    var (port, integers) = (Port?.none, circuit.columns[column].values)
    if let index = plan.columns.ports[column] {
      let output = index - inputs.count
      (port, integers) = output < 0 ? (circuit.inputs[index], inputs[index]) : (circuit.outputs[output], outputs[output])
    }
    guard !integers.isEmpty else { return .zero }
    guard let port, port.showsIndices, let entries = weights.last else {
      return evaluate(integers.count, shape, weights, &known[column]) { $0 * BaseField(integers[$1]) }
    }
    let rows = integers.map { port.below == column ? entries.sum(Int($0)) : entries.value(at: Int($0)) }
    var none: PartialSums.Value?
    return evaluate(rows.count, Array(shape.dropLast()), Array(weights.dropLast()), &none) { $0 * rows[$1] }
  }

  /// - Parameter product: Of a weight and the entry of an index.
  private func evaluate(
    _ count: Int, _ shape: [Int], _ weights: [AxisWeight], _ known: inout PartialSums.Value?,
    _ product: (SecureField, Int) -> SecureField
  ) -> SecureField {
    var factor = SecureField.one
    for (size, weight) in zip(shape, weights) where size == 1 { factor *= weight.value(at: 0) }
    let long = zip(shape, weights).filter { size, _ in size > 1 }
    guard let (size, weight) = long.first else { return product(factor, 0) }
    var partial = known.flatMap { $0.weight == weight ? $0.sums : nil } ?? []
    if partial.isEmpty {
      partial = contract(count / size, weight.table(size), product)
      known = (weight, partial)
    }
    for (size, weight) in long.dropFirst() {
      partial = contract(partial.count / size, weight.table(size)) { [partial] in $0 * partial[$1] }
    }
    return factor * (partial.first ?? .zero)
  }

  /// Σ_i product(table_i, i·count + j) by j.
  private func contract(
    _ count: Int, _ table: [SecureField], _ product: (SecureField, Int) -> SecureField
  ) -> [SecureField] {
    var sums = [SecureField](repeating: .zero, count: count)
    for (index, weight) in table.enumerated() where weight != .zero {
      for place in 0..<count { sums[place] += product(weight, index * count + place) }
    }
    return sums
  }

  /// Integers as value − lower, in as few bytes as the column's range needs.
  package static func encode(_ ports: [[Int64]], _ columns: [Column]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(zip(ports, columns).reduce(0) { $0 + $1.0.count * $1.1.integerByteCount })
    for (integers, column) in zip(ports, columns) {
      for integer in integers {
        for index in 0..<column.integerByteCount { bytes.append(UInt8(truncatingIfNeeded: (integer &- column.lower) >> (8 * index))) }
      }
    }
    return bytes
  }

  package static func decode(
    _ bytes: ArraySlice<UInt8>, _ ports: [Port], _ circuit: ArithmeticCircuit, batch: Int
  ) throws(VerificationError) -> [[Int64]] {
    var reader = ByteReader(bytes)
    do throws(MalformedBytes) {
      let decoded = try ports.map { port throws(MalformedBytes) in
        let column = circuit.shownColumn(port)
        let count = port.dimensions.reduce(batch, *)
        return try reader.list(count: count, minimumByteCount: column.integerByteCount) {
          reader throws(MalformedBytes) in
          let offset = try reader.readInteger(byteCount: column.integerByteCount)
          guard offset <= column.span else { throw reader.malformed() }
          return column.lower &+ Int64(bitPattern: offset)
        }
      }
      try reader.finish()
      return decoded
    } catch { throw .malformed }
  }
}

extension Column {
  /// upper − lower, which may be 2^63.
  fileprivate var span: UInt64 { UInt64(bitPattern: upper &- lower) }

  /// Bytes of an integer of the declared range in a statement.
  package var integerByteCount: Int {
    let bits = UInt64.bitWidth - span.leadingZeroBitCount
    return max(1, (bits + 7) / 8)
  }
}

extension Sponge {
  /// Step 0: what a proof is about, before anything else is absorbed. docs/protocol.md §5.4.
  package mutating func absorb(
    _ purpose: Purpose, _ mode: ProofMode, keyCore: Digest, _ statement: Statement, _ circuit: ArithmeticCircuit
  ) {
    var batch = ByteWriter()
    batch.append(UInt32(truncatingIfNeeded: statement.batch))
    observe("protocol", Array("zkml 4".utf8)[...])
    observe("purpose", [purpose.rawValue])
    observe("mode", [mode.rawValue])
    observe("key", keyCore.bytes[...])
    observe("batch", batch.bytes[...])
    observe("visibility", statement.visibility.map { $0.rawValue }[...])
    observe("commitments", statement.commitments.flatMap { $0.digest.bytes }[...])
    observe("input", Statement.encode(statement.inputs, circuit.inputs.map(circuit.shownColumn))[...])
    observe("output", Statement.encode(statement.outputs, circuit.outputs.map(circuit.shownColumn))[...])
    observe("context", statement.context[...])
  }
}
