extension ImportedOperator {
  /// Operators that pick elements.
  static let gathering: [ImportedOperator] = [
    ImportedOperator(
      "Gather", "constant indices, not along the batch axis; ids that depend on the input of constants, and of an axis of at most 4096 elements", numbers: .selected
    ) { importer, node, label throws(NodeProblem) in
      let data = try importer.tensor(node, 0)
      let axis = try normalized(try node.integer("axis", default: 0), rank: importer.fullShape(data).count)
      switch (data, try importer.tensor(node, 1)) {
      case (_, .constant(let indices)):
        let column = (axis: axis, indices: indices)
        return [.tensor(try importer.picked(data, [column], indices.shape, at: axis, indices.batch, label))]
      case (.constant(let table), .value(let indices)):
        return [.value(try importer.rows(of: table, axis: axis, indices, label))]
      case (.value, .value(let indices)):
        return [try importer.gathered(data, indices, axis: axis, shared: 0, label)]
      }
    },
    ImportedOperator("GatherND", since: 11, "constant indices; ids that depend on the input of axes of at most 4096 elements", numbers: .selected) {
      importer, node, label throws(NodeProblem) in
      let data = try importer.tensor(node, 0)
      let full = importer.fullShape(data)
      let shared = try node.integer("batch_dims", default: 0)
      let operand = try importer.tensor(node, 1)
      let own = importer.fullShape(operand)
      guard let count = own.last, 0 <= shared, shared < own.count, count > 0, shared + count <= full.count,
        own[..<shared] == full[..<shared]
      else { throw .malformed("its indices of shape \(own) do not fit \(full)") }
      switch operand {
      case .value(let ids): return [try importer.gathered(data, ids, shared: shared, label)]
      case .constant(let indices):
        let shape = Array(own.dropLast())
        let width = shape.reduce(1, *)
        let strides = rowStrides(shape)
        let columns = (0..<shared + count).map { column in
          (axis: column, indices: column < shared
              ? Constant.integers((0..<width).map { $0 / strides[column] % shape[column] }, shape: shape)
              : indices.picking((0..<width).map { $0 * count + column - shared }, shape: shape, indices.batch?.place))
        }
        return [.tensor(try importer.picked(data, columns, shape, at: 0, indices.batch, label))]
      }
    },
    ImportedOperator(
      "GatherElements", since: 11, "constant indices, not along the batch axis; ids that depend on the input of an axis of at most 4096 elements", numbers: .selected
    ) { importer, node, label throws(NodeProblem) in
      let axis = try node.integer("axis", default: 0)
      switch (try importer.tensor(node, 0), try importer.tensor(node, 1)) {
      case (.constant(let data), .constant(let indices)): return [.constant(try data.gatheringElements(indices, axis: axis))]
      case (.value(let value), .constant(let indices)):
        return [.value(try importer.gatherElements(value, indices, axis: axis, label))]
      case (.constant(let data), .value(let indices)):
        guard data.isUniform else { return [try importer.gatheredElements(.constant(data), indices, axis: axis, label)] }
        let shape = importer.fullShape(.value(indices))
        let repeated = data.picking([Int](repeating: 0, count: shape.reduce(1, *)), shape: shape, importer.place(of: indices))
        return [.constant(repeated)]
      case (let data, .value(let indices)): return [try importer.gatheredElements(data, indices, axis: axis, label)]
      }
    },
  ]
}

