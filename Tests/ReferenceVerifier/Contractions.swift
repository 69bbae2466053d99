/// A claim on a virtual column, with one axis weight for each of its axes (§7).
struct VirtualClaim {
  var column: Int
  var weights: [AxisWeight]
  var value: Value
}

/// Σ_x out(x)·Π operand(x) = value (§7 step 2).
private struct Instance {
  var term: Term
  /// Loop axes that occur in at least two operands: output axes first.
  var variables: [Int]
  var summed: [Int]
  /// The virtual claim's weight of each output axis.
  var outputWeights: [Int: AxisWeight]
  var value: Value

  var variableOutputs: [Int] { variables.filter { outputWeights[$0] != nil } }
  var degree: Int { term.operands.count + (variableOutputs.isEmpty ? 0 : 1) }
}

extension ProofCheck {
  /// §7 step 1.
  mutating func claimOutputs(_ outputs: [[Extension]]) {
    var claimed: Set<Int> = []
    for (port, values) in zip(circuit.outputs, outputs) where port.source == nil && claimed.insert(port.column).inserted {
      let bits = bits(ofColumn: port.column)
      let sizes = sizes(ofColumn: port.column)
      let variableCount = bits.reduce(0, +)
      let r = transcript.challenges("output", variableCount)
      ledger.add(variableCount)
      let weights = zip(split(r, bits: bits), sizes).map { AxisWeight.cut($0, $1) }
      let value = Value(contract(values, zip(weights, sizes).map { $0.table($1) }))
      if circuit.columns[port.column].kind == .virtual {
        virtualClaims.append(VirtualClaim(column: port.column, weights: weights, value: value))
      } else {
        claim(port.column, weights, value)
      }
    }
  }

  /// §7 steps 2 to 4.
  mutating func checkContractions() throws(ReferenceRejection) {
    var instances: [Instance] = []
    for virtual in virtualClaims { instances += try expand(virtual) }
    if !instances.isEmpty { try reduce(instances) }
  }

  /// Step 2: the values of the terms of one virtual claim.
  private mutating func expand(_ virtual: VirtualClaim) throws(ReferenceRejection) -> [Instance] {
    guard let contraction = circuit.contractions.first(where: { $0.output == virtual.column }) else { return [] }
    let axes = circuit.columns[virtual.column].axes
    let outputWeights = Dictionary(uniqueKeysWithValues: zip(axes, virtual.weights))
    let isComputed = contraction.terms.map { term in
      isSimple(term, axes) && circuit.columns[term.operands[0].column].kind.isKnown
    }
    var received = try transcript.receiveValues("terms", isComputed.count { !$0 })[...]
    var instances: [Instance] = []
    var sum = Value(.zero)
    for (term, computed) in zip(contraction.terms, isComputed) {
      var value: Value
      if computed {
        value = Value(knownValue(term.operands[0].column, weights(of: term.operands[0]) { outputWeights[$0] }))
      } else {
        value = received.removeFirst()
        if isSimple(term, axes) {
          claim(term.operands[0].column, weights(of: term.operands[0]) { outputWeights[$0] }, value)
        } else {
          let summed = term.summedAxes(output: axes)
          instances.append(
            Instance(
              term: term, variables: (axes + summed).filter { term.occurrences(of: $0) >= 2 }, summed: summed,
              outputWeights: outputWeights, value: value))
        }
      }
      for (axis, weight) in zip(axes, virtual.weights) where term.occurrences(of: axis) == 0 {
        value = value * weight.sum(below: sizes[axis])
      }
      sum += value * Residue.of(term.coefficient)
    }
    try transcript.require(virtual.value, equals: sum, else: .terms)
    return instances
  }

  private func isSimple(_ term: Term, _ axes: [Int]) -> Bool {
    term.operands.count == 1 && term.summedAxes(output: axes).isEmpty
  }

  /// The weights of an operand's column axes, given those of the loop axes.
  private func weights(of operand: Operand, _ loopWeight: (Int) -> AxisWeight?) -> [AxisWeight] {
    zip(operand.bindings, circuit.columns[operand.column].axes).map { binding, axis in
      (loopWeight(binding.loop) ?? .live(sizes[binding.loop]))
        .through(binding.slice, loopSize: sizes[binding.loop], size: sizes[axis])
    }
  }

  /// Steps 3 and 4: one sumcheck for all instances.
  private mutating func reduce(_ instances: [Instance]) throws(ReferenceRejection) {
    let gamma = transcript.challenge("contraction")
    ledger.add(instances.count)
    var powers: [Extension] = []
    var power = Extension.one
    for _ in instances {
      powers.append(power)
      power *= gamma
    }
    let variableCounts = instances.map { $0.variables.reduce(0) { $0 + bits[$1] } }
    let rounds = variableCounts.max() ?? 0
    let degree = max(2, instances.map(\.degree).max() ?? 0)
    var e = Value(.zero)
    var rho: [Extension] = []
    for remaining in stride(from: rounds, through: 0, by: -1) {
      for i in instances.indices where variableCounts[i] == remaining { e += instances[i].value * powers[i] }
      if remaining == 0 { break }
      let received = try transcript.receiveValues("contraction.round", degree)
      let c1 = received[1...].reduce(e - received[0] - received[0]) { $0 - $1 }
      rho.append(transcript.challenge("contraction.round"))
      ledger.add(degree)
      e = evaluate([received[0], c1] + received[1...], at: rho[rho.count - 1])
    }

    let operands = instances.flatMap(\.term.operands)
    let privateCount = operands.count { !circuit.columns[$0.column].kind.isKnown }
    var received = try transcript.receiveValues("operands", privateCount)[...]
    var expected = Value(.zero)
    for (i, instance) in instances.enumerated() {
      let point = Array(rho[(rounds - variableCounts[i])...])
      let parts = split(point, bits: instance.variables.map { bits[$0] })
      let variableParts = Dictionary(uniqueKeysWithValues: zip(instance.variables, parts))
      var factor = powers[i]
      for axis in instance.variableOutputs {
        if let weight = instance.outputWeights[axis], let part = variableParts[axis] {
          factor *= weight.evaluate(at: part)
        }
      }
      var committed: [Value] = []
      for operand in instance.term.operands {
        let weights = weights(of: operand) { variableParts[$0].map(AxisWeight.eq) ?? instance.outputWeights[$0] }
        if circuit.columns[operand.column].kind.isKnown {
          factor *= knownValue(operand.column, weights)
        } else {
          let value = received.removeFirst()
          claim(operand.column, weights, value)
          committed.append(value)
        }
      }
      var product = committed.first ?? Value(.one)
      for value in committed.dropFirst() { product = try transcript.product(product, value) }
      expected += product * factor
    }
    try transcript.require(e, equals: expected, else: .operands)
  }
}
