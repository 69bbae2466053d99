extension ImportedOperator {
  /// Operators that move blocks of elements, or put elements around a tensor.
  static let rearranging: [ImportedOperator] = [
    ImportedOperator("DepthToSpace", "both modes", numbers: .selected) { importer, node, label throws(NodeProblem) in
      let operand = try importer.leading(node)
      let (full, block) = (importer.fullShape(operand), try node.integer("blocksize", default: 0))
      guard full.count == 4, (1...1 << 13).contains(block), full[1] % (block * block) == 0 else {
        throw .malformed("its blocks of \(block) do not fit its operand of shape \(full)")
      }
      let channels = full[1] / (block * block)
      let isDepthFirst = try node.isDepthFirst()
      let parts = [full[0]] + (isDepthFirst ? [block, block, channels] : [channels, block, block]) + full[2...]
      let order = isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]
      let result = [full[0], channels, full[2] * block, full[3] * block]
      return [.tensor(try importer.reordered(operand, parts, order, result, label))]
    },
    ImportedOperator("SpaceToDepth", "both modes", numbers: .selected) { importer, node, label throws(NodeProblem) in
      let operand = try importer.leading(node)
      let (full, block) = (importer.fullShape(operand), try node.integer("blocksize", default: 0))
      guard full.count == 4, (1...1 << 13).contains(block), full[2] % block == 0, full[3] % block == 0 else {
        throw .malformed("its blocks of \(block) do not fit its operand of shape \(full)")
      }
      let parts = [full[0], full[1], full[2] / block, block, full[3] / block, block]
      let order = try node.isDepthFirst() ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4]
      let result = [full[0], full[1] * block * block, full[2] / block, full[3] / block]
      return [.tensor(try importer.reordered(operand, parts, order, result, label))]
    },
    ImportedOperator("Pad", "all modes, constant pads, not of the batch axis") { importer, node, label throws(NodeProblem) in
      if case .quantized(let value, let scale, let zeroPoint)? = try importer.operand(node, 0) {
        return [try importer.paddedIntegers(value, scale: scale, zeroPoint: zeroPoint, node, label)]
      }
      let operand = try importer.tensor(node, 0)
      let full = importer.fullShape(operand)
      let mode = try node.text("mode", default: "constant")
      guard ["constant", "edge", "reflect", "wrap"].contains(mode) else { throw .malformed("its mode is '\(mode.oneLine)'") }
      guard let pads = try importer.integers(node, 1, or: "pads") else { throw .malformed("its pads are missing") }
      let stated = try normalized(try importer.integers(node, 3, or: "") ?? Array(full.indices), rank: full.count)
      guard pads.count == 2 * stated.count, pads.allSatisfy({ (-maximumElementCount...1 << 16).contains($0) }) else {
        throw .malformed("its pads do not fit its axes")
      }
      var sides = full.map { PaddedAxis(length: $0) }
      for (index, axis) in stated.enumerated() {
        (sides[axis].before, sides[axis].after) = (pads[index], pads[index + stated.count])
      }
      if importer.batch == .symbolic, let place = importer.place(of: operand), sides[place.axis] != PaddedAxis(length: full[place.axis]) {
        throw .unsupported("it pads the batch axis")
      }
      guard elementCount(sides.map(\.count)) != nil else { throw .malformed("its pads leave nothing of an axis, or are too large") }
      let isOld = importer.operatorSet < 11
      if isOld, mode == "constant", case .value = operand { importer.showAttributes(of: node, label) }
      let number = isOld ? try node.float("value", default: 0) : try importer.scalar(node, 2) ?? 0
      if mode == "constant", !number.isFinite, case .value = operand {
        return [.tensor(try importer.masked(operand, sides, number, label))]
      }
      return [.tensor(try importer.padded(operand, sides, mode, number, isPublic: isOld || !importer.isTrained, label))]
    },
    ImportedOperator("CenterCropPad", since: 18, "constant sizes, not of the batch axis") { importer, node, label throws(NodeProblem) in
      let operand = try importer.tensor(node, 0)
      let full = importer.fullShape(operand)
      let axes = try normalized(try node.integers("axes") ?? Array(full.indices), rank: full.count)
      guard let sizes = try importer.integers(node, 1, or: ""), sizes.count == axes.count, elementCount(sizes) ?? 0 > 0 else {
        throw .malformed("its sizes do not fit its axes")
      }
      var sides = full.map { PaddedAxis(length: $0) }
      for (axis, size) in zip(axes, sizes) {
        let difference = size - full[axis]
        // Of an odd difference the larger half is at the end.
        sides[axis].before = difference / 2
        sides[axis].after = difference - difference / 2
      }
      if importer.batch == .symbolic, let place = importer.place(of: operand), sides[place.axis] != PaddedAxis(length: full[place.axis]) {
        throw .unsupported("it pads or cuts the batch axis")
      }
      guard elementCount(sides.map(\.count)) != nil else { throw .malformed("its result is too large") }
      return [.tensor(try importer.padded(operand, sides, "constant", 0, isPublic: true, label))]
    },
    ImportedOperator("Compress", since: 9, "a constant condition, not along the batch axis", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      var operand = try importer.tensor(node, 0)
      let condition = try importer.constant(node, 1)
      guard let flags = condition.integers, condition.shape.count == 1, !condition.hasBatchSize else {
        throw .malformed("its condition is no list of booleans, or depends on the sample")
      }
      let axis: Int
      if let stated = try node.integer("axis") {
        axis = try importer.freeAxis(stated, &operand)
      } else {
        guard importer.place(of: operand) == nil || importer.batch == .one else {
          throw .unsupported("it works along the batch axis; give it an axis")
        }
        operand = try importer.reshaped(operand, [importer.fullShape(operand).reduce(1, *)], importer.place(of: operand).map { _ in .alone })
        axis = 0
      }
      let kept = flags.indices.filter { flags[$0] != 0 }
      guard kept.last ?? 0 < importer.fullShape(operand)[axis] else { throw .malformed("its condition is longer than the axis") }
      let column = (axis: axis, indices: Constant.integers(kept, shape: [kept.count]))
      return [.tensor(try importer.picked(operand, [column], [kept.count], at: axis, nil, label))]
    },
    ImportedOperator("ReverseSequence", since: 10, "constant lengths, not along the batch axis", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      var operand = try importer.tensor(node, 0)
      let time = try importer.freeAxis(try node.integer("time_axis", default: 0), &operand)
      let own = try importer.freeAxis(try node.integer("batch_axis", default: 1), &operand)
      let full = importer.fullShape(operand)
      guard let lengths = try importer.integers(node, 1, or: ""), own != time, lengths.count == full[own],
        lengths.allSatisfy({ (0...full[time]).contains($0) })
      else { throw .malformed("its lengths do not fit its operand of shape \(full)") }
      guard elementCount(full, limit: maximumMadeElementCount) != nil else { throw .unsupported("its operand of shape \(full) is too large") }
      let strides = rowStrides(full)
      let places = (0..<full.reduce(1, *)).map { element in
        let (place, length) = (element / strides[time] % full[time], lengths[element / strides[own] % full[own]])
        return place < length ? length - 1 - place : place
      }
      let indices = Constant.integers(places, shape: full)
      switch operand {
      case .constant(let constant): return [.constant(try constant.gatheringElements(indices, axis: time))]
      case .value(let value): return [.value(try importer.gatherElements(value, indices, axis: time, label))]
      }
    },
  ]
}

