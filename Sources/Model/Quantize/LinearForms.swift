import Glibc

/// Rows of a matrix, of which each element of a value has one: what bounds norms of parts of the value.
final class LinearForms {
  enum Rows {
    /// A number at one place of the vector.
    case diagonal([Double], places: [Int32])
    /// values[start of the row + offset of the column] · scale of the column
    case dense(values: [Int64], starts: [Int], offsets: [Int], scales: [Double])
    /// Few elements of another value, each times a number: the vector is of norm 1.
    case mixed([[(element: Int, factor: Double)]], VectorBound)
  }

  let rows: Rows
  /// By row; what is added to its product with the vector.
  let biases: [Double]
  /// By list of rows.
  private var norms: [[Int32]: Double] = [:]
  private(set) lazy var rowNorms: [Double] = biases.indices.map { row in
    switch rows {
    case .diagonal(let scales, _): scales[row].magnitude
    case .dense: entries(row).reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .mixed(let mixes, let source): mixes[row].reduce(0) { $0 + $1.factor.magnitude * source.norm([$1.element]) }
    }
  }

  init(_ rows: Rows, biases: [Double]) {
    self.rows = rows
    self.biases = biases
  }

  private func entries(_ row: Int) -> [Double] {
    guard case .dense(let values, let starts, let offsets, let scales) = rows else { return [] }
    return offsets.indices.map { Double(values[starts[row] + offsets[$0]]) * scales[$0] }
  }

  /// At least the operator norm of some rows, some of them perhaps more than once.
  func norm(of list: [Int32]) -> Double {
    if let known = norms[list] { return known }
    let result: Double
    switch rows {
    case .diagonal(let scales, let places):
      // Rows of one place, and repeated ones, add up.
      let squares = list.reduce(into: [Int32: Double]()) { $0[places[Int($1)], default: 0] += scales[Int($1)] * scales[Int($1)] }
      result = (squares.values.max() ?? 0).squareRoot()
    case .dense: result = operatorNormBound(list.map { entries(Int($0)) })
    case .mixed(let mixes, let source):
      let own = list.map { mixes[Int($0)] }
      result = operatorNormBound(sparse: own) * source.norm(Set(own.joined().map { $0.element }))
    }
    norms[list] = result
    return result
  }

  func biasNorm(of list: [Int32]) -> Double { list.reduce(0) { $0 + biases[Int($1)] * biases[Int($1)] }.squareRoot() }
}

/// At least the operator norm of a matrix of rows.
///
/// ‖A‖² is at most ‖(A·Aᵀ)^8‖ to the power of 1/8 in Frobenius' norm, which it is not far below; of matrices that take
/// too long ‖A‖ is at most Frobenius' norm.
package func operatorNormBound(_ rows: [[Double]]) -> Double {
  let frobenius = rows.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
  guard let width = rows.first?.count, rows.count > 1, width > 1 else { return frobenius }
  let (side, other) = (min(rows.count, width), max(rows.count, width))
  guard side * side * (other + 4 * side) < 1 << 34, frobenius > 0 else { return frobenius }
  let lines = rows.count <= width ? rows : (0..<width).map { column in rows.map { $0[column] } }
  // Scaled so that no power overflows.
  var gram = products(lines.map { line in line.map { $0 / frobenius } })
  var scale = 1.0
  var exponent = 1.0
  for _ in 0..<3 {
    let norm = gram.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
    gram = products(gram.map { line in line.map { $0 / norm } })
    scale *= pow(norm, 1 / exponent)
    exponent *= 2
  }
  let norm = gram.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
  // Rounding errors of sums of squares are far below this part.
  let squared = scale * pow(norm, 1 / exponent) * (1 + 0x1p-24)
  return min(frobenius, frobenius * squared.squareRoot())
}

/// At least the operator norm of a matrix of few numbers in each row: ‖A‖² is at most the largest sum of a row of |A·Aᵀ|. For
/// rotations of pairs that is 1.
private func operatorNormBound(sparse rows: [[(element: Int, factor: Double)]]) -> Double {
  var columns: [Int: [(row: Int, factor: Double)]] = [:]
  for (row, entries) in rows.enumerated() {
    for entry in entries { columns[entry.element, default: []].append((row, entry.factor)) }
  }
  let most = rows.reduce(0) { most, entries in
    var products: [Int: Double] = [:]
    for entry in entries { for other in columns[entry.element] ?? [] { products[other.row, default: 0] += entry.factor * other.factor } }
    return max(most, products.values.reduce(0) { $0 + $1.magnitude })
  }
  return most.squareRoot() * (1 + 0x1p-40)
}

/// Of each line with each line; of a symmetric matrix its square.
private func products(_ lines: [[Double]]) -> [[Double]] {
  let (count, width) = (lines.count, lines[0].count)
  let padded = (width + 7) / 8
  var blocks = [SIMD8<Double>](repeating: .zero, count: count * padded)
  for (line, values) in lines.enumerated() {
    for (place, value) in values.enumerated() { blocks[line * padded + place / 8][place % 8] = value }
  }
  var result = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
  blocks.withUnsafeBufferPointer { blocks in
    for first in 0..<count {
      for second in 0...first {
        var sums = (SIMD8<Double>.zero, SIMD8<Double>.zero)
        var place = 0
        while place + 1 < padded {
          sums.0.addProduct(blocks[first * padded + place], blocks[second * padded + place])
          sums.1.addProduct(blocks[first * padded + place + 1], blocks[second * padded + place + 1])
          place += 2
        }
        if place < padded { sums.0.addProduct(blocks[first * padded + place], blocks[second * padded + place]) }
        let product = (sums.0 + sums.1).sum()
        result[first][second] = product
        result[second][first] = product
      }
    }
  }
  return result
}
