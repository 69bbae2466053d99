import Circuit

extension ImportedOperator {
  /// Recurrent layers: scans.
  static let recurrent: [ImportedOperator] = [
    layer("LSTM", .lstm), layer("GRU", .gru), layer("RNN", .plain),
  ]

  private static func layer(_ name: String, _ cell: RecurrentCell) -> ImportedOperator {
    ImportedOperator(name, "all with constant lengths of sequences") { importer, node, label throws(NodeProblem) in
      try importer.recurrent(node, cell, label)
    }
  }
}

private enum RecurrentCell {
  case plain, gru, lstm

  var gateCount: Int {
    switch self {
    case .plain: 1
    case .gru: 3
    case .lstm: 4
    }
  }

  /// Of which the first states are operands 5 and 6, and the last ones results 1 and 2.
  var stateParts: [WritableKeyPath<RecurrentState, Tensor?> & Sendable] {
    self == .lstm ? [\.hidden, \.cell] : [\.hidden]
  }

  /// Of functions where the node names none.
  var activations: [String] {
    switch self {
    case .plain: ["Tanh"]
    case .gru: ["Sigmoid", "Tanh"]
    case .lstm: ["Sigmoid", "Tanh", "Tanh"]
    }
  }
}

/// What a layer carries from one step to the next, of 1 × batch × elements; nil for zeros.
private struct RecurrentState {
  var hidden: Tensor?
  var cell: Tensor?

  func map(_ change: (Tensor) throws(NodeProblem) -> Tensor) throws(NodeProblem) -> RecurrentState {
    RecurrentState(hidden: try hidden.map(change), cell: try cell.map(change))
  }
}

/// What all steps of one direction have in common.
private struct RecurrentDirection {
  let cell: RecurrentCell
  let label: String
  /// The number of elements of the state.
  let size: Int
  /// By first gate of those that are computed together, from which weights the state's part of them comes: gates × state.
  var weights: [Int: Tensor] = [:]
  /// Added to a GRU's products of the state before they are reset; nil where they are reset before.
  var resetBias: Tensor?
  var resetsProducts = false
  /// Of 3 × state.
  var peepholes: Tensor?
  var couplesGates = false
  let functions: [Pointwise]
}

/// The operands that all directions of a layer have in common, and the sizes that follow from them.
private struct RecurrentSizes {
  let directions, steps, batch, inputs, state: Int
  /// Whether the batch is the first axis of inputs, states and outputs.
  let isBatchFirst: Bool
}

extension GraphImporter {
  fileprivate mutating func recurrent(_ node: ONNXNode, _ cell: RecurrentCell, _ label: String) throws(NodeProblem) -> [Definition] {
    let reversals: [Bool] =
      switch try node.text("direction", default: "forward") {
      case "forward": [false]
      case "reverse": [true]
      case "bidirectional": [false, true]
      case let other: throw .malformed("its direction is '\(other.oneLine)'")
      }
    let (inputs, sizes) = try recurrentInputs(node, cell, reversals.count)
    let functions = try node.recurrentFunctions(cell, reversals.count)
    let lengths = try lengths(node, sizes)
    showAttributes(of: node, label)
    var (outputs, last) = ([Tensor](), [RecurrentState]())
    for (direction, isReversed) in reversals.enumerated() {
      var state = RecurrentState()
      for (index, part) in cell.stateParts.enumerated() { state[keyPath: part] = try initialState(node, 5 + index, direction, sizes, label) }
      let read = isReversed ? try reversed(inputs, axis: sizes.isBatchFirst ? 1 : 0, label) : inputs
      let (own, products) = try self.direction(node, cell, direction, read, sizes, functions[direction], label)
      guard case .value(let gates) = products else { throw .unsupported("its inputs are constants") }
      let isLive = isLive(lengths, sizes, isReversed: isReversed)
      let states = try self.states(own, gates, state, isLive, sizes)
      last.append(try states.map { state throws(NodeProblem) in
        try view(state, [1, sizes.batch, sizes.state], [Index(start: sizes.steps - 1), Index(1), Index(2)], label)
      })
      if let output = node.output.first, isRead(output), var hidden = states.hidden {
        if let isLive { hidden = try combine(hidden, .constant(isLive), .multiply, label) }
        outputs.append(isReversed ? try reversed(hidden, axis: 0, label) : hidden)
      }
    }
    var results: [Definition] = [.refused]
    if !outputs.isEmpty {
      let joined = try stacked(outputs, axis: 1, label)
      results[0] = .tensor(sizes.isBatchFirst ? try permuted(joined, [2, 0, 1, 3], label) : joined)
    }
    for (index, part) in cell.stateParts.enumerated() {
      guard index + 1 < node.output.count, isRead(node.output[index + 1]) else {
        results.append(.refused)
        continue
      }
      let states = last.map { $0[keyPath: part] ?? .constant(.zeros([1, sizes.batch, sizes.state])) }
      let joined = try concatenated(states, axis: 0, [sizes.directions, sizes.batch, sizes.state], label)
      results.append(.tensor(sizes.isBatchFirst ? try permuted(joined, [1, 0, 2], label) : joined))
    }
    return results
  }

