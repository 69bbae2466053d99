import Circuit

/// Every number of a circuit that may depend on weights or calibration data, and every name.
///
/// What it leaves out follows from these and from the network's architecture.
package struct PrivacyReport: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case scale, width, range, shift, coefficient, constant, table, trained

    /// What the numbers of the kind are, and what they depend on.
    package var explanation: String {
      switch self {
      case .scale:
        "what 1 is worth; by calibration data, in networks with a Softmax or a norm also by norms of weights, rounded up to "
          + "\(scaleBits) significant bits, unless given or the file's own"
      case .width: "bits of weights: the least of 16, 32 and 48 that hold a layer's"
      case .range: "first and last integer; by widths, shifts, coefficients, tables, and whether calibration data are negative"
      case .shift:
        "bits by which accumulators are rounded, and what is added before; by the layer's largest weight, of an inverse root by the "
          + "least and the largest sum of squares on calibration data, of a function in windows by its smaller arguments there"
      case .coefficient: "factors of sums, means and products; by scales"
      case .constant:
        "integers for numbers that an operator has by itself, as a mean's share; by scales and by the layer's largest weight; powers of "
          + "two of channels that are large on calibration data"
      case .table:
        "first and last argument, least and largest value; arguments by the L1 or operator norms of weights, rounded up to a power "
          + "of two, of exponentials to 5 significant bits; values by the function and scales"
      case .trained:
        "numbers of the file that may be trained: bounds of a Clip, quantization, what --publish names, and all attributes of "
          + "functions"
      }
    }
  }

  package enum Number: Sendable, Hashable {
    case integer(Int64)
    case real(Double)
  }

  package struct Entry: Sendable, Equatable {
    package let kind: Kind
    /// Of a column or table, or of a node of the file.
    package let name: String
    package let numbers: [Number]
  }

  package let entries: [Entry]
  /// Each once.
  package let names: [String]

  /// - Parameter published: See `Network.publicNumbers`.
  package init(_ circuit: ArithmeticCircuit, published: [PublicNumbers] = []) {
    let labels = circuit.columns.indices.map { index in
      circuit.columns[index].name.isEmpty ? "column \(index)" : circuit.columns[index].name
    }
    var entries: [Entry] = []
    func add(_ kind: Kind, _ name: String, _ integers: [Int64]) {
      entries.append(Entry(kind: kind, name: name, numbers: integers.map { .integer($0) }))
    }
    for (column, label) in zip(circuit.columns, labels) {
      if column.kind == .constant { add(.constant, label, Set(column.values).sorted()) }
      if column.kind == .weight {
        add(.width, label, [Int64(Int64.bitWidth - column.upper.leadingZeroBitCount + 1)])
      } else {
        entries.append(Entry(kind: .scale, name: label, numbers: [.real(column.scale)]))
        add(.range, label, [column.lower, column.upper])
      }
    }
    for contraction in circuit.contractions {
      let coefficients = Set(contraction.terms.map(\.coefficient)).subtracting([1, -1]).sorted()
      if !coefficients.isEmpty { add(.coefficient, labels[contraction.output], coefficients) }
    }
    for lookup in circuit.lookups {
      guard let form = lookup.forms.first, form.bareColumn == nil, let last = lookup.forms.last?.parts.last else { continue }
      add(.shift, labels[last.column], [Int64(form.remainderShift ?? form.shift), form.constant])
    }
    for (index, table) in circuit.tables.enumerated() {
      let ranges = (0..<table.arity).map { table.range(ofCoordinate: $0) }
      add(.table, table.name.isEmpty ? "table \(index)" : table.name, ranges.flatMap { [$0.lower, $0.upper] })
    }
    entries += published.map { numbers in
      let name = "\(numbers.sources.joined(separator: ", ")) in \(numbers.node): \(numbers.use.rawValue)"
      return Entry(kind: .trained, name: name, numbers: numbers.values.map { .real($0) })
    }
    self.entries = entries
    var seen = Set([""])
    names = ([circuit.name] + (circuit.inputs + circuit.outputs).map(\.name) + circuit.columns.map(\.name)
      + circuit.tables.map(\.name)).filter { seen.insert($0).inserted }
  }
}

extension LoweredNetwork {
  /// The same circuit without names but those of ports, which are numbered, and of operators that are left out.
  package func anonymous() -> LoweredNetwork {
    var circuit = circuit
    circuit.name = ""
    let steps = circuit.inputs.map { self.circuit.stepsColumn(of: $0) }
    for index in circuit.columns.indices { circuit.columns[index].name = "" }
    for index in circuit.tables.indices { circuit.tables[index].name = "" }
    for index in circuit.inputs.indices {
      circuit.inputs[index].name = "input\(index)"
      circuit.columns[circuit.inputs[index].column].name = "input\(index)"
      if let column = steps[index] { circuit.columns[column].name = "input\(index)" + stepsMark }
    }
    for index in circuit.outputs.indices {
      let column = circuit.outputs[index].column
      circuit.outputs[index].name = "output\(index)"
      guard let operation = self.circuit.columns[column].leftOut else { continue }
      if circuit.columns[column].name.isEmpty { circuit.columns[column].name = "output\(index)" }
      circuit.columns[column].markLeftOut(operation)
    }
    return LoweredNetwork(circuit: circuit, weights: weights)
  }
}

extension ArithmeticCircuit {
  /// Whether it has no names but those that `LoweredNetwork.anonymous` gives.
  package var isAnonymous: Bool {
    name.isEmpty && inputs.enumerated().allSatisfy { $1.name == "input\($0)" }
      && outputs.enumerated().allSatisfy { $1.name == "output\($0)" }
  }
}
