import Circuit
import Field

extension Plan {
  /// The output claims of step 1 of docs/protocol.md §7, in the order of the first ports of their columns.
  package func outputClaims(_ statement: Statement, _ sponge: inout Sponge) -> [VirtualClaim] {
    var known: Statement.PartialSums = [:]
    return circuit.claimedOutputs.map { column in
      let weights = circuit.columns[column].axes.map { axis in
        AxisWeight(point: sponge.challenges("output", count: columns.bits(ofAxis: axis)), count: columns.size(ofAxis: axis))
      }
      return VirtualClaim(column: column, weights: weights, value: Value(statement.evaluate(column, self, weights, &known)))
    }
  }
}

extension Plan {
  /// Appends those about committed columns to `claims`; returns the others.
  package func claim(_ pending: [VirtualClaim], _ claims: inout [Claim]) -> [VirtualClaim] {
    pending.filter { claim in
      guard let slot = slots[claim.column] else { return true }
      claims.append(Claim(slot: slot, weights: claim.weights, value: claim.value))
      return false
    }
  }
}

/// A contraction instance and the value that its sum is claimed to have.
private struct ClaimedInstance {
  let instance: ContractionInstance
  let value: Value
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
    let pending = virtuals + plan.claim(plan.outputClaims(statement, &sponge), &claims)
    var claimed: [ClaimedInstance] = []
    var known: Statement.PartialSums = [:]
    for (index, claim) in pending.enumerated() {
      claimed += try receiveTerms(index, claim, plan, statement, &known, &claims)
    }
    guard !claimed.isEmpty else { return }
    let gammas = powers(of: sponge.challenge("contraction"), count: claimed.count)
    let instances = claimed.map { $0.instance }
    let (point, value) = try reduceBatch(
      "contraction.round", claimed.map { ($0.instance.variableCount, $0.value) }, gammas,
      roundCount: instances.roundCount, degree: instances.contractionDegree)
    try receiveOperands(plan, statement, &known, instances, gammas, point, value, &claims)
  }

  /// The values of a virtual claim's terms, checked against it; returns its instances.
  private mutating func receiveTerms(
    _ index: Int, _ claim: VirtualClaim, _ plan: Plan, _ statement: Statement, _ known: inout Statement.PartialSums,
    _ claims: inout [Claim]
  ) throws(VerificationError) -> [ClaimedInstance] {
    let terms = plan.columns.terms(ofColumn: claim.column, claim.weights)
    var received = try receive("terms", terms.count { !plan.columns.isComputed($0) })[...]
    var instances: [ClaimedInstance] = []
    var difference = claim.value
    for term in terms {
      let value: Value
      switch term.remainder {
      case .simple(let operand, let weights):
        if let slot = plan.slots[operand.column] {
          value = received.popFirst() ?? .zero
          claims.append(Claim(slot: slot, weights: weights, value: value))
        } else {
          value = Value(statement.evaluate(operand.column, plan, weights, &known))
        }
      case .instance(let instance):
        value = received.popFirst() ?? .zero
        instances.append(ClaimedInstance(instance: instance, value: value))
      }
      difference.add(value, times: -term.coefficient)
    }
    try requireZero(difference, .termMismatch(claim: index))
    return instances
  }

  private mutating func receiveOperands(
    _ plan: Plan, _ statement: Statement, _ known: inout Statement.PartialSums, _ instances: [ContractionInstance],
    _ gammas: [SecureField], _ point: [SecureField], _ claim: Value, _ claims: inout [Claim]
  ) throws(VerificationError) {
    let committed = instances.flatMap { $0.operands }.count { plan.slots[$0.column] != nil }
    var received = try receive("operands", committed)[...]
    var difference = claim
    for (gamma, instance) in zip(gammas, instances) {
      let own = Array(point.suffix(instance.variableCount))
      var factor = gamma * instance.factor(at: own)
      var values: [Value] = []
      for operand in instance.operands {
        let weights = instance.weights(of: operand, at: own, plan.columns)
        if let slot = plan.slots[operand.column] {
          let value = received.popFirst() ?? .zero
          claims.append(Claim(slot: slot, weights: weights, value: value))
          values.append(value)
        } else {
          factor *= statement.evaluate(operand.column, plan, weights, &known)
        }
      }
      var total = values.first ?? Value(.one)
      for value in values.dropFirst() { total = try product(total, value) }
      difference.add(total, times: -factor)
    }
    try requireZero(difference, .contractionMismatch)
  }
}
