import Circuit

/// Nodes that are computed together: one, or those of a scan, one step after the other.
package struct Stage: Sendable {
  package let nodes: [Int]
  /// The values that they read.
  package let operands: [Int]

  package init(nodes: [Int], operands: [Int]) {
    self.nodes = nodes
    self.operands = operands
  }
}

extension Graph {
  /// All nodes, each after those that it reads but for the steps of a scan.
  var stages: [Stage] {
    let read = nodes.map { self.read(by: $0) }
    guard !delayed.isEmpty else { return read.enumerated().map { Stage(nodes: [$0], operands: $1) } }
    let components = ColumnOrder.components(read.map { $0.filter { $0 >= inputs.count }.map { $0 - inputs.count } })
    var members = [[Int]](repeating: [], count: (components.max() ?? -1) + 1)
    for (node, component) in components.enumerated() { members[component].append(node) }
    return members.map { nodes in Stage(nodes: nodes, operands: nodes.flatMap { read[$0] }) }
  }

  /// Whether a stage is to be computed one step after the other.
  func isScan(_ stage: Stage) -> Bool { stage.nodes.contains { delayed(by: nodes[$0]) != nil } }

  /// - Throws: `.unusableLayer` for a network with a scan that cannot be computed step after step.
  package func requireSteps() throws(ModelError) {
    for stage in stages where isScan(stage) && ScanRun(self, stage.nodes) == nil {
      throw .unusableLayer(nodes[stage.nodes[0]].name, reason: "its steps cannot be computed one after the other")
    }
  }
}

/// A scan made ready to run.
struct ScanRun<Number: GraphNumber> {
  private enum Operation {
    case delay(of: Int)
    /// What does not depend on the step before is computed for all steps at once.
    case sum(free: Part?, placed: Part?)
    case other(([[Number]]) -> [Number])
  }

  /// Terms of a sum, and the values that they read.
  private struct Part {
    let operands: [Int]
    /// By operand, whether one step of it is read; else all.
    var areSteps: [Bool] = []
    /// Read after the operands, one step of each.
    var constants: [[Number]] = []
    let run: ([[Number]]) -> [Number]
  }

  private struct Member {
    let value: Int
    let operands: [Int]
    /// The number of elements of one step.
    let width: Int
    let operation: Operation
  }

  private let members: [Member]
  private let stepCount: Int
  /// The number of elements of one step of a value of which all members read one step.
  private let widths: [Int: Int]

  /// Nil where steps cannot be computed one after the other.
  init?(_ graph: Graph<Number>, _ nodes: [Int]) {
    let count = graph.nodes[nodes[0]].shape.first ?? 0
    let values = Set(nodes.map { graph.inputs.count + $0 })
    var (members, widths): ([Member], [Int: Int]) = ([], [:])
    for index in nodes {
      let node = graph.nodes[index]
      guard count > 1, node.shape.first == count else { return nil }
      let operation: Operation
      switch node.operation {
      case .delay:
        guard let source = graph.delayed(by: node), graph.shape(of: source) == node.shape else { return nil }
        widths[source] = node.shape.dropFirst().reduce(1, *)
        operation = .delay(of: source)
      case .contraction(let contraction):
        func isPlaced(_ term: Contraction<Number>.Term) -> Bool {
          term.factors.contains { if case .operand(let operand, _) = $0 { values.contains(node.operands[operand]) } else { false } }
        }
        let (placed, free) = (contraction.terms.filter(isPlaced), contraction.terms.filter { !isPlaced($0) })
        let freePart = free.isEmpty ? nil : Self.part(contraction, free, node, graph)
        var placedPart: Part?
        if !placed.isEmpty {
          guard let part = Self.step(contraction, placed, node, graph, values) else { return nil }
          for (operand, isStep) in zip(part.operands, part.areSteps) where isStep { widths[operand] = graph.shape(of: operand).dropFirst().reduce(1, *) }
          placedPart = part
        }
        operation = .sum(free: freePart, placed: placedPart)
      case .map, .reshape:
        let source = graph.shape(of: node.operands[0])
        guard source.first == count else { return nil }
        widths[node.operands[0]] = source.dropFirst().reduce(1, *)
        operation = .other(node.operation.primitive.run([[1] + source.dropFirst()], [1] + node.shape.dropFirst()))
      case .maximum, .softmax: return nil
      }
      members.append(
        Member(value: graph.inputs.count + index, operands: node.operands, width: node.shape.dropFirst().reduce(1, *), operation: operation))
    }
    (self.members, stepCount, self.widths) = (members, count, widths)
  }

