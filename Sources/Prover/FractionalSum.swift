import Circuit
import Field
import Verifier

/// All layers of a tree of fractions, leaves first; the children of node x are x and x + half.
package struct FractionTree: Sendable {
  private(set) var numerators: [SecureTable]
  private(set) var denominators: [SecureTable]

  var depth: Int { numerators.count - 1 }
  var root: (numerator: SecureField, denominator: SecureField) {
    (numerators[depth][0], denominators[depth][0])
  }

  init(numerators leaves: SecureTable, denominators leafDenominators: SecureTable, threads: Int) {
    var numerators = [leaves]
    var denominators = [leafDenominators]
    while numerators[numerators.count - 1].count > 1 {
      let next = fractionSums(
        numerators: numerators[numerators.count - 1], denominators: denominators[denominators.count - 1],
        threads: threads)
      numerators.append(next.numerators)
      denominators.append(next.denominators)
    }
    self.numerators = numerators
    self.denominators = denominators
  }

  mutating func erase() {
    for layer in numerators.indices {
      numerators[layer].erase()
      denominators[layer].erase()
    }
  }

  /// The halves of the layer of 2^(layer + 1) nodes, numerators weighted by `a` and denominators by `b`.
  func halves(below layer: Int, _ a: SecureField, _ b: SecureField) -> LayerHalves {
    LayerHalves(numerators: numerators[depth - layer - 1], denominators: denominators[depth - layer - 1], a, b)
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
  mutating func reduceFractions(_ trees: [FractionTree], threads: Int) -> [ProvenLeaf] {
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
        trees[tree].halves(below: layer, alphas[2 * t], alphas[2 * t + 1])
      }
      defer { for t in halves.indices { halves[t].erase() } }
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
        for t in halves.indices { halves[t].fold(challenge, threads: threads) }
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
