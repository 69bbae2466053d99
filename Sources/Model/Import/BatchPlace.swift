/// Where the batch is among the axes that ONNX gives a tensor: an axis of its own, or a part of one.
///
/// The importer works with one sample: the batch has size 1 wherever shapes are compared, and a value of the network does not
/// have it. Only its place is kept, so that nothing mixes samples.
struct BatchPlace: Equatable {
  var axis = 0
  var isFolded = false
  /// Where it is folded, how many elements of the axis one sample has before the batch: the axis is outer × batch × the rest.
  var outer = 1

  func moved(to axis: Int) -> BatchPlace { BatchPlace(axis: axis, isFolded: isFolded, outer: outer) }

  /// The place in a tensor of so many more axes at its front.
  func shifted(by count: Int) -> BatchPlace { moved(to: axis + count) }

  /// That of one sample: none of its axes is the batch's.
  static let alone = BatchPlace(axis: 0, isFolded: true)
}

/// Stands for the size of a symbolic batch axis in constants that were computed from shapes.
let symbolicBatch = sizeOfBatch(times: 1)

/// Stands for a multiple of the size of the batch axis.
func sizeOfBatch(times count: Int) -> Int { -1 << 62 - count }

/// How many batches a size stands for; nil for a number.
func batchMultiple(_ size: Int) -> Int? {
  let count = (-1 << 62).subtractingReportingOverflow(size).partialValue
  return (1...maximumElementCount).contains(count) ? count : nil
}

/// Sizes of axes, for errors.
func describe(_ sizes: [Int]) -> String {
  let texts = sizes.prefix(8).map { size in batchMultiple(size).map { $0 == 1 ? "batch" : "\($0) · batch" } ?? "\(size)" }
  return "[\(texts.joined(separator: ", "))]"
}

extension GraphImporter {
  /// Nil for a constant that is the same for each sample.
  func place(of tensor: Tensor) -> BatchPlace? {
    switch tensor {
    case .value(let value): place(of: value)
    case .constant(let constant): constant.batch?.place
    }
  }

  /// The shape that ONNX gives a tensor, for a batch of one sample.
  func fullShape(_ tensor: Tensor) -> [Int] {
    switch tensor {
    case .value(let value):
      var shape = shape(of: value)
      let place = place(of: value)
      if !place.isFolded { shape.insert(1, at: place.axis) }
      return shape
    case .constant(let constant): return constant.shape
    }
  }

  /// The same with the symbolic size of the batch.
  func symbolicShape(_ tensor: Tensor) -> [Int] {
    var shape = fullShape(tensor)
    if batch == .symbolic, let place = place(of: tensor) { shape[place.axis] = sizeOfBatch(times: shape[place.axis]) }
    return shape
  }

  /// The shape of one sample of a value of this full shape.
  func sampleShape(_ full: [Int], _ place: BatchPlace) -> [Int] {
    var shape = full
    if !place.isFolded { shape.remove(at: place.axis) }
    return shape
  }

  /// The same elements in the same order, with other axes and the batch at another place of them.
  mutating func reshaped(
    _ value: Int, _ full: [Int], _ place: BatchPlace, _ label: String = ""
  ) throws(NodeProblem) -> Int {
    let shape = sampleShape(full, place)
    if shape == self.shape(of: value), place == self.place(of: value) { return value }
    return try append(label, .reshape, [value], shape: shape, place: place)
  }

  mutating func reshaped(
    _ tensor: Tensor, _ full: [Int], _ place: BatchPlace?, _ label: String = ""
  ) throws(NodeProblem) -> Tensor {
    switch tensor {
    case .constant(let constant): .constant(constant.reshaped(full, place))
    case .value(let value): .value(try reshaped(value, full, place ?? .alone, label))
    }
  }

  /// Elements of a tensor: for each place of a full shape the one that is read. A result without elements is a constant.
  ///
  /// - Throws: `.unsupported` where it reads along the batch.
  mutating func view(
    _ tensor: Tensor, _ full: [Int], _ reading: Reading, _ label: String
  ) throws(NodeProblem) -> Tensor {
    let source = fullShape(tensor)
    if full.contains(0), case .value = tensor { return .constant(.empty(full, kind(of: tensor))) }
    guard let place = place(of: tensor) else {
      guard case .constant(let constant) = tensor else { return tensor }
      return .constant(constant.view(full, reading, nil))
    }
    if isWhole(place), case .value(let value) = tensor { return .value(try picked(value, full, reading, label)) }
    // The axis of the result that is the batch's.
    let read = reading[place.axis]
    let own = read.steps.first?.loop
    let others = reading.indices.filter { $0 != place.axis }.flatMap { reading[$0].steps.map(\.loop) }
    let isWhole = read.steps.count == 1 && read.start == 0 && read.steps[0].stride == 1
    if let own, isWhole, full[own] == source[place.axis], !others.contains(own) {
      let result = place.moved(to: own)
      switch tensor {
      case .constant(let constant): return .constant(constant.view(full, reading, result))
      case .value(let value):
        var sample = reading
        if !place.isFolded {
          sample.remove(at: place.axis)
          sample = sample.map { $0.renumbered { $0 < own ? $0 : $0 - 1 } }
        }
        let shape = sampleShape(full, result)
        if self.shape(of: value) == shape, sample == shape.indices.map({ Index($0) }) {
          return .value(try reshaped(value, full, result, label))
        }
        return .value(try append(label, .contraction(.view(shape, sample)), [value], shape: shape, place: result))
      }
    }
    guard batch == .one, case .value(let value) = tensor else { throw .unsupported("it cuts, repeats or picks along the batch axis") }
    return .value(try picked(try reshaped(value, source, .alone, label), full, reading, label))
  }

