import Circuit
import Glibc

/// Inputs have longer integers where the largest feature reaches so many times what the median one does.
private let unlikeRatio = 8.0
/// Inputs with more features are images or signals, and so are those of calibration data with fewer samples too short to tell.
private let (mostFeatures, fewestSamples) = (512, 16)
/// A feature whose steps are finer than the others' has room for numbers larger than on calibration data: so many times with 16 bits, and
/// none with 12.
private let mostRoom = 16.0

extension Network {
  /// By input of unlike features, what each is divided by: a power of two from 1 on. An input that trees alone compare has none, as its
  /// integers are long, and neither has one with a scale that is given.
  package func featureSteps(_ calibration: Calibration, _ options: QuantizationOptions) -> [Int: [Double]] {
    largestFeatures(calibration).reduce(into: [:]) { steps, input in
      let bits = options.layerBits[inputs[input.key].name] ?? options.bits ?? QuantizationOptions.widths.upperBound
      let room = min(max(exp2(Double(bits - 12)), 1), mostRoom)
      guard !isOnlyCompared(input.key) else { return }
      let most = input.value.max() ?? 0
      // A feature that is always 0 has the steps of the largest one.
      let reached = input.value.map { $0 > 0 ? min(most, room * $0) : most }
      guard let least = reached.min(), least > 0, most.isFinite, most >= 2 * least else { return }
      let own = reached.map { exp2(log2($0 / least).rounded(.up)) }
      if own.allSatisfy({ $0 <= 0x1p40 }) { steps[input.key] = own }
    }
  }

  /// Whether features of inputs are numbers of unlike sizes.
  package func hasUnlikeFeatures(_ calibration: Calibration) -> Bool {
    let all = largestFeatures(calibration).values.joined().filter { $0 > 0 }.sorted()
    guard let most = all.last else { return false }
    return most >= unlikeRatio * all[all.count / 2]
  }

  /// Whether features, or values of them, are compared with numbers, as trees do, or with each other, as the distances of neighbours are.
  package var comparesFeatures: Bool {
    let areFeatures = inputs.allSatisfy { $0.kind == .real && $0.shape.last.map { $0 <= mostFeatures } ?? false && $0.width == $0.shape.last }
    return areFeatures && nodes.contains { node in
      guard node.operation == .map(.expression(.function(.step, .x))), let distance = self.node(of: node.operands[0]),
        case .contraction(let sum) = distance.operation, sum.isSum
      else { return false }
      return sum.terms.contains { $0.factors.contains { if case .operand = $0 { true } else { false } } }
    }
  }

  /// By input with features, how large each is on calibration data.
  private func largestFeatures(_ calibration: Calibration) -> [Int: [Double]] {
    guard (calibration.batch.first?.count ?? 0) >= fewestSamples else { return [:] }
    var largest: [Int: [Double]] = [:]
    for (index, port) in inputs.enumerated() {
      guard port.kind == .real, calibration.inputScales[index] == nil, let width = port.shape.last, width <= mostFeatures,
        port.shape.reduce(1, *) == width
      else { continue }
      var own = [Double](repeating: 0, count: width)
      for (place, number) in calibration.batch[index].values.enumerated() { own[place % width] = max(own[place % width], number.magnitude) }
      // These are integers as they are.
      if calibration.isIntegral[index], own.allSatisfy({ $0 < 256 }) { continue }
      largest[index] = own
    }
    return largest
  }

  private func isOnlyCompared(_ input: Int) -> Bool {
    func isSign(_ value: Int) -> Bool {
      let own = nodes.filter { $0.operands.contains(value) }
      return !own.isEmpty && own.allSatisfy { $0.operation == .map(.expression(.function(.step, .x))) }
    }
    let own = nodes.indices.filter { nodes[$0].operands.contains(input) }
    return !own.isEmpty && own.allSatisfy { isSign(inputs.count + $0) }
  }

  /// The network that computes the same from features that are divided already.
  ///
  /// - Parameter steps: By input, along its last axis.
  package func dividingFeatures(_ steps: [Int: [Double]]) -> Network {
    var divider = FeatureDivider(self, steps)
    return divider.divided()
  }
}

extension ClosedRange<Double> {
  /// Twice as far from 0 at its ends.
  var withRoom: ClosedRange { Swift.min(lowerBound, 2 * lowerBound)...Swift.max(upperBound, 2 * upperBound) }
}

extension FloatBatch {
  /// What one of 2^16 steps is worth that reach twice as far as the samples do.
  var scaleWithRoom: Double? {
    let range = values.reduce(0.0...0.0) { min($0.lowerBound, $1)...max($0.upperBound, $1) }
    return activationScale(range.withRoom, activationRange(bits: 16, isSigned: range.lowerBound < 0))
  }

  /// Numbers divided by those of their features.
  package func divided(by steps: [Double]?) -> FloatBatch {
    guard let steps, !steps.isEmpty else { return self }
    return FloatBatch(count: count, values: values.enumerated().map { $0.element / steps[$0.offset % steps.count] })
  }

  package func multiplied(by steps: [Double]?) -> FloatBatch {
    guard let steps, !steps.isEmpty else { return self }
    return FloatBatch(count: count, values: values.enumerated().map { $0.element * steps[$0.offset % steps.count] })
  }
}

/// Builds a network of which inputs, and views of these, are divided along their last axes.
private struct FeatureDivider {
  private let network: Network
  private var result: DividedNetwork

  init(_ network: Network, _ steps: [Int: [Double]]) {
    self.network = network
    result = DividedNetwork(network, steps, mark: ".features")
  }

