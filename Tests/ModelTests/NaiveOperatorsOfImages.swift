/// Windows over the axes after the channels, as the attributes of a node state them.
private struct NaiveWindows {
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  /// Places of padding before the first element and after the last one.
  var before: [Int]
  var after: [Int]
  /// How many windows there are.
  var counts: [Int] = []

  private init(stated node: NaiveNode, kernel: [Int]) {
    self.kernel = kernel
    strides = node.integers("strides") ?? kernel.map { _ in 1 }
    dilations = node.integers("dilations") ?? kernel.map { _ in 1 }
    let pads = node.integers("pads") ?? (kernel + kernel).map { _ in 0 }
    before = Array(pads[..<kernel.count])
    after = Array(pads[kernel.count...])
  }

  private func reach(_ axis: Int) -> Int { dilations[axis] * (kernel[axis] - 1) + 1 }

  init(_ node: NaiveNode, kernel: [Int]? = nil) {
    self.init(stated: node, kernel: kernel ?? node.integers("kernel_shape") ?? [])
    let automatic = node.text("auto_pad", "NOTSET")
    for (axis, length) in node[0].shape[2...].enumerated() {
      if automatic.hasPrefix("SAME") {
        counts.append((length + strides[axis] - 1) / strides[axis])
        let total = max((counts[axis] - 1) * strides[axis] + reach(axis) - length, 0)
        before[axis] = automatic == "SAME_UPPER" ? total / 2 : (total + 1) / 2
        after[axis] = total - before[axis]
        continue
      }
      let room = length + before[axis] + after[axis] - reach(axis)
      var count = room / strides[axis] + 1
      // One more that reaches beyond the end, unless it begins there.
      let reachesBeyond = room % strides[axis] != 0 && count * strides[axis] < length + before[axis]
      if automatic == "NOTSET" && node.integer("ceil_mode", 0) != 0 && reachesBeyond { count += 1 }
      counts.append(count)
    }
  }

  /// Of a transposed convolution: `before` and `after` are what is cut from the sum of all windows, of `counts` elements.
  init(transposed node: NaiveNode, kernel: [Int]) {
    self.init(stated: node, kernel: kernel)
    let additions = node.integers("output_padding") ?? kernel.map { _ in 0 }
    let automatic = node.text("auto_pad", "NOTSET")
    for (axis, length) in node[0].shape[2...].enumerated() {
      let whole = strides[axis] * (length - 1) + additions[axis] + reach(axis)
      let stated = node.integers("output_shape")?[axis] ?? (automatic.hasPrefix("SAME") ? strides[axis] * length : nil)
      if let stated {
        before[axis] = automatic == "SAME_UPPER" ? (whole - stated) / 2 : whole - stated - (whole - stated) / 2
        after[axis] = whole - stated - before[axis]
      }
      counts.append(whole - before[axis] - after[axis])
    }
  }

  /// Where the taps of a window lie; before 0 and from the length on is padding.
  func places(_ window: some Collection<Int>) -> [[Int]] {
    allIndices(kernel).map { tap in
      window.enumerated().map { axis, index in index * strides[axis] + tap[axis] * dilations[axis] - before[axis] }
    }
  }
}

extension NaiveOperators {
  static let windows: [String: @Sendable (NaiveNode) -> NaiveArray] = [
    "Conv": { node in
      let (x, weights) = (node[0], node[1])
      let windows = NaiveWindows(node, kernel: Array(weights.shape[2...]))
      let outputsOfGroup = weights.shape[0] / node.integer("group", 1)
      return NaiveArray([x.shape[0], weights.shape[0]] + windows.counts) { at in
        var sum = node.optional(2)?[[at[1]]] ?? 0
        for input in 0..<weights.shape[1] {
          let channel = at[1] / outputsOfGroup * weights.shape[1] + input
          for (tap, place) in zip(allIndices(windows.kernel), windows.places(at[2...])) {
            sum += x.padded([at[0], channel] + place) * weights[[at[1], input] + tap]
          }
        }
        return sum
      }
    },
    "ConvTranspose": { node in
      let (x, weights) = (node[0], node[1])
      let windows = NaiveWindows(transposed: node, kernel: Array(weights.shape[2...]))
      let groups = node.integer("group", 1)
      let shape = [x.shape[0], groups * weights.shape[1]] + windows.counts
      var sums = NaiveArray(shape) { node.optional(2)?[[$0[1]]] ?? 0 }
      for at in allIndices(x.shape) {
        for output in 0..<weights.shape[1] {
          let channel = at[1] / (x.shape[1] / groups) * weights.shape[1] + output
          for (tap, place) in zip(allIndices(windows.kernel), windows.places(at[2...])) {
            let target = [at[0], channel] + place
            if sums.contains(target) { sums[target] += x[at] * weights[[at[1], output] + tap] }
          }
        }
      }
      return sums
    },
    "MaxPool": { node in
      let windows = NaiveWindows(node)
      return NaiveArray(node[0].shape[..<2] + windows.counts) { at in
        windows.places(at[2...]).map { at[..<2] + $0 }.filter(node[0].contains).map { node[0][$0] }.max() ?? .nan
      }
    },
    "AveragePool": { node in
      let windows = NaiveWindows(node)
      let includesPadding = node.integer("count_include_pad", 0) != 0
      return NaiveArray(node[0].shape[..<2] + windows.counts) { at in
        let places = windows.places(at[2...])
        let counted = places.filter { place in
          place.indices.allSatisfy { axis in
            let (before, after) = includesPadding ? (windows.before[axis], windows.after[axis]) : (0, 0)
            return (-before..<node[0].shape[2 + axis] + after).contains(place[axis])
          }
        }
        return places.reduce(0) { $0 + node[0].padded(at[..<2] + $1) } / Double(counted.count)
      }
    },
  ]

