extension ImportedOperator {
  /// Operators that put elements at indices.
  static let scattering: [ImportedOperator] = [
    ImportedOperator("ScatterND", since: 11, "constant indices, not of the batch axis") { importer, node, label throws(NodeProblem) in
      let indices = try importer.constant(node, 1)
      var (data, updates) = (try importer.whole(importer.tensor(node, 0)), try importer.whole(importer.tensor(node, 2)))
      let (full, shape) = (importer.fullShape(data), importer.fullShape(updates))
      guard let given = indices.integers, !indices.hasBatchSize, let width = indices.shape.last, (1...max(full.count, 1)).contains(width),
        shape == indices.shape.dropLast() + full[width...]
      else { throw .unsupported("its indices of shape \(indices.shape) do not fit \(full)") }
      // Of the indexed axes one is made, and of the rows another.
      let strides = rowStrides(Array(full[..<width]))
      var places: [Int] = []
      for row in 0..<given.count / width {
        var place = 0
        for axis in 0..<width { place += strides[axis] * (try normalized(given[row * width + axis], rank: full[axis])) }
        places.append(place)
      }
      data = try importer.reshaped(data, [full[..<width].reduce(1, *)] + full[width...], importer.place(of: data), label)
      updates = try importer.reshaped(updates, [places.count] + full[width...], importer.place(of: updates), label)
      let scatter = Scatter(axis: 0, places, shape: [places.count] + full[width...].map { _ in 1 }, reduction: try node.reduction())
      let result = try importer.scattered(data, updates, scatter, label)
      return [.tensor(try importer.settled(result, full, label))]
    },
    scatterElements("ScatterElements", since: 11), scatterElements("Scatter", since: 9),
  ]

  private static func scatterElements(_ name: String, since: Int) -> ImportedOperator {
    ImportedOperator(name, since: since, "constant indices, not of the batch axis; ids that depend on the input of all elements beside the axis") {
      importer, node, label throws(NodeProblem) in
      let (data, updates) = (try importer.whole(importer.tensor(node, 0)), try importer.whole(importer.tensor(node, 2)))
      let full = importer.fullShape(data)
      let axis = try normalized(try node.integer("axis", default: 0), rank: full.count)
      let reduction = try node.reduction()
      switch try importer.tensor(node, 1) {
      case .value(let ids):
        let result = try importer.scattered(data, updates, ids, axis: axis, reduction, label)
        return [.tensor(try importer.settled(result, full, label))]
      case .constant(let indices):
        guard let given = indices.integers, !indices.hasBatchSize, indices.shape == importer.fullShape(updates),
          indices.shape.count == full.count, full.indices.allSatisfy({ $0 == axis || indices.shape[$0] <= full[$0] })
        else { throw .unsupported("its indices of shape \(indices.shape) do not fit \(full), or depend on the sample") }
        var places: [Int] = []
        for index in given { places.append(try normalized(index, rank: full[axis])) }
        let scatter = Scatter(axis: axis, places, shape: indices.shape, reduction: reduction)
        return [.tensor(try importer.settled(try importer.scattered(data, updates, scatter, label), full, label))]
      }
    }
  }
}

/// Where updates go along an axis.
private struct Scatter {
  let axis: Int
  /// By update, the place of its element.
  let places: [Int]
  /// Of the updates, with 1 for axes along which the places do not differ.
  let shape: [Int]
  /// Nil to replace elements.
  let reduction: Combination?

  init(axis: Int, _ places: [Int], shape: [Int], reduction: Combination?) {
    (self.axis, self.reduction) = (axis, reduction)
    let varying = varyingAxes(places, shape)
    let own = shape.indices.map { $0 == axis || varying.contains($0) ? shape[$0] : min(shape[$0], 1) }
    self.shape = own
    self.places = strided(places, sizes: own, strides: rowStrides(shape))
  }

  /// By update, its index along each axis.
  func index(_ update: Int) -> [Int] {
    let strides = rowStrides(shape)
    return shape.indices.map { update / strides[$0] % shape[$0] }
  }

  /// By update, how many before it go to the same place; and whether none after it does.
  var order: (numbers: [Int], isLast: [Bool]) {
    var counts: [[Int]: Int] = [:]
    func target(_ update: Int) -> [Int] {
      var target = index(update)
      target[axis] = places[update]
      return target
    }
    let numbers = places.indices.map { update in
      let target = target(update)
      defer { counts[target, default: 0] += 1 }
      return counts[target] ?? 0
    }
    return (numbers, places.indices.map { numbers[$0] + 1 == counts[target($0)] })
  }
}

extension ONNXNode {
  /// Nil for none.
  fileprivate func reduction() throws(NodeProblem) -> Combination? {
    switch try text("reduction", default: "none") {
    case "none": return nil
    case "add": return .add
    case "mul": return .multiply
    case "min": return .minimum
    case "max": return .maximum
    case let other: throw .malformed("it reduces by '\(other.oneLine)'")
    }
  }
}

