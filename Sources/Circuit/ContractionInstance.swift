import Field

/// Σ_x out(x)·Π operand(x) = value over the padded hypercube of the variables. docs/protocol.md §7.
package struct ContractionInstance: Sendable {
  package let operands: [Operand]
  /// Loop axes that the sumcheck runs over, in order.
  package let variables: [Int]
  package let variableBits: [Int]
  /// The weights of the other loop axes.
  package let bound: [Int: AxisWeight]
  /// out: the weights of those variables that are output axes.
  package let factors: [(axis: Int, weight: AxisWeight)]

  package var variableCount: Int { variableBits.reduce(0, +) }
  package var degree: Int { operands.count + (factors.isEmpty ? 0 : 1) }

  /// The weights of an operand's axes once the variables are bound to `point`.
  package func weights(of operand: Operand, at point: [SecureField], _ columns: Columns) -> [AxisWeight] {
    let parts = split(point, variableBits)
    return columns.weights(of: operand) { loop in
      bound[loop] ?? variables.firstIndex(of: loop).map { AxisWeight(at: parts[$0]) }
    }.map { $0 ?? AxisWeight(point: nil, count: 0) }
  }

  /// out~(point).
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
    /// Of one operand and no summed axis.
    case simple(Operand, weights: [AxisWeight])
    case instance(ContractionInstance)
  }

  /// The term's coefficient times the sums over the output axes that it does not name.
  package let coefficient: SecureField
  package let remainder: Remainder

  package var operands: [Operand] {
    switch remainder {
    case .simple(let operand, _): [operand]
    case .instance(let instance): instance.operands
    }
  }
}

extension Columns {
  /// The weights of an operand's axes, given those of the loop axes; nil where there is none.
  package func weights(of operand: Operand, _ weight: (Int) -> AxisWeight?) -> [AxisWeight?] {
    zip(circuit.columns[operand.column].axes, operand.bindings).map { axis, binding in
      weight(binding.loopAxis)?.through(
        binding, loopSize: size(ofAxis: binding.loopAxis), size: size(ofAxis: axis))
    }
  }

  /// The terms of a virtual column whose axes have these weights.
  package func terms(ofColumn column: Int, _ weights: [AxisWeight]) -> [ReducedTerm] {
    let output = circuit.columns[column]
    let byAxis = Dictionary(uniqueKeysWithValues: zip(output.axes, weights))
    guard let contraction = contractions[column] else { return [] }
    return contraction.terms.map { term in
      let loops = term.operands.flatMap { $0.bindings.map { $0.loopAxis } }
      var coefficient = SecureField(BaseField(term.coefficient))
      for (axis, weight) in zip(output.axes, weights) where !loops.contains(axis) {
        coefficient *= weight.sum(size(ofAxis: axis))
      }
      let summed = term.summedAxes(output: output)
      if term.operands.count == 1, summed.isEmpty {
        let operand = term.operands[0]
        let weights = self.weights(of: operand) { byAxis[$0] }.map { $0 ?? AxisWeight(point: nil, count: 0) }
        return ReducedTerm(coefficient: coefficient, remainder: .simple(operand, weights: weights))
      }
      func isShared(_ axis: Int) -> Bool { loops.filter { $0 == axis }.count > 1 }
      let shared = output.axes.filter(isShared)
      let variables = shared + summed.filter(isShared)
      var bound: [Int: AxisWeight] = [:]
      for axis in loops where !isShared(axis) {
        bound[axis] = byAxis[axis] ?? AxisWeight(point: nil, count: size(ofAxis: axis))
      }
      return ReducedTerm(
        coefficient: coefficient,
        remainder: .instance(
          ContractionInstance(
            operands: term.operands, variables: variables, variableBits: variables.map { bits(ofAxis: $0) },
            bound: bound,
            factors: shared.map { axis in (axis, byAxis[axis] ?? AxisWeight(point: nil, count: 0)) })))
    }
  }
}

extension Columns {
  /// True for a term whose value the verifier computes itself.
  package func isComputed(_ term: ReducedTerm) -> Bool {
    switch term.remainder {
    case .simple(let operand, _): slots[operand.column] == nil
    case .instance: false
    }
  }
}
