/// Trees of decisions: the shape of a tree is public; features, thresholds and what leaves say are weights.
struct DecisionTrees {
  /// x[feature] − threshold > 0, or threshold − x[feature] > 0.
  struct Split {
    let feature: Int
    let threshold: Float
    let isGreater: Bool
    /// Where it holds, and where it does not.
    let next: [Child]
  }

  enum Child {
    case split(Int)
    case leaf(Int)
  }

  var splits: [Split] = []
  /// By leaf, what it adds to results.
  var leaves: [[(result: Int, weight: Float)]] = []
  var roots: [Child] = []

  /// What decides about a leaf.
  struct Path {
    let leaf: Int
    let steps: [(split: Int, holds: Bool)]
  }

  /// Of a tree, the paths to its leaves, in order; nil where nodes are met twice.
  func paths(from root: Child) -> [Path]? {
    var (result, met, stack) = ([Path](), Set<Int>(), [(root, [(split: Int, holds: Bool)]())])
    while let (child, steps) = stack.popLast() {
      switch child {
      case .leaf(let leaf): result.append(Path(leaf: leaf, steps: steps))
      case .split(let split):
        guard met.insert(split).inserted, steps.count < 4096 else { return nil }
        for holds in [true, false] { stack.append((splits[split].next[holds ? 0 : 1], steps + [(split, holds)])) }
      }
    }
    return result
  }
}

/// Trees in one layout: places for splits and leaves of each, and how splits decide about leaves.
private struct TreeLayout {
  let treeCount: Int
  let splitCount: Int
  let leafCount: Int
  /// By tree and place: nil where there is no split.
  var splits: [Int?]
  /// By tree and place: nil where there is no leaf.
  var leaves: [Int?]
  /// Trees, or one for all, × leaves × splits: 1 where the split has to hold, −1 where it must not, else 0.
  var decisions: [Float]
  /// 1 less what a leaf's row gives where it is reached; by tree, or for all, and leaf.
  var shifts: [Float]
  let isShared: Bool

  /// Complete trees where they are small, so that their shapes are not told; else those of the model.
  init?(_ trees: DecisionTrees) {
    var paths: [[DecisionTrees.Path]] = []
    for root in trees.roots {
      guard let own = trees.paths(from: root) else { return nil }
      paths.append(own)
    }
    treeCount = paths.count
    let depth = max(paths.joined().map(\.steps.count).max() ?? 0, 1)
    let (mostSplits, mostLeaves) = (paths.map { Set($0.flatMap { $0.steps.map(\.split) }).count }.max() ?? 0, paths.map(\.count).max() ?? 0)
    let own = treeCount.multipliedReportingOverflow(by: mostSplits * mostLeaves)
    isShared = depth <= 12 && treeCount << depth <= 1 << 16
      && (own.overflow || treeCount << (2 * depth) <= max(1 << 23, 4 * min(own.partialValue, 1 << 40)))
    if isShared {
      (splitCount, leafCount) = (1 << depth - 1, 1 << depth)
      (splits, leaves) = ([Int?](repeating: nil, count: treeCount * splitCount), [Int?](repeating: nil, count: treeCount * leafCount))
      decisions = [Float](repeating: 0, count: leafCount * splitCount)
      shifts = [Float](repeating: 0, count: leafCount)
      for leaf in 0..<leafCount {
        var place = 0
        for level in (0..<depth).reversed() {
          let holds = leaf >> level & 1 == 1
          decisions[leaf * splitCount + place] = holds ? 1 : -1
          place = 2 * place + (holds ? 2 : 1)
        }
        shifts[leaf] = Float(1 - leaf.nonzeroBitCount)
      }
      for (tree, own) in paths.enumerated() {
        for path in own {
          var (place, first) = (0, 0)
          for (split, holds) in path.steps {
            splits[tree * splitCount + place] = split
            place = 2 * place + (holds ? 2 : 1)
            first = 2 * first + (holds ? 1 : 0)
          }
          // Splits below a leaf do not hold.
          leaves[tree * leafCount + first << (depth - path.steps.count)] = path.leaf
        }
      }
      return
    }
    (splitCount, leafCount) = (max(mostSplits, 1), mostLeaves)
    guard elementCount([treeCount, leafCount, splitCount], limit: 1 << 26) != nil else { return nil }
    (splits, leaves) = ([Int?](repeating: nil, count: treeCount * splitCount), [Int?](repeating: nil, count: treeCount * leafCount))
    decisions = [Float](repeating: 0, count: treeCount * leafCount * splitCount)
    shifts = [Float](repeating: 0, count: treeCount * leafCount)
    for (tree, own) in paths.enumerated() {
      var places: [Int: Int] = [:]
      for (number, path) in own.enumerated() {
        let row = tree * leafCount + number
        leaves[row] = path.leaf
        shifts[row] = Float(1 - path.steps.count { $0.holds })
        for (split, holds) in path.steps {
          let place = places[split] ?? places.count
          places[split] = place
          splits[tree * splitCount + place] = split
          decisions[row * splitCount + place] = holds ? 1 : -1
        }
      }
    }
  }
}