  /// The states after all steps: each is made of the one before.
  ///
  /// - Parameters:
  ///   - gates: What the inputs add to them, of steps × batch × (gates · state).
  ///   - isLive: 0 at steps that are none of a sample's sequence.
  private mutating func states(
    _ own: RecurrentDirection, _ gates: Int, _ initial: RecurrentState, _ isLive: Constant?, _ sizes: RecurrentSizes
  ) throws(NodeProblem) -> RecurrentState {
    let (shape, label) = (Array(shape(of: gates).dropLast() + [sizes.state]), own.label)
    var (before, numbers) = (initial, [Int]())
    if sizes.steps > 1 {
      for part in own.cell.stateParts {
        numbers.append(delayed.count)
        let value = try append("\(label).before", .delay(Delay(number: delayed.count)), [], shape: shape, place: place(of: gates))
        delayed[delayed.count] = value
        before[keyPath: part] = .value(value)
        guard let first = initial[keyPath: part] else { continue }
        let later = Tensor.constant(.zeros([sizes.steps - 1, sizes.batch, sizes.state]))
        let padded = try concatenated([first, later], axis: 0, [sizes.steps, sizes.batch, sizes.state], label)
        before[keyPath: part] = try combine(.value(value), padded, .add, label)
      }
    }
    var states = try step(own, .value(gates), before)
    if let isLive {
      for part in own.cell.stateParts { states[keyPath: part] = try kept(states[keyPath: part], before[keyPath: part], isLive, label) }
    }
    for (number, part) in zip(numbers, own.cell.stateParts) {
      guard case .value(let value)? = states[keyPath: part], self.shape(of: value) == shape, place(of: value) == place(of: gates) else {
        throw .unsupported("its state has other axes than its inputs; give its weights as constants")
      }
      delayed[number] = value
    }
    return states
  }

  /// By step and sample, whether the step is one of the sequence; nil where all are.
  private func isLive(_ lengths: [Int], _ sizes: RecurrentSizes, isReversed: Bool) -> Constant? {
    guard lengths.contains(where: { $0 < sizes.steps }) else { return nil }
    let steps = isReversed ? Array((0..<sizes.steps).reversed()) : Array(0..<sizes.steps)
    return .floats(steps.flatMap { step in lengths.map { $0 > step ? 1 : 0 } }, shape: [sizes.steps, sizes.batch, 1])
  }

  /// The same along an axis from its end.
  private mutating func reversed(_ tensor: Tensor, axis: Int, _ label: String) throws(NodeProblem) -> Tensor {
    let full = fullShape(tensor)
    return try selected(tensor, axis: axis, (0..<full[axis]).reversed(), [full[axis]], full, label)
  }

