extension OperatorRecipe {
  static let reductions: [OperatorRecipe] = [
    reduction("ReduceL1"), reduction("ReduceL2", shifts: true), reduction("ReduceLogSum", 0.3...2), reduction("ReduceLogSumExp"),
    reduction("ReduceMax"), reduction("ReduceMean"), reduction("ReduceMin"), reduction("ReduceProd", 0.6...1.4),
    reduction("ReduceSum"), reduction("ReduceSumSquare"),
  ]

  /// Over one axis or two.
  private static func reduction(_ name: String, _ range: ClosedRange<Float>? = nil, shifts: Bool = false) -> OperatorRecipe {
    OperatorRecipe(name) { d, x in
      let axes = Array(Set((0..<d.number(1...2)).map { _ in d.axis(x) })).sorted()
      let keeps = axes.count == x.shape.count || d.bool()
      let operand = range.map { d.between(x.name, $0) } ?? (shifts ? d.shifted(x) : x.name)
      let result = d.node(name, [operand, d.integers(axes.map { $0 + 1 })], [("keepdims", .integer(keeps ? 1 : 0))])
      let kept = x.shape.indices.compactMap { axes.contains($0) ? keeps ? 1 : nil : x.shape[$0] }
      return (name == "ReduceMax" || name == "ReduceMin" ? result : d.scaled(result, 0.5), kept)
    }
  }

  static let norms: [OperatorRecipe] = [
    .same("Softmax") { d, x in d.scaled(d.node("Softmax", [x.name], [("axis", .integer(d.axis(x) + 1))]), 1.5) },
    .same("LogSoftmax") { d, x in d.scaled(d.node("LogSoftmax", [x.name], [("axis", .integer(d.axis(x) + 1))]), 0.5) },
    .same("LpNormalization") { d, x in
      d.node("LpNormalization", [d.between(x.name, 0.2...2)], [("axis", .integer(d.axis(x) + 1)), ("p", .integer(d.number(1...2)))])
    },
    .same("MeanVarianceNormalization", rows) { d, x in
      d.node("MeanVarianceNormalization", [d.spread(x)], [("axes", .integers([x.shape.count]))])
    },
    .same("LayerNormalization", rows) { d, x in
      let axis = d.axis(x)
      let shape = Array(x.shape[axis...])
      let numbers = [d.constant(shape, 0.5...1.5), d.constant(shape, -0.5...0.5)]
      return d.node("LayerNormalization", [d.spread(x)] + numbers, [("axis", .integer(axis + 1))])
    },
    .same("RMSNormalization", since: 23) { d, x in d.node("RMSNormalization", [d.spread(x), d.constant(x.shape.suffix(1), 0.5...1.5)]) },
    .same("SimplifiedLayerNormalization") { d, x in
      d.node(
        "SimplifiedLayerNormalization", [d.spread(x), d.constant(x.shape.suffix(1), 0.5...1.5)],
        [("axis", .integer(-1)), ("epsilon", .float(1e-5))])
    },
    .same("com.microsoft.SkipLayerNormalization", { $0.count == 2 && $0[1] > 1 }) { d, x in
      let numbers = [0.5...1.5, -0.5...0.5, -0.5...0.5].map { d.constant([x.shape[1]], $0) }
      return d.node("com.microsoft.SkipLayerNormalization", [d.spread(x), d.node("Tanh", [d.other(x)])] + numbers)
    },
    .same("com.microsoft.SkipSimplifiedLayerNormalization", { $0.count == 2 }) { d, x in
      let numbers = [0.5...1.5, -0.5...0.5].map { d.constant([x.shape[1]], $0) }
      return d.node("com.microsoft.SkipSimplifiedLayerNormalization", [d.spread(x), d.node("Tanh", [d.other(x)])] + numbers)
    },
    .same("InstanceNormalization", channels) { d, x in
      d.node("InstanceNormalization", [d.spread(x), d.constant([x.shape[0]], 0.5...1.5), d.constant([x.shape[0]], -0.5...0.5)])
    },
    .same("GroupNormalization", since: 21, channels) { d, x in
      let groups = d.pick((1...x.shape[0]).filter { x.shape[0] % $0 == 0 })
      return d.node(
        "GroupNormalization", [d.spread(x), d.constant([x.shape[0]], 0.5...1.5), d.constant([x.shape[0]], -0.5...0.5)],
        [("num_groups", .integer(groups))])
    },
    .same("BatchNormalization") { d, x in
      let numbers = [0.5...1.5, -0.5...0.5, -0.5...0.5, 0.5...2].map { d.constant([x.shape[0]], $0) }
      return d.node("BatchNormalization", [x.name] + numbers)
    },
    .same("LRN", { $0.count == 3 }) { d, x in
      d.node("LRN", [x.name], [("size", .integer(3)), ("alpha", .float(0.5)), ("beta", .float(0.75)), ("bias", .float(1.5))])
    },
  ]

  /// The last axis has several elements.
  static let rows: Fits = { $0[$0.count - 1] > 1 }

  /// Elements of a channel differ.
  private static let channels: Fits = { $0.count >= 2 && $0.dropFirst().reduce(1, *) > 1 }

  /// Some axis has elements to compare.
  static let several: Fits = { $0.contains { $0 > 1 } }

  /// What compares elements of an axis, or goes along it.
  static let orders: [OperatorRecipe] =
    ["ArgMax", "ArgMin"].map { name in
      OperatorRecipe(name, several) { d, x in
        let axis = d.axis(x, least: 2)
        let keeps = x.shape.count == 1 || d.bool()
        let index = d.node(name, [d.shifted(x)], [("axis", .integer(axis + 1)), ("keepdims", .integer(keeps ? 1 : 0))])
        let kept = keeps ? x.shape.with(1, at: axis) : Array(x.shape[..<axis] + x.shape[(axis + 1)...])
        return (d.asFloats(index, 0.3), kept)
      }
    }
    + [0, 1].map { output in
      OperatorRecipe("TopK \(output == 0 ? "values" : "indices")", several) { d, x in
        let axis = d.axis(x, least: 2)
        let count = d.number(1...min(4, x.shape[axis]))
        let results = d.graph.nodes(
          "TopK", [d.shifted(x), d.integers([count])], count: 2, ["axis": .integer(axis + 1), "largest": .integer(d.number(0...1))])
        return (output == 0 ? results[0] : d.asFloats(results[1], 0.3), x.shape.with(count, at: axis))
      }
    }
    + [
      .same("Hardmax", several) { d, x in
        d.node("Mul", [d.node("Hardmax", [d.shifted(x)], [("axis", .integer(d.axis(x, least: 2) + 1))]), x.name])
      },
      .same("CumSum", several) { d, x in
        let attributes: GraphDraft.Attributes = ["exclusive", "reverse"].map { ($0, .integer(d.number(0...1))) }
        return d.scaled(d.node("CumSum", [x.name, d.integer(d.axis(x, least: 2) + 1)], attributes), 0.5)
      },
    ]
}
