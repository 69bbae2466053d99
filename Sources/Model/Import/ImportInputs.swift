/// How a model states the size of its batch.
enum BatchAxis { case one, symbolic }

/// An input, and where ONNX has the batch among its axes.
struct ImportedInput {
  let port: NamedShape
  let place: BatchPlace
}

extension ONNXGraph {
  /// The inputs of the network.
  ///
  /// The batch axis is the first one, or one that is called so. Where an input has none, one sample is one call of the model:
  /// all axes of all inputs are its own. So it is, with a batch of one, where one input has a fixed batch. The sizes of other
  /// symbolic axes are those of the data.
  ///
  /// - Parameter shape: That of the data for an input, the batch first; nil when there are none.
  func inputs(
    file: String, shape: (String) throws(ModelError) -> [Int]?
  ) throws(ModelError) -> ([ImportedInput], BatchAxis) {
    let constants = Set(initializer.map(\.name))
    let values = input.filter { !constants.contains($0.name) }
    let indexCounts = indexCounts
    var inputs: [ImportedInput] = []
    var sizes: [String: Int] = [:]
    func refuse(_ input: ONNXValue, _ error: DataProblem) -> ModelError {
      .unusableModel(file: file, node: nil, reason: "the input '\(input.name.oneLine)' \(error.reason)")
    }
    var batches: [(axis: Int, size: BatchAxis)?] = []
    for input in values {
      do throws(DataProblem) { batches.append(batchAxis(of: try input.dimensions())) } catch { throw refuse(input, error) }
    }
    let isAlone = batches.contains { $0 == nil }
    let batch: BatchAxis = isAlone || batches.contains { $0?.size == .one } ? .one : batches.first??.size ?? .one
    for (input, own) in zip(values, batches) {
      do throws(DataProblem) {
        let dimensions = try input.dimensions()
        let axis = isAlone ? nil : own?.axis
        let symbolic = own?.size == .symbolic ? own?.axis : nil
        if inputs.contains(where: { $0.port.name == input.name }) { throw DataProblem("is declared twice") }
        var data: [Int]?
        if dimensions.indices.contains(where: { $0 != axis && dimensions[$0].size == nil }) {
          do throws(ModelError) { data = try shape(input.name) } catch { throw DataProblem("has no data: \(error)") }
          if isAlone, var own = data, own.count == dimensions.count {
            // Of one sample without a batch axis, or of samples each of which is a batch of one.
            if let axis = symbolic { own[axis] = 1 }
            data = [1] + own
          }
        }
        let rank = isAlone ? dimensions.count + 1 : dimensions.count
        var sample: [Int] = []
        for (place, dimension) in dimensions.enumerated() where place != axis {
          let position = sample.count + 1
          let name = dimension.dimParam
          guard let size = dimension.size ?? data.flatMap({ $0.count == rank ? $0[position] : nil }) ?? (place == symbolic ? 1 : nil) else {
            throw DataProblem("has an axis without a fixed size; only the batch axis may be symbolic where there are no data of \(rank) axes")
          }
          // A name such as "?" is none.
          if name.contains(where: \.isLetter), sizes.updateValue(size, forKey: name) ?? size != size {
            throw DataProblem("has data with another size of the axis '\(name.oneLine)' than the input before it")
          }
          sample.append(size)
        }
        if sample.count >= maximumAxisCount || elementCount(sample) ?? 0 == 0 { throw DataProblem("is too large") }
        var kind = try input.kind()
        if let counts = indexCounts[input.name] {
          guard counts.count == 1, let count = counts.first, count > 0 else {
            throw DataProblem("picks from tables of \(counts.sorted()) rows; they must be equal")
          }
          kind = .index(count: count)
        }
        let place = axis.map { BatchPlace(axis: $0) } ?? .alone
        inputs.append(ImportedInput(port: NamedShape(name: input.name, shape: sample, kind: kind), place: place))
      } catch {
        throw refuse(input, error)
      }
    }
    return (inputs, batch)
  }

  /// Gives the symbolic batch of all inputs the size 1, or that of the data where these have an axis for samples besides.
  mutating func fixBatch(shape: (String) throws(ModelError) -> [Int]?) throws(ModelError) {
    let constants = Set(initializer.map(\.name))
    for place in input.indices where !constants.contains(input[place].name) {
      guard let dimensions = try? input[place].dimensions(), let batch = batchAxis(of: dimensions), batch.size == .symbolic else { continue }
      let data = try? shape(input[place].name)
      let size = data.flatMap { $0.count == dimensions.count + 1 ? $0[batch.axis + 1] : nil } ?? 1
      input[place].type.tensorType.shape.dim[batch.axis].dimValue = Int64(size)
    }
  }

