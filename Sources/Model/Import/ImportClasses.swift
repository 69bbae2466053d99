extension ImportedOperator {
  /// Operators that say which elements are the largest.
  static let classes: [ImportedOperator] = [
    extreme("ArgMax", isLargest: true), extreme("ArgMin", isLargest: false),
    ImportedOperator(
      "TopK", "the indices alone before an output are shown in ascending order; else at most \(maximumTurnCount) of more than \(maximumSortedCount) elements"
    ) { importer, node, label throws(NodeProblem) in
      let isOld = importer.operatorSet < 10
      let depends = try importer.hasValue(node, from: 1)
      if !isOld, depends { throw .unsupported("its number of elements depends on the input; give it as a constant") }
      guard let counts = isOld ? try node.integer("k").map({ [$0] }) : try importer.integers(node, 1, or: ""), counts.count == 1 else {
        throw .malformed("its number of elements is missing")
      }
      let isLargest = try node.integer("largest", default: 1) != 0
      let showsValues = node.output.first.map { importer.isRead($0) } ?? false
      let (ranked, shape, axis) = try importer.ranked(
        node, axis: try node.integer("axis", default: -1), isLargest: isLargest, showsValues: showsValues, label)
      let size = importer.shape(of: ranked).last ?? 0
      guard (1...size).contains(counts[0]) else { throw .malformed("it asks for \(counts[0]) of \(size) elements") }
      var result = shape
      result[axis] = counts[0]
      // All indices are an order, which no set of classes tells; and sets are of rows.
      if showsValues || counts[0] == size || (counts[0] > 1 && axis != shape.count - 1) {
        let (values, indices) = try importer.sorted(ranked, counts[0], isLargest: isLargest, label)
        return [.tensor(try importer.movedBack(values, axis, label)), .tensor(try importer.movedBack(indices, axis, label))]
      }
      return [.refused, .classes(Classes(value: ranked, count: counts[0], shape: importer.sampleShape(ofResult: result, ranked)))]
    },
    ImportedOperator("Hardmax", "not over the batch axis") { importer, node, label throws(NodeProblem) in
      var operand = try importer.tensor(node, 0)
      let full = importer.fullShape(operand)
      let isOld = importer.operatorSet < 13
      let given = try normalized(try node.integer("axis", default: isOld ? 1 : -1), rank: full.count)
      if importer.batch == .symbolic, importer.place(of: operand)?.axis == given { throw .unsupported("it is over the batch axis") }
      let axis = try importer.freeAxis(given, &operand)
      guard case .value(let value) = operand else { throw .unsupported("it is of constants alone") }
      let (shape, own) = (importer.shape(of: value), importer.sampleAxis(axis, value))
      guard isOld, own < shape.count - 1 else { return [.value(try importer.oneHot(value, axis: own, isFirst: true, label))] }
      let place = importer.place(of: value)
      guard place.axis < axis || place.isFolded else { throw .unsupported("its batch is at axis \(place.axis)") }
      let lines = try importer.append(label, .reshape, [value], shape: shape[..<own] + [shape[own...].reduce(1, *)], place: place)
      let result = try importer.oneHot(lines, axis: own, isFirst: true, label)
      return [.value(try importer.append(label, .reshape, [result], shape: shape, place: place))]
    },
  ]

  private static func extreme(_ name: String, isLargest: Bool) -> ImportedOperator {
    ImportedOperator(name, "before an output only the class is shown; inside a network too") {
      importer, node, label throws(NodeProblem) in
      let axis = try node.integer("axis", default: 0)
      let (ranked, shape, place) = try importer.ranked(node, axis: axis, isLargest: isLargest, label)
      var result = shape
      if try node.integer("keepdims", default: 1) != 0 { result[place] = 1 } else { result.remove(at: place) }
      guard try node.integer("select_last_index", default: 0) != 0 else {
        return [.classes(Classes(value: ranked, count: 1, shape: importer.sampleShape(ofResult: result, ranked)))]
      }
      let own = importer.shape(of: ranked).count - 1
      let chosen = try importer.oneHot(ranked, axis: own, isFirst: false, label)
      let numbers = (0..<importer.shape(of: ranked)[own]).map(Float.init)
      let index = try importer.linear(chosen, axis: own, 1, numbers, bias: nil, isPublic: true, label)
      importer.mark(index, .integer)
      guard case .value(let moved) = try importer.movedBack(index, place, label) else { return [] }
      let batch = importer.place(of: moved)
      let isBefore = result.count < shape.count && place < batch.axis
      return [.value(try importer.reshaped(moved, result, isBefore ? batch.shifted(by: -1) : batch, label))]
    }
  }
}

