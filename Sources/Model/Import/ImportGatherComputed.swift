/// The longest axis from which elements are picked by ids that depend on the input: each element has a share in each result.
private let maximumPickedCount = 1 << 12

/// What is picked by ids that depend on the input: products with their one-hot codes. An id that names nothing picks 0.
extension GraphImporter {
  /// Of a Gather.
  ///
  /// - Parameter shared: How many first axes both have.
  mutating func gathered(
    _ data: Tensor, _ ids: Int, axis: Int, shared: Int, _ label: String
  ) throws(NodeProblem) -> Definition {
    let (full, own) = (fullShape(data), fullShape(.value(ids)))
    let codes = try codes(ids, full[axis], label)
    // Names: 0 is summed; axes of the ids are below it.
    let names = full.indices.map { $0 < shared ? -1 - $0 : $0 == axis ? 0 : 1 + $0 }
    let ids = own.indices.map { -1 - $0 }
    return try chosen(data, codes, [names, ids + [0]], names[..<axis].filter { $0 > 0 } + ids + names[(axis + 1)...].filter { $0 > 0 }, label)
  }

  /// Of a GatherND: a Gather for each of its axes.
  ///
  /// - Parameter shared: How many first axes both have.
  mutating func gathered(_ data: Tensor, _ ids: Int, shared: Int, _ label: String) throws(NodeProblem) -> Definition {
    let own = fullShape(.value(ids))
    var (data, shared) = (data, shared)
    var result = Definition.tensor(data)
    for column in 0..<(own.last ?? 0) {
      let reading = own.indices.map { $0 == own.count - 1 ? Index(start: column) : Index($0) }
      guard own.count > 1, case .value(let ids) = try view(.value(ids), Array(own.dropLast()), reading, label) else {
        throw .unsupported("it picks one element by an id that depends on the input")
      }
      result = try gathered(data, ids, axis: shared, shared: shared, label)
      if case .tensor(let tensor) = result { data = tensor }
      shared = own.count - 1
    }
    return result
  }

  /// Of a GatherElements.
  mutating func gatheredElements(_ data: Tensor, _ ids: Int, axis: Int, _ label: String) throws(NodeProblem) -> Definition {
    var data = data
    let axis = try freeAxis(axis, &data)
    var (full, own) = (fullShape(data), fullShape(.value(ids)))
    guard own.count == full.count, full.indices.allSatisfy({ $0 == axis || own[$0] <= full[$0] }) else {
      throw .malformed("its indices of shape \(own) do not fit \(full)")
    }
    let codes = try codes(ids, full[axis], label)
    own[axis] = full[axis]
    if own != full {
      data = try view(data, own, own.indices.map { Index($0) }, label)
      full = own
    }
    let names = full.indices.map { $0 + 1 }
    return try chosen(data, codes, [names.map { $0 == axis + 1 ? 0 : $0 }, names + [0]], names, label)
  }

  private mutating func chosen(
    _ data: Tensor, _ codes: Int, _ axes: [[Int]], _ result: [Int], _ label: String
  ) throws(NodeProblem) -> Definition {
    var floats = data
    if case .constant(let constant) = data, constant.floats == nil {
      guard let numbers = constant.numbers else { throw .unsupported("operand 0 depends on the batch size") }
      floats = .constant(.floats(numbers, shape: constant.shape))
    }
    let picked = try product([floats, .value(codes)], axes, result, label)
    if case .tensor(.value(let value)) = picked, kind(of: data) != .real { mark(value, .integer) }
    return picked
  }

  private mutating func codes(_ ids: Int, _ count: Int, _ label: String) throws(NodeProblem) -> Int {
    guard kind(of: .value(ids)) != .real else { throw .malformed("its indices are not integers") }
    guard count <= maximumPickedCount else {
      throw .unsupported("its indices depend on the input, and an axis of \(count) is longer than \(maximumPickedCount)")
    }
    return try oneHot(ids, count, countsFromEnd: true, label)
  }
}
