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
    columns.weights(of: operand) { loop in bound[loop] ?? part(loop, of: point[...]).map { AxisWeight(at: Array($0)) } }
      .map { $0 ?? AxisWeight(point: nil, count: 0) }
  }

  /// out~(point).
  package func factor(at point: [SecureField]) -> SecureField {
    factors.reduce(.one) { product, factor in
      product * (part(factor.axis, of: point[...]).map { factor.weight.evaluate(at: $0) } ?? .zero)
    }
  }

  /// The part of a point that is about a variable.
  private func part(_ axis: Int, of point: ArraySlice<SecureField>) -> ArraySlice<SecureField>? {
    var rest = point
    for (variable, bits) in zip(variables, variableBits) {
      if variable == axis { return rest.prefix(bits) }
      rest = rest.dropFirst(bits)
    }
    return nil
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
    let axes = circuit.columns[column].axes
    func weight(_ axis: Int) -> AxisWeight? { axes.firstIndex(of: axis).map { weights[$0] } }
    guard let contraction = contractions[column] else { return [] }
    return contraction.terms.map { term in
      func useCount(_ axis: Int) -> Int {
        term.operands.reduce(0) { $0 + $1.bindings.count { $0.loopAxis == axis } }
      }
      var coefficient = SecureField(BaseField(term.coefficient))
      for (axis, weight) in zip(axes, weights) where useCount(axis) == 0 { coefficient *= weight.sum(size(ofAxis: axis)) }
      if term.operands.count == 1, term.operands[0].bindings.allSatisfy({ axes.contains($0.loopAxis) }) {
        let own = self.weights(of: term.operands[0], weight).map { $0 ?? AxisWeight(point: nil, count: 0) }
        return ReducedTerm(coefficient: coefficient, remainder: .simple(term.operands[0], weights: own))
      }
      let factors = axes.filter { useCount($0) > 1 }
      var (variables, bound) = (factors, [Int: AxisWeight]())
      for operand in term.operands {
        for binding in operand.bindings {
          let axis = binding.loopAxis
          if useCount(axis) == 1 {
            bound[axis] = weight(axis) ?? AxisWeight(point: nil, count: size(ofAxis: axis))
          } else if !variables.contains(axis) {
            variables.append(axis)
          }
        }
      }
      return ReducedTerm(
        coefficient: coefficient,
        remainder: .instance(
          ContractionInstance(
            operands: term.operands, variables: variables, variableBits: variables.map { bits(ofAxis: $0) }, bound: bound,
            factors: factors.map { ($0, weight($0) ?? AxisWeight(point: nil, count: 0)) })))
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