extension GraphImporter {
  /// Elements at constant indices of some axes of a tensor, which follow one another.
  ///
  /// - Parameters:
  ///   - columns: Each axis with its indices.
  ///   - shape: Of the indices; its axes take the place of those of the columns.
  ///   - first: The first of these axes.
  ///   - batch: Of the indices.
  mutating func picked(
    _ tensor: Tensor, _ columns: [(axis: Int, indices: Constant)], _ shape: [Int], at first: Int, _ batch: Constant.Batch?,
    _ label: String
  ) throws(NodeProblem) -> Tensor {
    var tensor = tensor
    var source = fullShape(tensor)
    let full = Array(source[..<first] + shape + source[(first + columns.count)...])
    guard elementCount(full, limit: max(maximumMadeElementCount, elementCount(source) ?? 0)) != nil else {
      throw .unsupported("its result of shape \(full.prefix(8)) is too large")
    }
    var positions: [(axis: Int, values: [Int])] = []
    var samples: Index?
    for (axis, indices) in columns {
      guard let given = indices.integers else { throw .malformed("its indices are not integers") }
      if let place = place(of: tensor), place.axis == axis, self.batch == .symbolic {
        // The number of the sample, times the size of what is folded, and a place in it.
        guard place.outer == 1, let batch, let steps = indices.steps, steps.allSatisfy({ $0 == source[axis] }),
          given.allSatisfy({ (0..<source[axis]).contains($0) })
        else { throw .unsupported("it works along the batch axis") }
        samples = Index(first + batch.place.axis)
        if place.isFolded { positions.append((axis, given)) }
      } else {
        guard indices.steps?.allSatisfy({ $0 == 0 }) ?? false, !given.contains(where: { batchMultiple($0) != nil }) else {
          throw .unsupported("its indices depend on the sample")
        }
        var values: [Int] = []
        for index in given { values.append(try normalized(index, rank: source[axis])) }
        positions.append((axis, values))
      }
    }
    guard samples != nil || batch == nil || place(of: tensor) == nil else { throw .unsupported("its indices depend on the sample") }
    var width = columns.count
    if samples != nil, let place = place(of: tensor), place.isFolded {
      // The batch becomes an axis of its own.
      source.insert(1, at: place.axis)
      tensor = try reshaped(tensor, source, BatchPlace(axis: place.axis), label)
      positions = positions.map { ($0.axis < place.axis ? $0.axis : $0.axis + 1, $0.values) }
      width += 1
    }
    var reading = source.indices.map { Index($0 < first ? $0 : $0 - width + shape.count) }
    if let samples, let place = place(of: tensor) { reading[place.axis] = samples }
    let fitting = positions.compactMap { Index(fitting: $0.values, shape, first: first) }
    let isOfSamples = samples != nil || batch != nil
    guard fitting.count == positions.count, isOfSamples || place(of: tensor) == nil || fitting.areApart(full) else {
      guard !isOfSamples else { throw .unsupported("its indices are not evenly spaced") }
      if width == 1, let (axis, values) = positions.first { return try selected(tensor, axis: axis, values, shape, full, label) }
      return try selected(tensor, positions, shape, first: first, full, label)
    }
    for ((axis, _), index) in zip(positions, fitting) { reading[axis] = index }
    let result = try view(tensor, full, reading, label)
    guard let batch, place(of: tensor) == nil else { return result }
    return try reshaped(result, fullShape(result), batch.place.shifted(by: first))
  }

  /// Elements along an axis in any order.
  mutating func selected(
    _ tensor: Tensor, axis: Int, _ positions: [Int], _ shape: [Int], _ result: [Int], _ label: String
  ) throws(NodeProblem) -> Tensor {
    var tensor = tensor
    let axis = try freeAxis(axis, &tensor)
    let source = fullShape(tensor)
    switch tensor {
    case .constant(let constant):
      let (outer, inner) = (source[..<axis].reduce(1, *), source[(axis + 1)...].reduce(1, *))
      let picked = (0..<outer).flatMap { block in
        positions.flatMap { index in (0..<inner).map { (block * source[axis] + index) * inner + $0 } }
      }
      let place = constant.batch.map { $0.place.axis < axis ? $0.place : $0.place.shifted(by: shape.count - 1) }
      return .constant(constant.picking(picked, shape: result, place))
    case .value(let value):
      guard elementCount([positions.count, source[axis]], limit: maximumMadeElementCount) != nil else {
        throw .unsupported("it picks \(positions.count) of \(source[axis]) elements in no order")
      }
      let ones = selection(positions, of: source[axis])
      let chosen = try linear(value, axis: sampleAxis(axis, value), positions.count, ones, bias: nil, isPublic: true, label)
      let place = place(of: value)
      return .value(try reshaped(chosen, result, place.axis < axis || place.isFolded && batch == .one ? place : place.shifted(by: shape.count - 1), label))
    }
  }