extension GraphImporter {
  /// Sums of what the leaves say that trees reach, along the last axis of a sample.
  ///
  /// - Parameters:
  ///   - resultCount: More than every result of a leaf.
  ///   - base: Added; one number for each result, or none.
  ///   - factor: Of every leaf.
  mutating func sums(
    of trees: DecisionTrees, _ value: Int, resultCount: Int, base: [Float], factor: Float = 1, _ label: String
  ) throws(NodeProblem) -> Int {
    let (shape, place) = (shape(of: value), place(of: value))
    guard let featureCount = shape.last, trees.splits.allSatisfy({ (0..<featureCount).contains($0.feature) }) else {
      throw .malformed("a feature is not among the \(shape.last ?? 0) of its input")
    }
    guard trees.splits.allSatisfy({ $0.threshold.isFinite }), trees.leaves.joined().allSatisfy({ $0.weight.isFinite }) else {
      throw .malformed("its thresholds or weights are not all finite")
    }
    guard !trees.roots.isEmpty, let layout = TreeLayout(trees) else { throw .unsupported("its trees are too large, or are none") }
    let (splitCount, leafCount) = (layout.splits.count, layout.leaves.count)
    guard elementCount([splitCount, featureCount], limit: 1 << 26) != nil, elementCount([leafCount, resultCount], limit: 1 << 26) != nil else {
      throw .unsupported("its trees have \(splitCount) decisions about \(featureCount) features, which are too many")
    }
    var choices = [Float](repeating: 0, count: splitCount * featureCount)
    var thresholds = [Float](repeating: 0, count: splitCount)
    for (place, split) in layout.splits.enumerated() {
      guard let split = split.map({ trees.splits[$0] }) else { continue }
      choices[place * featureCount + split.feature] = split.isGreater ? 1 : -1
      thresholds[place] = split.isGreater ? -split.threshold : split.threshold
    }
    let (leading, rank) = (Array(shape.dropLast()), shape.count)
    let truth = Quantum(scale: 1, range: 0...1)
    let distances = try linear(value, axis: rank - 1, splitCount, choices, bias: thresholds, label)
    let holds = try self.truth(of: distances, label)
    let byTree = try append(label, .reshape, [holds], shape: leading + [layout.treeCount, layout.splitCount], place: place)
    // A leaf is reached where all that has to hold does, and nothing else.
    let shared = layout.isShared ? [] : [rank - 1]
    let decisions = Contraction<Double>(
      loops: leading + [layout.treeCount, layout.leafCount, layout.splitCount],
      constants: [
        .init(loops: shared + [rank, rank + 1], layout.decisions, isPublic: true), .init(loops: shared + [rank], layout.shifts, isPublic: true),
      ],
      terms: [
        .init(1, [.constant(0), .operand(0, leading.indices.map { Index($0) } + [Index(rank - 1), Index(rank + 1)])]), .init(1, [.constant(1)]),
      ])
    let leafShape = leading + [layout.treeCount, layout.leafCount]
    let counts = try append(label, .contraction(decisions), [byTree], shape: leafShape, place: place)
    let reached = try append(label, .map(.quantize(truth)), [counts], shape: leafShape, place: place)
    let flat = try append(label, .reshape, [reached], shape: leading + [leafCount], place: place)
    var weights = [Float](repeating: 0, count: resultCount * leafCount)
    for (place, leaf) in layout.leaves.enumerated() {
      for own in leaf.map({ trees.leaves[$0] }) ?? [] {
        guard (0..<resultCount).contains(own.result) else { throw .malformed("a leaf is of result \(own.result) of \(resultCount)") }
        weights[own.result * leafCount + place] += own.weight * factor
      }
    }
    return try linear(flat, axis: rank - 1, resultCount, weights, bias: base.contains { $0 != 0 } ? base : nil, label)
  }
}
