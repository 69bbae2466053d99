extension OperatorRecipe {
  private static let matrix: Fits = { $0.count == 2 }
  private static let cube: Fits = { $0.count == 3 }

  /// Attention, and layers over time: of steps × numbers, or heads × steps × numbers.
  static let sequences: [OperatorRecipe] =
    ["RNN", "GRU", "LSTM"].map(recurrent) + [
      .same("Attention", since: 23, cube) { d, x in
        d.node(
          "Attention", [x.name, d.other(x), d.other(x)],
          [("is_causal", .integer(d.number(0...1))), ("softcap", .float(d.pick([0, 2])))])
      },
      OperatorRecipe("Attention of heads", since: 23, matrix) { d, x in
        let parts = [4, 2, 2].map { d.rows(x, width: $0).name }
        return (d.node("Attention", parts, [("q_num_heads", .integer(2)), ("kv_num_heads", .integer(1))]), [x.shape[0], 4])
      },
      OperatorRecipe("com.microsoft.Attention", matrix) { d, x in
        let numbers = [d.weights([x.shape[1], 12], of: x.shape[1]), d.constant([12], -0.5...0.5)]
        let attributes: GraphDraft.Attributes = [("num_heads", .integer(2)), ("unidirectional", .integer(d.number(0...1)))]
        return (d.node("com.microsoft.Attention", [x.name] + numbers, attributes), [x.shape[0], 4])
      },
      OperatorRecipe("com.microsoft.MultiHeadAttention", matrix) { d, x in
        let parts = [x.name, d.other(x), x.name].map { d.rows(($0, x.shape), width: 4).name }
        let bias = d.bool() ? [d.constant([12], -0.5...0.5)] : []
        return (d.node("com.microsoft.MultiHeadAttention", parts + bias, [("num_heads", .integer(2))]), [x.shape[0], 4])
      },
      OperatorRecipe("com.microsoft.GroupQueryAttention", matrix) { d, x in
        let length = x.shape[0]
        let parts = [16, 8, 8].map { d.rows(x, width: $0).name }
        let last = d.graph.initializer(.narrow([Int32(length - 1)], [1]))
        let total = d.graph.initializer(.narrow([Int32(length)], []))
        let results = d.graph.nodes(
          "com.microsoft.GroupQueryAttention", parts + ["", "", last, total], count: 3,
          ["num_heads": .integer(2), "kv_num_heads": .integer(1)])
        return d.rows((results[0], [length, 16]), width: 3)
      }.ofOneSample(),
      OperatorRecipe.same("RotaryEmbedding", since: 23, { $0.count == 3 && $0[2] % 2 == 0 }) { d, x in
        let tables = (0..<2).map { _ in d.constant([1, x.shape[1], x.shape[2] / 2], -1...1) }
        return d.node("RotaryEmbedding", [x.name] + tables, [("interleaved", .integer(d.number(0...1)))])
      }.ofOneSample(),
      .same("com.microsoft.EmbedLayerNormalization", { $0.count == 2 && $0[1] > 1 }) { d, x in
        let (length, width, count) = (x.shape[0], x.shape[1], d.number(2...7))
        let ids = d.graph.input([length], idCount: count, type: 6)
        // Elements of a row differ in all sums of rows.
        let tables = [count, length].map { d.constant([$0, width], -0.4...0.4) }
        let ramp = (0..<2 * width).map { Float($0 % width * 5 % 7) * 0.7 - 2 }
        let kinds = d.graph.initializer(.floats(ramp, [2, width]))
        let numbers = [0.5...1.5, -0.5...0.5].map { d.constant([width], $0) }
        let segments = d.graph.input([length], idCount: 2, type: 6)
        let results = d.graph.nodes(
          "com.microsoft.EmbedLayerNormalization", [ids, segments] + tables + [kinds] + numbers, count: 2, [:])
        return d.node("Add", [results[0], x.name])
      },
    ]

  private static func recurrent(_ name: String) -> OperatorRecipe {
    OperatorRecipe(name, matrix) { d, x in
      let gates = ["RNN": 1, "GRU": 3, "LSTM": 4][name] ?? 1
      let (hidden, directions) = (d.number(1...3), d.number(1...2))
      let weights = [
        d.weights([directions, gates * hidden, x.shape[1]], of: x.shape[1]), d.weights([directions, gates * hidden, hidden], of: hidden),
        d.constant([directions, 2 * gates * hidden], -0.5...0.5),
      ]
      var attributes: GraphDraft.Attributes = [("hidden_size", .integer(hidden))]
      attributes.append(("direction", .text(directions == 2 ? "bidirectional" : d.pick(["forward", "reverse"]))))
      if name == "GRU" { attributes.append(("linear_before_reset", .integer(d.number(0...1)))) }
      let steps = d.node("Transpose", [x.name], [("perm", .integers([1, 0, 2]))])
      let results = d.graph.nodes(name, [steps] + weights, count: 2, list: attributes)
      // Steps × directions × samples × numbers.
      if d.bool() {
        return (d.node("Transpose", [results[0]], [("perm", .integers([2, 0, 1, 3]))]), [x.shape[0], directions, hidden])
      }
      return (d.node("Transpose", [results[1]], [("perm", .integers([1, 0, 2]))]), [directions, hidden])
    }
  }
}
