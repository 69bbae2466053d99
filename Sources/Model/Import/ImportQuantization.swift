extension ImportedOperator {
  static let quantization: [ImportedOperator] = [
    ImportedOperator(
      "QuantizeLinear", since: 10,
      "8 or 16 bits; of constants as DequantizeLinear; of values with one scale, followed by its DequantizeLinear or an output"
    ) { importer, node, label throws(NodeProblem) in
      let steps = try importer.steps(node)
      let code = try node.integer("output_dtype", default: 0)
      let stated = code == 0 ? nil : ElementType(rawValue: Int32(clamping: code))
      let type = steps.type ?? stated ?? .uint8
      guard code == 0 || stated != nil, type.byteCount <= 2,
        let range = type.range
      else { throw .unsupported("its integers are not of 8 or 16 bits") }
      switch try importer.tensor(node, 0) {
      case .constant(let constant):
        guard let floats = constant.floats else { throw .malformed("operand 0 is not of floats") }
        guard floats.allSatisfy(\.isFinite) else { throw .malformed("operand 0 is not finite") }
        let integers = zip(floats, try importer.positions(constant, steps, node)).map { value, position in
          let integer = (value / steps.scales[position]).rounded(.toNearestOrEven) + Float(steps.zeroPoints[position])
          return Int(min(max(integer, Float(range.lowerBound)), Float(range.upperBound)))
        }
        return [.constant(Constant(.integers(integers), shape: constant.shape, type: type))]
      case .value(let value):
        guard steps.isUniform else { throw .unsupported("it quantizes a value with several scales") }
        let (scale, zeroPoint) = (steps.scales[0], steps.zeroPoints[0])
        importer.show([Double(scale), Double(zeroPoint)], .quantization, label)
        guard range.contains(Int64(zeroPoint)) else { throw .malformed("its zero point is out of range") }
        let quantum = Quantum(
          scale: Double(scale), range: range.lowerBound - Int64(zeroPoint)...range.upperBound - Int64(zeroPoint))
        let rounded = try importer.append(label, .map(.quantize(quantum)), [value], shape: importer.shape(of: value))
        return [.quantized(rounded, scale: scale, zeroPoint: zeroPoint)]
      }
    },
    ImportedOperator(
      "DequantizeLinear", since: 10,
      "of constants of up to 32 bits, with one scale or one for each index of an axis; of values after a QuantizeLinear with the same scale and zero point"
    ) { importer, node, _ throws(NodeProblem) in
      let steps = try importer.steps(node)
      if case .quantized(let value, let scale, let zeroPoint)? = try importer.operand(node, 0) {
        guard steps.scales == [scale], steps.zeroPoints == [zeroPoint] else {
          throw .unsupported("its scale and zero point are not those of the QuantizeLinear before it")
        }
        return [.value(value)]
      }
      guard case .constant(let constant) = try importer.tensor(node, 0) else {
        throw .unsupported("operand 0 does not come from a QuantizeLinear")
      }
      guard let integers = constant.integers, constant.type.byteCount <= 4 else {
        throw .malformed("operand 0 is not of integers of at most 32 bits")
      }
      let values = zip(integers, try importer.positions(constant, steps, node)).map { integer, position in
        Float(integer - steps.zeroPoints[position]) * steps.scales[position]
      }
      return [.constant(.floats(values, shape: constant.shape))]
    },
  ]
}

extension GraphImporter {
  /// Scales and zero points of a QuantizeLinear or DequantizeLinear: one each, or one for each index of `axis`.
  fileprivate struct Steps {
    let scales: [Float]
    let zeroPoints: [Int]
    let type: ElementType?

    var isUniform: Bool { scales.count == 1 }
  }

  fileprivate func steps(_ node: ONNXNode) throws(NodeProblem) -> Steps {
    guard try node.integer("block_size", default: 0) == 0 else { throw .unsupported("it quantizes in blocks") }
    let scales = try floats(node, 1).values
    guard !scales.isEmpty, scales.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw .malformed("its scale is not positive and finite")
    }
    guard try operand(node, 2) != nil else {
      return Steps(scales: scales, zeroPoints: scales.map { _ in 0 }, type: nil)
    }
    let zero = try constant(node, 2)
    guard let zeroPoints = zero.integers, zeroPoints.count == scales.count else {
      throw .malformed("its zero point does not fit its scale")
    }
    guard zeroPoints.allSatisfy({ $0.magnitude <= 1 << 16 }) else {
      throw .unsupported("its zero point is larger than 2^16")
    }
    return Steps(scales: scales, zeroPoints: zeroPoints, type: zero.type)
  }

  /// The steps of each element of a constant.
  fileprivate func positions(_ constant: Constant, _ steps: Steps, _ node: ONNXNode) throws(NodeProblem) -> [Int] {
    if steps.isUniform { return [Int](repeating: 0, count: constant.count) }
    let axis = try normalized(try node.integer("axis", default: 1), rank: constant.shape.count)
    guard constant.shape[axis] == steps.scales.count else {
      throw .malformed("its \(steps.scales.count) scales do not fit axis \(axis) of \(constant.shape)")
    }
    let inner = constant.shape[(axis + 1)...].reduce(1, *)
    return (0..<constant.count).map { $0 / inner % steps.scales.count }
  }
}