  static let samples: [String: @Sendable (NaiveNode) -> NaiveArray] = [
    "Pad": { node in
      let pads = node.integers(1, or: "pads") ?? []
      let axes = (node.optional(3)?.integers ?? Array(node[0].shape.indices)).map { fromStart($0, node[0].shape.count) }
      var (shape, before) = (node[0].shape, node[0].shape.map { _ in 0 })
      for (index, axis) in axes.enumerated() {
        before[axis] = pads[index]
        shape[axis] += pads[index] + pads[index + axes.count]
      }
      return NaiveArray(shape) { node[0].padded(zip($0, before).map { $0 - $1 }) }
    },
    "Resize": { resized($0, $0.operatorSet < 11 ? 1 : 2) },
    "Upsample": { resized($0, 1) },
  ]

  private static func resized(_ node: NaiveNode, _ scalesIndex: Int) -> NaiveArray {
    let x = node[0]
    let isOld = scalesIndex == 1
    let places = node.text("coordinate_transformation_mode", isOld ? "asymmetric" : "half_pixel")
    let rounding = node.text("nearest_mode", isOld ? "floor" : "round_prefer_floor")
    var scales = node.optional(scalesIndex)?.values ?? []
    var shape = zip(x.shape, scales).map { Int((Double($0) * $1).rounded(.down)) }
    if let sizes = node.optional(3)?.integers {
      shape = sizes
      scales = zip(sizes, x.shape).map { Double($0) / Double($1) }
      let common = ["not_larger": scales.min(), "not_smaller": scales.max()]
      if let scale = common[node.text("keep_aspect_ratio_policy", "stretch")] ?? nil {
        scales = scales.map { _ in scale }
        shape = x.shape.map { Int((Double($0) * scale).rounded()) }
      }
    }
    func place(_ index: Int, _ axis: Int) -> Double {
      switch places {
      case "asymmetric": Double(index) / scales[axis]
      case "align_corners": shape[axis] == 1 ? 0 : Double(index * (x.shape[axis] - 1)) / Double(shape[axis] - 1)
      case "pytorch_half_pixel" where shape[axis] == 1: 0
      case _: (Double(index) + 0.5) / scales[axis] - 0.5
      }
    }
    func nearest(_ place: Double) -> Double {
      switch rounding {
      case "floor": place.rounded(.down)
      case "ceil": place.rounded(.up)
      case "round_prefer_ceil": (place + 0.5).rounded(.down)
      case _: (place - 0.5).rounded(.up)
      }
    }
    /// How much of the element `source` is in the result along an axis; what lies beyond an end is the element there.
    func weight(_ source: Int, _ index: Int, _ axis: Int) -> Double {
      let place = place(index, axis)
      let inside = min(max(place, 0), Double(x.shape[axis] - 1))
      if node.text("mode", "nearest") != "nearest" { return max(0, 1 - abs(inside - Double(source))) }
      return min(max(nearest(place), 0), Double(x.shape[axis] - 1)) == Double(source) ? 1 : 0
    }
    return NaiveArray(shape) { at in
      allIndices(x.shape).reduce(0) { sum, source in
        let weight = x.shape.indices.reduce(1) { $0 * weight(source[$1], at[$1], $1) }
        return sum + (weight == 0 ? 0 : weight * x[source])
      }
    }
  }
}
