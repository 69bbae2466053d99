extension Network {
  /// A network with the same outputs and fewer nodes.
  ///
  /// Constants are folded into linear layers, functions of one number composed, sums flattened, views merged, and what
  /// no output needs left out. The values of the outputs are the same up to rounding. No weight becomes a number of an
  /// expression or a coefficient, whatever its value: these are public.
  package func simplified() -> Network {
    var simplifier = Simplifier(self)
    // Each pass of a hostile network may change one node alone.
    var passCount = 0
    while passCount < 100, simplifier.pass() { passCount += 1 }
    return simplifier.network.withoutUnusedNodes()
  }

  /// The network without the nodes that no output needs.
  func withoutUnusedNodes() -> Network {
    var isNeeded = [Bool](repeating: false, count: inputs.count + nodes.count)
    for output in outputs { isNeeded[output.value] = true }
    for (index, node) in nodes.enumerated().reversed() where isNeeded[inputs.count + index] {
      for operand in node.operands { isNeeded[operand] = true }
    }
    var numbers = Array(0..<inputs.count)
    var needed: [Node] = []
    for (index, node) in nodes.enumerated() {
      numbers.append(inputs.count + needed.count)
      guard isNeeded[inputs.count + index] else { continue }
      needed.append(
        Node(name: node.name, operands: node.operands.map { numbers[$0] }, operation: node.operation, shape: node.shape)
      )
    }
    return replacing(needed) { numbers[$0] }
  }

  fileprivate func replacing(_ nodes: [Node], value: (Int) -> Int) -> Network {
    var outputs = outputs
    for index in outputs.indices { outputs[index].value = value(outputs[index].value) }
    return replacing(outputs, nodes)
  }
}

/// Expressions are composed up to this size.
private let maximumExpressionSize = 256

/// A network under change. A value that another replaces is its alias; nodes keep their places until the end.
private struct Simplifier {
  /// How often a value is read, by what.
  struct Uses {
    var all = 0
    var byLinear = 0
    var byPointwise = 0
  }

  private let original: Network
  private var nodes: [Node]
  private var alias: [Int]
  private var uses: [Uses]
  private var isDead: [Bool]
  private var hasChanged = false

  init(_ network: Network) {
    original = network
    nodes = network.nodes
    let valueCount = network.inputs.count + nodes.count
    alias = Array(0..<valueCount)
    uses = Array(repeating: Uses(), count: valueCount)
    isDead = Array(repeating: false, count: nodes.count)
    for node in nodes { count(node, 1) }
    for output in network.outputs { uses[output.value].all += 1 }
  }

  var network: Network {
    let current = nodes.map {
      Node(name: $0.name, operands: $0.operands.map(resolved), operation: $0.operation, shape: $0.shape)
    }
    return original.replacing(current, value: resolved)
  }

  /// Applies every rule to every node once; false when nothing changed.
  mutating func pass() -> Bool {
    hasChanged = false
    for index in nodes.indices where !isDead[index] && alias[value(index)] == value(index) {
      let operands = nodes[index].operands.map(resolved)
      nodes[index] = nodes[index].with(operands: operands)
      simplify(index)
    }
    return hasChanged
  }

  private mutating func simplify(_ index: Int) {
    let node = nodes[index]
    switch node.operation {
    case .linear(let linear): foldBefore(index, linear)
    case .convolution(let convolution): foldBefore(index, convolution)
    case .affine(let affine): simplify(index, affine)
    case .pointwise(let function): simplify(index, function)
    case .contraction(let contraction): simplify(index, contraction)
    case .reshape: simplifyReshape(index)
    case .transpose(let order): simplifyTranspose(index, order)
    case .slice(_, let start, let stride):
      if start == 0, stride == 1, node.shape == shape(node.operands[0]) { replace(index, by: node.operands[0]) }
    case .windowMaximum: break
    case .quantize(let quantization):
      if case .quantize(let inner)? = maker(node.operands[0])?.node.operation, inner == quantization {
        replace(index, by: node.operands[0])
      } else {
        moveBeforeView(index)
      }
    }
  }
}

// MARK: Bookkeeping

