import Circuit
import Execution
import Field
import Verifier

/// A contraction instance under its sumcheck.
private struct ProvenInstance {
  let instance: ContractionInstance
  let value: SecureField
  var sumcheck: TermSumcheck
}

extension ProverTranscript {
  /// Step 3: virtual claims and outputs become claims on committed columns.
  package mutating func reduceContractions(
    _ plan: Plan, _ statement: Statement, _ witness: Witness, _ virtuals: [VirtualClaim],
    _ claims: inout [Claim], threads: Int
  ) {
    let pending = virtuals + plan.claim(plan.outputClaims(statement, &sponge), &claims)
    let operands = Set(plan.reductions.terms.flatMap(\.operands).map(\.column)).sorted()
    let witness = witness.packing(operands, threads: threads)
    var proven: [ProvenInstance] = []
    defer { for index in proven.indices { proven[index].sumcheck.erase() } }
    let terms = pending.map { plan.columns.terms(ofColumn: $0.column, $0.weights).map(\.remainder) }
    let remainders = terms.flatMap { $0 }
    // Regions of parallel work within a term are for the workers that other terms leave.
    var sums = Parallel.map(remainders.count, threads: threads) { plan.sum(remainders[$0], witness, threads: threads) }
    var sent = sums.map(\.value)[...]
    for own in terms {
      send("terms", sent.prefix(own.count).compactMap(\.self))
      sent = sent.dropFirst(own.count)
    }
    // Each leaves the array, so that its tables are folded where they stand.
    sums.reverse()
    while let sum = sums.popLast() {
      switch sum {
      case .simple(let claim): claims.append(claim)
      case .instance(let instance): proven.append(instance)
      case .known: break
      }
    }
    guard !proven.isEmpty else { return }
    let gammas = powers(of: sponge.challenge("contraction"), count: proven.count)
    let instances = proven.map(\.instance)
    let (point, _) = sendBatch(
      "contraction.round", zip(gammas, proven).map { ($1.instance.variableCount, $0 * $1.value) },
      roundCount: instances.roundCount
    ) { remaining in
      var sums = [SecureField](repeating: .zero, count: instances.contractionDegree + 1)
      let active = instances.indices.filter { instances[$0].variableCount >= remaining }
      let rounds = Parallel.map(active.count, threads: threads) { proven[active[$0]].sumcheck.round(threads: threads) }
      for (index, round) in zip(active, rounds) {
        for (power, coefficient) in round.enumerated() { sums[power] += gammas[index] * coefficient }
      }
      sums.remove(at: 1)
      return sums
    } bind: { remaining, point in
      Parallel.chunks(&proven, size: 1, threads: threads) { _, span in
        guard span[0].instance.variableCount >= remaining, let challenge = point.last else { return }
        span[0].sumcheck.fold(challenge, threads: threads)
      }
    }
    var values: [SecureField] = []
    var products: [SecureField] = []
    for (index, instance) in instances.enumerated() {
      let own = Array(point.suffix(instance.variableCount))
      let first = values.count
      for (operand, value) in zip(instance.operands, proven[index].sumcheck.ends(instance.operands.count)) {
        guard let slot = plan.slots[operand.column] else { continue }
        values.append(value)
        let weights = instance.weights(of: operand, at: own, plan.columns)
        claims.append(Claim(slot: slot, weights: weights, value: Value(value)))
      }
      if values.count - first > 2 { products.append(values[first] * values[first + 1]) }
    }
    send("operands", values)
    if pads != nil { for product in products { send("product", [product]) } }
  }
}

/// What a term's remainder comes to.
private enum TermSum {
  /// Of a public column: a verifier computes it.
  case known
  case simple(Claim)
  case instance(ProvenInstance)

  /// What is sent.
  var value: SecureField? {
    switch self {
    case .known: nil
    case .simple(let claim): claim.value.constant
    case .instance(let instance): instance.value
    }
  }
}

extension Plan {
  fileprivate func sum(_ remainder: ReducedTerm.Remainder, _ witness: Witness, threads: Int) -> TermSum {
    switch remainder {
    case .simple(let operand, let weights):
      guard let slot = slots[operand.column] else { return .known }
      let shape = circuit.shape(ofColumn: operand.column, batch: batch)
      let value = witness.contract(operand.column, shape: shape, weights, threads: threads)[0]
      return .simple(Claim(slot: slot, weights: weights, value: Value(value)))
    case .instance(let instance):
      let sumcheck = sumcheck(of: instance, witness, threads: threads)
      return .instance(ProvenInstance(instance: instance, value: sumcheck.value, sumcheck: sumcheck))
    }
  }

  private func sumcheck(of instance: ContractionInstance, _ witness: Witness, threads: Int) -> TermSumcheck {
    // Output axes come first among the variables.
    let weights = zip(instance.factors, instance.variableBits).map { $0.weight.table(1 << $1) }
    var tables: [Operand: SecureTable] = [:]
    let operands = instance.operands.map { operand in
      let table = tables[operand] ?? table(of: operand, instance, witness, threads: threads)
      tables[operand] = table
      return table
    }
    return TermSumcheck(weights: weights, operands, threads: threads)
  }

  private func table(
    of operand: Operand, _ instance: ContractionInstance, _ witness: Witness, threads: Int
  ) -> SecureTable {
    let weights = columns.weights(of: operand) { instance.bound[$0] }
    let shape = circuit.shape(ofColumn: operand.column, batch: batch)
    var reads: [Int: (base: Int, stride: Int, inside: Range<Int>)] = [:]
    var stride = 1
    for axis in shape.indices.reversed() where weights[axis] == nil {
      let binding = operand.bindings[axis]
      let slice = binding.slice ?? .init(start: 0, stride: 1)
      let inside = slice.inside(loopSize: columns.size(ofAxis: binding.loopAxis), size: shape[axis])
      reads[binding.loopAxis] = (stride * slice.start, stride * slice.stride, inside)
      stride *= shape[axis]
    }
    // Where a variable's index is outside of the column, so is all that follows.
    let outside = Int.min
    var places = [0]
    for (axis, bits) in zip(instance.variables, instance.variableBits) {
      let read = reads[axis] ?? (base: 0, stride: 0, inside: 0..<1 << bits)
      var next: [Int] = []
      next.reserveCapacity(places.count << bits)
      for place in places {
        for i in 0..<1 << bits {
          next.append(place != outside && read.inside.contains(i) ? place + read.base + read.stride * i : outside)
        }
      }
      places = next
    }
    if weights.allSatisfy({ $0 == nil }), witness.columns[operand.column].count == shape.reduce(1, *) {
      return SecureTable(witness.columns[operand.column], at: places, outside: outside, threads: threads)
    }
    var values = witness.contract(operand.column, shape: shape, weights, threads: threads)
    defer { values.erase() }
    return SecureTable(values, at: places, outside: outside, threads: threads)
  }
}