extension ONNXNode {
  fileprivate func isDepthFirst() throws(NodeProblem) -> Bool {
    switch try text("mode", default: "DCR") {
    case "DCR": return true
    case "CRD": return false
    case let other: throw .malformed("its mode is '\(other.oneLine)'")
    }
  }
}

/// An axis with more places before its first and after its last element, or with fewer where a number is negative.
struct PaddedAxis: Equatable {
  let length: Int
  var before = 0
  var after = 0

  var count: Int { length + before + after }

  /// For each place the element that is there; nil for one beyond all.
  fileprivate func places(_ mode: String) throws(NodeProblem) -> [Int?] {
    let (first, last) = (max(-before, 0), length - 1 + min(after, 0))
    guard mode == "constant" || first <= last else { throw .malformed("its pads leave nothing of an axis to repeat") }
    let places = (0..<count).map { index -> Int? in
      let place = index - before
      if first <= place, place <= last { return place }
      switch mode {
      case "edge": return min(max(place, first), last)
      case "reflect": return place < first ? 2 * first - place : 2 * last - place
      case "wrap":
        let (rest, period) = ((place - first) % (last - first + 1), last - first + 1)
        return first + (rest < 0 ? rest + period : rest)
      case _: return nil
      }
    }
    guard places.allSatisfy({ $0.map { (0..<length).contains($0) } ?? true }) else {
      throw .unsupported("it reflects more elements than an axis has")
    }
    return places
  }
}

