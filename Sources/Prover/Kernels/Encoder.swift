import Execution
import Field

/// Reed–Solomon encoding: symbol i of a row f is Σ_y f_y·z^y at z = ω^(rev(i)). docs/protocol.md §3.
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

  /// The symbols of rows of `rowLength` coefficients, both sides row-major.
  ///
  /// - Precondition: `rowLength` in 1...2^`logDomain`.
  package func encode(_ coefficients: [BaseField], rowLength: Int, threads: Int) -> [BaseField] {
    precondition((1...symbolCount).contains(rowLength), "a row does not fit the domain")
    let rowCount = coefficients.count / rowLength
    precondition(coefficients.count == rowCount * rowLength, "a row is incomplete")
    let logBlock = Int.bitWidth - 1 - rowLength.leadingZeroBitCount
    let blockCount = symbolCount >> logBlock
    return coefficients.withUnsafeBufferPointer { coefficients in
      Parallel.build(rowCount << logDomain, size: 1 << logBlock, threads: threads) { start, block in
        guard let base = block.baseAddress else { return }
        let node = (start >> logBlock) % blockCount
        let first = (start >> logDomain) * rowLength
        let row = UnsafeBufferPointer(rebasing: coefficients[first..<first + rowLength])
        let tail = row.count - block.count
        _ = block.initialize(fromContentsOf: row.prefix(block.count))
        let constant = roots.constant(node: node)
        for index in 0..<tail { base[index] += constant * row[block.count + index] }
        roots.transform(base, logCount: logBlock, node: node)
      }
    }
  }
}

/// The symbols of one row on one thread; see `Encoder`.
package func encode(_ coefficients: [BaseField], logDomain: Int) -> [BaseField] {
  Encoder(logDomain: logDomain).encode(coefficients, rowLength: coefficients.count, threads: 1)
}
