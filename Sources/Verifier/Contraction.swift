import Circuit
import Field

/// Σ_x E(x)·Π operand(x) = value over the padded hypercube of the variables. docs/protocol.md §7.
package struct ContractionInstance: Sendable {
  package let operands: [Operand]
  /// Loop axes that the sumcheck runs over, in order.
  package let variables: [Int]
  package let variableBits: [Int]
  /// The weights of the other loop axes.
  package let bound: [Int: AxisWeight]
  /// E: the weights of those variables that are output axes.
  package let factors: [(axis: Int, weight: AxisWeight)]
  package var value: Value

  package var variableCount: Int { variableBits.reduce(0, +) }
  package var degree: Int { operands.count + (factors.isEmpty ? 0 : 1) }

  /// The weights of an operand's axes once the variables are bound to `point`.
  package func axes(of operand: Operand, at point: [SecureField], _ plan: Plan) -> [AxisWeight] {
    let parts = split(point, variableBits)
    return operand.bindings.map { binding in
      let weight =
        bound[binding.loopAxis]
        ?? variables.firstIndex(of: binding.loopAxis).map { AxisWeight(at: parts[$0]) }
        ?? AxisWeight(point: nil, count: 0)
      return weight.through(binding, size: plan.size(ofAxis: binding.loopAxis))
    }
  }

  /// E~(point).
  package func factor(at point: [SecureField]) -> SecureField {
    let parts = split(point, variableBits)
    return factors.reduce(.one) { product, factor in
      product * (variables.firstIndex(of: factor.axis).map { factor.weight.evaluate(at: parts[$0]) } ?? .zero)
    }
  }
}

/// What becomes of one term of a virtual claim.
package struct ReducedTerm: Sendable {
  package enum Remainder: Sendable {
    case direct(Operand, axes: [AxisWeight])
    case instance(ContractionInstance)
  }

  /// The term's coefficient times the sums over the output axes that it does not name.
  package let coefficient: SecureField
  package let remainder: Remainder
}

extension Plan {
  package func size(ofAxis axis: Int) -> Int { circuit.size(ofAxis: axis, batch: batch) }

  /// The output claims of step 1 of docs/protocol.md §7: weights by axis, in port order.
  package func outputAxes(_ sponge: inout Sponge) -> [[AxisWeight]] {
    circuit.outputs.map { port in
      let axes = circuit.columns[port.column].axes
      return axes.map { axis in
        var point: [SecureField] = []
        for _ in 0..<bits(ofAxis: axis) { point.append(sponge.challenge("output")) }
        return AxisWeight(point: point, count: size(ofAxis: axis))
      }
    }
  }

  /// Splits a virtual claim into its terms.
  package func reduce(_ claim: VirtualClaim) -> [ReducedTerm] {
    let output = circuit.columns[claim.column]
    let weights = Dictionary(uniqueKeysWithValues: zip(output.axes, claim.axes))
    guard let contraction = contractions[claim.column] else { return [] }
    return contraction.terms.map { term in
      let loops = term.operands.flatMap { $0.bindings.map(\.loopAxis) }
      var coefficient = SecureField(BaseField(term.coefficient))
      for (axis, weight) in zip(output.axes, claim.axes) where !loops.contains(axis) {
        coefficient *= Multilinear.lessThan(size(ofAxis: axis), at: weight.point ?? [])
      }
      let summed = term.summedAxes(output: output)
      if term.operands.count == 1, summed.isEmpty {
        let operand = term.operands[0]
        let axes = operand.bindings.map { binding in
          (weights[binding.loopAxis] ?? AxisWeight(point: nil, count: 0))
            .through(binding, size: size(ofAxis: binding.loopAxis))
        }
        return ReducedTerm(coefficient: coefficient, remainder: .direct(operand, axes: axes))
      }
      func isShared(_ axis: Int) -> Bool { loops.filter { $0 == axis }.count > 1 }
      let shared = output.axes.filter(isShared)
      let variables = shared + summed.filter(isShared)
      var bound: [Int: AxisWeight] = [:]
      for axis in loops where !isShared(axis) {
        bound[axis] = weights[axis] ?? AxisWeight(point: nil, count: size(ofAxis: axis))
      }
      return ReducedTerm(
        coefficient: coefficient,
        remainder: .instance(
          ContractionInstance(
            operands: term.operands, variables: variables, variableBits: variables.map { bits(ofAxis: $0) },
            bound: bound,
            factors: shared.map { axis in (axis, weights[axis] ?? AxisWeight(point: nil, count: 0)) },
            value: .zero)))
    }
  }
}

