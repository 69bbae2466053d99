extension OperatorRecipe {
  /// What picks elements, by constant indices and by indices that depend on the input.
  static let picking: [OperatorRecipe] = [
    OperatorRecipe("Gather") { d, x in
      let axis = d.axis(x)
      let picks = (0..<d.number(1...4)).map { _ in d.number(-x.shape[axis]...x.shape[axis] - 1) }
      return (d.node("Gather", [x.name, d.integers(picks)], [("axis", .integer(axis + 1))]), x.shape.with(picks.count, at: axis))
    },
    OperatorRecipe("Gather of ids", { $0.count < 3 }) { d, x in
      // Ids are an input, and what they pick is added to what the operand's first elements say.
      let (count, width) = (d.number(2...7), x.shape[x.shape.count - 1])
      let ids = d.graph.input(Array(x.shape.dropLast()), idCount: count, type: d.pick([6, 7]))
      return (d.node("Add", [d.node("Gather", [d.constant([count, width], -1...1), ids]), x.name]), x.shape)
    },
    OperatorRecipe.same("Gather of places") { d, x in
      // All places of a call's one sample, along its first axis.
      let place = d.node("ReduceMean", [x.name], [("keepdims", .integer(0))])
      let row = d.node("Gather", [x.name, d.ids(place, below: x.shape[0])], [("axis", .integer(1))])
      return d.node("Add", [x.name, d.node("Unsqueeze", [row, d.integers([1])])])
    }.ofOneSample(),
    OperatorRecipe("GatherElements") { d, x in
      let axis = d.axis(x)
      let shape = x.shape.with(d.number(1...3), at: axis)
      let picks = (0..<shape.reduce(1, *)).map { _ in d.number(0...x.shape[axis] - 1) }
      return (d.node("GatherElements", [x.name, d.integers(picks, [1] + shape)], [("axis", .integer(axis + 1))]), shape)
    }.ofOneSample(),
    .same("GatherElements of ids") { d, x in
      let axis = d.axis(x)
      return d.node("GatherElements", [x.name, d.ids(d.other(x), below: x.shape[axis])], [("axis", .integer(axis + 1))])
    },
    OperatorRecipe("GatherND") { d, x in
      let picks = (0..<d.number(1...3)).map { _ in d.number(0...x.shape[0] - 1) }
      let result = d.node("GatherND", [x.name, d.integers(picks, [1, picks.count, 1])], [("batch_dims", .integer(1))])
      return (result, [picks.count] + x.shape.dropFirst())
    }.ofOneSample(),
    OperatorRecipe("GatherND of ids") { d, x in
      let ids = d.ids(d.dense(x, [2, 1]).name, below: x.shape[0])
      return (d.node("GatherND", [x.name, ids], [("batch_dims", .integer(1))]), [2] + x.shape.dropFirst())
    },
  ]

  /// What places elements, or leaves some out.
  static let placing: [OperatorRecipe] = [
    OperatorRecipe.same("ScatterND") { d, x in
      let place = d.number(0...x.shape[0] - 1)
      let updates = d.constant([1, 1] + x.shape.dropFirst(), 0.5...1.2)
      let reduction = d.pick(["none", "add", "mul", "max", "min"])
      return d.node("ScatterND", [x.name, d.integers([0, place], [1, 1, 2]), updates], [("reduction", .text(reduction))])
    }.ofOneSample(),
    OperatorRecipe.same("ScatterElements") { d, x in scattered(&d, x, "ScatterElements", ["none", "add", "mul", "max", "min"]) }
      .ofOneSample(),
    OperatorRecipe.same("Scatter", since: 9, until: 9) { d, x in scattered(&d, x, "Scatter", nil) }.ofOneSample(),
    OperatorRecipe("Compress", several) { d, x in
      let axis = d.axis(x, least: 2)
      let condition = d.node("Cast", [d.integers((0..<x.shape[axis]).map { ($0 + 1) % 2 })], [("to", .integer(9))])
      return (d.node("Compress", [x.name, condition], [("axis", .integer(axis + 1))]), x.shape.with((x.shape[axis] + 1) / 2, at: axis))
    },
    OperatorRecipe.same("ReverseSequence") { d, x in
      d.node(
        "ReverseSequence", [x.name, d.integers([d.number(1...x.shape[0])])], [("batch_axis", .integer(0)), ("time_axis", .integer(1))])
    }.ofOneSample(),
    OperatorRecipe("OneHot", { $0.count < 4 }) { d, x in
      let depth = d.number(2...4)
      let axis = d.number(1...x.shape.count + 1)
      let hot = d.node("OneHot", [d.ids(d.shifted(x), below: depth), d.integer(depth), d.constant([2], -1...1)], [("axis", .integer(axis))])
      return (hot, Array(x.shape[..<(axis - 1)] + [depth] + x.shape[(axis - 1)...]))
    },
  ]

  /// One row of updates along an axis.
  private static func scattered(_ d: inout GraphDraft, _ x: Value, _ name: String, _ reductions: [String]?) -> String {
    let axis = d.axis(x)
    let shape = x.shape.with(1, at: axis)
    let places = d.integers((0..<shape.reduce(1, *)).map { _ in d.number(0...x.shape[axis] - 1) }, [1] + shape)
    let reduction = reductions.map { [("reduction", ONNXBuilder.Attribute.text(d.pick($0)))] } ?? []
    return d.node(name, [x.name, places, d.constant([1] + shape, 0.5...1.2)], [("axis", .integer(axis + 1))] + reduction)
  }
}