  /// By input of integers, the numbers of rows of the tables that it picks from.
  private var indexCounts: [String: Set<Int>] {
    // By operator, operands that are ids, each with the table.
    let tables = ["Gather": [(1, 0)], "RotaryEmbedding": [(3, 1)], "EmbedLayerNormalization": [(0, 2), (1, 4), (8, 3)]]
    let movements: Set = ["Cast", "Expand", "Flatten", "Identity", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze"]
    var rows = Dictionary(initializer.filter(\.hasRows).map { ($0.name, $0.dims.first ?? 0) }) { first, _ in first }
    var origins = Dictionary(input.filter { (try? $0.kind()) == .integer }.map { ($0.name, $0.name) }) { first, _ in first }
    var counts: [String: Set<Int>] = [:]
    for tensor in initializer { origins[tensor.name] = nil }
    for node in node {
      guard let operand = node.input.first, let output = node.output.first else { continue }
      if movements.contains(node.opType) { origins[output] = origins[operand] }
      if ["Cast", "DequantizeLinear", "Identity"].contains(node.opType) { rows[output] = rows[operand] }
      if node.opType == "Gather", (try? node.integer("axis", default: 0)) != 0 { continue }
      for (ids, table) in tables[node.opType] ?? [] where ids < node.input.count && table < node.input.count {
        if let count = rows[node.input[table]], let origin = origins[node.input[ids]] { counts[origin, default: []].insert(Int(count)) }
      }
    }
    return counts
  }

  /// Nil where no axis can be the batch's: its size is neither symbolic nor 1.
  private func batchAxis(of dimensions: [ONNXShape.Dimension]) -> (axis: Int, size: BatchAxis)? {
    let symbolic = dimensions.indices.filter { dimensions[$0].size == nil }
    let named = symbolic.first { ["b", "n", "bs"].contains(dimensions[$0].dimParam.lowercased()) || dimensions[$0].dimParam.lowercased().contains("batch") }
    if let named { return (named, .symbolic) }
    guard let first = dimensions.first else { return nil }
    let isOfSteps = ["seq", "time", "step"].contains { first.dimParam.lowercased().contains($0) }
    if first.size == nil, !isOfSteps || dimensions.count < 2 { return (0, .symbolic) }
    if first.size == 1 { return (0, .one) }
    return dimensions.count > 2 && dimensions[1].size == 1 ? (1, .one) : nil
  }
}

extension ONNXTensor {
  /// Whether it holds as many elements as its first axis says, at least.
  fileprivate var hasRows: Bool {
    let stored = [rawData.count, floatData.count, int32Data.count, int64Data.count, doubleData.count].max() ?? 0
    return dims.first.map { $0 > 0 && $0 <= stored } ?? false
  }
}

extension ONNXValue {
  fileprivate func kind() throws(DataProblem) -> NamedShape.Kind {
    switch ElementType(rawValue: type.tensorType.elemType) {
    case .float, .double, .float16, .bfloat16: .real
    case .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64: .integer
    case .bool: .boolean
    case nil:
      throw DataProblem("has element type \(elementTypeName(type.tensorType.elemType)); only floats, integers and BOOL are supported")
    }
  }

  fileprivate func dimensions() throws(DataProblem) -> [ONNXShape.Dimension] {
    if name.isEmpty { throw DataProblem("has no name") }
    if name.utf8.count > maximumNameByteCount { throw DataProblem("has a name that is too long") }
    _ = try kind()
    guard type.tensorType.hasShape else { throw DataProblem("has no shape; declare one in the model") }
    let dimensions = type.tensorType.shape.dim
    if dimensions.contains(where: { $0.size.map { $0 <= 0 || $0 > maximumElementCount } ?? false }) { throw DataProblem("is empty or too large") }
    return dimensions
  }
}

extension ONNXShape.Dimension {
  /// Nil where it is symbolic, as a negative one is.
  fileprivate var size: Int? { if case .dimValue(let size) = value, size >= 0 { Int(size) } else { nil } }
}

extension GraphImporter {
  /// Ids as numbers: their one-hot codes times 0, 1, 2, ….
  mutating func appendNumbers(ofIds input: Int) throws(NodeProblem) -> Int {
    let (shape, loops) = (inputs[input].shape, inputs[input].valueShape)
    let count = loops[shape.count]
    let numbers = Contraction<Double>(
      loops: loops, constants: [.init(loops: [shape.count], (0..<count).map(Float.init), isPublic: true)],
      terms: [.init(1, [.constant(0), .operand(0, loops.indices.map { Index($0) })])])
    return try append(
      "\(inputs[input].name).numbers", .contraction(numbers), [input], shape: shape, place: place(of: input), kind: .integer)
  }

  /// The input of ids that a value holds elements of, and how its axes are read.
  func ids(_ value: Int) -> (input: Int, reading: Reading)? {
    var value = value
    var reading = shape(of: value).indices.map { Index($0) }
    while let node = maker(value), let operand = node.operands.first {
      if operand < inputs.count, inputs[operand].indexCount != nil { return (operand, reading) }
      let source = shape(of: operand)
      switch node.operation {
      case .reshape:
        // Axes of size 1 come and go.
        guard source.filter({ $0 != 1 }) == node.shape.filter({ $0 != 1 }) else { return nil }
        var long = zip(node.shape, reading).filter { $0.0 != 1 }.map(\.1).makeIterator()
        reading = source.map { $0 == 1 ? Index() : long.next() ?? Index() }
      case .contraction:
        guard case .contraction(let view)? = node.selection, case .operand(_, let own)? = view.terms.first?.factors.first else {
          return nil
        }
        let outer = reading
        reading = own.map { index in
          index.steps.reduce(into: Index(start: index.start)) { result, step in
            result.start += step.stride * outer[step.loop].start
            for inner in outer[step.loop].steps { result.add(inner.loop, step.stride * inner.stride) }
          }
        }
      case .map, .maximum, .softmax, .delay: return nil
      }
      value = operand
    }
    return nil
  }
}