  /// Elements at places of several axes that follow one another, in any order: sums of products with numbers that are 1 at
  /// one place.
  private mutating func selected(
    _ tensor: Tensor, _ positions: [(axis: Int, values: [Int])], _ shape: [Int], first: Int, _ result: [Int], _ label: String
  ) throws(NodeProblem) -> Tensor {
    var tensor = tensor
    for (axis, _) in positions { _ = try freeAxis(axis, &tensor) }
    let source = fullShape(tensor)
    let sizes = positions.map { source[$0.axis] }
    let strides = rowStrides(sizes)
    let places = (positions.first?.values ?? []).indices.map { place in
      zip(positions, strides).reduce(0) { $0 + $1.0.values[place] * $1.1 }
    }
    let elements = sizes.reduce(1, *)
    switch tensor {
    case .constant(let constant):
      let flat = constant.reshaped(source[..<first] + [elements] + source[(first + sizes.count)...])
      return try selected(.constant(flat), axis: first, places, shape, result, label)
    case .value(let value):
      guard elementCount([places.count, elements], limit: maximumMadeElementCount) != nil else {
        throw .unsupported("it picks \(places.count) of \(elements) elements in no order")
      }
      let ones = selection(places, of: elements)
      let place = place(of: value)
      let moved = place == .alone || place.axis < first ? place : place.shifted(by: shape.count - sizes.count)
      let own = sampleShape(result, moved)
      let start = place.isFolded || place.axis > first ? first : first - 1
      let reading = self.shape(of: value).indices.map { axis in
        Index(axis < start ? axis : axis < start + sizes.count ? own.count + axis - start : axis - sizes.count + shape.count)
      }
      let loops = Array(start..<start + shape.count) + Array(own.count..<own.count + sizes.count)
      let sum = Contraction<Double>(
        loops: own + sizes, constants: [.init(loops: loops, ones, isPublic: true)],
        terms: [.init(1, [.constant(0), .operand(0, reading)])])
      let kind = kind(of: tensor)
      let picked = try append(label, .contraction(sum), [value], shape: own, place: moved, kind: kind == .real ? .real : .integer)
      return .value(batch == .one && moved == .alone && result.count > 1 && result[0] == 1 ? try reshaped(picked, result, BatchPlace()) : picked)
    }
  }

  /// Rows of a table, or what else lies along an axis of a constant, for ids that depend on the input.
  mutating func rows(of table: Constant, axis: Int, _ value: Int, _ label: String) throws(NodeProblem) -> Int {
    guard table.batch == nil, let floats = table.numbers else { throw .unsupported("its table depends on the batch size") }
    let (count, shape) = (table.shape[axis], shape(of: value))
    let codes: Int
    let reading: Reading
    if let (input, own) = ids(value), inputs[input].indexCount == count {
      (codes, reading) = (input, own)
    } else {
      guard kind(of: .value(value)) != .real else { throw .malformed("its indices are not integers") }
      guard elementCount(shape + [count], limit: maximumMadeElementCount) != nil else {
        throw .unsupported("its ids are computed, and \(count) rows are too many to compare them with")
      }
      codes = try oneHot(value, count, label)
      reading = shape.indices.map { Index($0) }
    }
    let before = table.shape[..<axis]
    let result = before + shape + table.shape[(axis + 1)...]
    let last = result.count
    let reads = reading.map { $0.renumbered { $0 + before.count } } + [Index(last)]
    let order = Array(0..<table.shape.count)
    let own = order.filter { $0 != axis } + [axis]
    let loops = Array(0..<before.count) + Array(before.count + shape.count..<last) + [last]
    let product = Contraction<Double>(
      loops: result + [count],
      constants: [.init(loops: loops, own == order ? floats : transposed(floats, table.shape, order: own))],
      terms: [.init(1, [.constant(0), .operand(0, reads)])])
    let place = place(of: value)
    return try append(
      label, .contraction(product), [codes], shape: Array(result), place: place.shifted(by: axis), kind: kind(of: .constant(table)))
  }

  /// 1 at the place that an integer names, along one more axis at the end; nowhere for an integer that names none.
  ///
  /// - Parameter countsFromEnd: Whether −count..<0 name places too.
  mutating func oneHot(_ value: Int, _ count: Int, countsFromEnd: Bool = false, _ label: String) throws(NodeProblem) -> Int {
    let shape = shape(of: value)
    guard elementCount(shape + [count], limit: maximumMadeElementCount) != nil else {
      throw .unsupported("its indices depend on the input, and \(count) places are too many to compare them with")
    }
    let distance = Contraction<Double>(
      loops: shape + [count], constants: [.init(loops: [shape.count], (0..<count).map { -Float($0) }, isPublic: true)],
      terms: [.init(1, [.operand(0, shape.indices.map { Index($0) })]), .init(1, [.constant(0)])])
    let place = place(of: value)
    let distances = try append(label, .contraction(distance), [value], shape: shape + [count], place: place)
    // Half an integer from each place, where rounding does not decide.
    let fromEnd = Pointwise.minimum(.function(.abs, .x), .function(.abs, .x + .constant(Double(count))))
    let isNamed = countsFromEnd ? Pointwise.function(.step, 0.5 + -1.0 * fromEnd) : .isZero
    return try apply(isNamed, to: distances, label, kind: .boolean)
  }
}

