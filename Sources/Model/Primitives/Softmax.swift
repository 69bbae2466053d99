import Glibc

/// softmax(x)_j = m_j · exp(x_j) / Σ_k m_k · exp(x_k) along one axis of the first operand. m_j is the product of masks, numbers
/// of 0 and 1; without masks, and for a row in which all are 0, it is 1.
package struct Softmax<Number: GraphNumber>: Primitive, Sendable, Equatable {
  /// The shape of the result and of the first operand.
  package let loops: [Int]
  package let axis: Int
  /// Of the masks that are constants; over loops.
  package let constants: [Contraction<Number>.Constant]
  /// Each an operand, broadcast, or a constant.
  package let masks: [Factor]

  package init(loops: [Int], axis: Int, constants: [Contraction<Number>.Constant] = [], masks: [Factor] = []) {
    self.loops = loops
    self.axis = axis
    self.constants = constants
    self.masks = masks
  }

  var readings: [(operand: Int, reading: Reading)] {
    [(0, loops.indices.map { Index($0) })]
      + masks.compactMap { if case .operand(let operand, let reading) = $0 { (operand, reading) } else { nil } }
  }

  func stepCount(rank: Int) -> Int { 2 + masks.count }
  var parameterCount: Int { constants.reduce(0) { $0 + $1.values.count } }
  func isNeverNegative(of operands: [Bool]) -> Bool { true }

  func run(_ sources: [[Int]], _ shape: [Int]) -> ([[Number]]) -> [Number] {
    let product = Contraction(loops: loops, constants: constants, terms: [.init(.one, masks)])
    let weights = masks.isEmpty ? nil : product.run(sources, shape)
    let (size, step) = (loops[axis], rowStrides(loops)[axis])
    return { operands in
      let scores = operands[0]
      let weights = weights?(operands)
      var result = scores
      for start in scores.indices where start / step % size == 0 {
        let row = (0..<size).map { start + $0 * step }
        let shares = Number.shares(of: row.map { scores[$0] }, weights: weights.map { weights in row.map { weights[$0] } })
        for (place, share) in zip(row, shares) { result[place] = share }
      }
      return result
    }
  }
}

extension Double {
  package static func shares(of scores: [Double], weights: [Double]?) -> [Double] {
    let allowed = weights.flatMap { weights in weights.contains { $0 > 0 } ? weights : nil } ?? scores.map { _ in 1 }
    let largest = zip(scores, allowed).reduce(-infinity) { $1.1 > 0 ? Swift.max($0, $1.0) : $0 }
    let exponentials = zip(scores, allowed).map { $1 > 0 ? $1 * exp($0 - largest) : 0 }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}

// Shares are no integers: `quantize` refuses networks that have them.
extension Int64 {
  package static func shares(of scores: [Int64], weights: [Int64]?) -> [Int64] { scores.map { _ in 0 } }
}

extension Softmax<Int64>: IntegerPrimitive {
  func lower(_ node: Node<Int64>, _ index: Int, _ lowering: inout Lowering) throws(ModelError) -> View {
    throw .unusableLayer(node.name, reason: "a Softmax inside a network cannot be proved yet")
  }
}