  /// Elements of a value all of whose axes are the sample's.
  private mutating func picked(_ value: Int, _ full: [Int], _ reading: Reading, _ label: String) throws(NodeProblem) -> Int {
    let picked = try append(label, .contraction(.view(full, reading)), [value], shape: full, place: .alone)
    return !isAlone && full.count > 1 && full[0] == 1 ? try reshaped(picked, full, BatchPlace(), label) : picked
  }

  /// Whether a place says that all axes are the sample's.
  func isWhole(_ place: BatchPlace) -> Bool { batch == .one && place.isFolded }

  /// An axis along which a tensor's elements belong together. Of a model for one sample every axis is one.
  mutating func freeAxis(_ axis: Int, _ tensor: inout Tensor) throws(NodeProblem) -> Int {
    let result = try normalized(axis, rank: fullShape(tensor).count)
    guard let place = place(of: tensor), place.axis == result else { return result }
    guard batch == .one else { throw .unsupported("it works along the batch axis") }
    tensor = try reshaped(tensor, fullShape(tensor), .alone)
    return result
  }

  /// The axis of a sample that an axis of a value's full shape is.
  func sampleAxis(_ axis: Int, _ value: Int) -> Int {
    let place = place(of: value)
    return place.isFolded || axis < place.axis ? axis : axis - 1
  }

  /// The axis of a value's full shape that an axis of a sample is.
  func fullAxis(_ axis: Int, _ value: Int) -> Int {
    let place = place(of: value)
    return place.isFolded || axis < place.axis ? axis : axis + 1
  }

  /// A value whose batch axis is the first one, so that its other axes are those of a sample.
  mutating func batchFirst(_ value: Int, _ what: String) throws(NodeProblem) -> Int {
    let (place, full) = (place(of: value), fullShape(.value(value)))
    if place == BatchPlace() { return value }
    if batch == .one, let first = full.first, first != 1 { return try firstElement(of: value) }
    let isFirst = place.axis == 0 || batch == .one
    guard isFirst, full.first == 1 else {
      throw .unsupported("\(what) has the batch \(place.isFolded ? "folded into" : "at") axis \(place.axis), not at axis 0")
    }
    return try reshaped(value, full, BatchPlace())
  }

  /// Values with axes of size 1 before theirs, so that all have as many and the batch at one place.
  ///
  /// - Parameter rank: At least so many axes.
  mutating func lifted(_ values: [Int], rank: Int = 0) throws(NodeProblem) -> (values: [Int], place: BatchPlace) {
    var shapes = values.map { fullShape(.value($0)) }
    var places = values.map { self.place(of: $0) }
    let rank = max(rank, shapes.map(\.count).max() ?? 0)
    guard rank <= maximumAxisCount else { throw .unsupported("its result has \(rank) axes") }
    for index in values.indices {
      let missing = rank - shapes[index].count
      shapes[index] = [Int](repeating: 1, count: missing) + shapes[index]
      places[index] = isWhole(places[index]) ? .alone : places[index].shifted(by: missing)
    }
    var place: BatchPlace = places[0]
    if places.contains(where: { $0 != place }) {
      if let pure = places.first(where: { !$0.isFolded }), places.indices.allSatisfy({ index in
        shapes[index][pure.axis] == 1 && (batch == .one || places[index].axis == pure.axis)
      }) {
        place = pure
      } else if batch == .one {
        place = .alone
      } else {
        throw .unsupported("its operands have the batch at different axes: \(places.map { "\($0.axis)\($0.isFolded ? ", folded" : "")" }.joined(separator: "; "))")
      }
    }
    if place.isFolded, batch == .symbolic, Set(shapes.map { $0[place.axis] }).count > 1 {
      throw .unsupported("its operands have the batch folded into axes of sizes \(shapes.map { $0[place.axis] })")
    }
    var results: [Int] = []
    for index in values.indices { results.append(try reshaped(values[index], shapes[index], place)) }
    return (results, place)
  }
}