extension GraphImporter {
  /// A sum over an axis of products with numbers that are 1 at one place.
  mutating func gatherElements(
    _ value: Int, _ indices: Constant, axis: Int, _ label: String
  ) throws(NodeProblem) -> Int {
    var operand = Tensor.value(value)
    let axis = try freeAxis(axis, &operand)
    guard case .value(let value) = operand else { return value }
    let (full, place) = (fullShape(operand), place(of: value))
    guard let given = indices.integers, indices.batch?.isUniform ?? true, indices.shape.count == full.count,
      full.indices.allSatisfy({ $0 == axis || indices.shape[$0] == full[$0] })
    else { throw .unsupported("its indices of shape \(indices.shape) do not fit \(full), or depend on the sample") }
    var chosen: [Int] = []
    for index in given { chosen.append(try normalized(index, rank: full[axis])) }
    let (shape, own, size) = (sampleShape(indices.shape, place), sampleAxis(axis, value), full[axis])
    let strides = rowStrides(shape)
    let loops = varyingAxes(chosen, shape)
    guard elementCount(loops.map { shape[$0] } + [size], limit: maximumMadeElementCount) != nil else {
      throw .unsupported("it picks of \(size) elements in too many ways")
    }
    let picked = strided(chosen, sizes: loops.map { shape[$0] }, strides: loops.map { strides[$0] })
    let ones = selection(picked, of: size)
    let reading = shape.indices.map { Index($0 == own ? shape.count : $0) }
    let sum = Contraction<Double>(
      loops: shape + [size], constants: [.init(loops: loops + [shape.count], ones, isPublic: true)],
      terms: [.init(1, [.constant(0), .operand(0, reading)])])
    return try append(label, .contraction(sum), [value], shape: shape, place: place)
  }
}

/// A matrix of a row of `count` numbers for each place, with 1 there and 0 elsewhere; 0 alone for nil.
func selection(_ places: [Int?], of count: Int) -> [Float] {
  var ones = [Float](repeating: 0, count: places.count * count)
  for case (let row, let place?) in places.enumerated() { ones[row * count + place] = 1 }
  return ones
}

/// The axes along which numbers of a shape differ.
func varyingAxes(_ numbers: [Int], _ shape: [Int]) -> [Int] {
  let strides = rowStrides(shape)
  return shape.indices.filter { axis in
    numbers.indices.contains { numbers[$0] != numbers[$0 - $0 / strides[axis] % shape[axis] * strides[axis]] }
  }
}

extension Constant {
  func gatheringElements(_ indices: Constant, axis: Int) throws(NodeProblem) -> Constant {
    let rank = shape.count
    let axis = try normalized(axis, rank: rank)
    guard let given = indices.integers, !indices.hasBatchSize, indices.shape.count == rank,
      shape.indices.allSatisfy({ $0 == axis || indices.shape[$0] <= shape[$0] })
    else { throw .unsupported("its indices of shape \(indices.shape) do not fit \(shape), or depend on the sample") }
    let (strides, own) = (rowStrides(shape), rowStrides(indices.shape))
    var positions: [Int] = []
    for (place, index) in given.enumerated() {
      let chosen = try normalized(index, rank: shape[axis])
      positions.append((0..<rank).reduce(0) { sum, other in
          sum + strides[other] * (other == axis ? chosen : place / own[other] % indices.shape[other])
        })
    }
    return picking(positions, shape: indices.shape, indices.batch?.place ?? batch?.place)
  }

  /// Whether all elements are equal, and there are any.
  fileprivate var isUniform: Bool {
    switch elements {
    case .floats(let values): !values.isEmpty && values.allSatisfy { $0 == values[0] }
    case .integers(let values): !values.isEmpty && values.allSatisfy { $0 == values[0] }
    }
  }
}

extension [Index] {
  /// Whether no loop is in two of them, and no index is one value at two places of its loops, as those of windows are that overlap.
  fileprivate func areApart(_ sizes: [Int]) -> Bool {
    var seen: Set<Int> = []
    return allSatisfy { index in
      var reach = 0
      return index.steps.filter { sizes[$0.loop] > 1 }.sorted { $0.stride.magnitude < $1.stride.magnitude }.allSatisfy { step in
        defer { reach += Int(step.stride.magnitude) * (sizes[step.loop] - 1) }
        return seen.insert(step.loop).inserted && step.stride.magnitude > reach
      }
    }
  }
}

extension Index {
  /// The index that has these values for all places of some loops, row-major; nil where there is none.
  ///
  /// - Parameter first: The number of the first of the loops.
  init?(fitting values: [Int], _ shape: [Int], first: Int) {
    guard let start = values.first else { return nil }
    self.init(start: start)
    let strides = rowStrides(shape)
    for axis in shape.indices where shape[axis] > 1 {
      let stride = values[strides[axis]] - start
      if stride != 0 { steps.append(Step(loop: first + axis, stride: stride)) }
    }
    for (place, value) in values.enumerated() {
      let sum = steps.reduce(start) { $0 + $1.stride * (place / strides[$1.loop - first] % shape[$1.loop - first]) }
      guard sum == value else { return nil }
    }
  }
}
