extension GraphImporter {
  /// The network that makes the graph's outputs, without the nodes that it does not need.
  mutating func finish(_ declared: [ONNXValue]) throws(ModelError) -> Network {
    guard unsupported.isEmpty else { throw .unsupportedNodes(file: file, unsupported) }
    var outputs: [NetworkOutput] = []
    for output in declared {
      let name = output.name
      func refuse(_ reason: String) -> ModelError {
        .unusableModel(file: file, node: nil, reason: "the output '\(name.oneLine)' \(reason)")
      }
      var value: Int
      var (classCount, leftOut): (Int?, String?)
      var shape: [Int]?
      switch definitions[name] {
      case .tensor(.value(let own)): value = own
      case .quantized(let own, let scale, let zeroPoint):
        do throws(NodeProblem) { value = try stored(own, scale: scale, zeroPoint: zeroPoint, "\(name).integers") } catch { throw refuse("is too large") }
      case .unrounded: throw refuse("is of integers whose scale depends on the input; give floats as an output")
      case .probabilities(let shares, _, _, _) where nodes.contains(where: { $0.operands.contains(shares) }): value = shares
      case .probabilities(_, let own, let operation, _):
        (value, leftOut) = (own, operation)
        notices.append("the final \(operation) is left out: the proof is about its input, the logits")
      case .classes(let classes):
        (value, classCount, shape) = (classes.value, classes.count, classes.shape)
        // Exporters declare labels without the axis that an ArgMax keeps.
        if classes.shape == [1], output.type.tensorType.shape.dim.count == 1 { shape = [] }
        if let names = classes.labels?.names { notices.append(Classes.notice("the output '\(name.oneLine)'", names)) }
      case .tensor(.constant), .initializer:
        guard let own = try? shown(output.name) else { throw refuse("is not computed from the input; name the others by --outputs") }
        value = own
      case .refused, nil: throw refuse("is not computed from the input")
      }
      guard name.utf8.count <= maximumNameByteCount else { throw refuse("has a name that is too long") }
      guard !outputs.contains(where: { $0.name == name }) else { throw refuse("is declared twice") }
      if isAlone, shape == nil {
        do throws(NodeProblem) { value = try reshaped(value, fullShape(.value(value)), .alone) } catch { throw refuse("is too large") }
      }
      // Of a sample, or, where all axes are the sample's, what ONNX shows.
      let computed = shape ?? self.shape(of: value)
      let dimensions = output.type.tensorType.shape.dim
      let place = place(of: value)
      if place != BatchPlace(), !isAlone { notices.append("the output '\(name.oneLine)' is shown sample by sample: its batch is at axis \(place.axis)") }
      if !dimensions.isEmpty, !matches(dimensions, shape.map { place.isFolded ? $0 : [1] + $0 } ?? fullShape(.value(value)), place) {
        notices.append("the output '\(name.oneLine)' is shown with shape \(computed), which the graph computes; it is declared with another one")
      }
      let drops = shape.map { $0.count < self.shape(of: value).count } ?? computed.isEmpty
      outputs.append(
        NetworkOutput(name: name, value: value, classCount: classCount, dropsAxis: drops, leftOut: leftOut))
    }
    let numbers = Dictionary(maskNumbers.compactMap { value, number in maker(value).map { ($0.name, number) } }, uniquingKeysWith: max)
    let network = Network(
      name: name, inputs: inputs, outputs: outputs, nodes: nodes, delayed: delayed, notices: notices, publicNumbers: publicNumbers, maskNumbers: numbers,
      isClassical: isClassical
    ).withoutScalars().withoutUnusedNodes()
    let infinite = network.nodes.filter { mostOfMask > -.infinity && $0.isUnbounded }.map { node in
      UnsupportedNode(
        name: node.name, operation: "constant",
        reason: "it is infinite or the largest number where no Softmax takes it for a mask; write a finite number, such as −10000")
    }
    guard infinite.isEmpty else { throw .unsupportedNodes(file: file, infinite) }
    return network
  }

  private func matches(_ declared: [ONNXShape.Dimension], _ shape: [Int], _ place: BatchPlace) -> Bool {
    guard declared.count == shape.count else { return false }
    return zip(declared, shape).enumerated().allSatisfy { axis, pair in
      switch pair.0.value {
      case .dimValue(let size): size < 0 || axis == place.axis || size == pair.1
      case .dimParam, nil: true
      }
    }
  }
}

extension GraphImporter {
  /// A value that is a constant for each sample: the constant, and an input less itself.
  ///
  /// - Returns: Nil where there is no such value.
  private mutating func shown(_ name: String) throws(NodeProblem) -> Int? {
    guard let definition = definitions[name], case .constant(let constant) = try tensor(definition, name), !inputs.isEmpty,
      constant.batch?.isUniform ?? true, let numbers = constant.numbers, !numbers.isEmpty,
      constant.integers?.allSatisfy({ $0.magnitude <= 1 << 24 }) ?? numbers.allSatisfy(\.isFinite)
    else { return nil }
    let read = Factor.operand(0, shape(of: 0).map { _ in Index() })
    let place: BatchPlace = batch == .one ? .alone : constant.batch?.place ?? BatchPlace()
    guard batch == .one || !place.isFolded else { return nil }
    // For each sample a constant that is the same for all.
    let shape = batch == .one || constant.batch == nil ? constant.shape : sampleShape(constant.shape, place)
    let sum = Contraction<Double>(
      loops: shape, constants: [.init(loops: shape.indices.filter { shape[$0] != 1 }, numbers)],
      terms: [.init(1, [read]), .init(-1, [read]), .init(1, [.constant(0)])])
    return try append("\(name).constant", .contraction(sum), [0], shape: shape, place: place)
  }
}

extension Node<Double> {
  /// Whether it adds, or multiplies by, the largest number of Float32, which stands for infinity.
  var isUnbounded: Bool {
    let largest = Float.greatestFiniteMagnitude.nextDown
    return switch operation {
    case .contraction(let contraction): contraction.constants.contains { $0.values.contains { $0.magnitude >= largest } }
    case .map(.expression(let function)):
      function.affineForm.map { max($0.scale.magnitude, $0.shift.magnitude) >= Double(largest) } ?? false
    case .map, .maximum, .reshape, .softmax, .delay: false
    }
  }
}