extension Simplifier {
  private func value(_ index: Int) -> Int { original.inputs.count + index }

  private func shape(_ value: Int) -> [Int] {
    value < original.inputs.count ? original.inputs[value].shape : nodes[value - original.inputs.count].shape
  }

  /// The node that makes a value, with its place; nil for an input.
  private func maker(_ value: Int) -> (index: Int, node: Node)? {
    let index = value - original.inputs.count
    return index < 0 ? nil : (index, nodes[index])
  }

  private func resolved(_ value: Int) -> Int {
    var value = value
    while alias[value] != value { value = alias[value] }
    return value
  }

  private mutating func count(_ node: Node, _ change: Int) {
    for operand in node.operands.map(resolved) {
      uses[operand].all += change
      switch node.operation {
      case .linear: uses[operand].byLinear += change
      case .pointwise: uses[operand].byPointwise += change
      case .convolution, .affine, .contraction, .windowMaximum, .reshape, .transpose, .slice, .quantize: break
      }
    }
  }

  /// Puts another operation in a node's place.
  private mutating func set(
    _ index: Int, _ operation: Operation, _ operands: [Int], name: String? = nil, shape: [Int]? = nil
  ) {
    let old = nodes[index]
    nodes[index] = Node(
      name: name ?? old.name, operands: operands, operation: operation, shape: shape ?? old.shape)
    count(nodes[index], 1)
    release(old)
    hasChanged = true
  }

  /// Lets another value stand for the node's.
  private mutating func replace(_ index: Int, by other: Int) {
    let own = value(index)
    alias[own] = other
    uses[other].all += uses[own].all
    uses[other].byLinear += uses[own].byLinear
    uses[other].byPointwise += uses[own].byPointwise
    uses[own] = Uses()
    release(nodes[index])
    hasChanged = true
  }

  /// Takes a node's reads away, and those of nodes that nothing reads any more.
  private mutating func release(_ node: Node) {
    var released = [node]
    while let next = released.popLast() {
      count(next, -1)
      for operand in Set(next.operands.map(resolved)) where uses[operand].all == 0 {
        guard let (index, node) = maker(operand), !isDead[index] else { continue }
        isDead[index] = true
        released.append(node)
      }
    }
  }
}

// MARK: Linear layers and constants

extension Simplifier {
  /// The constants that a node applies to its operand, when it does nothing else.
  private func constants(_ node: Node) -> Affine? {
    switch node.operation {
    case .affine(let affine): affine
    case .pointwise(let function): function.affine
    case .linear, .convolution, .contraction, .windowMaximum, .reshape, .transpose, .slice, .quantize: nil
    }
  }

  /// An affine operand that only linear layers read becomes part of their weights.
  private mutating func foldBefore(_ index: Int, _ linear: Linear) {
    let operand = nodes[index].operands[0]
    guard let (_, before) = maker(operand), uses[operand].all == uses[operand].byLinear,
      let affine = constants(before), let folded = linear.folded(after: affine)
    else { return }
    set(index, .linear(folded), before.operands)
  }

  /// Zeros around an operand that nothing else reads become padding of a convolution, constants part of its weights.
  private mutating func foldBefore(_ index: Int, _ convolution: Convolution) {
    let operand = nodes[index].operands[0]
    guard let (_, before) = maker(operand), uses[operand].all == 1 else { return }
    if case .contraction(let contraction) = before.operation, let zeros = contraction.zeros(shape(before.operands[0])),
      let folded = convolution.folded(after: zeros)
    {
      set(index, .convolution(folded), before.operands)
    } else if let affine = constants(before) {
      let isPublic = if case .pointwise = before.operation { true } else { false }
      if let folded = convolution.folded(after: affine, isPublic: isPublic) {
        set(index, .convolution(folded), before.operands)
      }
    }
  }