extension GraphImporter {
  /// A tensor all axes of which are those of one sample.
  fileprivate mutating func whole(_ tensor: Tensor) throws(NodeProblem) -> Tensor {
    switch tensor {
    case .constant(let constant):
      guard constant.batch == nil || batch == .one else { throw .unsupported("an operand depends on the batch size; export for one sample") }
      return .constant(constant.reshaped(constant.shape))
    case .value(let value):
      guard batch == .one || place(of: value) == .alone else {
        throw .unsupported("its indices would be those of one sample only; export with a batch of 1")
      }
      return .value(try reshaped(value, fullShape(tensor), .alone))
    }
  }

  /// A result under its shape, with the batch at the first axis where a model of one sample may have it there.
  fileprivate mutating func settled(_ tensor: Tensor, _ full: [Int], _ label: String) throws(NodeProblem) -> Tensor {
    guard case .value = tensor else { return try reshaped(tensor, full, nil, label) }
    return try reshaped(tensor, full, batch == .one && full.count > 1 && full[0] == 1 ? BatchPlace() : .alone, label)
  }

  /// - Parameters:
  ///   - data, updates: Without the batch among their axes, of which they have as many.
  fileprivate mutating func scattered(
    _ data: Tensor, _ updates: Tensor, _ scatter: Scatter, _ label: String
  ) throws(NodeProblem) -> Tensor {
    let (numbers, isLast) = scatter.order
    let full = fullShape(data)
    guard let reduction = scatter.reduction else {
      return try placed(updates, scatter, in: full, elsewhere: .tensor(data), label) { isLast[$0] }
    }
    if case .value = updates, reduction == .add {
      return try combine(data, try placed(updates, scatter, in: full, elsewhere: .number(0), label) { _ in true }, .add, label)
    }
    var result = data
    // Of updates of one place each takes its turn.
    for number in 0...(numbers.max() ?? 0) {
      let rest: Elsewhere = reduction == .add ? .number(0) : reduction == .multiply ? .number(1) : .tensor(result)
      let turn = try placed(updates, scatter, in: full, elsewhere: rest, label) { numbers[$0] == number }
      result = try combine(result, turn, reduction, label)
    }
    return result
  }

  /// What is where no update goes.
  fileprivate enum Elsewhere {
    case tensor(Tensor)
    case number(Int)
  }

  /// Updates at their places: sums of products with numbers that are 1 at one place.
  ///
  /// - Parameter isKept: Whether an update counts.
  private mutating func placed(
    _ updates: Tensor, _ scatter: Scatter, in full: [Int], elsewhere: Elsewhere, _ label: String, _ isKept: (Int) -> Bool
  ) throws(NodeProblem) -> Tensor {
    let (axis, source) = (scatter.axis, fullShape(updates))
    let kept = scatter.places.indices.filter(isKept)
    let ways = full.indices.filter { $0 == axis || scatter.shape[$0] > 1 }
    // Axes along which there are places without an update.
    let open = full.indices.filter { ways.contains($0) || source[$0] < full[$0] }
    let (sizes, length) = (ways.map { full[$0] }, source[axis])
    guard elementCount(sizes + [length], limit: maximumMadeElementCount) != nil, elementCount(full, limit: maximumMadeElementCount) != nil else {
      throw .unsupported("it puts \(source) updates into \(full) elements, in too many ways")
    }
    let (strides, steps, own) = (rowStrides(sizes), rowStrides(full), rowStrides(source))
    let count = full.reduce(1, *)
    var ones = [Float](repeating: 0, count: sizes.reduce(length, *))
    // By element of the whole shape, the update that goes there.
    var chosen = [Int?](repeating: nil, count: count)
    let block = source.indices.map { ways.contains($0) ? 1 : source[$0] }
    let blocks = zip(
      strided(Array(0..<count), sizes: block, strides: steps),
      strided(Array(0..<source.reduce(1, *)), sizes: block, strides: own))
    for update in kept {
      var target = scatter.index(update)
      let first = ways.reduce(0) { $0 + target[$1] * own[$1] }
      let place = target[axis]
      target[axis] = scatter.places[update]
      ones[zip(ways, strides).reduce(0) { $0 + target[$1.0] * $1.1 } * length + place] = 1
      let start = ways.reduce(0) { $0 + target[$1] * steps[$1] }
      for (element, own) in blocks { chosen[start + element] = first + own }
    }
    let mask = strided(
      (0..<count).map { chosen[$0] == nil ? Float(1) : 0 }, sizes: open.map { full[$0] }, strides: open.map { steps[$0] })
    if case .constant(let constant) = updates {
      switch elsewhere {
      case .tensor(.value): break
      case .tensor(.constant(let data)): return .constant(try data.replacing(chosen, by: constant))
      case .number(let number):
        let data = Constant(constant.floats == nil ? .integers([number]) : .floats([Float(number)]), shape: [], type: constant.type)
        return .constant(try data.picking([Int](repeating: 0, count: count), shape: full).replacing(chosen, by: constant))
      }
    }
    let identity = full.indices.map { Index($0) }
    let moved: Tensor
    switch updates {
    case .value(let value):
      let reading = full.indices.map { Index($0 == axis ? full.count : $0) }
      let sum = Contraction<Double>(
        loops: full + [length], constants: [.init(loops: ways + [full.count], ones, isPublic: true)],
        terms: [.init(1, [.constant(0), .operand(0, reading)])])
      let sums = try append(label, .contraction(sum), [value], shape: full, place: .alone)
      if kind(of: updates) != .real { mark(sums, .integer) }
      moved = .value(sums)
    case .constant(let constant):
      let zero = Constant(constant.floats == nil ? .integers([0]) : .floats([0]), shape: [], type: constant.type)
      moved = .constant(try zero.picking([Int](repeating: 0, count: count), shape: full).replacing(chosen, by: constant))
    }
    let masks = Contraction<Double>.Constant(loops: open, mask, isPublic: true)
    switch elsewhere {
    case .tensor(.value(let data)):
      let masked = Contraction<Double>(loops: full, constants: [masks], terms: [.init(1, [.constant(0), .operand(0, identity)])])
      let kept = try append(label, .contraction(masked), [data], shape: full, place: .alone)
      if kind(of: .value(data)) != .real { mark(kept, .integer) }
      return try combine(.value(kept), moved, .add, label)
    case .tensor(.constant(let data)):
      let zero = Constant(data.floats == nil ? .integers([0]) : .floats([0]), shape: [], type: data.type)
      let blank = zero.picking([Int](repeating: 0, count: count), shape: full)
      return try combine(moved, .constant(try data.replacing(chosen.map { $0 == nil ? nil : 0 }, by: blank)), .add, label)
    case .number(0): return moved
    case .number:
      guard case .value(let value) = moved else { return moved }
      let filled = Contraction<Double>(loops: full, constants: [masks], terms: [.init(1, [.operand(0, identity)]), .init(1, [.constant(0)])])
      return .value(try append(label, .contraction(filled), [value], shape: full, place: .alone))
    }
  }