/// Of so many elements a TopK compares each with each other; of more it finds one after the other, so many at most.
private let (maximumSortedCount, maximumTurnCount) = (256, 64)

extension GraphImporter {
  /// The value whose largest elements along its last axis are asked for, negated for the smallest; a Softmax over the same axis keeps
  /// their order.
  ///
  /// - Returns: With the operand's full shape, and the axis of that.
  fileprivate mutating func ranked(
    _ node: ONNXNode, axis: Int, isLargest: Bool, showsValues: Bool = false, _ label: String
  ) throws(NodeProblem) -> (value: Int, shape: [Int], axis: Int) {
    var operand: Tensor
    if !showsValues, case .probabilities(_, let logits, _, true)? = try self.operand(node, 0),
      try normalized(axis, rank: fullShape(.value(logits)).count) == fullShape(.value(logits)).count - 1
    {
      operand = .value(logits)
    } else {
      operand = try tensor(node, 0)
    }
    let last = fullShape(operand).count - 1
    if !showsValues, case .value(let value) = operand, try normalized(axis, rank: last + 1) == last,
      place(of: value).isFolded || place(of: value).axis < last
    {
      let source = orderSource(value)
      operand = .value(source.isReversed ? try apply(.function(.negate, .x), to: source.value, label) : source.value)
    }
    guard case .value = operand else { throw .unsupported("operand 0 is a constant") }
    let axis = try freeAxis(axis, &operand)
    let full = fullShape(operand)
    var order = Array(full.indices)
    order.append(order.remove(at: axis))
    if axis < full.count - 1 {
      operand = try view(operand, order.map { full[$0] }, full.indices.map { Index(order.firstIndex(of: $0)) }, label)
    }
    guard case .value(var value) = operand else { return (0, full, axis) }
    if !isWhole(place(of: value)) || !isAlone && full.count > 1 && full[order[0]] == 1 { value = try batchFirst(value, "operand 0") }
    if !isLargest { value = try apply(.function(.negate, .x), to: value, label, kind: kind(of: operand)) }
    return (value, full, axis)
  }

  /// The shape of one sample of a result whose full shape this is, of a value with the batch first or alone.
  fileprivate func sampleShape(ofResult full: [Int], _ value: Int) -> [Int] {
    place(of: value).isFolded ? full : Array(full.dropFirst())
  }

  /// A value with its last axis at another place.
  fileprivate mutating func movedBack(_ value: Int, _ axis: Int, _ label: String) throws(NodeProblem) -> Tensor {
    let full = fullShape(.value(value))
    var order = Array(full.indices.dropLast())
    order.insert(full.count - 1, at: min(axis, order.count))
    return try view(.value(value), order.map { full[$0] }, full.indices.map { Index(order.firstIndex(of: $0)) }, label)
  }

