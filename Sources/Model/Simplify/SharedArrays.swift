extension Network {
  /// The network with numbers for arrays that are both a table of ids and the weights of a layer, as embeddings that are tied are.
  ///
  /// Such an array is kept as it is: constants that would be multiplied with it stay factors of the value that the layer reads, which is
  /// then rounded once more. So it has a number only where it has at least as many elements as that value.
  func numberingArrays() -> Network {
    let matrices = matrices
    var network = self
    var count = (matrices.compactMap(array).max() ?? -1) + 1
    for table in matrices where table.isOfIds && network.array(table) == nil {
      let layers = matrices.filter { !$0.isOfIds && isSame(table, $0) }
      guard !layers.isEmpty else { continue }
      for matrix in [table] + matrices.filter({ $0.isOfIds && $0 != table && isSame(table, $0) }) + layers { network.number(matrix, count) }
      count += 1
    }
    return network
  }

  /// The matrices of weights that ids or a layer's values are multiplied with.
  private var matrices: [WeightMatrix] {
    nodes.enumerated().flatMap { index, node -> [WeightMatrix] in
      guard case .contraction(let contraction) = node.operation else { return [] }
      return contraction.terms.compactMap { term in
        guard let number = term.constant, term.factors.count == 2, !contraction.constants[number].isPublic,
          let operand = term.factors.lazy.compactMap({ if case .operand(let operand, _) = $0 { node.operands[operand] } else { nil } }).first
        else { return nil }
        let own = contraction.constants[number].loops
        let isOfIds = isOneHot(operand)
        guard own.count == 2, own.allSatisfy({ contraction.loops[$0] > 1 }), own[0] < node.shape.count, own[1] >= node.shape.count,
          isOfIds || shape(of: operand).reduce(1, *) <= contraction.constants[number].values.count
        else { return nil }
        return WeightMatrix(node: index, constant: number, shape: own.map { contraction.loops[$0] }, isOfIds: isOfIds)
      }
    }
  }

  private func constant(_ matrix: WeightMatrix) -> Contraction<Double>.Constant? {
    if case .contraction(let contraction) = nodes[matrix.node].operation { contraction.constants[matrix.constant] } else { nil }
  }

  private func array(_ matrix: WeightMatrix) -> Int? { constant(matrix)?.array }

  private func isSame(_ one: WeightMatrix, _ other: WeightMatrix) -> Bool {
    guard let (first, second) = constant(one).flatMap({ first in constant(other).map { (first.values, $0.values) } }) else { return false }
    return matrixOrder(first, one.shape, second, other.shape) != nil
  }

  private mutating func number(_ matrix: WeightMatrix, _ array: Int) {
    guard case .contraction(var contraction) = nodes[matrix.node].operation else { return }
    contraction.constants[matrix.constant].array = array
    nodes[matrix.node].operation = .contraction(contraction)
  }
}

/// A constant of a contraction: rows that are axes of the result times columns that are summed.
private struct WeightMatrix: Equatable {
  let node: Int
  let constant: Int
  let shape: [Int]
  let isOfIds: Bool
}

/// The order of the axes of one matrix that makes it another one; nil where none does.
func matrixOrder<Number: Equatable>(_ one: [Number], _ shape: [Int], _ other: [Number], _ target: [Int]) -> [Int]? {
  if shape == target, one == other { return [0, 1] }
  guard shape.count == 2, [shape[1], shape[0]] == target else { return nil }
  let (rows, columns) = (shape[0], shape[1])
  let isTransposed = (0..<rows).allSatisfy { row in
    (0..<columns).allSatisfy { one[row * columns + $0] == other[$0 * rows + row] }
  }
  return isTransposed ? [1, 0] : nil
}
