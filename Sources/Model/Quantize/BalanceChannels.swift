import Glibc

/// Up to so many channels get steps of their own, where one reaches this times what the median channel does; with these steps none
/// of them reaches more than 8 times that. Steps are at most 2^8 times the others'.
private let (largeCount, largeRatio, usualRatio, largestFactor) = (8, 64.0, 8.0, 0x1p8)

extension Network {
  /// The same network with large channels of residual streams divided by powers of two, so that one scale suits all channels: what is
  /// written there is divided, what is read there is multiplied. Nil where no channel is large.
  ///
  /// A stream stays as it is where something else is added to it than layers and constants, where something else reads it than these and
  /// norms, and where a place of it goes by the name of a node of `layers`.
  package func balanced(_ calibration: Calibration, keeping layers: Set<String> = []) -> Network? {
    let groups = calibration.streams.groups
    var factors: [Int: [Double]] = [:]
    for (group, largest) in calibration.channels where calibration.streams.normsAlongLast[group] == true {
      let sorted = largest.sorted()
      let (typical, least) = (sorted[sorted.count / 2], sorted[max(sorted.count - largeCount, 0)])
      guard let most = sorted.last, typical > 0, most > largeRatio * typical else { continue }
      factors[group] = largest.map { largest in
        guard largest >= least, largest > usualRatio * typical else { return 1 }
        return min(exp2(log2(largest / (usualRatio * typical)).rounded(.up)), largestFactor)
      }
    }
    // A matrix that a layer reads too stays as it is: its place of the stream is divided where it is added to the next one.
    let places = Set(groups.indices.filter { factors[groups[$0]] != nil && !readsSharedArray($0) })
    let norms = normNodes
    for value in places {
      if !canDivide(value, groups) || layers.contains(node(of: value)?.name ?? "") { factors[groups[value]] = nil }
    }
    for (index, node) in nodes.enumerated() where !norms.contains(inputs.count + index) {
      for operand in node.operands where places.contains(operand) && !canMultiply(operand, in: inputs.count + index, groups) {
        factors[groups[operand]] = nil
      }
    }
    for output in outputs { factors[groups[output.value]] = nil }
    guard !factors.isEmpty else { return nil }
    var balancer = Balancer(self, groups, places.reduce(into: [:]) { $0[$1] = factors[groups[$1]] })
    return balancer.balanced()
  }

  /// Values above their mean, squares, and quotients by roots of squares: what is multiplied there becomes no value.
  fileprivate var normNodes: Set<Int> {
    Set(norms.flatMap { [inputs.count + $0, $1.squares, $1.centred].compactMap { $0 } })
  }

  private func readsSharedArray(_ value: Int) -> Bool {
    guard let node = node(of: value), case .contraction(let contraction) = node.operation else { return false }
    return contraction.constants.contains { $0.array != nil }
  }

  /// Whether all that is added up in a value are other places of the stream, and products with constants.
  private func canDivide(_ value: Int, _ groups: [Int]) -> Bool {
    guard let node = node(of: value), case .contraction(let contraction) = node.operation else { return false }
    return contraction.terms.allSatisfy { $0.constant != nil || isPlace($0, node, groups, groups[value]) }
  }

  /// Whether a node reads a place as another place of the stream, or times constants for each channel.
  private func canMultiply(_ operand: Int, in value: Int, _ groups: [Int]) -> Bool {
    guard let node = node(of: value), case .contraction(let contraction) = node.operation else { return false }
    return contraction.terms.allSatisfy { term in
      let readings = term.factors.compactMap { factor -> Reading? in
        guard case .operand(let number, let reading) = factor, node.operands[number] == operand else { return nil }
        return reading
      }
      guard let reading = readings.first else { return true }
      if groups[value] == groups[operand], isPlace(term, node, groups, groups[operand]) { return true }
      return term.constant != nil && term.factors.count == 2
        && reading.last?.loop(through: shape(of: operand).last ?? 0, contraction.loops) != nil
    }
  }

  private func isPlace(_ term: Contraction<Double>.Term, _ node: Node<Double>, _ groups: [Int], _ group: Int) -> Bool {
    addedOperand(of: term, node).map { groups[node.operands[$0]] == group } ?? false
  }
}

/// Builds a network of which some values are divided. Norms read them as they were.
private struct Balancer {
  private let network: Network
  private let groups: [Int]
  private let norms: Set<Int>
  private var result: DividedNetwork

  init(_ network: Network, _ groups: [Int], _ factors: [Int: [Double]]) {
    self.network = network
    self.groups = groups
    norms = network.normNodes
    result = DividedNetwork(network, factors)
  }

  mutating func balanced() -> Network {
    for index in network.nodes.indices { result.add(balanced(index)) }
    return result.finished()
  }

  private mutating func balanced(_ index: Int) -> Node<Double> {
    let node = network.nodes[index]
    let value = network.inputs.count + index
    if norms.contains(value) { return node.with(operands: node.operands.map { result.undivided($0) }) }
    guard case .contraction(var contraction) = node.operation else { return node.with(operands: node.operands.map { result.numbers[$0] }) }
    var operands = OperandList()
    let factors = result.divisors
    let own = factors[value]
    for (number, term) in contraction.terms.enumerated() {
      let added = network.addedOperand(of: term, node).map { node.operands[$0] }
      let isAdded = added.map { own != nil && factors[$0] != nil && groups[$0] == groups[value] } ?? false
      for (factor, old) in term.factors.enumerated() {
        guard case .operand(let operand, let reading) = old else { continue }
        let read = node.operands[operand]
        contraction.terms[number].factors[factor] = .operand(operands.place(result.numbers[read]), reading)
        if !isAdded, let powers = factors[read], let loop = reading.last?.loop(through: powers.count, contraction.loops) {
          contraction.multiply(term: number, by: powers, along: loop)
        }
      }
      if let own, !isAdded { contraction.multiply(term: number, by: own.map { 1 / $0 }, along: node.shape.count - 1) }
    }
    let name = own == nil ? node.name : "\(node.name).channels"
    return Node(name: name, operands: operands.values, operation: .contraction(contraction), shape: node.shape)
  }
}

extension Index {
  /// The one loop that reads an axis of this size from end to end.
  func loop(through size: Int, _ loops: [Int]) -> Int? { isWhole(size, loops) ? simplified(loops).steps.first?.loop : nil }
}

extension Contraction<Double> {
  /// Multiplies a term by numbers along a loop: its constant, or a public one.
  mutating func multiply(term: Int, by numbers: [Double], along loop: Int) {
    let factors = Constant(loops: [loop], numbers.map { Float($0) }, isPublic: true)
    guard let index = terms[term].constant else {
      terms[term].factors.append(.constant(constants.count))
      constants.append(factors)
      return
    }
    let old = constants[index]
    let union = Set(old.loops + [loop]).sorted()
    let values = zip(old.expanded(union, loops), factors.expanded(union, loops)).map { $0 * $1 }
    constants[index] = Constant(loops: union, values, isPublic: old.isPublic)
  }
}
