import Circuit
import Field
import Verifier

/// The layers of a tree of fractions, leaves first; the children of node x are x and x + half.
package struct FractionTree: Sendable {
  let depth: Int
  let root: (numerator: SecureField, denominator: SecureField)
  private var layers: [FractionLayer]
  /// Below the layers, if numerators are 1.
  private var leaves: UnitLayer?

  /// A tree of more than one leaf.
  init(_ leaves: consuming FractionLayer, threads: Int) {
    self.init(leaves, above: nil, threads: threads)
  }

  init(_ leaves: consuming UnitLayer, threads: Int) {
    self.init(leaves.above(threads: threads), above: leaves, threads: threads)
  }

  private init(_ first: consuming FractionLayer, above leaves: UnitLayer?, threads: Int) {
    depth = first.count.trailingZeroBitCount + (leaves == nil ? 1 : 2)
    self.leaves = leaves
    layers = [first]
    while layers[layers.count - 1].count > 1 { layers.append(layers[layers.count - 1].above(threads: threads)) }
    root = layers[layers.count - 1].node(0)
  }

  /// A tree that is one leaf.
  init(leaf: (numerator: SecureField, denominator: SecureField)) {
    (depth, root, layers, leaves) = (0, leaf, [], nil)
  }

  /// Takes the layer that is next to the root out of the tree.
  mutating func takeLayer(_ a: SecureField, _ b: SecureField) -> any LayerSumcheck {
    if let last = layers.popLast() { return LayerHalves(last, a, b) }
    guard let units = leaves.take() else { preconditionFailure("a tree has as many layers as it is deep") }
    return UnitHalves(units, a, b)
  }
}

/// A claim about a tree's leaves, as the prover keeps it.
struct ProvenLeaf {
  var point: [SecureField]
  var numerator: SecureField
  var denominator: SecureField
}

extension ProverTranscript {
  /// Step 3 of docs/protocol.md §6: from the roots to the leaves of all trees.
  mutating func reduceFractions(_ trees: inout [FractionTree], threads: Int) -> [ProvenLeaf] {
    var leaves = trees.map { tree in
      ProvenLeaf(point: [], numerator: tree.root.numerator, denominator: tree.root.denominator)
    }
    var point: [SecureField] = []
    for layer in 0..<(trees.map(\.depth).max() ?? 0) {
      let active = trees.indices.filter { trees[$0].depth > layer }
      let alphas = powers(of: sponge.challenge("layer"), count: 2 * active.count)
      var claim = SecureField.zero
      for (t, tree) in active.enumerated() {
        claim += leaves[tree].numerator * alphas[2 * t] + leaves[tree].denominator * alphas[2 * t + 1]
      }
      var halves = active.enumerated().map { t, tree in
        trees[tree].takeLayer(alphas[2 * t], alphas[2 * t + 1])
      }
      defer { for t in halves.indices { halves[t].erase(threads: threads) } }
      let suffixes = SplitEquality.suffixes(point)
      var challenges: [SecureField] = []
      for (round, coordinate) in point.enumerated() {
        var (atZero, quadratic) = (SecureField.zero, SecureField.zero)
        for t in halves.indices {
          let part = halves[t].round(suffixes[round], threads: threads)
          atZero += part.constant
          quadratic += part.quadratic
        }
        // (1 − r)·h(0) + r·h(1) = claim; r = 0 leaves h(1) open and happens with probability 1/|K|.
        let linear = (claim - atZero) * coordinate.inverseOrZero() - quadratic
        send("layer.round", [linear, quadratic])
        let challenge = sponge.challenge("layer.round")
        claim = atZero + challenge * (linear + challenge * quadratic)
        for t in halves.indices { halves[t].fold(challenge) }
        challenges.append(challenge)
      }
      send("layer.ends", halves.flatMap(\.ends))
      let line = sponge.challenge("layer.line")
      point = [line] + challenges
      for (t, tree) in active.enumerated() {
        let ends = halves[t].ends
        leaves[tree] = ProvenLeaf(
          point: point, numerator: ends[0] + (ends[1] - ends[0]) * line,
          denominator: ends[2] + (ends[3] - ends[2]) * line)
      }
    }
    return leaves
  }
}
