extension ImportedOperator {
  static let quantization: [ImportedOperator] = [
    ImportedOperator("QuantizeLinear", since: 10, "to 8 or 16 bits; scales and zero points that depend on the input are those of floats") {
      importer, node, label throws(NodeProblem) in
      let code = try node.integer("output_dtype", default: 0)
      let stated = code == 0 ? nil : ElementType(rawValue: Int32(clamping: code))
      guard code == 0 || stated != nil else { throw .unsupported("its integers are not of 8 or 16 bits") }
      return [try importer.quantized(try importer.tensor(node, 0), node, scale: 1, zero: 2, type: stated, label)]
    },
    ImportedOperator("DequantizeLinear", since: 10, "of integers of up to 32 bits") { importer, node, label throws(NodeProblem) in
      [.tensor(try importer.dequantized(node, 0, scale: 1, zero: 2, label))]
    },
    ImportedOperator(
      "DynamicQuantizeLinear", since: 11, "left out, with a notice: its input is passed on as it is, and 1 is its scale"
    ) { importer, node, label throws(NodeProblem) in
      guard case .value(let value) = try importer.tensor(node, 0) else { throw .unsupported("operand 0 is a constant") }
      importer.notices.append("the DynamicQuantizeLinear '\(label.oneLine)' is left out: what it rounds to 8 bits is not rounded")
      let zero = Constant(.integers([0]), shape: [], type: .uint8)
      return [.unrounded(value), .constant(.floats([1], shape: [])), .constant(zero)]
    },
  ]
}

extension GraphImporter {
  /// Scales and zero points: one each, one for each index of an axis, or one for each block along it.
  private struct Steps {
    let scale: Tensor
    let zero: Tensor?
    let type: ElementType?
  }

  /// - Parameters:
  ///   - source: The full shape of what has these steps; scales and zero points broadcast to it.
  ///   - axis: That along which scales differ, where it is not the node's own.
  private mutating func steps(
    _ node: ONNXNode, _ source: [Int], scale: Int, zero: Int?, axis: Int? = nil
  ) throws(NodeProblem) -> Steps {
    let block = try node.integer("block_size", default: 0)
    let stated = try node.integer("axis", default: 1)
    func fitted(_ tensor: Tensor, _ what: String) throws(NodeProblem) -> Tensor {
      let shape = fullShape(tensor)
      if elementCount(shape) == 1 { return try single(tensor) }
      let axis = try normalized(axis ?? stated, rank: source.count)
      if block == 0 {
        guard shape.count == 1, shape[0] == source[axis] else {
          throw .malformed("its \(what) of shape \(shape.prefix(8)) does not fit axis \(axis) of \(source.prefix(8))")
        }
        return try along(tensor, axis, of: source)
      }
      var blocks = source
      guard block > 0, source[axis] > 0 else { throw .malformed("its blocks are of \(block) elements") }
      blocks[axis] = (source[axis] - 1) / block + 1
      guard case .constant(let constant) = tensor else { throw .unsupported("it has blocks with a \(what) that depends on the input") }
      guard shape == blocks else { throw .malformed("its \(what) of shape \(shape.prefix(8)) does not fit blocks of \(source.prefix(8))") }
      let inner = source[(axis + 1)...].reduce(1, *)
      let positions = (0..<source.reduce(1, *)).map { place in
        (place / inner / source[axis] * blocks[axis] + place / inner % source[axis] / block) * inner + place % inner
      }
      return .constant(constant.picking(positions, shape: source))
    }
    let scales = try tensor(node, scale)
    if case .constant(let constant) = scales {
      guard let floats = constant.floats, !floats.isEmpty, floats.allSatisfy({ $0.isFinite && $0 > 0 }) else {
        throw .malformed("its scale is not positive and finite")
      }
    }
    guard let zero, try operand(node, zero) != nil else { return Steps(scale: try fitted(scales, "scale"), zero: nil, type: nil) }
    let zeros = try tensor(node, zero)
    guard kind(of: zeros) == .integer, fullShape(zeros).reduce(1, *) == fullShape(scales).reduce(1, *) else {
      throw .malformed("its zero point does not fit its scale")
    }
    var type = inputTypes[node.input[zero]]
    if case .constant(let constant) = zeros {
      type = constant.type
      guard constant.integers?.allSatisfy({ $0.magnitude <= 1 << 16 }) ?? false else {
        throw .unsupported("its zero point is larger than 2^16")
      }
    }
    return Steps(scale: try fitted(scales, "scale"), zero: try fitted(zeros, "zero point"), type: type)
  }