extension GraphImporter {
  /// The first operand, whose batch, where it has one, is at the first axis.
  fileprivate mutating func leading(_ node: ONNXNode) throws(NodeProblem) -> Tensor {
    let operand = try tensor(node, 0)
    guard case .value(let value) = operand, place(of: value).axis != 0 else { return operand }
    return .value(try batchFirst(value, "operand 0"))
  }

  /// The axes of a tensor taken apart, in another order, and put together; the first one stays.
  fileprivate mutating func reordered(
    _ tensor: Tensor, _ parts: [Int], _ order: [Int], _ result: [Int], _ label: String
  ) throws(NodeProblem) -> Tensor {
    let place = place(of: tensor)
    let apart = try reshaped(tensor, parts, place, label)
    let reading = parts.indices.map { Index(order.firstIndex(of: $0)) }
    return try reshaped(try view(apart, order.map { parts[$0] }, reading, label), result, place, label)
  }

  /// A value with −∞ around it, which masks scores.
  fileprivate mutating func masked(
    _ tensor: Tensor, _ sides: [PaddedAxis], _ number: Float, _ label: String
  ) throws(NodeProblem) -> Tensor {
    if sides.allSatisfy({ $0 == PaddedAxis(length: $0.length) }) { return tensor }
    guard number == -.infinity else {
      throw .unsupported("it pads with \(number); give the pads to the MaxPool that follows, or pad with a finite number")
    }
    let inner = try padded(tensor, sides, "constant", 0, isPublic: true, label)
    let full = fullShape(inner)
    guard elementCount(full, limit: maximumMadeElementCount) != nil else { throw .unsupported("its result is too large") }
    var places: [[Int?]] = []
    for side in sides { places.append(try side.places("constant")) }
    let ones = Constant.floats([Float](repeating: 1, count: sides.reduce(1) { $0 * $1.length }), shape: sides.map(\.length))
    let isInside = try ones.picking(places, else: 0).cast(to: .bool)
    let least = Constant.floats([-.infinity], shape: [Int](repeating: 1, count: full.count))
    return try choose(.constant(isInside), inner, .constant(least), label)
  }

  /// What integers stand for, padded by what an integer stands for.
  fileprivate mutating func paddedIntegers(
    _ value: Int, scale: Float, zeroPoint: Int, _ node: ONNXNode, _ label: String
  ) throws(NodeProblem) -> Definition {
    var operands: [Definition] = [.value(value)]
    for index in 1..<max(node.input.count, 1) { operands.append(try operand(node, index) ?? .refused) }
    if try node.text("mode", default: "constant") == "constant" {
      let number = try scalar(node, 2) ?? 0
      guard try operand(node, 2) != nil || zeroPoint == 0 else {
        throw .unsupported("it pads integers by 0, which their zero point is not; give it the zero point as its value")
      }
      if try operand(node, 2) != nil { operands[2] = .constant(.floats([(number - Float(zeroPoint)) * scale], shape: [])) }
    }
    guard case .tensor(.value(let padded))? = try translate(node, label, operands).first else { throw .unsupported("its result is a constant") }
    return .quantized(padded, scale: scale, zeroPoint: zeroPoint)
  }

  /// A long axis between the elements that lie before and after it.
  private mutating func paddedAtEnds(
    _ value: Int, axis: Int, _ side: PaddedAxis, _ places: [Int?], _ label: String
  ) throws(NodeProblem) -> Int {
    guard side.before >= 0, side.after >= 0 else { throw .unsupported("it cuts and pads an axis of \(side.length); slice it first") }
    var full = fullShape(.value(value))
    func end(_ range: Range<Int>, _ importer: inout GraphImporter) throws(NodeProblem) -> [Tensor] {
      let read = places[range].compactMap { $0 }
      guard let low = read.min(), let high = read.max() else { return [] }
      let count = high - low + 1
      guard elementCount([range.count, count], limit: maximumMadeElementCount) != nil else {
        throw .unsupported("it pads an axis of \(side.length) by \(range.count)")
      }
      var sizes = full
      sizes[axis] = count
      let part = try importer.view(.value(value), sizes, full.indices.map { Index($0, start: $0 == axis ? low : 0) }, label)
      guard case .value(let part) = part else { return [] }
      let moved = selection(read.map { $0 - low }, of: count)
      return [.value(try importer.linear(part, axis: importer.sampleAxis(axis, part), range.count, moved, bias: nil, isPublic: true, label))]
    }
    let parts = try end(0..<side.before, &self) + [.value(value)] + end(side.before + side.length..<side.count, &self)
    full[axis] = side.count
    guard case .value(let joined) = try concatenated(parts, axis: axis, full, label) else { return value }
    return joined
  }

