import Circuit
import Field
import TestSupport
import Verifier

/// A verifier with one flaw that looks harmless. None of them is in the product.
enum Flaw {
  case none
  /// Padding is not forced to zero.
  case noPaddingClaims
  /// One end value for each column, recombined with selector bits.
  case columnEnds
  /// The value of each commitment is sent, and their openings are added without a challenge drawn after them.
  case commitmentValues
  /// The powers of the merge's γ start again with each commitment.
  case restartedPowers
  /// A slice ends where its column does, counted from the start of the tree instead of the start of the block.
  case unshiftedSlices
}

extension Flaw {
  /// The coefficient of each claim.
  func coefficients(_ gamma: SecureField, _ claims: [Claim]) -> [SecureField] {
    guard self == .restartedPowers else { return powers(of: gamma, count: claims.count) }
    var next: [Int: SecureField] = [:]
    return claims.map { claim in
      let power = next[claim.commitment] ?? .one
      next[claim.commitment] = power * gamma
      return power
    }
  }
}

extension Flaw {
  /// The claims of lookups on virtual columns of one term of one operand, as what they become through its bindings.
  func changed(_ claims: [VirtualClaim], _ circuit: ArithmeticCircuit) -> [VirtualClaim] {
    guard self == .unshiftedSlices else { return claims }
    return claims.map { claim in
      let operand = circuit[terms: claim.column][0].operands[0]
      let weights = zip(circuit.columns[claim.column].axes, claim.weights).map { axis, weight in
        guard let slice = operand.bindings.first(where: { $0.loopAxis == axis })?.slice else { return weight }
        let (first, size) = (weight.window.lowerBound, circuit.axes[circuit.columns[operand.column].axes[operand.bindings.firstIndex { $0.loopAxis == axis } ?? 0]])
        let end = min(weight.window.upperBound, slice.inside(loopSize: circuit.axes[axis], size: size).upperBound)
        return AxisWeight(point: weight.point, window: first..<max(first, end))
      }
      return VirtualClaim(column: claim.column, weights: weights, value: claim.value)
    }
  }
}

extension Plan {
  /// How many variables are left when a claim joins the merge.
  func joiningCount(_ claim: Claim, _ flaw: Flaw) -> Int {
    // The columns of one claim have as many variables in the circuits that this flaw is for.
    let layout = commitments[claim.commitment].layout
    return flaw == .columnEnds ? layout.placements[claim.parts[0].index].inRowBits : commitments[claim.commitment].variableCount
  }

  /// The extension of each claim's weight at the end of the merge, times its coefficient; by claim.
  ///
  /// It is that of the whole commitment, or with `columnEnds` that of the block column alone.
  func weights(
    _ claims: [Claim], _ coefficients: [SecureField], at point: [SecureField], _ flaw: Flaw
  ) -> [SecureField] {
    partWeights(claims, coefficients, at: point, flaw).map { $0.reduce(.zero, +) }
  }

  /// By claim, and by part of the claim.
  func partWeights(
    _ claims: [Claim], _ coefficients: [SecureField], at point: [SecureField], _ flaw: Flaw
  ) -> [[SecureField]] {
    zip(claims, coefficients).map { claim, coefficient in
      let (inRow, row) = mergePoint(point, claim.commitment)
      return claim.parts.map { part in
        let placement = commitments[claim.commitment].layout.placements[part.index]
        let (factor, weights) = (coefficient * part.weight.coefficient, part.weight.weights)
        guard flaw == .columnEnds else {
          var own = CommitmentPoint(rowWeights: Multilinear.equalityTable(row), inRow: inRow)
          return factor * own.evaluate(weights, placement)
        }
        let parts = split(inRow.suffix(placement.inRowBits), placement.bits)
        return zip(weights, parts).reduce(factor) { $0 * $1.0.evaluate(at: $1.1[...]) }
      }
    }
  }

  /// The indicator of each column's block at its commitment's point: the commitment's value is Σ selector·column.
  ///
  /// For block columns, which have one row each.
  func selectors(_ commitment: Int, at point: [SecureField]) -> [SecureField] {
    let (inRow, row) = mergePoint(point, commitment)
    return commitments[commitment].layout.placements.map { placement in
      Multilinear.equality(row[...], index: placement.firstRow)
        * Multilinear.equality(inRow.dropLast(placement.inRowBits), index: placement.offset >> placement.inRowBits)
    }
  }