  mutating func divided() -> Network {
    for index in network.nodes.indices { result.add(divided(index)) }
    return result.finished()
  }

  private mutating func divided(_ index: Int) -> Node<Double> {
    let node = network.nodes[index]
    let steps = result.divisors
    guard node.operands.contains(where: { steps[$0] != nil }) else { return node.with(operands: node.operands.map { result.numbers[$0] }) }
    if let moved = moved(node) {
      result.divisors[network.inputs.count + index] = moved
      return node.with(operands: [result.numbers[node.operands[0]]])
    }
    guard case .contraction(var contraction) = node.operation, !network.isView(node) else {
      return node.with(operands: node.operands.map { result.undivided($0) })
    }
    var operands = OperandList()
    for (number, term) in contraction.terms.enumerated() {
      for (factor, old) in term.factors.enumerated() {
        guard case .operand(let operand, let reading) = old else { continue }
        let read = node.operands[operand]
        guard let own = steps[read], let last = reading.last?.simplified(contraction.loops) else {
          contraction.terms[number].factors[factor] = .operand(operands.place(result.numbers[read]), reading)
          continue
        }
        if last.steps.isEmpty, own.indices.contains(last.start) {
          contraction.terms[number].coefficient *= own[last.start]
        } else if let loop = loop(last, contraction.terms[number], contraction) {
          let size = contraction.loops[loop.loop]
          let values = (0..<size).map { index in
            let place = last.start + index * loop.stride
            return own.indices.contains(place) ? own[place] : 1
          }
          contraction.separate(term: number)
          contraction.multiply(term: number, by: values, along: loop.loop)
        } else {
          contraction.terms[number].factors[factor] = .operand(operands.place(result.undivided(read)), reading)
          continue
        }
        contraction.terms[number].factors[factor] = .operand(operands.place(result.numbers[read]), reading)
      }
    }
    return Node(name: node.name, operands: operands.values, operation: .contraction(contraction), shape: node.shape)
  }

  /// The one loop of a reading along which a term's constant can be multiplied without more numbers.
  private func loop(_ index: Index, _ term: Contraction<Double>.Term, _ contraction: Contraction<Double>) -> Index.Step? {
    guard index.steps.count == 1 else { return nil }
    let isKnown = term.constant.map { contraction.constants[$0].loops.contains(index.steps[0].loop) }
    return isKnown ?? (term.factors.count < 3) ? index.steps[0] : nil
  }

  /// What elements of a view are divided by; nil where that is not a matter of the last axis.
  private func moved(_ node: Node<Double>) -> [Double]? {
    guard node.operands.count == 1, let own = result.divisors[node.operands[0]], let size = node.shape.last else { return nil }
    switch node.operation {
    case .reshape: return size == own.count ? own : nil
    case .contraction(let contraction):
      guard network.isView(node), contraction.terms.count == 1, case .operand(0, let reading)? = contraction.terms[0].factors.first,
        let last = reading.last?.simplified(contraction.loops)
      else { return nil }
      guard last.steps.allSatisfy({ $0.loop == node.shape.count - 1 }), last.steps.count < 2 else { return nil }
      let places = (0..<size).map { last.start + $0 * (last.steps.first?.stride ?? 0) }
      return places.map { own.indices.contains($0) ? own[$0] : 1 }
    case .map, .maximum, .softmax, .delay: return nil
    }
  }
}

extension Contraction<Double> {
  /// Gives a term a constant of its own.
  fileprivate mutating func separate(term number: Int) {
    guard let index = terms[number].constant, terms.count(where: { $0.constant == index }) > 1,
      let place = terms[number].factors.firstIndex(of: .constant(index))
    else { return }
    terms[number].factors[place] = .constant(constants.count)
    constants.append(constants[index])
  }
}

/// After the name of an input's column that of the constant with its features' steps.
let stepsMark = ".steps"

extension ArithmeticCircuit {
  /// By how much more than the column's scale the integer 1 of each feature of an input is worth, along its last axis; none where
  /// all are worth the same. No check of a proof uses it, as none uses scales.
  package func steps(of port: Port) -> [Double] {
    stepsColumn(of: port).map { columns[$0].values.map { Double($0) } } ?? []
  }

  func stepsColumn(of port: Port) -> Int? {
    guard port.classesOf == nil, !port.isIndex, let width = port.dimensions.last else { return nil }
    let name = shortened(columns[port.column].name + stepsMark)
    return columns.firstIndex { $0.kind == .constant && $0.name == name && $0.values.count == width && $0.values.allSatisfy { $0 > 0 } }
  }

  /// The real values of a port's integers.
  package func values(_ integers: [Int64], of port: Port) -> [Double] {
    FloatBatch(count: 1, values: integers.map { Double($0) * scale(of: port) }).multiplied(by: steps(of: port)).values
  }
}

extension LoweredNetwork {
  /// The same circuit with steps of features of its inputs.
  func withSteps(_ steps: [Int: [Double]]) -> LoweredNetwork {
    var circuit = circuit
    for (input, own) in steps.sorted(by: { $0.key < $1.key }) {
      let values = own.map { Int64($0) }
      circuit.axes.append(values.count)
      let name = circuit.columns[circuit.inputs[input].column].name
      circuit.columns.append(
        Column(
          name: shortened(name + stepsMark), kind: .constant, axes: [circuit.axes.count - 1], lower: values.min() ?? 0, upper: values.max() ?? 0, values: values))
    }
    return LoweredNetwork(circuit: circuit, weights: weights)
  }
}
