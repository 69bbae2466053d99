import Circuit

extension ArithmeticCircuit {
  /// Two columns change places, wherever they are named.
  package mutating func exchange(_ a: Int, _ b: Int) {
    func moved(_ column: Int) -> Int { column == a ? b : column == b ? a : column }
    columns.swapAt(a, b)
    for index in contractions.indices {
      contractions[index].output = moved(contractions[index].output)
      for term in contractions[index].terms.indices {
        for operand in contractions[index].terms[term].operands.indices {
          contractions[index].terms[term].operands[operand].column = moved(contractions[index].terms[term].operands[operand].column)
        }
      }
    }
    for index in lookups.indices {
      for form in lookups[index].forms.indices {
        for part in lookups[index].forms[form].parts.indices {
          lookups[index].forms[form].parts[part].column = moved(lookups[index].forms[form].parts[part].column)
        }
      }
    }
    for index in thresholds.indices {
      thresholds[index].digits = thresholds[index].digits.map(moved)
      for path in [\Threshold.exponent, \.sum, \.sumBefore] { thresholds[index][keyPath: path] = moved(thresholds[index][keyPath: path]) }
    }
    for index in inputs.indices { inputs[index].column = moved(inputs[index].column) }
    for index in outputs.indices { outputs[index].column = moved(outputs[index].column) }
  }

  /// The rule that this circuit with a change breaks; nil when it is valid.
  package func brokenRule(_ change: (inout ArithmeticCircuit) -> Void = { _ in }) -> Int? {
    var circuit = self
    change(&circuit)
    do throws(InvalidCircuit) {
      try circuit.validate()
      return nil
    } catch { return error.rule }
  }

  /// The terms of a virtual column.
  package subscript(terms column: Int) -> [Term] {
    get { contractions.first { $0.output == column }?.terms ?? [] }
    set {
      for index in contractions.indices where contractions[index].output == column { contractions[index].terms = newValue }
    }
  }

  /// The table of the first lookup of a column's bare form alone.
  package subscript(rangeOf column: Int) -> TableContent? {
    get { lookups.first { $0.forms == [AffineForm(bare: column)] }.map { tables[$0.table].content } }
    set {
      guard let newValue, let index = lookups.firstIndex(where: { $0.forms == [AffineForm(bare: column)] }) else { return }
      tables.append(Table(name: "t", content: newValue))
      lookups[index].table = tables.count - 1
    }
  }
}
