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

  /// Encodes rows of `rowLength` coefficients, both sides row-major.
  ///
  /// - Precondition: `rowLength` in 1...2^`logDomain`; `symbols` has 2^`logDomain` places for each row.
  package func encode(
    _ coefficients: [BaseField], rowLength: Int, into symbols: inout [BaseField], threads: Int
  ) {
    precondition((1...symbolCount).contains(rowLength), "a row does not fit the domain")
    let rowCount = coefficients.count / rowLength
    precondition(coefficients.count == rowCount * rowLength, "a row is incomplete")
    precondition(symbols.count == rowCount * symbolCount, "symbols do not match the rows")
    let logBlock = Int.bitWidth - 1 - rowLength.leadingZeroBitCount
    let blockCount = symbolCount >> logBlock
    coefficients.withUnsafeBufferPointer { coefficients in
      Parallel.chunks(&symbols, size: 1 << logBlock, threads: threads) { start, block in
        let node = (start >> logBlock) % blockCount
        let first = (start >> logDomain) * rowLength
        let row = UnsafeBufferPointer(rebasing: coefficients[first..<first + rowLength])
        fill(&block, from: row, constant: roots.constant(node: node))
        block.withUnsafeMutableBufferPointer { buffer in
          if let base = buffer.baseAddress { roots.transform(base, logCount: logBlock, node: node) }
        }
      }
    }
  }

  /// The remainder of a row modulo X^h − `constant`, h = `block.count`.
  private func fill(
    _ block: inout MutableSpan<BaseField>, from row: UnsafeBufferPointer<BaseField>, constant: BaseField
  ) {
    for index in block.indices { block[unchecked: index] = row[index] }
    for index in 0..<row.count - block.count { block[index] += constant * row[block.count + index] }
  }
}

/// The symbols of one row on one thread; see `Encoder`.
package func encode(_ coefficients: [BaseField], logDomain: Int) -> [BaseField] {
  let encoder = Encoder(logDomain: logDomain)
  var symbols = [BaseField](repeating: .zero, count: encoder.symbolCount)
  encoder.encode(coefficients, rowLength: coefficients.count, into: &symbols, threads: 1)
  return symbols
}
