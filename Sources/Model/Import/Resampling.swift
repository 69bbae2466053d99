/// How elements along an axis are sampled at other places, in Float32 as onnxruntime computes it: at borders of places
/// rounding decides.
struct Resampling {
  enum Mode { case nearest, linear, cubic }

  /// An axis, and the part of it that is sampled: from `start` to `end`, as parts of its length.
  struct Line {
    let length: Int
    let count: Int
    let scale: Float
    let start: Float
    let end: Float

    var isWhole: Bool { start == 0 && end == 1 }
  }

  let mode: Mode
  let places: String
  private let rounding: String
  /// Whether samples of fewer places are means of more elements.
  private let filters: Bool
  /// Whether what is beyond the axis has no weight.
  private let excludesOutside: Bool
  private let coefficient: Float
  /// What is at places beyond the axis, where a region is sampled.
  private let outside: Float

  /// - Throws: For what ONNX has no name for, or we do not do.
  init(_ node: ONNXNode, usesOldPlaces: Bool) throws(NodeProblem) {
    switch try node.text("mode", default: "nearest") {
    case "nearest": mode = .nearest
    case "linear", "bilinear": mode = .linear
    case "cubic": mode = .cubic
    case let other: throw .malformed("its mode is '\(other.oneLine)'")
    }
    places = try node.text("coordinate_transformation_mode", default: usesOldPlaces ? "asymmetric" : "half_pixel")
    let known: Set = [
      "asymmetric", "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "tf_crop_and_resize", "tf_half_pixel_for_nn",
    ]
    guard known.contains(places) else { throw .malformed("its coordinates are transformed by '\(places.oneLine)'") }
    rounding = try node.text("nearest_mode", default: usesOldPlaces ? "floor" : "round_prefer_floor")
    guard ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"].contains(rounding) else {
      throw .malformed("its nearest elements are chosen by '\(rounding.oneLine)'")
    }
    filters = try node.integer("antialias", default: 0) != 0
    guard !filters || mode != .nearest else { throw .malformed("it filters the nearest elements") }
    excludesOutside = try node.integer("exclude_outside", default: 0) != 0 && (mode == .cubic || filters)
    coefficient = try node.float("cubic_coeff_a", default: -0.75)
    outside = try node.float("extrapolation_value", default: 0)
  }

  /// A matrix of places × elements, and what is added.
  func weights(of line: Line) -> (weights: [Float], bias: [Float]?) {
    let (length, count) = (line.length, line.count)
    var weights = [Float](repeating: 0, count: count * length)
    var bias = [Float](repeating: 0, count: count)
    for index in 0..<count {
      let place = place(index, line)
      if places == "tf_crop_and_resize", place < 0 || place > Float(length - 1) {
        bias[index] = outside
        continue
      }
      func add(_ weight: Float, at element: Int) { weights[index * length + min(max(element, 0), length - 1)] += weight }
      switch mode {
      case .nearest: add(1, at: nearest(place))
      case .linear where !filters || line.scale >= 1:
        let low = Int(place.rounded(.down))
        let part = place - place.rounded(.down)
        add(1 - part, at: low)
        add(part, at: low + 1)
      case .linear, .cubic:
        let stretch = filters ? min(line.scale, 1) : 1
        let reach = (mode == .cubic ? 2 : 1) / stretch
        let (first, last) = (Int((place - reach).rounded(.down)), Int((place + reach).rounded(.up)))
        var taps = (first...last).map { ($0, weight((Float($0) - place) * stretch)) }
        if excludesOutside { taps.removeAll { !(0..<length).contains($0.0) } }
        let total = taps.reduce(0) { $0 + $1.1 }
        for (element, weight) in taps { add(filters || excludesOutside ? weight / total : weight, at: element) }
      }
    }
    return (weights, bias.contains { $0 != 0 } ? bias : nil)
  }

  /// The place on the axis of a sample.
  private func place(_ index: Int, _ line: Line) -> Float {
    let (index, length, count, scale) = (Float(index), Float(line.length), Float(line.count), line.scale)
    switch places {
    case "asymmetric": return index / scale
    case "align_corners": return count == 1 ? 0 : index * (length - 1) / (count - 1)
    case "pytorch_half_pixel" where count == 1: return 0
    case "tf_half_pixel_for_nn": return (index + 0.5) / scale
    case "tf_crop_and_resize":
      guard count > 1 else { return 0.5 * (line.start + line.end) * (length - 1) }
      return line.start * (length - 1) + index * (line.end - line.start) * (length - 1) / (count - 1)
    case "half_pixel_symmetric":
      // Both centres are at one place where the scale is not exactly that of the sizes.
      let offset = length / 2 * (1 - count / (scale * length))
      return offset + (index + 0.5) / scale - 0.5
    case _: return (index + 0.5) / scale - 0.5
    }
  }

  private func nearest(_ place: Float) -> Int {
    switch rounding {
    case "floor": Int(place.rounded(.down))
    case "ceil": Int(place.rounded(.up))
    case "round_prefer_ceil": Int((place + 0.5).rounded(.down))
    case _: Int((place - 0.5).rounded(.up))
    }
  }

  /// Of an element at a distance from the place.
  private func weight(_ distance: Float) -> Float {
    mode == .cubic ? cubicWeight(distance, coefficient) : max(0, 1 - distance.magnitude)
  }
}

/// Of an element at a distance from a place, in an interpolation by cubic polynomials.
func cubicWeight(_ distance: Float, _ a: Float) -> Float {
  let x = distance.magnitude
  if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
}