extension VerifierTranscript {
  /// Step 3: virtual claims and outputs become claims on committed columns.
  ///
  /// - Throws: `.malformed`, `.termMismatch`, `.contractionMismatch`.
  ///
  /// ## Soundness
  /// Output points, instances/|K| and the rounds' degrees. The caller must discharge all claims. docs/protocol.md §7.
  package mutating func reduceContractions(
    _ plan: Plan, _ statement: Statement, _ virtuals: [VirtualClaim], _ claims: inout [Claim]
  ) throws(VerificationError) {
    var pending = virtuals
    for (index, axes) in plan.outputAxes(&sponge).enumerated() {
      let column = plan.circuit.outputs[index].column
      let value = Value(statement.evaluate(output: index, plan, axes))
      if let slot = plan.slots[column] {
        claims.append(Claim(slot: slot, axes: axes, value: value))
      } else {
        pending.append(VirtualClaim(column: column, axes: axes, value: value))
      }
    }
    var instances: [ContractionInstance] = []
    for (index, claim) in pending.enumerated() {
      instances += try receiveTerms(index, claim, plan, statement, &claims)
    }
    guard !instances.isEmpty else { return }
    let gammas = powers(of: sponge.challenge("contraction"), count: instances.count)
    let rounds = instances.map(\.variableCount).max() ?? 0
    let degree = instances.reduce(2) { max($0, $1.degree) }
    var claim = Value.zero
    func join(_ claim: inout Value, at remaining: Int) {
      for (gamma, instance) in zip(gammas, instances) where instance.variableCount == remaining {
        claim += instance.value * gamma
      }
    }
    var point: [SecureField] = []
    for remaining in stride(from: rounds, to: 0, by: -1) {
      join(&claim, at: remaining)
      let round = try reduceRound("contraction.round", claim: claim, degree: degree)
      claim = round.claim
      point.append(round.challenge)
    }
    join(&claim, at: 0)
    try receiveOperands(plan, statement, instances, gammas, point, claim, &claims)
  }

  /// The values of a virtual claim's terms, checked against it; returns its instances.
  private mutating func receiveTerms(
    _ index: Int, _ claim: VirtualClaim, _ plan: Plan, _ statement: Statement, _ claims: inout [Claim]
  ) throws(VerificationError) -> [ContractionInstance] {
    let terms = plan.reduce(claim)
    var received = try receive("terms", terms.count { !plan.isComputed($0) })[...]
    var instances: [ContractionInstance] = []
    var difference = claim.value
    for term in terms {
      let value: Value
      switch term.remainder {
      case .direct(let operand, let axes):
        if let slot = plan.slots[operand.column] {
          value = received.popFirst() ?? .zero
          claims.append(Claim(slot: slot, axes: axes, value: value))
        } else {
          value = Value(statement.evaluate(input: operand.column, plan, axes))
        }
      case .instance(var instance):
        value = received.popFirst() ?? .zero
        instance.value = value
        instances.append(instance)
      }
      difference = difference - value * term.coefficient
    }
    try requireZero(difference, .termMismatch(claim: index))
    return instances
  }

  private mutating func receiveOperands(
    _ plan: Plan, _ statement: Statement, _ instances: [ContractionInstance], _ gammas: [SecureField],
    _ point: [SecureField], _ claim: Value, _ claims: inout [Claim]
  ) throws(VerificationError) {
    let committed = instances.flatMap(\.operands).count { plan.slots[$0.column] != nil }
    var received = try receive("operands", committed)[...]
    var difference = claim
    for (gamma, instance) in zip(gammas, instances) {
      let own = Array(point.suffix(instance.variableCount))
      var scale = gamma * instance.factor(at: own)
      var values: [Value] = []
      for operand in instance.operands {
        let axes = instance.axes(of: operand, at: own, plan)
        if let slot = plan.slots[operand.column] {
          let value = received.popFirst() ?? .zero
          claims.append(Claim(slot: slot, axes: axes, value: value))
          values.append(value)
        } else {
          scale *= statement.evaluate(input: operand.column, plan, axes)
        }
      }
      var total = values.first ?? Value(.one)
      for value in values.dropFirst() { total = product(total, value) }
      difference = difference - total * scale
    }
    try requireZero(difference, .contractionMismatch)
  }
}

extension Plan {
  /// True for a term whose value the verifier computes itself.
  package func isComputed(_ term: ReducedTerm) -> Bool {
    switch term.remainder {
    case .direct(let operand, _): slots[operand.column] == nil
    case .instance: false
    }
  }
}
