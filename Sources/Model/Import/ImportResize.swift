extension ImportedOperator {
  /// Operators that sample a value at other places.
  static let samples: [ImportedOperator] = [
    resize("Resize", since: 10), resize("Upsample", since: 9),
  ]

  /// Along one axis after the other a linear layer whose weights are those of the samples.
  private static func resize(_ name: String, since: Int) -> ImportedOperator {
    let support = "nearest and linear, by constant scales or to constant sizes, not of the batch axis"
    return ImportedOperator(name, since: since, support) { importer, node, label throws(NodeProblem) in
      var value = try importer.value(node, 0)
      let mode = try node.text("mode", default: "nearest")
      guard ["nearest", "linear", "bilinear"].contains(mode) else { throw .unsupported("its mode is '\(mode.oneLine)'") }
      let usesOldPlaces = name == "Upsample" || importer.operatorSet < 11
      let places = try node.text("coordinate_transformation_mode", default: usesOldPlaces ? "asymmetric" : "half_pixel")
      guard ["asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners"].contains(places) else {
        throw .unsupported("its coordinates are transformed by '\(places.oneLine)'")
      }
      let policy = try node.text("keep_aspect_ratio_policy", default: "stretch")
      let rounding = try node.text("nearest_mode", default: usesOldPlaces ? "floor" : "round_prefer_floor")
      guard try node.integer("antialias", default: 0) == 0, try node.integers("axes") == nil else {
        throw .unsupported("it filters, or names its axes")
      }
      let shape = [1] + importer.shape(of: value)
      let scales = try importer.scales(node, usesOldPlaces ? 1 : 2)
      let sizes = usesOldPlaces ? nil : try importer.integers(node, 3, or: "")
      guard (scales?.count ?? shape.count) == shape.count, (sizes?.count ?? shape.count) == shape.count,
        (scales == nil) != (sizes == nil)
      else { throw .malformed("its scales or sizes do not fit its input") }
      let ratio = try sizes.flatMap { sizes throws(NodeProblem) in try importer.commonScale(policy, shape, sizes) }
      for (axis, length) in shape.enumerated() {
        // Products of Float32, as onnxruntime forms them: 10 · 0.7 is 7 there.
        let count: Int
        if let scale = scales?[axis] {
          count = Int(min(scale * Float(length), 0x1p40))
        } else if let ratio {
          count = Int(min((ratio * Float(length)).rounded(), 0x1p40))
        } else {
          count = sizes?[axis] ?? length
        }
        let scale = scales?[axis] ?? ratio ?? Float(count) / Float(length)
        if count == length, scale == 1 || length == 1 { continue }
        guard axis > 0, count > 0 else { throw .unsupported("it resizes the batch axis, or to nothing") }
        guard elementCount([count, length], limit: maximumMadeElementCount) != nil else {
          throw .unsupported("it resizes an axis of \(length) to \(count)")
        }
        var weights = [Float](repeating: 0, count: count * length)
        for index in 0..<count {
          let place = importer.sample(index, places, length: length, count: count, scale: scale)
          if mode == "nearest" {
            guard let nearest = importer.nearest(place, rounding) else {
              throw .unsupported("its nearest elements are chosen by '\(rounding.oneLine)'")
            }
            weights[index * length + min(max(nearest, 0), length - 1)] = 1
          } else {
            let low = Int(place.rounded(.down))
            let part = place - place.rounded(.down)
            weights[index * length + min(max(low, 0), length - 1)] += 1 - part
            weights[index * length + min(max(low + 1, 0), length - 1)] += part
          }
        }
        value = try importer.linear(value, axis: axis - 1, count, weights, bias: nil, isPublic: true, label)
      }
      return [.value(value)]
    }
  }
}

extension GraphImporter {
  /// Nil when the scales are left out or empty.
  fileprivate func scales(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> [Float]? {
    guard try operand(node, index) != nil else { return nil }
    let values = try floats(node, index).values
    guard values.allSatisfy({ $0.isFinite && $0 > 0 }) else { throw .malformed("its scales are not positive") }
    return values.isEmpty ? nil : values
  }

  /// The one scale of all axes where a policy keeps their ratio; nil where each has its own.
  fileprivate func commonScale(_ policy: String, _ shape: [Int], _ sizes: [Int]) throws(NodeProblem) -> Float? {
    let scales = zip(sizes, shape).map { Float($0) / Float($1) }
    switch policy {
    case "stretch": return nil
    case "not_larger": return scales.min()
    case "not_smaller": return scales.max()
    case let other: throw .malformed("its policy is called '\(other.oneLine)'")
    }
  }

  /// In Float32, as onnxruntime computes it: at borders of places rounding decides.
  fileprivate func sample(_ index: Int, _ places: String, length: Int, count: Int, scale: Float) -> Float {
    switch places {
    case "asymmetric": Float(index) / scale
    case "align_corners": count == 1 ? 0 : Float(index) * Float(length - 1) / Float(count - 1)
    case "pytorch_half_pixel" where count == 1: 0
    case _: (Float(index) + 0.5) / scale - 0.5
    }
  }

  fileprivate func nearest(_ place: Float, _ rounding: String) -> Int? {
    switch rounding {
    case "floor": Int(place.rounded(.down))
    case "ceil": Int(place.rounded(.up))
    case "round_prefer_floor": Int((place - 0.5).rounded(.up))
    case "round_prefer_ceil": Int((place + 0.5).rounded(.down))
    case _: nil
    }
  }
}