  /// A constant scale and shift of a layer that nothing else reads becomes part of its weights.
  private mutating func foldAfter(_ index: Int, _ affine: Affine) -> Bool {
    let operand = nodes[index].operands[0]
    guard let (place, before) = maker(operand), uses[operand].all == 1 else { return false }
    switch before.operation {
    case .linear(let linear):
      guard let folded = linear.folded(before: affine) else { return false }
      nodes[place].operation = .linear(folded)
    case .convolution(let convolution):
      guard let folded = convolution.folded(before: affine) else { return false }
      nodes[place].operation = .convolution(folded)
    case .affine, .pointwise, .contraction, .windowMaximum, .reshape, .transpose, .slice, .quantize: return false
    }
    replace(index, by: operand)
    return true
  }

  private mutating func simplify(_ index: Int, _ affine: Affine) {
    if foldAfter(index, affine) { return }
    let operand = nodes[index].operands[0]
    if let (_, before) = maker(operand), uses[operand].all == 1, let inner = constants(before),
      let merged = affine.composed(after: inner)
    {
      return set(index, .affine(merged), before.operands)
    }
    guard affine.scale.count == 1 else { return }
    // One number has no axes: the value before the view may have fewer.
    nodes[index].operation = .affine(Affine(shape: [], scale: affine.scale, shift: affine.shift))
    moveBeforeView(index)
  }
}

// MARK: Functions of one number

extension Simplifier {
  private mutating func simplify(_ index: Int, _ function: Pointwise) {
    let node = nodes[index]
    let operand = node.operands[0]
    if let (scale, shift) = function.affineForm {
      if scale == 1, shift == 0 { return replace(index, by: operand) }
      let shortest = Pointwise.affine(scale: scale, shift: shift)
      if shortest.size < function.size { return set(index, .pointwise(shortest), [operand]) }
      if let affine = function.affine {
        if foldAfter(index, affine) { return }
        if let (_, before) = maker(operand), uses[operand].all == 1, case .affine(let inner) = before.operation,
          let merged = affine.composed(after: inner)
        {
          return set(index, .affine(merged), before.operands)
        }
      }
    }
    if let (_, before) = maker(operand), case .pointwise(let inner) = before.operation,
      uses[operand].all == uses[operand].byPointwise, function.size * inner.size <= maximumExpressionSize
    {
      return set(index, .pointwise(function.of(inner)), before.operands)
    }
    moveBeforeView(index)
  }

  /// A function of a reshaped or transposed value that nothing else reads is applied before that, and so is one that
  /// keeps order before the largest elements are taken.
  private mutating func moveBeforeView(_ index: Int) {
    let node = nodes[index]
    guard let (place, view) = maker(node.operands[0]), uses[node.operands[0]].all == 1 else { return }
    switch view.operation {
    case .reshape, .transpose: break
    case .windowMaximum where keepsOrder(node, after: view): break
    case .linear, .convolution, .affine, .pointwise, .contraction, .windowMaximum, .slice, .quantize: return
    }
    let source = view.operands[0]
    count(node, -1)
    count(view, -1)
    nodes[place] = Node(name: node.name, operands: [source], operation: node.operation, shape: shape(source))
    nodes[index] = Node(name: view.name, operands: node.operands, operation: view.operation, shape: node.shape)
    count(nodes[place], 1)
    count(nodes[index], 1)
    hasChanged = true
  }

  /// Whether a function can be applied before the largest elements are taken, without rounding twice.
  private func keepsOrder(_ node: Node, after pool: Node) -> Bool {
    switch node.operation {
    case .pointwise(let function): return function.keepsOrder
    case .quantize(let quantization):
      guard case .quantize(let inner)? = maker(resolved(pool.operands[0]))?.node.operation else { return true }
      return inner == quantization
    case .linear, .convolution, .affine, .contraction, .windowMaximum, .reshape, .transpose, .slice: return false
    }
  }

  /// The value itself, what it is a function of, and so on, each with that function.
  private func chain(_ value: Int) -> [(root: Int, function: Pointwise)] {
    var chain: [(root: Int, function: Pointwise)] = [(value, .x)]
    var last = value
    var function = Pointwise.x
    while let (_, node) = maker(last), case .pointwise(let inner) = node.operation,
      function.size * inner.size <= maximumExpressionSize
    {
      function = function.of(inner)
      last = resolved(node.operands[0])
      chain.append((last, function))
    }
    return chain
  }

