import Circuit
import Field
import Verifier

/// Rows of 2^variableCount elements of F, with tails and salts where the code hides, encoded and hashed.
///
/// A row of elements of K is two rows here, its first coordinates and its second ones.
package struct Commitment: Sendable {
  package let code: Code
  package let rowCount: Int
  /// Row-major, rowCount × 2^variableCount.
  @Secret package var rows: [BaseField]
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
    self.init(code: code, rows: rows, tails: tails, salts: salts, symbols: symbols, tree: tree)
  }

  package init(
    code: Code, rows: [BaseField], tails: [BaseField], salts: [UInt8], symbols: [BaseField], tree: MerkleTree
  ) {
    self.code = code
    _rows = Secret(wrappedValue: rows)
    _tails = Secret(wrappedValue: tails)
    _salts = Secret(wrappedValue: salts)
    _symbols = Secret(wrappedValue: symbols)
    self.tree = tree
    rowCount = rows.count >> code.variableCount
  }

  package func row(_ index: Int) -> ArraySlice<BaseField> {
    rows[index << code.variableCount..<(index + 1) << code.variableCount]
  }

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

extension Layout {
  /// Places columns at true sizes into rows, zero elsewhere, with room for more rows.
  package func rows(of columns: [[Int64]], roomForRows extraRowCount: Int = 0) -> [BaseField] {
    var rows: [BaseField] = []
    rows.reserveCapacity((rowCount + extraRowCount) << variableCount)
    rows.append(contentsOf: repeatElement(.zero, count: rowCount << variableCount))
    for (placement, column) in zip(placements, columns) {
      placement.forEachEntry { index, row, offset in
        rows[row << variableCount + offset] = BaseField(column[index])
      }
    }
    return rows
  }
}

extension Placement {
  /// Calls `body` with each true index, in order, its row, and its offset in the row.
  func forEachEntry(_ body: (Int, Int, Int) -> Void) {
    let count = shape.reduce(1, *)
    guard count > 0 else { return }
    var index = [Int](repeating: 0, count: shape.count)
    for flat in 0..<count {
      var row = 0
      var inRow = 0
      for axis in shape.indices {
        if axis < splitAxis {
          row = row * shape[axis] + index[axis]
        } else if axis == splitAxis {
          row = row * leadingExtent + index[axis] >> splitBits
          inRow = index[axis] & (1 << splitBits - 1)
        } else {
          inRow = inRow << bits[axis] + index[axis]
        }
      }
      body(flat, firstRow + row, offset + inRow)
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