  /// The first operand, whose steps are an axis of each sample, and the sizes of all.
  private mutating func recurrentInputs(
    _ node: ONNXNode, _ cell: RecurrentCell, _ count: Int
  ) throws(NodeProblem) -> (Tensor, RecurrentSizes) {
    var inputs = try tensor(node, 0)
    let full = fullShape(inputs)
    guard full.count == 3 else { throw .malformed("its input has shape \(full), which is not of three axes") }
    let isBatchFirst = try node.integer("layout", default: 0) != 0
    let (stepAxis, batchAxis) = isBatchFirst ? (1, 0) : (0, 1)
    if batch == .symbolic, let place = place(of: inputs), place.axis != batchAxis {
      let what = "the batch is at axis \(place.axis) of its input, where its \(place.axis == stepAxis ? "steps" : "numbers") are"
      throw .unsupported("\(what); name the axis of the model's input that is the batch 'batch', and fix the size of the other")
    }
    for axis in [stepAxis, 2] { _ = try freeAxis(axis, &inputs) }
    let shape = fullShape(try tensor(node, 2))
    guard shape.count == 3 else { throw .malformed("its weights of the state have shape \(shape), which is not of three axes") }
    let sizes = RecurrentSizes(
      directions: count, steps: full[stepAxis], batch: full[batchAxis], inputs: full[2], state: shape[2], isBatchFirst: isBatchFirst)
    guard try node.integer("hidden_size", default: sizes.state) == sizes.state else {
      throw .malformed("hidden_size is not \(sizes.state), as its weights have it")
    }
    guard sizes.steps > 0, sizes.batch > 0, sizes.state > 0 else { throw .unsupported("it has no steps or no state") }
    return (inputs, sizes)
  }

  /// One direction, and what the inputs add to its gates: steps × batch × (gates · state).
  private mutating func direction(
    _ node: ONNXNode, _ cell: RecurrentCell, _ direction: Int, _ inputs: Tensor, _ sizes: RecurrentSizes,
    _ functions: [Pointwise], _ label: String
  ) throws(NodeProblem) -> (RecurrentDirection, Tensor) {
    let (size, gateCount) = (sizes.state, cell.gateCount)
    /// The part of an operand that is of this direction.
    func part(_ index: Int, _ shape: [Int]) throws(NodeProblem) -> Tensor? {
      guard try operand(node, index) != nil else { return nil }
      var tensor = try self.tensor(node, index)
      guard fullShape(tensor) == [sizes.directions] + shape else {
        throw .malformed("operand \(index) has shape \(fullShape(tensor)), not \([sizes.directions] + shape)")
      }
      for axis in 0...shape.count { _ = try freeAxis(axis, &tensor) }
      return try slice(tensor, axis: 0, at: direction, label)
    }
    func rows(_ tensor: Tensor, _ range: Range<Int>) throws(NodeProblem) -> Tensor {
      let full = fullShape(tensor)
      let reading = full.indices.map { Index($0, start: $0 == 0 ? range.lowerBound * size : 0) }
      return try view(tensor, [range.count * size] + full.dropFirst(), reading, label)
    }
    guard let weights = try part(1, [gateCount * size, sizes.inputs]), let recurrence = try part(2, [gateCount * size, size]) else {
      throw .malformed("its weights are missing")
    }
    var own = RecurrentDirection(cell: cell, label: label, size: size, functions: functions)
    own.peepholes = cell == .lstm ? try part(7, [3 * size]) : nil
    own.couplesGates = try node.integer("input_forget", default: 0) != 0
    let isLinearBefore = try node.integer("linear_before_reset", default: 0) != 0
    own.resetsProducts = cell == .gru && isLinearBefore
    for gates in own.gates { own.weights[gates.lowerBound] = try rows(recurrence, gates) }
    let names = sizes.isBatchFirst ? [2, 3, 0] : [3, 2, 0]
    var products = try tensor(try product([inputs, weights], [names, [1, 0]], [3, 2, 1], label), "its product")
    if let biases = try part(3, [2 * gateCount * size]) {
      let (first, second) = (try rows(biases, 0..<gateCount), try rows(biases, gateCount..<2 * gateCount))
      var bias = try combine(first, second, .add, label)
      if own.resetsProducts {
        own.resetBias = try rows(second, 2..<3)
        bias = try concatenated([try rows(bias, 0..<2), try rows(first, 2..<3)], axis: 0, [gateCount * size], label)
      }
      products = try combine(products, bias, .add, label)
    }
    return (own, products)
  }

