extension OperatorRecipe {
  private static let spatial: Fits = { $0.count >= 2 }

  /// Windows of one to three axes, and samples of images.
  static let images: [OperatorRecipe] =
    [
      OperatorRecipe("Conv", spatial) { d, x in
        let (kernel, sizes, attributes) = d.windows(Array(x.shape.dropFirst()))
        let shape = [d.number(1...4), x.shape[0]] + kernel
        return (
          d.node("Conv", [x.name, d.weights(shape, of: shape.dropFirst().reduce(1, *)), d.constant([shape[0]], -0.5...0.5)], attributes),
          [shape[0]] + sizes
        )
      },
      OperatorRecipe("com.microsoft.FusedConv", { $0.count == 3 }) { d, x in
        let (kernel, sizes, attributes) = d.windows(Array(x.shape.dropFirst()))
        let shape = [d.number(1...4), x.shape[0]] + kernel
        let numbers = [d.weights(shape, of: shape.dropFirst().reduce(1, *)), d.constant([shape[0]], -0.5...0.5)]
        let activation: GraphDraft.Attributes = [("activation", .text("HardSigmoid")), ("activation_params", .floats([0.3, 0.4]))]
        return (d.node("com.microsoft.FusedConv", [x.name] + numbers, attributes + activation), [shape[0]] + sizes)
      },
      OperatorRecipe("ConvTranspose", spatial) { d, x in
        let kernel = x.shape.dropFirst().map { _ in d.number(1...2) }
        let strides = kernel.map { _ in d.number(1...2) }
        let shape = [x.shape[0], d.number(1...3)] + kernel
        let sizes = kernel.indices.map { (x.shape[$0 + 1] - 1) * strides[$0] + kernel[$0] }
        return (d.node("ConvTranspose", [x.name, d.weights(shape, of: x.shape[0])], [("strides", .integers(strides))]), [shape[1]] + sizes)
      },
      pool("MaxPool"), pool("AveragePool"), pool("LpPool", [("p", .integer(2))]), pool("LpPool of cubes", [("p", .integer(3))]),
      global("GlobalLpPool", until: 21, [("p", .integer(2))]), global("GlobalMaxPool"), global("GlobalAveragePool"),
      OperatorRecipe("Upsample", since: 9, until: 9, spatial) { d, x in
        let scales = x.shape.dropFirst().map { _ in d.number(1...2) }
        let mode = x.shape.count == 3 ? d.pick(["nearest", "linear"]) : "nearest"
        let factors = d.graph.initializer(.floats([1, 1] + scales.map(Float.init), [scales.count + 2]))
        let result = d.node("Upsample", [x.name, factors], [("mode", .text(mode))])
        return (result, x.shape.prefix(1) + zip(x.shape.dropFirst(), scales).map(*))
      },
      OperatorRecipe("Col2Im", { $0.count == 2 }) { d, x in
        let columns = d.dense(x, [8, 6])
        return (d.node("Col2Im", [columns.name, d.integers([3, 4]), d.integers([2, 2])]), [2, 3, 4])
      },
      OperatorRecipe("AffineGrid", { $0.count == 1 }) { d, x in
        let size = [d.number(2...3), d.number(2...4)]
        let matrix = d.dense(x, [2, 3]).name
        let grid = d.node("AffineGrid", [matrix, d.integers([1, 1] + size)], [("align_corners", .integer(d.number(0...1)))])
        return (grid, size + [2])
      }.ofOneSample(),
    ]
    + ["nearest", "linear", "cubic"].map { mode in
      OperatorRecipe("Resize \(mode)", { mode == "nearest" ? $0.count >= 2 : $0.count == 3 }) { d, x in
        let sizes = x.shape.dropFirst().map { _ in d.number(1...6) }
        let places = mode == "nearest" ? ["asymmetric"] : ["half_pixel", "asymmetric", "pytorch_half_pixel"]
        let attributes: GraphDraft.Attributes = [
          ("mode", .text(mode)), ("axes", .integers(Array(2..<sizes.count + 2))), ("coordinate_transformation_mode", .text(d.pick(places))),
          ("nearest_mode", .text("floor")), ("antialias", .integer(mode == "nearest" ? 0 : d.number(0...1))),
        ]
        return (d.node("Resize", [x.name, "", "", d.integers(sizes)], attributes), x.shape.prefix(1) + sizes)
      }
    }
    + ["nearest", "linear", "cubic"].map { mode in
      OperatorRecipe("GridSample \(mode)", { $0.count == 3 || $0.count == 4 && mode != "cubic" }) { d, x in
        let sizes = x.shape.dropFirst().map { _ in d.number(1...3) }
        let grid = d.constant([1] + sizes + [sizes.count], -1.2...1.2)
        let attributes: GraphDraft.Attributes = [
          ("mode", .text(mode)), ("padding_mode", .text(d.pick(["zeros", "border", "reflection"]))),
          ("align_corners", .integer(d.number(0...1))),
        ]
        return (d.node("GridSample", [x.name, grid], attributes), x.shape.prefix(1) + sizes)
      }.ofOneSample()
    }