  /// A tensor with more or fewer places along its axes.
  ///
  /// - Parameters:
  ///   - mode: Of a Pad.
  ///   - number: What is at the new places of the mode "constant".
  ///   - isPublic: Whether the number may be looked at.
  fileprivate mutating func padded(
    _ tensor: Tensor, _ sides: [PaddedAxis], _ mode: String, _ number: Float, isPublic: Bool, _ label: String
  ) throws(NodeProblem) -> Tensor {
    let axes = sides.indices.filter { sides[$0] != PaddedAxis(length: sides[$0].length) }
    if axes.isEmpty { return tensor }
    var tensor = tensor
    switch tensor {
    case .constant(let constant):
      guard elementCount(sides.map(\.count), limit: maximumMadeElementCount) != nil else { throw .unsupported("its result is too large") }
      var places: [[Int?]] = []
      for side in sides { places.append(try side.places(mode)) }
      return .constant(try constant.picking(places, else: number))
    case .value: for axis in axes { _ = try freeAxis(axis, &tensor) }
    }
    guard case .value(var value) = tensor else { return tensor }
    let isInteger = kind(of: tensor) != .real && number == number.rounded()
    let place = place(of: value)
    if mode != "constant" {
      for axis in axes {
        let (places, length) = (try sides[axis].places(mode), sides[axis].length)
        guard elementCount([places.count, length], limit: maximumMadeElementCount) != nil else {
          value = try paddedAtEnds(value, axis: axis, sides[axis], places, label)
          continue
        }
        value = try linear(
          value, axis: sampleAxis(axis, value), places.count, selection(places, of: length), bias: nil, isPublic: true, label)
      }
      if isInteger { mark(value, .integer) }
      return .value(value)
    }
    // Axes of one element are padded one by one: each is an operand in the circuit.
    let single = axes.filter { sides[$0].length == 1 }
    for part in [axes.filter { !single.contains($0) }] + single.map({ [$0] }) where !part.isEmpty {
      var sizes = shape(of: value)
      var reading = sizes.indices.map { Index($0) }
      for axis in part {
        let own = sampleAxis(axis, value)
        sizes[own] = sides[axis].count
        reading[own].start = -sides[axis].before
      }
      // A slice that reaches beyond an axis has zeros there.
      var view = Contraction<Double>.view(sizes, reading)
      if number != 0, part.contains(where: { sides[$0].before > 0 || sides[$0].after > 0 }) {
        let long = part.filter { sides[$0].count > 1 }
        guard elementCount(long.map { sides[$0].count }, limit: maximumMadeElementCount) != nil else { throw .unsupported("its result is too large") }
        var isInside = [true]
        for axis in long {
          let own = try sides[axis].places(mode).map { $0 != nil }
          isInside = isInside.flatMap { inside in own.map { inside && $0 } }
        }
        view.constants = [.init(loops: long.map { sampleAxis($0, value) }, isInside.map { $0 ? 0 : number }, isPublic: isPublic)]
        view.terms.append(.init(1, [.constant(0)]))
      }
      value = try append(label, .contraction(view), [value], shape: sizes, place: place, kind: number == 0 ? nil : isInteger ? .integer : .real)
    }
    return .value(value)
  }
}

extension Constant {
  /// The elements at some places of each axis; the number where a place of an axis is nil.
  fileprivate func picking(_ places: [[Int?]], else number: Float) throws(NodeProblem) -> Constant {
    let strides = rowStrides(shape)
    var positions: [Int?] = [0]
    for (axis, own) in places.enumerated() {
      positions = positions.flatMap { position in own.map { place in position.flatMap { position in place.map { position + $0 * strides[axis] } } } }
    }
    let result = places.map(\.count)
    if positions.allSatisfy({ $0 != nil }) { return picking(positions.compactMap { $0 }, shape: result, batch?.place) }
    let fill: Elements
    if floats != nil {
      fill = .floats([number])
    } else {
      guard let integer = Int(exactly: number) else { throw .malformed("it puts \(number) among integers") }
      fill = .integers([integer])
    }
    let joined = Constant.concatenated([reshaped([count]), Constant(fill, shape: [1], type: type)], axis: 0)
    guard let joined, batch == nil else { throw .unsupported("its operand depends on the batch size") }
    return joined.picking(positions.map { $0 ?? count }, shape: result)
  }
}
