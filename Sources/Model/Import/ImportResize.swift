extension ImportedOperator {
  /// Operators that sample a value at other places.
  static let samples: [ImportedOperator] = [
    resize("Resize", since: 10), resize("Upsample", since: 9),
  ]

  /// Along one axis after the other a linear layer whose weights are those of the samples.
  private static func resize(_ name: String, since: Int) -> ImportedOperator {
    let support = "all modes, by constant scales or to constant sizes, not of the batch axis; aligned corners of whole sizes"
    return ImportedOperator(name, since: since, support) { importer, node, label throws(NodeProblem) in
      var operand = try importer.tensor(node, 0)
      guard case .value = operand else { throw .unsupported("operand 0 is a constant") }
      let usesOldPlaces = name == "Upsample" || importer.operatorSet < 11
      let resampling = try Resampling(node, usesOldPlaces: usesOldPlaces)
      let policy = try node.text("keep_aspect_ratio_policy", default: "stretch")
      let shape = importer.fullShape(operand)
      let axes = try normalized(try node.integers("axes") ?? Array(shape.indices), rank: shape.count)
      let scales = try importer.scales(node, usesOldPlaces ? 1 : 2)
      let sizes = usesOldPlaces ? nil : try importer.sizes(node, 3, axes, of: operand)
      guard (scales?.count ?? axes.count) == axes.count, (sizes?.count ?? axes.count) == axes.count, (scales == nil) != (sizes == nil) else {
        throw .malformed("its scales or sizes do not fit its input")
      }
      let crops = resampling.places == "tf_crop_and_resize"
      let region = crops ? try importer.floats(node, 1).values : axes.map { _ in 0 } + axes.map { _ in 1 }
      guard region.count == 2 * axes.count, region.allSatisfy({ $0.magnitude <= 0x1p20 }) else {
        throw .malformed("its region does not fit its axes")
      }
      if crops { importer.showAttributes(of: node, label) }
      let ratio = try sizes.flatMap { sizes throws(NodeProblem) in try importer.commonScale(policy, axes.map { shape[$0] }, sizes) }
      for (axis, length) in shape.enumerated() {
        guard let index = axes.firstIndex(of: axis) else { continue }
        // Products of Float32, as onnxruntime forms them: 10 · 0.7 is 7 there.
        let count: Int
        if let scale = scales?[index] {
          count = Int(min(scale * Float(length), 0x1p40))
        } else if let ratio {
          count = Int(min((ratio * Float(length)).rounded(), 0x1p40))
        } else {
          count = sizes?[index] ?? length
        }
        let scale = scales?[index] ?? ratio ?? Float(count) / Float(length)
        let line = Resampling.Line(
          length: length, count: count, scale: scale, start: region[index], end: region[index + axes.count])
        if count == length, scale == 1 || length == 1, line.isWhole { continue }
        if resampling.places == "align_corners", scales != nil, Float(count) != scale * Float(length) {
          throw .unsupported("a scale gives an axis of \(length) no whole size, and runtimes differ in where its corners are then; give sizes")
        }
        let isOfBatch = importer.batch == .symbolic && importer.place(of: operand)?.axis == axis
        guard !isOfBatch, count > 0 else { throw .unsupported("it resizes the batch axis, or to nothing") }
        guard elementCount([count, length], limit: maximumMadeElementCount) != nil else {
          throw .unsupported("it resizes an axis of \(length) to \(count)")
        }
        _ = try importer.freeAxis(axis, &operand)
        guard case .value(let value) = operand else { continue }
        let (weights, bias) = resampling.weights(of: line)
        operand = .value(try importer.linear(
            value, axis: importer.sampleAxis(axis, value), count, weights, bias: bias, isPublic: !crops || !importer.isTrained, label))
      }
      return [.tensor(operand)]
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

  /// The sizes that an operand gives axes; that of the batch is 1, as it is in shapes. Nil when it is left out.
  fileprivate func sizes(_ node: ONNXNode, _ index: Int, _ axes: [Int], of resized: Tensor) throws(NodeProblem) -> [Int]? {
    guard try operand(node, index) != nil else { return nil }
    guard let given = try constant(node, index).integers else { throw .malformed("operand \(index) is not of integers") }
    let batch = place(of: resized)?.axis
    let sizes = given.enumerated().map { place, size in
      batchMultiple(size) == 1 && place < axes.count && axes[place] == batch ? 1 : size
    }
    guard !sizes.contains(where: { batchMultiple($0) != nil }) else { throw .unsupported("operand \(index) depends on the batch size") }
    return sizes
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
}