  private static func pool(_ name: String, _ more: GraphDraft.Attributes = []) -> OperatorRecipe {
    OperatorRecipe(name, spatial) { d, x in
      let (_, sizes, attributes) = d.windows(Array(x.shape.dropFirst()))
      let operation = "\(name.split(separator: " ")[0])"
      return (d.node(operation, [operation == "LpPool" ? d.shifted(x) : x.name], attributes + more), x.shape.prefix(1) + sizes)
    }
  }

  private static func global(_ name: String, until: Int = 24, _ attributes: GraphDraft.Attributes = []) -> OperatorRecipe {
    OperatorRecipe(name, until: until, spatial) { d, x in
      (d.node(name, [name == "GlobalLpPool" ? d.shifted(x) : x.name], attributes), x.shape.prefix(1) + x.shape.dropFirst().map { _ in 1 })
    }
  }

  static let subgraphs: [OperatorRecipe] = [
    .same("If") { d, x in
      let isTrue = d.node("Cast", [d.integer(d.number(0...1))], [("to", .integer(9))])
      return d.node("If", [isTrue], branches(x))
    },
    OperatorRecipe.same("If of values") { d, x in
      let mean = d.node("ReduceMean", [x.name], [("keepdims", .integer(0))])
      return d.node("If", [d.node("Greater", [mean, d.number(0.05)])], branches(x))
    }.ofOneSample(),
    .same("Loop") { d, x in
      var body = ONNXBuilder(name: "body")
      body.input("round", [], type: 7)
      body.input("before", [], type: 9)
      body.input("state", [nil] + x.shape.map { $0 })
      body.initializer("half", .floats([0.5], []))
      body.node("Identity", ["before"], ["after"])
      body.node("Tanh", ["state"], ["bent"])
      body.node("Add", ["bent", "half"], ["next"])
      body.output("after", [], type: 9)
      body.output("next")
      let isTrue = d.node("Cast", [d.integer(1)], [("to", .integer(9))])
      return d.node("Loop", [d.integer(d.number(1...3)), isTrue, x.name], [("body", .graph(body))])
    },
    .same("Scan", { $0.count > 1 }) { d, x in
      var body = ONNXBuilder(name: "body")
      body.input("state", [nil] + x.shape.dropFirst().map { $0 })
      body.input("step", [nil] + x.shape.dropFirst().map { $0 })
      body.node("Add", ["state", "step"], ["sum"])
      body.node("Tanh", ["sum"], ["next"])
      body.node("Identity", ["next"], ["seen"])
      body.output("next")
      body.output("seen")
      let first = d.node("ReduceMean", [x.name, d.integers([1])], [("keepdims", .integer(0))])
      return d.graph.nodes(
        "Scan", [first, x.name], count: 2,
        list: [
          ("body", .graph(body)), ("num_scan_inputs", .integer(1)), ("scan_input_axes", .integers([1])),
          ("scan_output_axes", .integers([1])),
        ])[1]
    },
  ]

  private static func branches(_ x: Value) -> GraphDraft.Attributes {
    [("then_branch", "Tanh"), ("else_branch", "Neg")].map { name, operation in
      var body = ONNXBuilder(name: name)
      body.node(operation, [x.name], [name])
      body.output(name)
      return (name, .graph(body))
    }
  }
}
