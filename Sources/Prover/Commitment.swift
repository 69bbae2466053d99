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
  package let leaves: Leaves

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
    let made = EncodedRows(symbols: symbols, salts: salts, depth: code.domainBits, threads: threads)
    let packed = PackedRows(rows, width: 1 << code.variableCount)
    self.init(code: code, rows: packed, tails: tails, leaves: .made(made))
  }

  package init(code: Code, rows: PackedRows, tails: [BaseField], leaves: Leaves) {
    self.code = code
    self.rows = rows
    _tails = Secret(wrappedValue: tails)
    self.leaves = leaves
  }

  package var rowCount: Int { rows.rowCount }
  package var root: Digest { leaves.root }
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
