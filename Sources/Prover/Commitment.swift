import Circuit
import Field
import Verifier

/// Rows of 2^variableCount elements of F, with tails and salts where the code hides, encoded and hashed.
///
/// A row of elements of K is two rows here, its first coordinates and its second ones.
package struct Commitment: Sendable {
  package let code: Code
  /// Of 2^variableCount elements each.
  package let rows: PackedRows
  /// Row-major, rowCount × tailCount.
  @Secret package var tails: [BaseField]
  /// By leaf.
  @Secret package var salts: [UInt8]
  /// Row-major, rowCount × 2^domainBits.
  @Secret package var symbols: [BaseField]
  package let tree: MerkleTree

  /// In a code that does not hide.
  package init(rows: [BaseField], code: Code, threads: Int) {
    self.init(rows: rows, tails: [], salts: [], code: code, threads: threads)
  }

  /// With tails and salts from `random`, if the code hides.
  package init(rows: [BaseField], code: Code, random: inout any SecretSource, threads: Int) {
    let rowCount = rows.count >> code.variableCount
    self.init(
      rows: rows, tails: random.elements(rowCount * code.tailCount),
      salts: random.bytes(code.saltByteCount << code.domainBits), code: code, threads: threads)
  }

  private init(rows: [BaseField], tails: [BaseField], salts: [UInt8], code: Code, threads: Int) {
    let encoder = Encoder(logDomain: code.domainBits)
    let symbols: [BaseField]
    if code.isHiding {
      @Secret var coefficients = code.coefficients(rows, tails)
      symbols = encoder.encode(coefficients, rowLength: code.vectorCount, threads: threads)
    } else {
      symbols = encoder.encode(rows, rowLength: code.vectorCount, threads: threads)
    }
    let tree = MerkleTree(symbols: symbols, salts: salts, depth: code.domainBits, threads: threads)
    let packed = PackedRows(rows, width: 1 << code.variableCount)
    self.init(code: code, rows: packed, tails: tails, salts: salts, symbols: symbols, tree: tree)
  }

  package init(
    code: Code, rows: PackedRows, tails: [BaseField], salts: [UInt8], symbols: [BaseField], tree: MerkleTree
  ) {
    self.code = code
    self.rows = rows
    _tails = Secret(wrappedValue: tails)
    _salts = Secret(wrappedValue: salts)
    _symbols = Secret(wrappedValue: symbols)
    self.tree = tree
  }

  package var rowCount: Int { rows.rowCount }

  /// The symbols at one position, by row.
  package func leaf(_ position: Int) -> [BaseField] {
    (0..<rowCount).map { symbols[$0 << code.domainBits + position] }
  }

  /// What is hashed of a leaf.
  package func leafBytes(_ position: Int) -> [UInt8] {
    let salt = salts.dropFirst(position * code.saltByteCount).prefix(code.saltByteCount)
    return leaf(position).flatMap(\.value.littleEndianBytes) + salt
  }
}

extension Code {
  /// Rows with their tails.
  fileprivate func coefficients(_ rows: [BaseField], _ tails: [BaseField]) -> [BaseField] {
    var coefficients: [BaseField] = []
    coefficients.reserveCapacity(rows.count + tails.count)
    for row in 0..<rows.count >> variableCount {
      coefficients.append(contentsOf: rows[row << variableCount..<(row + 1) << variableCount])
      coefficients.append(contentsOf: tails[row * tailCount..<(row + 1) * tailCount])
    }
    return coefficients
  }
}