  /// A sum of products of functions of one value becomes one function of it.
  private mutating func collapse(_ index: Int, _ contraction: Contraction<Double>) {
    let node = nodes[index]
    guard let first = node.operands.first, node.operands.allSatisfy({ shape($0) == node.shape }) else { return }
    let chains = node.operands.map(chain)
    for (root, _) in chain(first) {
      let functions = chains.compactMap { $0.first { $0.root == root }?.function }
      guard functions.count == chains.count else { continue }
      let terms = contraction.terms.map { term in
        let factors = term.factors.compactMap { if case .operand(let operand, _) = $0 { functions[operand] } else { nil } }
        let product = factors.dropFirst().reduce(factors[0]) { $0 * $1 }
        return term.coefficient == 1 ? product : .constant(term.coefficient) * product
      }
      let function = terms.dropFirst().reduce(terms[0]) { $0 + $1 }
      if function.size <= maximumExpressionSize { set(index, .pointwise(function), [root]) }
      return
    }
  }
}

// MARK: Sums and views

extension Simplifier {
  /// The operands and coefficients of a sum of values that broadcast.
  private func summands(_ node: Node) -> [(value: Int, coefficient: Double)]? {
    guard case .contraction(let contraction) = node.operation,
      contraction.isElementwise(node.operands.map { shape($0) }, shape: node.shape)
    else { return nil }
    var summands: [(value: Int, coefficient: Double)] = []
    for term in contraction.terms {
      guard term.factors.count == 1, case .operand(let operand, _) = term.factors[0] else { return nil }
      summands.append((resolved(node.operands[operand]), term.coefficient))
    }
    return summands
  }

  private mutating func simplify(_ index: Int, _ contraction: Contraction<Double>) {
    let node = nodes[index]
    guard let summands = summands(node) else {
      if contraction.isElementwise(node.operands.map { shape($0) }, shape: node.shape) { collapse(index, contraction) }
      return
    }
    var terms: [(value: Int, coefficient: Double)] = []
    var hasMerged = false
    func add(_ value: Int, _ coefficient: Double) {
      if let place = terms.firstIndex(where: { $0.value == value }) {
        terms[place].coefficient += coefficient
        hasMerged = true
      } else {
        terms.append((value, coefficient))
      }
    }
    for (operand, coefficient) in summands {
      if let (_, inner) = maker(operand), uses[operand].all == 1 {
        if inner.shape == node.shape, let own = self.summands(inner) {
          for (value, factor) in own { add(value, factor * coefficient) }
          hasMerged = true
          continue
        }
        if case .pointwise(let function) = inner.operation, let (scale, shift) = function.affineForm, shift == 0 {
          add(resolved(inner.operands[0]), scale * coefficient)
          hasMerged = true
          continue
        }
      }
      add(operand, coefficient)
    }
    if hasMerged {
      let sum = Contraction.sum(of: terms.map { shape($0.value) }, terms.map(\.coefficient), shape: node.shape)
      return set(index, .contraction(sum), terms.map(\.value))
    }
    collapse(index, contraction)
  }

  private mutating func simplifyReshape(_ index: Int) {
    let node = nodes[index]
    let operand = node.operands[0]
    if shape(operand) == node.shape { return replace(index, by: operand) }
    if let (_, before) = maker(operand), case .reshape = before.operation {
      set(index, .reshape, before.operands.map(resolved))
    }
  }

  private mutating func simplifyTranspose(_ index: Int, _ order: [Int]) {
    let node = nodes[index]
    let operand = node.operands[0]
    let source = shape(operand)
    if order == Array(order.indices) { return replace(index, by: operand) }
    let moved = order.filter { source[$0] != 1 }
    if moved == moved.sorted() { return set(index, .reshape, [operand]) }
    if let (_, before) = maker(operand), case .transpose(let inner) = before.operation {
      set(index, .transpose(order: order.map { inner[$0] }), before.operands.map(resolved))
    }
  }
}

extension Node {
  fileprivate func with(operands: [Int]) -> Node {
    Node(name: name, operands: operands, operation: operation, shape: shape)
  }
}