  /// `verify` with a flaw.
  func verify(
    _ flaw: Flaw, _ core: WeightCommitment, _ statement: Statement, _ proof: [UInt8]
  ) throws(VerificationError) {
    var transcript = VerifierTranscript(mode, proof: proof)
    let roots = try transcript.receiveRoots(self, .inference, core, statement)
    let opening = try transcript.reduce(self, statement, flaw)
    try transcript.open(self, roots: roots, opening)
    try transcript.finish()
  }

  /// The claim that is left for the opening of what was sent.
  func discharged(
    _ flaw: Flaw, _ core: WeightCommitment, _ statement: Statement, _ sent: [UInt8], coins: Digest? = nil
  ) -> OpeningClaim {
    var transcript = VerifierTranscript(mode, proof: sent)
    do throws(VerificationError) {
      _ = try transcript.receiveRoots(self, core, statement, coins: coins)
      return try transcript.reduce(self, statement, flaw)
    } catch { preconditionFailure("a verifier reads what was sent: \(error)") }
  }
}

extension VerifierTranscript {
  fileprivate mutating func reduce(
    _ plan: Plan, _ statement: Statement, _ flaw: Flaw
  ) throws(VerificationError) -> OpeningClaim {
    var claims: [Claim] = []
    let virtuals = flaw.changed(try reduceLookups(plan, statement, &claims), plan.circuit)
    try reduceContractions(plan, statement, virtuals, &claims)
    if flaw != .noPaddingClaims { claims += plan.paddingClaims(&sponge) }
    return try discharge(plan, try mergeClaims(plan, claims, flaw))
  }

  /// Values that a flawed protocol sends in addition, without pads.
  private mutating func receiveUnpadded(_ label: String, _ count: Int) throws(VerificationError) -> [Value] {
    let ledger = pads
    pads = nil
    defer { pads = ledger }
    return try receive(label, count)
  }
}

extension VerifierTranscript {
  fileprivate mutating func mergeClaims(
    _ plan: Plan, _ claims: [Claim], _ flaw: Flaw
  ) throws(VerificationError) -> OpeningClaim {
    let coefficients = flaw.coefficients(sponge.challenge("merge"), claims)
    let counts = plan.commitments.map(\.variableCount)
    var running = Value.zero
    var point: [SecureField] = []
    for remaining in stride(from: counts.max() ?? 0, through: 0, by: -1) {
      for (coefficient, claim) in zip(coefficients, claims) where plan.joiningCount(claim, flaw) == remaining {
        running += claim.value * coefficient
      }
      guard remaining > 0 else { break }
      point.append(try reduceRound("merge.round", &running, degree: 2))
    }
    let weights = plan.weights(claims, coefficients, at: point, flaw)
    var parts = plan.commitments.indices.map { index in
      let (inRow, row) = plan.mergePoint(point, index)
      return OpeningClaim.Part(coefficient: .one, row: row, inRow: inRow)
    }
    switch flaw {
    case .none, .noPaddingClaims, .restartedPowers, .unshiftedSlices:
      for index in parts.indices { parts[index].coefficient = .zero }
      for (claim, weight) in zip(claims, weights) { parts[claim.commitment].coefficient += weight }
      return OpeningClaim(parts: parts, value: running)
    case .columnEnds:
      let columns = plan.commitments.map { $0.layout.placements.count }
      var ends: [[Value]] = []
      for count in columns { ends.append(try receiveUnpadded("ends", count)) }
      for (claim, weights) in zip(claims, plan.partWeights(claims, coefficients, at: point, flaw)) {
        for (part, weight) in zip(claim.parts, weights) { running = running - ends[claim.commitment][part.index] * weight }
      }
      try requireZero(running, .contractionMismatch)
      let batching = sponge.challenge("batch")
      var value = Value.zero
      for index in parts.indices {
        parts[index].coefficient = batching.power(UInt64(index))
        for (end, selector) in zip(ends[index], plan.selectors(index, at: point)) {
          value += end * (selector * parts[index].coefficient)
        }
      }
      return OpeningClaim(parts: parts, value: value)
    case .commitmentValues:
      let values = try receiveUnpadded("values", parts.count)
      var totals = [SecureField](repeating: .zero, count: parts.count)
      for (claim, weight) in zip(claims, weights) { totals[claim.commitment] += weight }
      for (value, total) in zip(values, totals) { running = running - value * total }
      try requireZero(running, .contractionMismatch)
      return OpeningClaim(parts: parts, value: values.reduce(.zero) { $0 + $1 })
    }
  }
}
