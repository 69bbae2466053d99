extension OperatorRecipe {
  static let shapes: [OperatorRecipe] = [
    OperatorRecipe("DepthToSpace", { $0.count == 3 && $0[0] == 4 }) { d, x in
      let result = d.node("DepthToSpace", [x.name], [("blocksize", .integer(2)), ("mode", .text(d.pick(["CRD", "DCR"])))])
      return (result, [1, x.shape[1] * 2, x.shape[2] * 2])
    },
    OperatorRecipe("SpaceToDepth", { $0.count == 3 && $0[1] % 2 == 0 && $0[2] % 2 == 0 }) { d, x in
      (d.node("SpaceToDepth", [x.name], [("blocksize", .integer(2))]), [x.shape[0] * 4, x.shape[1] / 2, x.shape[2] / 2])
    },
    OperatorRecipe("Expand", { $0.count < 4 }) { d, x in
      let axis = d.number(0...x.shape.count)
      let grown = Array(x.shape[..<axis] + [1] + x.shape[axis...])
      let shape = grown.with(2, at: axis)
      return (d.node("Expand", [d.node("Unsqueeze", [x.name, d.integers([axis + 1])]), d.integers([1] + shape)]), shape)
    },
    OperatorRecipe("Tile") { d, x in
      let axis = d.axis(x)
      let repeats = [1] + x.shape.indices.map { $0 == axis ? 2 : 1 }
      return (d.node("Tile", [x.name, d.integers(repeats)]), x.shape.with(x.shape[axis] * 2, at: axis))
    },
    OperatorRecipe("CenterCropPad") { d, x in
      let (axis, size) = (d.axis(x), d.number(1...6))
      return (d.node("CenterCropPad", [x.name, d.integers([size])], [("axes", .integers([axis + 1]))]), x.shape.with(size, at: axis))
    },
    .same("Trilu", { $0.count >= 2 }) { d, x in
      d.node("Add", [d.node("Trilu", [x.name, d.integer(d.number(-1...1))], [("upper", .integer(d.number(0...1)))]), d.scaled(x.name, 0.1)])
    },
    padding("constant"), padding("edge"), padding("reflect"), padding("wrap"),
    OperatorRecipe("Concat") { d, x in
      let axis = d.axis(x)
      let constant = d.constant([1] + x.shape, -1...1)
      return (
        d.node("Concat", [x.name, d.other(x)] + (d.graph.hasBatchOfOne ? [constant] : []), [("axis", .integer(axis + 1))]),
        x.shape.with(x.shape[axis] * (d.graph.hasBatchOfOne ? 3 : 2), at: axis)
      )
    },
    OperatorRecipe("Transpose", { $0.count > 1 }) { d, x in
      let order = x.shape.indices.shuffled(using: &d.random)
      return (d.node("Transpose", [x.name], [("perm", .integers([0] + order.map { $0 + 1 }))]), order.map { x.shape[$0] })
    },
    OperatorRecipe("Shape", { $0.count > 1 }) { d, x in
      let batch = d.node("Shape", [x.name], [("start", .integer(0)), ("end", .integer(1))])
      let shape = d.node("Concat", [batch, d.integers([-1])], [("axis", .integer(0))])
      return (d.node("Reshape", [x.name, shape]), [x.shape.reduce(1, *)])
    },
    OperatorRecipe.same("Size") { d, x in d.node("Div", [x.name, d.asFloats(d.node("Size", [x.name]))]) }.ofOneSample(),
    .same("Constant") { d, x in
      let values = d.floats(x.shape.reduce(1, *), -1...1)
      return d.node("Add", [x.name, d.node("Constant", [], [("value", .tensor(.floats(values, x.shape)))])])
    },
    .same("ConstantOfShape") { d, x in
      d.node("Add", [x.name, d.node("ConstantOfShape", [d.integers(x.shape)], [("value", .tensor(.floats([0.5], [1])))])])
    },
    .same("Range") { d, x in
      let range = d.node("Range", [d.number(0), d.number(Float(x.shape[x.shape.count - 1])), d.number(1)])
      return d.node("Add", [x.name, d.scaled(range, 0.25)])
    },
    .same("EyeLike", { $0.count >= 2 }) { d, x in
      let sizes = Array(x.shape.suffix(2))
      let zeros = d.integers([Int](repeating: 0, count: sizes[0] * sizes[1]), sizes)
      return d.node("Add", [x.name, d.node("EyeLike", [zeros], [("dtype", .integer(1)), ("k", .integer(d.number(-1...1)))])])
    },
    .same("NonZero") { d, x in
      let last = x.shape[x.shape.count - 1]
      let places = d.node("NonZero", [d.integers((0..<2 * last).map { $0 % 2 })])
      return d.node("Add", [x.name, d.scaled(d.asFloats(d.node("Squeeze", [places, d.integers([0])])), 0.1)])
    },
    OperatorRecipe("Einsum") { d, x in
      switch x.shape.count {
      case 1: return (d.node("Einsum", [x.name, d.node("Tanh", [d.other(x)])], [("equation", .text("bi,bj->bij"))]), x.shape + x.shape)
      case 2:
        let product = d.node("Einsum", [x.name, d.node("Tanh", [d.other(x)])], [("equation", .text("bij,bkj->bki"))])
        return (d.scaled(product, 0.3), [x.shape[0], x.shape[0]])
      case 3:
        let weights = d.weights([x.shape[1], 3], of: x.shape[1])
        return (d.node("Einsum", [x.name, weights], [("equation", .text("...ij,ik->...kj"))]), [x.shape[0], 3, x.shape[2]])
      case _: return (d.scaled(d.node("Einsum", [x.name], [("equation", .text("bcijk->bkc"))]), 0.2), [x.shape[3], x.shape[0]])
      }
    },
  ]

  private static func padding(_ mode: String) -> OperatorRecipe {
    let fits: Fits = { shape in mode != "reflect" || rows(shape) }
    return OperatorRecipe("Pad \(mode)", fits) { d, x in
      let axis = x.shape.count - 1
      let most = mode == "reflect" ? x.shape[axis] - 1 : mode == "wrap" ? x.shape[axis] : 3
      let pads = [d.number(0...most), d.number(0...most)]
      let operands = [x.name, d.integers(pads), mode == "constant" ? d.constant([], -1...1) : "", d.integers([-1])]
      return (d.node("Pad", operands, [("mode", .text(mode))]), x.shape.with(x.shape[axis] + pads[0] + pads[1], at: axis))
    }
  }
}