  /// One number, without axes of its own as far as it can be.
  private mutating func single(_ tensor: Tensor) throws(NodeProblem) -> Tensor {
    if case .value = tensor { try reshaped(tensor, [1], .alone) } else { try reshaped(tensor, [], nil) }
  }

  /// Numbers along an axis of a shape, so that they broadcast to it.
  private mutating func along(_ tensor: Tensor, _ axis: Int, of shape: [Int]) throws(NodeProblem) -> Tensor {
    let place: BatchPlace? = if case .value = tensor { .alone } else { nil }
    return try reshaped(tensor, fullShape(tensor) + shape[(axis + 1)...].map { _ in 1 }, place)
  }

  /// The integers that an operand is, less their zero point.
  ///
  /// - Parameter axis: That along which zero points differ.
  mutating func centred(
    _ node: ONNXNode, _ index: Int, zero: Int, axis: Int, _ label: String
  ) throws(NodeProblem) -> Tensor {
    let integers = try integers(node, index, label)
    guard try operand(node, zero) != nil else { return integers }
    let zeros = try tensor(node, zero)
    let (shape, source) = (fullShape(zeros), fullShape(integers))
    if elementCount(shape) == 1 { return try difference(integers, try single(zeros), label) }
    let axis = try normalized(axis, rank: source.count)
    guard shape.count == 1, shape[0] == source[axis] else { throw .malformed("its zero point does not fit axis \(axis) of \(source.prefix(8))") }
    return try difference(integers, try along(zeros, axis, of: source), label)
  }

  /// The integers of an operand that is quantized, or of integers; of one that was to be quantized in steps of its own, itself.
  mutating func integers(_ node: ONNXNode, _ index: Int, _ label: String) throws(NodeProblem) -> Tensor {
    switch try operand(node, index) {
    case .unrounded(let value): return .value(value)
    case .quantized(let value, let scale, let zeroPoint):
      let function = Pointwise.affine(scale: 1 / Double(scale), shift: Double(zeroPoint))
      return .value(function == .x ? value : try apply(function, to: value, label, kind: .integer))
    case _:
      let tensor = try tensor(node, index)
      guard kind(of: tensor) == .integer else { throw .malformed("operand \(index) is not of integers") }
      if case .constant(let constant) = tensor, constant.type.byteCount > 4 {
        throw .malformed("operand \(index) is not of integers of at most 32 bits")
      }
      return tensor
    }
  }

  /// Floats of what is subtracted from integers.
  private mutating func difference(_ integers: Tensor, _ zero: Tensor, _ label: String) throws(NodeProblem) -> Tensor {
    if case .constant(let constant) = zero, case .value(let value) = integers, kind(of: .value(value)) == .real {
      return try combine(integers, .constant(try constant.cast(to: .float)), .subtract, label)
    }
    return try combine(integers, zero, .subtract, label)
  }

  /// The numbers that integers stand for: (q − zero point) · scale.
  mutating func dequantized(
    _ node: ONNXNode, _ index: Int, scale: Int, zero: Int?, axis: Int? = nil, _ label: String
  ) throws(NodeProblem) -> Tensor {
    var source = [Int]()
    switch try operand(node, index) {
    case .unrounded(let value): source = fullShape(.value(value))
    case .quantized(let value, let own, let zeroPoint):
      source = fullShape(.value(value))
      let steps = try steps(node, source, scale: scale, zero: zero, axis: axis)
      if case .constant(let scales) = steps.scale, scales.floats == [own] {
        guard let zeros = steps.zero else { if zeroPoint == 0 { return .value(value) } else { break } }
        if case .constant(let zeros) = zeros, zeros.integers == [zeroPoint] { return .value(value) }
      }
    case _: source = fullShape(try tensor(node, index))
    }
    let steps = try steps(node, source, scale: scale, zero: zero, axis: axis)
    var result = try integers(node, index, label)
    if let zero = steps.zero { result = try difference(result, zero, label) }
    if case .constant(let constant) = result { result = .constant(try constant.cast(to: .float)) }
    return try combine(result, steps.scale, .multiply, label)
  }