  /// 1 at the first or last of the largest elements along an axis of a sample, else 0.
  mutating func oneHot(_ value: Int, axis: Int, isFirst: Bool, _ label: String) throws(NodeProblem) -> Int {
    let (shape, place) = (shape(of: value), place(of: value))
    let size = shape[axis]
    guard elementCount([size, size], limit: maximumMadeElementCount) != nil else { throw .unsupported("it compares \(size) elements") }
    try requireBounded([size])
    var kept = shape
    kept[axis] = 1
    let largest = try append(label, .maximum(Maximum(over: [axis], of: shape)), [value], shape: kept, place: place)
    let distance = try append(
      label, .contraction(.sum(of: [shape, kept], [-1, 1], shape: shape)), [value, largest], shape: shape, place: place)
    let isLess = try truth(of: distance, label)
    let isLargest = try not(.value(isLess), label)
    guard case .value(let marked) = isLargest else { return isLess }
    // 1 less twice the number of those before it is positive at the first one alone.
    let counts = (0..<size * size).map { cell -> Float in
      let (row, column) = (cell / size, cell % size)
      return row == column ? 1 : (column < row) == isFirst ? -2 : 0
    }
    let excess = try linear(marked, axis: axis, size, counts, bias: nil, isPublic: true, label)
    return try apply(.function(.step, .x + -0.5), to: excess, label, kind: .boolean)
  }

