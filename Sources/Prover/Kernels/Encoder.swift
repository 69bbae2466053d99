import Execution
import Field

/// Reed–Solomon encoding: symbol i of a row is Σ_y row(y)·z^y at z = ω^(rev(i)). docs/protocol.md §4.2.
///
/// ω is the root of order 2^`logDomain` and rev reverses `logDomain` bits. The tree of remainders modulo X^h − c
/// leaves the symbols in this order, so that nothing is permuted.
package struct Encoder: Sendable {
  package let logDomain: Int
  private let roots: NodeRoots

  /// - Precondition: `logDomain` in 0...32.
  package init(logDomain: Int) {
    self.logDomain = logDomain
    self.roots = NodeRoots(logDomain: logDomain)
  }

  package var symbolCount: Int { 1 << logDomain }

  /// The symbols of rows, each with its part of `tails` as further coefficients; all row-major.
  ///
  /// - Precondition: a row with its tail has 1...2^`logDomain` coefficients.
  package func encode(_ rows: PackedRows, tails: [BaseField] = [], threads: Int) -> [BaseField] {
    let tailCount = rows.rowCount == 0 ? 0 : tails.count / rows.rowCount
    let rowLength = rows.width + tailCount
    precondition((1...symbolCount).contains(rowLength), "a row does not fit the domain")
    precondition(tails.count == rows.rowCount * tailCount, "a tail is incomplete")
    let logBlock = Int.bitWidth - 1 - rowLength.leadingZeroBitCount
    let blockCount = symbolCount >> logBlock
    return Parallel.build(rows.rowCount << logDomain, size: 1 << logBlock, threads: threads) { start, block in
      guard let base = block.baseAddress else { return }
      let (row, node) = (start >> logDomain, (start >> logBlock) % blockCount)
      // Coefficients from the block's size on are added to the first ones, times a constant.
      let entryCount = min(rows.width, block.count)
      rows.read(row, 0..<entryCount, into: base)
      let tail = tails[row * tailCount..<(row + 1) * tailCount]
      _ = block.extracting(entryCount...).initialize(fromContentsOf: tail.prefix(block.count - entryCount))
      let constant = roots.constant(node: node)
      for index in block.count..<max(rows.width, block.count) { base[index - block.count] += constant * rows[row, index] }
      let first = rowLength - tailCount
      for index in max(block.count, first)..<rowLength {
        base[index - block.count] += constant * tail[tail.startIndex + index - first]
      }
      roots.transform(base, logCount: logBlock, node: node)
    }
  }
}

/// The symbols of one row on one thread; see `Encoder`.
package func encode(_ coefficients: [BaseField], logDomain: Int) -> [BaseField] {
  Encoder(logDomain: logDomain).encode(PackedRows(coefficients, width: coefficients.count), threads: 1)
}