  /// By sample, how many steps it has; one number where nothing is stated.
  private func lengths(_ node: ONNXNode, _ sizes: RecurrentSizes) throws(NodeProblem) -> [Int] {
    guard try operand(node, 4) != nil else { return [sizes.steps] }
    guard case .constant(let constant) = try tensor(node, 4) else {
      throw .unsupported("operand 4, the length of each sequence, depends on the input; give it as a constant, or leave it out")
    }
    guard let lengths = constant.integers, constant.shape == [sizes.batch], lengths.allSatisfy({ (0...sizes.steps).contains($0) }) else {
      let what = "the length of each of \(sizes.batch) sequences of at most \(sizes.steps) steps"
      throw .malformed("operand 4 of shape \(constant.shape) is not \(what)")
    }
    guard constant.batch?.isUniform ?? true else {
      throw .unsupported("operand 4, the length of each sequence, is another one for each sample")
    }
    return lengths
  }

  private mutating func initialState(
    _ node: ONNXNode, _ index: Int, _ direction: Int, _ sizes: RecurrentSizes, _ label: String
  ) throws(NodeProblem) -> Tensor? {
    guard try operand(node, index) != nil else { return nil }
    var state = try tensor(node, index)
    let shape = sizes.isBatchFirst ? [sizes.batch, sizes.directions, sizes.state] : [sizes.directions, sizes.batch, sizes.state]
    guard fullShape(state) == shape else { throw .malformed("operand \(index) has shape \(fullShape(state)), not \(shape)") }
    if case .constant(let constant) = state, constant.batch?.isUniform ?? true {
      if constant.uniform == 0 { return nil }
      state = .constant(constant.reshaped(shape))
    }
    let directionAxis = sizes.isBatchFirst ? 1 : 0
    for axis in [directionAxis, 2] { _ = try freeAxis(axis, &state) }
    let reading = sizes.isBatchFirst ? [Index(1), Index(start: direction), Index(2)] : [Index(start: direction), Index(1), Index(2)]
    return try view(state, [1, sizes.batch, sizes.state], reading, label)
  }

  /// A tensor with its axes in another order.
  private mutating func permuted(_ tensor: Tensor, _ order: [Int], _ label: String) throws(NodeProblem) -> Tensor {
    let full = fullShape(tensor)
    return try view(tensor, order.map { full[$0] }, full.indices.map { Index(order.firstIndex(of: $0)) }, label)
  }

  /// What is new where a sample's sequence goes on, else what was before.
  private mutating func kept(_ new: Tensor?, _ old: Tensor?, _ isLive: Constant, _ label: String) throws(NodeProblem) -> Tensor? {
    guard let new else { return nil }
    let live = try combine(new, .constant(isLive), .multiply, label)
    guard let old else { return live }
    let isOver = try apply(.affine(scale: -1, shift: 1), to: .constant(isLive), label)
    return try combine(live, try combine(old, isOver, .multiply, label), .add, label)
  }
}

// MARK: Cells

extension RecurrentDirection {
  /// Gates that are computed together.
  var gates: [Range<Int>] {
    switch cell {
    case .plain: [0..<1]
    case .gru: [0..<2, 2..<3]
    case .lstm: areJoined ? [0..<3, 3..<4] : [0..<1, 1..<2, 2..<3, 3..<4]
    }
  }

  /// Whether the gates of an LSTM's sigmoid are: not where three of many units are padded to more than each of them.
  fileprivate var areJoined: Bool { peepholes == nil && (size < 64 || 1 << bitCountOfAxis(3 * size) <= 3 << bitCountOfAxis(size)) }
}

extension GraphImporter {
  /// The states after all steps, from those before them.
  ///
  /// - Parameter gates: What the inputs add to them, of steps × batch × (gates · state).
  private mutating func step(
    _ own: RecurrentDirection, _ gates: Tensor, _ state: RecurrentState
  ) throws(NodeProblem) -> RecurrentState {
    switch own.cell {
    case .plain: RecurrentState(hidden: try apply(own.functions[0], to: try sum(own, 0..<1, gates, state.hidden), own.label))
    case .gru: RecurrentState(hidden: try gru(own, gates, state.hidden))
    case .lstm: try lstm(own, gates, state)
    }
  }

