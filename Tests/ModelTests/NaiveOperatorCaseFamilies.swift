import TestSupport

extension NaiveCase {
  /// Of a value and a constant, either first, either with axes that the other does not have.
  static func binary(_ name: String) -> [NaiveCase] {
    let pairs: [(NaiveExpression, NaiveExpression)] = [
      (.x(4), .w(4)), (.x(4), .scalar(0.3)), (.x(4, 2), .w(1, 4, 1)), (.x(1, 2), .w(4, 2)), (.x(2, 1), .w(1, 3)),
      (.x(2, 3, 2), .w(3, 1)), (.x(2, 1, 2, 3), .w(2, 1, 1)),
    ]
    return pairs.flatMap { first, second in
      [NaiveCase(.of(name, first, second)), NaiveCase(.of(name, second, first))]
    }
  }

  /// Of two values.
  static func values(_ name: String) -> [NaiveCase] {
    let pairs: [(NaiveExpression, NaiveExpression)] = [
      (.x(4), .x(4)), (.x(4), .x(1)), (.x(2, 1), .x(1, 3)), (.x(2, 3, 1), .x(2, 1, 4)), (.x(1, 1, 2, 1), .x(2, 1, 2, 3)),
    ]
    return pairs.map { NaiveCase(.of(name, $0, $1)) }
  }

  static func reductions(_ name: String) -> [NaiveCase] {
    let choices: [([Int], [Int])] = [
      ([2, 3], [2]), ([2, 3], [-2]), ([2, 3, 4], [1, 2]), ([2, 3, 4], [-1, 2]), ([2, 3, 2, 2], [3]),
      ([2, 3, 2, 2], [-1, -2, 2]), ([2, 3, 4], [1, 3]), ([2, 1, 2, 3], [-1, 1]),
    ]
    let axesMove = name == "ReduceSum" ? 13 : 18
    return choices.flatMap { shape, axes in
      [0, 1].flatMap { keeps in
        [axesMove - 1, axesMove, 21].map { set in
          let isOld = set < axesMove
          let operands: [NaiveExpression] = [.input(shape, -2...2)] + (isOld ? [] : [.integers(axes, [axes.count])])
          var attributes: NaiveExpression.Attributes = ["keepdims": .integer(keeps)]
          if isOld { attributes["axes"] = .integers(axes) }
          return NaiveCase(.node(name, operands, attributes), set: set)
        }
      }
    } + [
      NaiveCase(.of("Neg", .of(name, .x(2, 3), .integers([], [0]), with: ["noop_with_empty_axes": .integer(1)]))),
      NaiveCase(.of(name, .x(1, 4), .list(2))),
    ]
  }

