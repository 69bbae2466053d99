/// Makes random graphs of all operators that have a recipe, the rarest with a class of shapes first.
package struct RandomOperatorGraphGenerator: GraphGenerator {
  private var counts: [RandomGraph.Use: Int] = [:]
  private var random: RepeatableRandom
  private var number = 0

  private static let recipes = [
    OperatorRecipe.functions, OperatorRecipe.combinations, OperatorRecipe.logic, OperatorRecipe.reductions, OperatorRecipe.norms,
    OperatorRecipe.orders, OperatorRecipe.shapes, OperatorRecipe.picking, OperatorRecipe.placing, OperatorRecipe.images,
    OperatorRecipe.subgraphs, OperatorRecipe.sequences, OperatorRecipe.quantized, OperatorRecipe.learners, OperatorRecipe.trees,
  ].flatMap(\.self)

  package static let operations = recipes.map(\.name)

  /// Of documented operators that no random graph has.
  package static let reasons = [
    "ai.onnx.preview.FlexAttention": "onnxruntime has none; fixtures are compared with the ONNX package's evaluator",
    "CausalConvWithState": "onnxruntime has none; fixtures are compared with the ONNX package's evaluator",
    "ai.onnx.ml.ZipMap": "its result is a sequence of maps; the importer passes its operand on",
    "com.microsoft.QLinearSoftmax": "onnxruntime adds up exponentials of few bits and is a step off at times; a fixture has its results",
    "DynamicQuantizeLinear": "onnxruntime rounds to steps of the batch's, which the importer leaves out with a notice",
    "com.microsoft.DynamicQuantizeLSTM": "onnxruntime rounds to steps of the batch's, which the importer leaves out with a notice",
    "com.microsoft.DynamicQuantizeMatMul": "onnxruntime rounds to steps of the batch's, which the importer leaves out with a notice",
  ]

  package init(seed: UInt64) { random = RepeatableRandom(seed: seed) }

  package mutating func next() -> RandomGraph {
    // Most operators that take one class of shapes alone take these.
    let classes = RandomGraph.ShapeClass.any + [.matrix, .cube]
    let shapeClass = classes[number % classes.count]
    number += 1
    // Most graphs are of a new operator set; a call has one sample in a third of them.
    let set = [9, 20].randomElement(using: &random).flatMap { Int.random(in: 0..<5, using: &random) == 0 ? $0 : nil } ?? 24
    let learned = Int.random(in: 0..<4, using: &random) == 0 ? 5 : 3
    let hasBatchOfOne = Int.random(in: 0..<3, using: &random) == 0
    var draft = GraphDraft(
      random: random,
      graph: RandomGraph.Builder(
        operatorSet: set, domains: ["ai.onnx.ml": learned, "com.microsoft": 1], batch: hasBatchOfOne ? 1 : nil))
    let shape = randomShape(shapeClass, &draft)
    draft.values = [(draft.graph.input(shape), shape)]
    let recipes = Self.recipes.filter {
      $0.sets.contains(set) && $0.learned.contains(learned) && (hasBatchOfOne || !$0.hasBatchOfOne)
    }
    for _ in 0..<draft.number(5...8) {
      // Mostly on the last value, so that graphs are deep; at times on an older one, so that they branch.
      let x = draft.number(0...3) == 0 ? draft.pick(draft.values) : draft.values[draft.values.count - 1]
      let candidates = recipes.filter { $0.fits(x.shape) }.shuffled(using: &draft.random)
      guard let recipe = candidates.min(by: { count($0, x.shape) < count($1, x.shape) }) else { continue }
      let use = RandomGraph.Use(operation: recipe.name, shape: .init(x.shape))
      counts[use, default: 0] += 1
      draft.graph.uses.append(use)
      var result = recipe.build(&draft, x)
      // Past functions that lose much of what they are given.
      if result.shape == x.shape, draft.number(0...3) > 0 { result.name = draft.node("Add", [result.name, draft.scaled(x.name, 0.5)]) }
      draft.values.append(result.shape.reduce(1, *) > 100 ? draft.dense(result, [6]) : result)
    }
    // What is committed to, and seen of all elements.
    let last = draft.rows(draft.values[draft.values.count - 1], width: draft.number(1...5))
    draft.graph.output(last.name, last.shape)
    if draft.number(0...2) == 0 {
      let other = draft.pick(Array(draft.values.dropFirst()))
      draft.graph.output(other.name, other.shape)
    }
    random = draft.random
    return draft.graph.finished()
  }

  private func count(_ recipe: OperatorRecipe, _ shape: [Int]) -> Int {
    counts[.init(operation: recipe.name, shape: .init(shape)), default: 0]
  }

  private func randomShape(_ shapeClass: RandomGraph.ShapeClass, _ draft: inout GraphDraft) -> [Int] {
    switch shapeClass {
    case .one: [1]
    case .power: [1 << draft.number(1...4)]
    case .vector: [draft.pick([3, 5, 6, 7, 9, 12, 15])]
    case .matrix: (0..<2).map { _ in draft.number(2...5) }
    case .cube, .line, .grid, .odd, .thin: (0..<3).map { _ in draft.number(2...4) }
    case .volume: [draft.number(1...3)] + (0..<3).map { _ in draft.number(2...3) }
    }
  }
}