  /// At indices that depend on the input. Of updates of one place ONNX says nothing where they replace elements.
  fileprivate mutating func scattered(
    _ data: Tensor, _ updates: Tensor, _ ids: Int, axis: Int, _ reduction: Combination?, _ label: String
  ) throws(NodeProblem) -> Tensor {
    guard kind(of: .value(ids)) != .real else { throw .malformed("its indices are not integers") }
    let (full, source) = (fullShape(data), fullShape(updates))
    guard case .value(let indices) = try whole(.value(ids)), shape(of: indices) == source, source.count == full.count,
      full.indices.allSatisfy({ $0 == axis || source[$0] <= full[$0] })
    else { throw .malformed("its indices and updates do not fit \(full)") }
    guard reduction == nil || reduction == .add else { throw .unsupported("its indices depend on the input, and it reduces otherwise than by a sum") }
    let codes = try oneHot(indices, full[axis], countsFromEnd: true, label)
    let last = full.count
    let own = full.indices.map { Index($0 == axis ? last : $0) }
    func sum(_ factors: [Factor], _ operands: [Int]) throws(NodeProblem) -> Int {
      let sum = Contraction<Double>(loops: full + [source[axis]], terms: [.init(1, [.operand(0, own + [Index(axis)])] + factors)])
      return try append(label, .contraction(sum), operands, shape: full, place: .alone, kind: operands.count == 1 ? .integer : .real)
    }
    let sums: Tensor
    switch updates {
    case .value(let value): sums = .value(try sum([.operand(1, own)], [codes, value]))
    case .constant(let constant):
      guard let uniform = constant.uniform ?? constant.integers.flatMap({ Set($0).count == 1 ? Float($0[0]) : nil }) else {
        throw .unsupported("its indices depend on the input, and its updates are several constants")
      }
      let number = constant.floats == nil ? Constant.integers([Int(uniform)], shape: []) : .floats([uniform], shape: [])
      sums = try combine(.value(try sum([], [codes])), .constant(number), .multiply, label)
    }
    guard reduction == nil else { return try combine(data, sums, .add, label) }
    let free = try not(.value(try sum([], [codes])), label)
    return try combine(try combine(data, free, .multiply, label), sums, .add, label)
  }
}

extension Constant {
  /// With elements of another constant in the place of some.
  ///
  /// - Parameter chosen: By element, which of the other's it becomes; nil for none.
  fileprivate func replacing(_ chosen: [Int?], by other: Constant) throws(NodeProblem) -> Constant {
    let joined = Constant.concatenated([reshaped([count]), other.reshaped([other.count])], axis: 0)
    guard let joined, batch == nil, other.batch == nil else { throw .unsupported("its operands differ in type, or depend on the batch") }
    return joined.picking(chosen.enumerated().map { place, own in own.map { count + $0 } ?? place }, shape: shape)
  }
}