  /// A value or constant rounded to integers.
  ///
  /// - Parameter type: Of the integers where there is no zero point.
  mutating func quantized(
    _ tensor: Tensor, _ node: ONNXNode, scale: Int, zero: Int?, axis: Int? = nil, type: ElementType? = nil, _ label: String
  ) throws(NodeProblem) -> Definition {
    let steps = try steps(node, fullShape(tensor), scale: scale, zero: zero, axis: axis)
    let type = steps.type ?? type ?? .uint8
    guard type.byteCount <= 2, let range = type.range else { throw .unsupported("its integers are not of 8 or 16 bits") }
    if case .constant(let constants) = tensor, case .constant(let scales) = steps.scale {
      let zeros: Constant? = if case .constant(let zeros)? = steps.zero { zeros } else { nil }
      let operands = try Constant.broadcast([constants, scales] + (zeros.map { [$0] } ?? [])).operands
      guard zeros != nil || steps.zero == nil, let floats = operands[0].floats, let scales = operands[1].floats else {
        throw .malformed("operand 0 is not of floats")
      }
      guard floats.allSatisfy(\.isFinite) else { throw .malformed("operand 0 is not finite") }
      let integers = floats.indices.map { place in
        let integer = (floats[place] / scales[place]).rounded(.toNearestOrEven) + Float(operands.count > 2 ? operands[2].integers?[place] ?? 0 : 0)
        return Int(min(max(integer, Float(range.lowerBound)), Float(range.upperBound)))
      }
      return .constant(Constant(.integers(integers), shape: operands[0].shape, type: type))
    }
    if case .value(let value) = tensor, case .constant(let scales) = steps.scale, let own = scales.floats, own.count == 1 {
      var zeroPoint: Int? = 0
      if let zero = steps.zero { if case .constant(let zero) = zero { zeroPoint = zero.integers?.first } else { zeroPoint = nil } }
      if let zeroPoint {
        show([Double(own[0]), Double(zeroPoint)], .quantization, label)
        guard range.contains(Int64(zeroPoint)) else { throw .malformed("its zero point is out of range") }
        let bounds = range.lowerBound - Int64(zeroPoint)...range.upperBound - Int64(zeroPoint)
        return .quantized(try rounded(value, Quantum(scale: Double(own[0]), range: bounds), label), scale: own[0], zeroPoint: zeroPoint)
      }
    }
    // Integers of steps of their own are numbers.
    var quotient = try combine(tensor, steps.scale, .divide, label)
    if let zero = steps.zero {
      var zero = zero
      if case .constant(let constant) = zero { zero = .constant(try constant.cast(to: .float)) }
      quotient = try combine(quotient, zero, .add, label)
    }
    guard case .value(let value) = quotient else { throw .malformed("operand 0 is not of floats") }
    return .quantized(try rounded(value, Quantum(scale: 1, range: range), label), scale: 1, zeroPoint: 0)
  }

  /// The integers that are stored for a rounded value.
  mutating func stored(_ value: Int, scale: Float, zeroPoint: Int, _ label: String) throws(NodeProblem) -> Int {
    if scale == 1, zeroPoint == 0 { return value }
    let first = nodes.count
    defer { nameParts(from: first, label) }
    let integers = try apply(.affine(scale: 1 / Double(scale), shift: Double(zeroPoint)), to: value, label, kind: .integer)
    // Of 16 bits, with or without a sign.
    return try rounded(integers, Quantum(scale: 1, range: -1 << 15...1 << 16 - 1), label)
  }

  private mutating func rounded(_ value: Int, _ quantum: Quantum, _ label: String) throws(NodeProblem) -> Int {
    try append(label, .map(.quantize(quantum)), [value], shape: shape(of: value), place: place(of: value))
  }
}
