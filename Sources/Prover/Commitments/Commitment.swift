import Circuit
import Field
import Verifier

/// Rows of 2^variableCount elements of F, with tails and salts where the code is tailed, encoded and hashed.
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
  package init(rows: PackedRows, code: Code, threads: Int) {
    self.init(rows: rows, tails: [], salts: [], code: code, threads: threads)
  }

  /// With tails and salts from `random`, if the code is tailed.
  package init(rows: PackedRows, code: Code, random: inout any SecretSource, threads: Int) {
    self.init(
      rows: rows, tails: random.elements(rows.rowCount * code.tailCount),
      salts: random.bytes(code.saltByteCount << code.domainBits), code: code, threads: threads)
  }

  package init(rows: [BaseField], code: Code, threads: Int) {
    self.init(rows: PackedRows(rows, width: 1 << code.variableCount), code: code, threads: threads)
  }

  package init(rows: [BaseField], code: Code, random: inout any SecretSource, threads: Int) {
    self.init(rows: PackedRows(rows, width: 1 << code.variableCount), code: code, random: &random, threads: threads)
  }

  private init(rows: PackedRows, tails: [BaseField], salts: [UInt8], code: Code, threads: Int) {
    let symbols = Encoder(logDomain: code.domainBits).encode(rows, tails: tails, threads: threads)
    let made = EncodedRows(symbols: symbols, salts: salts, depth: code.domainBits, threads: threads)
    self.init(code: code, rows: rows, tails: tails, leaves: .made(made))
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