  private mutating func lstm(
    _ own: RecurrentDirection, _ gates: Tensor, _ state: RecurrentState
  ) throws(NodeProblem) -> RecurrentState {
    let label = own.label
    // Of input, output and forgetting.
    var shares: [Tensor?] = [nil, nil, nil]
    /// One of them, which reads the cell.
    func share(_ gate: Int, _ cell: Tensor?) throws(NodeProblem) -> Tensor {
      var sum = try self.sum(own, gate..<gate + 1, gates, state.hidden)
      if let peepholes = own.peepholes, let cell {
        let weights = try view(peepholes, [own.size], [Index(0, start: gate * own.size)], label)
        sum = try combine(sum, try combine(cell, weights, .multiply, label), .add, label)
      }
      return try apply(own.functions[0], to: sum, label)
    }
    if own.areJoined {
      let all = try apply(own.functions[0], to: try sum(own, 0..<3, gates, state.hidden), label)
      for gate in 0..<3 { shares[gate] = try part(all, gate..<gate + 1, own) }
    } else {
      shares[0] = try share(0, state.cell)
      if !own.couplesGates { shares[2] = try share(2, state.cell) }
    }
    guard let input = shares[0] else { return state }
    if own.couplesGates { shares[2] = try apply(.affine(scale: -1, shift: 1), to: input, label) }
    let candidate = try apply(own.functions[1], to: try sum(own, 3..<4, gates, state.hidden), label)
    var terms = [(1.0, [input, candidate])]
    if let cell = state.cell, let forget = shares[2] { terms.append((1, [forget, cell])) }
    let cell = try added(terms, label)
    let output = if let share = shares[1] { share } else { try share(1, cell) }
    let hidden = try combine(output, try apply(own.functions[2], to: cell, label), .multiply, label)
    return RecurrentState(hidden: hidden, cell: cell)
  }

  private mutating func gru(_ own: RecurrentDirection, _ gates: Tensor, _ state: Tensor?) throws(NodeProblem) -> Tensor {
    let label = own.label
    let shares = try apply(own.functions[0], to: try sum(own, 0..<2, gates, state), label)
    let (update, reset) = (try part(shares, 0..<1, own), try part(shares, 1..<2, own))
    var sum: Tensor
    if own.resetsProducts {
      sum = try part(gates, 2..<3, own)
      var products = try state.map { state throws(NodeProblem) in try self.products(own, 2..<3, state) }
      if let bias = own.resetBias {
        products = try products.map { products throws(NodeProblem) in try combine(products, bias, .add, label) } ?? bias
      }
      if let products { sum = try added([(1, [sum]), (1, [reset, products])], label) }
    } else {
      let kept = try state.map { state throws(NodeProblem) in try combine(reset, state, .multiply, label) }
      sum = try self.sum(own, 2..<3, gates, kept)
    }
    let candidate = try apply(own.functions[1], to: sum, label)
    var terms = [(1.0, [candidate]), (-1.0, [update, candidate])]
    if let state { terms.append((1, [update, state])) }
    return try added(terms, label)
  }

  /// What inputs and state add to some gates, of steps × batch × (gates · state).
  private mutating func sum(
    _ own: RecurrentDirection, _ range: Range<Int>, _ gates: Tensor, _ state: Tensor?
  ) throws(NodeProblem) -> Tensor {
    let inputs = try part(gates, range, own)
    guard let state else { return inputs }
    return try combine(inputs, try products(own, range, state), .add, own.label)
  }

  private mutating func products(_ own: RecurrentDirection, _ gates: Range<Int>, _ state: Tensor) throws(NodeProblem) -> Tensor {
    guard let weights = own.weights[gates.lowerBound] else { return state }
    return try tensor(try product([weights, state], [[1, 0], [3, 2, 0]], [3, 2, 1], own.label), "its product")
  }

  /// Some gates of all.
  private mutating func part(_ gates: Tensor, _ range: Range<Int>, _ own: RecurrentDirection) throws(NodeProblem) -> Tensor {
    var full = fullShape(gates)
    full[2] = range.count * own.size
    return try view(gates, full, [Index(0), Index(1), Index(2, start: range.lowerBound * own.size)], own.label)
  }

