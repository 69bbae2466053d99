import Circuit
import Field
import Verifier

/// An input under a commitment of its own, to which proofs, also of several models, refer by digest.
package struct CommittedInput: Sendable {
  /// Range and scale.
  package let column: Column
  /// Batch first.
  package let shape: [Int]
  @Secret package var integers: [Int64]
  package let stated: StatedCommitment
  package let commitment: Commitment
  /// What tails and salts are made from.
  @Secret private var seed: [UInt8]

  package var batch: Int { shape.first ?? 1 }

  /// Commits to the integers of an input port, row-major, batch first.
  ///
  /// Of an index port they are its entries, 0 and 1.
  ///
  /// For a valid circuit, integers in the column's range, and a range of at most 2^16 integers.
  ///
  /// - Parameter proofCount: How many proofs the commitment hides the input in, 1 … `WeightCommitment.proofCountCap`.
  package init(
    _ port: Port, of circuit: ArithmeticCircuit, batch: Int, integers: [Int64], proofCount: Int, threads: Int
  ) {
    var encoded = Statement.encode([integers], [circuit.columns[port.column]])
    defer { encoded.erase() }
    let sizes = [port.column, batch, proofCount].flatMap { UInt64($0).littleEndianBytes }
    var random: any SecretSource = SecretStream("zkml input", mixing: [circuit.encoded, sizes, encoded], seed: nil)
    self.init(
      circuit.columns[port.column], circuit.shape(ofColumn: port.column, batch: batch), integers, proofCount: proofCount,
      seed: random.bytes(SecretStream.seedByteCount), threads: threads)
  }

  private init(
    _ column: Column, _ shape: [Int], _ integers: [Int64], proofCount: Int, seed: [UInt8], threads: Int
  ) {
    let code = ParameterPlanner.modelCode(RowCounts(shapes: [shape]), proofCount: proofCount)
    var random: any SecretSource = SecretStream(seed: seed)
    let commitment = code.map { code in
      let rows = Layout(shapes: [shape], variableCount: code.variableCount).packedRows(of: [integers], threads: threads)
      return Commitment(rows: rows, code: code, random: &random, threads: threads)
    }
    guard let commitment,
      let stated = StatedCommitment(column, shape: shape, proofCount: proofCount, root: commitment.root)
    else { preconditionFailure("there is a code for every number of proofs") }
    (self.column, self.shape, self.commitment, self.stated) = (column, shape, commitment, stated)
    (_integers, _seed) = (Secret(wrappedValue: integers), Secret(wrappedValue: seed))
    self.seed.shield()
    commitment.tails.shield()
    self.integers.shield()
    commitment.rows.shield()
  }

  /// True when a proof of a batch of this circuit can refer to it for the port.
  package func fits(_ port: Port, of circuit: ArithmeticCircuit) -> Bool {
    let wanted = circuit.columns[port.column]
    return shape == circuit.shape(ofColumn: port.column, batch: batch) && batch <= circuit.batchCap
      && (column.lower, column.upper, column.scale) == (wanted.lower, wanted.upper, wanted.scale)
  }
}

extension CommittedInput {
  /// The bytes of a .input file: header, string name of the port, u32 proofs, i64 lower, i64 upper, u64 scale, u8 count
  /// and u32 sizes, seed, integers as in a statement, sealed.
  package var file: [UInt8] {
    var writer = ByteWriter(.committedInput, .hiding)
    writer.append(string: column.name)
    writer.append(UInt32(truncatingIfNeeded: stated.proofCount))
    for bound in [column.lower, column.upper] { writer.append(bound) }
    writer.append(column.scale.bitPattern)
    writer.append(UInt8(truncatingIfNeeded: shape.count))
    for size in shape { writer.append(UInt32(truncatingIfNeeded: size)) }
    writer.append(seed)
    writer.append(Statement.encode([integers], [column]))
    return writer.sealed
  }

  /// Decodes a .input file and makes its commitment again.
  ///
  /// - Throws: `.malformed`, `.unsupportedVersion`.
  package init(file: [UInt8], threads: Int) throws(VerificationError) {
    var (reader, mode) = try ByteReader.open(.committedInput, sealed: file)
    guard mode == .hiding else { throw .unsupportedVersion }
    do throws(MalformedBytes) {
      let name = try reader.string()
      let proofCount = try reader.u32()
      let (lower, upper) = (try reader.i64(), try reader.i64())
      let scale = Double(bitPattern: try reader.u64())
      let shape = try reader.list(count: try reader.u8(), minimumByteCount: 4) { reader throws(MalformedBytes) in
        try reader.u32()
      }
      let seed = Array(try reader.read(SecretStream.seedByteCount))
      let (span, overflow) = upper.subtractingReportingOverflow(lower)
      let count = shape.reduce((1, false)) { product, size in
        let (next, overflow) = product.0.multipliedReportingOverflow(by: size)
        return (next, product.1 || overflow)
      }
      guard (1...WeightCommitment.proofCountCap).contains(proofCount), !overflow, (0..<1 << 16).contains(span), scale > 0,
        scale.isFinite, (1...8).contains(shape.count), !shape.contains(0), !count.1
      else { throw reader.malformed() }
      let column = Column(name: name, kind: .public, axes: [], lower: lower, upper: upper, scale: scale)
      let width = column.integerByteCount
      guard reader.remaining % width == 0, reader.remaining / width == count.0 else { throw reader.malformed() }
      let integers = try reader.list(count: count.0, minimumByteCount: width) { reader throws(MalformedBytes) in
        let offset = Int64(bitPattern: try reader.readInteger(byteCount: width))
        guard offset <= span else { throw reader.malformed() }
        return lower + offset
      }
      self.init(column, shape, integers, proofCount: proofCount, seed: seed, threads: threads)
    } catch { throw .malformed }
  }
}