  /// Of one to three axes, with random attributes.
  ///
  /// Every window has an element, and factors of an average are exact in Float32: sides of a kernel are at most 3. Where
  /// onnxruntime leaves the specification, there is no case: windows that are padded automatically have no dilations, no
  /// ceil_mode, and no stride beyond their kernel.
  static func windows(_ name: String) -> [NaiveCase] {
    var random = RepeatableRandom(seed: 1)
    func choose(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let isTransposed = name == "ConvTranspose"
    return (0..<60).map { round in
      let rank = round < 40 ? (round % 4 == 0 ? 1 : 2) : 3
      func sides(_ range: ClosedRange<Int>) -> [Int] { (0..<rank).map { _ in choose(range) } }
      let lengths = isTransposed ? sides(2...4) : sides(rank == 3 ? 3...5 : 5...7)
      let kernel = sides(1...(rank == 3 ? 2 : 3))
      let isAutomatic = round % 5 == 3
      let strides = isAutomatic ? kernel.map { choose(1...$0) } : sides(1...3)
      let dilations = sides(1...2)
      var attributes: NaiveExpression.Attributes = [:]
      if round % 5 > 0 { attributes["strides"] = .integers(strides) }
      let automatic = ["VALID", "SAME_UPPER", "SAME_LOWER"]
      if round % 5 > 1 && (isTransposed || !isAutomatic) { attributes["dilations"] = .integers(dilations) }
      if isAutomatic {
        attributes["auto_pad"] = .text(automatic[round % 3])
      } else if round % 5 > 0 {
        attributes["pads"] = .integers((kernel + kernel).map { choose(0...$0 - 1) })
      }
      if name.hasSuffix("Pool") {
        attributes["kernel_shape"] = .integers(kernel)
        attributes["ceil_mode"] = .integer(isAutomatic ? 0 : choose(0...1))
        if name == "AveragePool" { attributes["count_include_pad"] = .integer(choose(0...1)) }
        return NaiveCase(.node(name, [.input([2] + lengths, -2...2)], attributes))
      }
      let groups = choose(1...2)
      let (inputs, outputs) = (groups * choose(1...2), groups * choose(1...2))
      if groups > 1 { attributes["group"] = .integer(groups) }
      if round % 2 == 0 { attributes["kernel_shape"] = .integers(kernel) }
      if isTransposed && round % 5 > 1 { attributes["output_padding"] = .integers(strides.map { choose(0...$0 - 1) }) }
      if isTransposed && round % 10 == 9 {
        attributes["output_shape"] = .integers((0..<rank).map { strides[$0] * (lengths[$0] - 1) + 1 })
        attributes["auto_pad"] = .text(automatic[1 + round / 10 % 2])
        attributes["pads"] = nil
      }
      let weights = (isTransposed ? [inputs, outputs / groups] : [outputs, inputs / groups]) + kernel
      let bias: [NaiveExpression] = round % 3 == 0 ? [] : [.w(outputs)]
      return NaiveCase(.node(name, [.input([inputs] + lengths, -2...2), .weights(weights)] + bias, attributes))
    }
  }

  /// Of values and of constants, which have several scales; what is not dequantized is no number of the network.
  static func quantizations() -> [NaiveCase] {
    func pair(_ x: NaiveExpression, _ steps: [NaiveExpression], axis: Int? = nil, type: Int? = nil) -> NaiveExpression {
      let axes: NaiveExpression.Attributes = axis.map { ["axis": .integer($0)] } ?? [:]
      var attributes = axes
      if let type { attributes["output_dtype"] = .integer(type) }
      return .node("DequantizeLinear", [.node("QuantizeLinear", [x] + steps, attributes)] + steps, axes)
    }
    let wide = NaiveExpression.x(20, in: -6...6)
    let scales: NaiveExpression = .floats([0.25, 0.0625, 2], [3])
    let halves: NaiveExpression = .floats([0.25, 0.75, -0.25, 1.25], [4])
    return [
      NaiveCase(pair(wide, [.scalar(0.03125), .narrow([-3], [], 3)])),
      NaiveCase(pair(wide, [.scalar(0.03), .narrow([130], [], 2)])),
      NaiveCase(pair(wide, [.scalar(0.0001), .narrow([32768], [], 4)])),
      NaiveCase(pair(wide, [.scalar(0.0001), .narrow([7], [], 5)])),
      NaiveCase(pair(.of("Add", .of("Mul", .x(4), .scalar(0)), halves), [.scalar(0.5), .narrow([100], [], 2)])),
      NaiveCase(pair(halves, [.scalar(0.5), .narrow([100], [], 2)]).added(to: .x(4))),
      NaiveCase(pair(wide, [.scalar(0.03125)])),
      NaiveCase(pair(.x(2, 3, 2), [.floats([0.5], [1]), .narrow([-1], [1], 3)])),
      NaiveCase(pair(.w(4, 3), [.scalar(0.0625), .narrow([9], [], 2)]).added(to: .x(4, 3))),
      NaiveCase(pair(.w(4, 3), [scales, .narrow([128, 100, 7], [3], 2)]).added(to: .x(4, 3))),
      NaiveCase(pair(.w(3, 4), [scales, .narrow([1, -100, 7], [3], 3)], axis: 0).added(to: .x(3, 4))),
      NaiveCase(pair(.w(2, 3, 2), [scales], axis: -2).added(to: .x(2, 3, 2))),
      NaiveCase(pair(.w(2, 3), [.scalar(0.125)], axis: 1, type: 3).added(to: .x(2, 3))),
      NaiveCase(.of("DequantizeLinear", .narrow([100000, -5, 7], [3], 6), .scalar(0.25)).added(to: .x(3))),
      NaiveCase(
        .of("DequantizeLinear", .narrow([1, -128, 127, 4, 5, 6], [2, 3], 3), scales, .narrow([3, 0, -5], [3], 3))
          .added(to: .x(2, 3))),
    ]
  }

  /// Lengths and scales are such that places are exact in Float32.
  static func resizes(_ name: String) -> [NaiveCase] {
    func scales(_ values: Float...) -> NaiveExpression { .floats(values, [values.count]) }
    let modes: [(String, [Float])] = [("nearest", [2, 3]), ("nearest", [1, 2]), ("linear", [2, 4]), ("linear", [1, 2])]
    let old = modes.map { mode, sides in
      NaiveCase(
        .node(name, [.x(2, 3, 5), .floats([1, 1] + sides, [4])], ["mode": .text(mode)]),
        set: name == "Upsample" ? 9 : 10)
    }
    if name == "Upsample" { return old }
    let transformations = ["half_pixel", "asymmetric", "pytorch_half_pixel", "align_corners"]
    let chosen = transformations.flatMap { transformation in
      ["linear", "floor", "ceil", "round_prefer_floor", "round_prefer_ceil"].map { rounding in
        let isLinear = rounding == "linear"
        // Aligned corners are those of whole sizes; all places are exact.
        let (width, stretch): (Int, Float) = transformation == "align_corners" ? (6, 3) : (5, 2)
        var attributes: NaiveExpression.Attributes = [
          "mode": .text(isLinear ? "linear" : "nearest"), "coordinate_transformation_mode": .text(transformation),
        ]
        if !isLinear { attributes["nearest_mode"] = .text(rounding) }
        return NaiveCase(.node(name, [.x(2, 3, width), .absent, scales(1, 1, stretch, 0.5)], attributes))
      }
    }
    let lines = transformations.map { transformation in
      let attributes: NaiveExpression.Attributes = ["coordinate_transformation_mode": .text(transformation)]
      return NaiveCase(.of(name, .x(2, 4), .absent, scales(1, 2, 0.5), with: attributes))
    }
    func sized(_ x: NaiveExpression, _ sizes: [Int], _ attributes: NaiveExpression.Attributes = [:]) -> NaiveCase {
      NaiveCase(.of(name, x, .absent, .absent, .integers(sizes, [sizes.count]), with: attributes), single: true)
    }
    return old + chosen + lines + [
      NaiveCase(.of(name, .x(2, 3, 2), .absent, scales(1, 1, 2, 2))),
      NaiveCase(.of(name, .x(1, 2, 2, 2), .absent, scales(1, 1, 2, 2, 2))),
      NaiveCase(.of(name, .x(3), .absent, scales(1, 2), with: ["mode": .text("linear")]), set: 13),
      sized(.x(2, 3, 5), [1, 2, 6, 10]), sized(.x(2, 3, 2), [1, 2, 6, 1], ["mode": .text("linear")]),
      sized(.x(1, 4, 6), [1, 1, 2, 9], ["keep_aspect_ratio_policy": .text("not_larger")]),
      sized(.x(1, 4, 6), [1, 1, 2, 5], ["keep_aspect_ratio_policy": .text("not_smaller")]),
    ]
  }
}