  /// The largest elements along the last axis in order, of equal ones those that are first, and where they were.
  ///
  /// - Parameter isLargest: Whether elements are not negated.
  mutating func sorted(
    _ value: Int, _ count: Int, isLargest: Bool, _ label: String
  ) throws(NodeProblem) -> (values: Int, indices: Int) {
    let (shape, place, kind) = (shape(of: value), place(of: value), kind(of: .value(value)))
    let (rank, size) = (shape.count, shape[shape.count - 1])
    guard size <= maximumSortedCount else { return try chosenInTurn(value, count, isLargest: isLargest, label) }
    let lead = Array(shape.dropLast())
    let own = lead.indices.map { Index($0) }
    func reading(_ loops: Int...) -> Factor { .operand(0, own + loops.map { Index($0) }) }
    // Whether an element is larger than another one.
    let pairs = lead + [size, size]
    let differences = Contraction<Double>(
      loops: pairs, terms: [.init(1, [reading(rank - 1)]), .init(-1, [reading(rank)])])
    let difference = try append(label, .contraction(differences), [value], shape: pairs, place: place)
    let isLarger = try truth(of: difference, label)
    // How many come before it: those after it that are larger, and those before it that are not smaller.
    let cells = 0..<size * size
    let ranks = Contraction<Double>(
      loops: pairs,
      constants: [
        .init(loops: [rank - 1, rank], cells.map { $0 % size > $0 / size ? 1 : 0 }, isPublic: true),
        .init(loops: [rank - 1, rank], cells.map { $0 % size < $0 / size ? -1 : 0 }, isPublic: true),
        .init(loops: [rank - 1], (0..<size).map(Float.init), isPublic: true),
      ],
      terms: [
        .init(1, [.constant(0), reading(rank, rank - 1)]), .init(1, [.constant(1), reading(rank - 1, rank)]), .init(1, [.constant(2)]),
      ])
    let before = try append(label, .contraction(ranks), [isLarger], shape: shape, place: place)
    let places = lead + [count, size]
    let distances = Contraction<Double>(
      loops: places, constants: [.init(loops: [rank - 1], (0..<count).map { -Float($0) }, isPublic: true)],
      terms: [.init(1, [reading(rank)]), .init(1, [.constant(0)])])
    let distance = try append(label, .contraction(distances), [before], shape: places, place: place)
    let isChosen = try apply(.isZero, to: distance, label, kind: .boolean)
    let chosen = Contraction<Double>(
      loops: places, terms: [.init(isLargest ? 1 : -1, [.operand(0, own + [Index(rank)]), .operand(1, own + [Index(rank - 1), Index(rank)])])])
    let values = try append(label, .contraction(chosen), [value, isChosen], shape: lead + [count], place: place, kind: kind)
    let numbers = Contraction<Double>(
      loops: places, constants: [.init(loops: [rank], (0..<size).map(Float.init), isPublic: true)],
      terms: [.init(1, [.constant(0), reading(rank - 1, rank)])])
    let indices = try append(label, .contraction(numbers), [isChosen], shape: lead + [count], place: place, kind: .integer)
    return (values, indices)
  }
  /// As `sorted`: in each turn the largest element of those that are left. The others are the smallest one then.
  private mutating func chosenInTurn(
    _ value: Int, _ count: Int, isLargest: Bool, _ label: String
  ) throws(NodeProblem) -> (values: Int, indices: Int) {
    let (shape, place, kind) = (shape(of: value), place(of: value), kind(of: .value(value)))
    let (last, size) = (shape.count - 1, shape[shape.count - 1])
    guard count <= maximumTurnCount else {
      throw .unsupported("its values are used, and it asks for \(count) of \(size); ask for at most \(maximumTurnCount)")
    }
    try requireBounded([size])
    let kept = Array(shape.dropLast()) + [1]
    func largest(_ value: Int, _ importer: inout GraphImporter) throws(NodeProblem) -> Int {
      try importer.append(label, .maximum(Maximum(over: [last], of: shape)), [value], shape: kept, place: place)
    }
    func sum(_ operands: [Int], _ coefficients: [Double], _ importer: inout GraphImporter) throws(NodeProblem) -> Int {
      let shapes = operands.map { importer.shape(of: $0) }
      return try importer.append(label, .contraction(.sum(of: shapes, coefficients, shape: shape)), operands, shape: shape, place: place)
    }
    func inverse(_ value: Int, _ importer: inout GraphImporter) throws(NodeProblem) -> Int {
      try importer.apply(.affine(scale: -1, shift: 1), to: value, label, kind: .boolean)
    }
    // Numbers that are larger at earlier places.
    let order = Contraction<Double>.affine([size], scale: (0..<size).map { Float(size - $0) }, shift: nil, shape, isPublic: true)
    let smallest = try apply(.function(.negate, .x), to: largest(apply(.function(.negate, .x), to: value, label), &self), label)
    var (left, remaining, values, indices) = (Int?.none, value, [Tensor](), [Tensor]())
    for turn in 0..<count {
      let isLess = try truth(of: sum([remaining, largest(remaining, &self)], [-1, 1], &self), label)
      var isLargestLeft = try inverse(isLess, &self)
      if let left { isLargestLeft = try product([isLargestLeft, left], shape: shape, place, label) }
      let ordered = try append(label, .contraction(order), [isLargestLeft], shape: shape, place: place)
      let isLater = try truth(of: sum([ordered, largest(ordered, &self)], [-1, 1], &self), label)
      let isChosen = try inverse(isLater, &self)
      func chosen(_ factor: Int?) -> Contraction<Double> {
        let reading = shape.indices.map { Index($0 == last ? last + 1 : $0) }
        let loops = kept + [size]
        if factor != nil { return Contraction(loops: loops, terms: [.init(isLargest ? 1 : -1, [.operand(0, reading), .operand(1, reading)])]) }
        return Contraction(
          loops: loops, constants: [.init(loops: [last + 1], (0..<size).map(Float.init), isPublic: true)],
          terms: [.init(1, [.constant(0), .operand(0, reading)])])
      }
      values.append(.value(try append(label, .contraction(chosen(value)), [value, isChosen], shape: kept, place: place, kind: kind)))
      indices.append(.value(try append(label, .contraction(chosen(nil)), [isChosen], shape: kept, place: place, kind: .integer)))
      guard turn < count - 1 else { break }
      let isLeft = try left.map { left throws(NodeProblem) in try product([left, isLater], shape: shape, place, label) } ?? isLater
      left = isLeft
      let excess = try sum([value, smallest], [1, -1], &self)
      remaining = try sum([smallest, product([excess, isLeft], shape: shape, place, label)], [1, 1], &self)
    }
    let axis = fullShape(.value(value)).count - 1
    var full = fullShape(.value(value))
    full[axis] = count
    guard case .value(let joined) = try concatenated(values, axis: axis, full, label),
      case .value(let places) = try concatenated(indices, axis: axis, full, label)
    else { return (value, value) }
    mark(places, .integer)
    return (joined, places)
  }
}