  /// Σ coefficient · products of one or two tensors that broadcast to the shape of the first one, in one sum where all are values.
  private mutating func added(_ terms: [(Double, [Tensor])], _ label: String) throws(NodeProblem) -> Tensor {
    let values = terms.flatMap(\.1).compactMap { if case .value(let value) = $0 { value } else { nil } }
    guard values.count == terms.reduce(0, { $0 + $1.1.count }) else {
      var sum: Tensor?
      for (coefficient, factors) in terms {
        var product = factors[0]
        for factor in factors.dropFirst() { product = try combine(product, factor, .multiply, label) }
        if coefficient != 1 { product = try apply(.affine(scale: coefficient, shift: 0), to: product, label) }
        sum = try sum.map { sum throws(NodeProblem) in try combine(sum, product, .add, label) } ?? product
      }
      guard let sum else { throw .malformed("it adds nothing") }
      return sum
    }
    let (lifted, place) = try self.lifted(values)
    let operands = lifted.reduce(into: [Int]()) { if !$0.contains($1) { $0.append($1) } }
    let shape = shape(of: lifted[0])
    var rest = lifted[...]
    let whole = shape.indices.map { Index($0) }
    let sum = Contraction<Double>(loops: shape, terms: terms.map { coefficient, factors in
      let own = rest.prefix(factors.count)
      rest = rest.dropFirst(factors.count)
      return .init(coefficient, own.map { .operand(operands.firstIndex(of: $0) ?? 0, whole) })
    })
    return .value(try append(label, .contraction(sum), operands, shape: shape, place: place))
  }
}

// MARK: Functions

extension ONNXNode {
  /// By direction, the functions of the cell, those of gates after the clip, as onnxruntime has them.
  fileprivate func recurrentFunctions(_ cell: RecurrentCell, _ count: Int) throws(NodeProblem) -> [[Pointwise]] {
    let usual = cell.activations
    let names = try strings("activations") ?? Array(repeating: usual, count: count).flatMap { $0 }
    guard names.count == usual.count * count else {
      throw .malformed("it names \(names.count) activations, not \(usual.count * count)")
    }
    var (alphas, betas) = (try floats("activation_alpha") ?? [], try floats("activation_beta") ?? [])
    let clip = Double(try float("clip", default: 0))
    guard clip >= 0 else { throw .malformed("clip is \(clip)") }
    let clipped: Pointwise = clip > 0 && clip.isFinite ? .maximum(.constant(-clip), .minimum(.constant(clip), .x)) : .x
    var functions: [Pointwise] = []
    for name in names {
      func alpha(_ usual: Double) -> Double { alphas.isEmpty ? usual : Double(alphas.removeFirst()) }
      func beta(_ usual: Double) -> Double { betas.isEmpty ? usual : Double(betas.removeFirst()) }
      let function: Pointwise =
        switch name.lowercased() {
        case "relu": .relu
        case "tanh": .function(.tanh, .x)
        case "sigmoid": .function(.sigmoid, .x)
        case "affine": .constant(alpha(1)) * .x + .constant(beta(0))
        case "leakyrelu": .leakyRelu(alpha(0.01))
        case "thresholdedrelu": .thresholdedRelu(alpha(1))
        case "scaledtanh": .constant(alpha(1)) * .function(.tanh, .constant(beta(1)) * .x)
        case "hardsigmoid": .hardSigmoid(alpha(0.2), beta(0.5))
        case "elu": .elu(alpha(1))
        case "softsign": .softsign
        case "softplus": .softplus
        case _: throw .malformed("it names the activation '\(name.oneLine)'")
        }
      let isOfGates = functions.count % usual.count < 2
      functions.append(isOfGates ? function.of(clipped) : function)
    }
    return (0..<count).map { Array(functions[$0 * usual.count..<($0 + 1) * usual.count]) }
  }
}

extension Constant {
  fileprivate static func zeros(_ shape: [Int]) -> Constant { .floats(Array(repeating: 0, count: shape.reduce(1, *)), shape: shape) }
}