  private static func part(
    _ contraction: Contraction<Number>, _ terms: [Contraction<Number>.Term], _ node: Node<Number>, _ graph: Graph<Number>
  ) -> Part {
    let (own, operands) = contraction.part(terms, node.operands)
    return Part(operands: operands, run: graph.run(own, of: operands, node.shape))
  }

  /// One step of a sum; nil where more of an operand is read than that step.
  private static func step(
    _ contraction: Contraction<Number>, _ terms: [Contraction<Number>.Term], _ node: Node<Number>, _ graph: Graph<Number>, _ scanned: Set<Int>
  ) -> Part? {
    var (own, operands) = contraction.part(terms, node.operands)
    var areSteps: [Bool] = []
    for (number, operand) in operands.enumerated() {
      let readings = own.readings.filter { $0.operand == number }.map(\.reading)
      let isStep = graph.shape(of: operand).first == node.shape[0]
        && readings.allSatisfy { $0.first == Index(0) && !$0.dropFirst().contains { $0.steps.contains { $0.loop == 0 } } }
      guard !graph.isOneHot(operand), isStep || !scanned.contains(operand) && !readings.joined().contains(where: { $0.steps.contains { $0.loop == 0 } })
      else { return nil }
      areSteps.append(isStep)
    }
    var sources = zip(operands, areSteps).map { operand, isStep in
      isStep ? [1] + graph.shape(of: operand).dropFirst() : graph.shape(of: operand)
    }
    var constants: [[Number]] = []
    for term in own.terms.indices {
      guard let number = own.terms[term].constant, own.constants[number].loops.first == 0,
        let place = own.terms[term].factors.firstIndex(of: .constant(number))
      else { continue }
      let loops = own.constants[number].loops
      own.terms[term].factors[place] = .operand(sources.count, loops.map { Index($0) })
      sources.append([1] + loops.dropFirst().map { own.loops[$0] })
      constants.append(own.constants[number].values.map { Number($0) })
    }
    own.loops[0] = 1
    return Part(operands: operands, areSteps: areSteps, constants: constants, run: own.run(sources, [1] + node.shape.dropFirst()))
  }

  /// - Parameter values: By number, those that the scan reads and does not make.
  /// - Returns: The values that it makes, in order.
  func run(_ values: [[Number]]) -> [[Number]] {
    var results: [Int: [Number]] = [:]
    for member in members {
      var known: [Number]?
      if case .sum(let free?, _) = member.operation { known = free.run(free.operands.map { values[$0] }) }
      results[member.value] = known ?? [Number](repeating: .zero, count: stepCount * member.width)
    }
    func step(_ place: Int, of value: Int) -> [Number] {
      let width = widths[value] ?? 0
      let range = place * width..<(place + 1) * width
      return results[value].map { Array($0[range]) } ?? Array(values[value][range])
    }
    for place in 0..<stepCount {
      for member in members {
        var elements: [Number]
        switch member.operation {
        case .delay(let source):
          guard place > 0 else { continue }
          elements = step(place - 1, of: source)
        case .sum(_, let part):
          guard let part else { continue }
          let constants = part.constants.map { all in
            let width = all.count / stepCount
            return Array(all[place * width..<(place + 1) * width])
          }
          elements = part.run(zip(part.operands, part.areSteps).map { $1 ? step(place, of: $0) : values[$0] } + constants)
          let first = place * member.width
          for index in elements.indices { elements[index] = .sum(elements[index], adding: .one, times: results[member.value]?[first + index] ?? .zero) }
        case .other(let run): elements = run([step(place, of: member.operands[0])])
        }
        results[member.value]?.replaceSubrange(place * member.width..<(place + 1) * member.width, with: elements)
      }
    }
    return members.map { results[$0.value] ?? [] }
  }
}

extension Contraction {
  /// Some of its terms as a sum of their own, and the values that it reads.
  ///
  /// - Parameter operands: The values that this one reads.
  func part(_ terms: [Term], _ operands: [Int]) -> (Contraction, operands: [Int]) {
    var (part, read) = (self, OperandList())
    part.terms = terms.map { term in
      Term(
        term.coefficient,
        term.factors.map { factor in
          guard case .operand(let operand, let reading) = factor else { return factor }
          return .operand(read.place(operands[operand]), reading)
        })
    }
    return (part, read.values)
  }
}
