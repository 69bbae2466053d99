extension ImportedOperator {
  /// Operators that make masks and sizes of constants.
  static let logic: [ImportedOperator] = [
    comparison("Equal") { $0 == 0 }, comparison("Greater") { $0 > 0 }, comparison("Less") { $0 < 0 },
    comparison("GreaterOrEqual", since: 12) { $0 >= 0 }, comparison("LessOrEqual", since: 12) { $0 <= 0 },
    logical("And") { $0 && $1 }, logical("Or") { $0 || $1 }, logical("Xor") { $0 != $1 },
    ImportedOperator("Not", "of constants") { importer, node, _ throws(NodeProblem) in
      let operand = try importer.constant(node, 0)
      return [.constant(.booleans(operand.reals.map { $0 == 0 }, shape: operand.shape))]
    },
    ImportedOperator("Where", since: 9, "a constant condition") { importer, node, label throws(NodeProblem) in
      let condition = try importer.constant(node, 0)
      switch (try importer.tensor(node, 1), try importer.tensor(node, 2)) {
      case (.constant(let first), .constant(let second)):
        let (operands, shape) = try Constant.broadcast([condition, first, second])
        let joined = Constant.concatenated([operands[1].reshaped([operands[1].count]), operands[2].reshaped([operands[2].count])], axis: 0)
        guard let joined else { throw .malformed("its operands differ in type") }
        let positions = operands[0].reals.enumerated().map { $1 != 0 ? $0 : operands[0].count + $0 }
        return [.constant(joined.picking(positions, shape: shape))]
      case (let first, let second):
        // m·x + (1 − m)·y
        let mask = condition.reals.map { Float($0 == 0 ? 0 : 1) }
        let chosen = try importer.combine(first, .constant(.floats(mask, shape: condition.shape)), .multiply, label)
        let other = try importer.combine(second, .constant(.floats(mask.map { 1 - $0 }, shape: condition.shape)), .multiply, label)
        return [.tensor(try importer.combine(chosen, other, .add, label))]
      }
    },
    ImportedOperator("Trilu", since: 14, "of constants") { importer, node, _ throws(NodeProblem) in
      let operand = try importer.constant(node, 0)
      let diagonal = try importer.integers(node, 1, or: "")?.first ?? 0
      let isUpper = try node.integer("upper", default: 1) != 0
      guard operand.shape.count >= 2, diagonal.magnitude < 1 << 31 else { throw .malformed("its operand is no matrix, or its diagonal too far") }
      let (rows, columns) = (operand.shape[operand.shape.count - 2], operand.shape[operand.shape.count - 1])
      return [.constant(operand.zeroed { place in
          let offset = place % columns - place / columns % rows
          return isUpper ? offset < diagonal : offset > diagonal
        })]
    },
    ImportedOperator("Range", since: 11, "constant bounds") { importer, node, _ throws(NodeProblem) in
      var bounds: [Constant] = []
      for index in 0..<3 { bounds.append(try importer.constant(node, index)) }
      let numbers = bounds.map { $0.reals.first ?? .nan }
      let count = ((numbers[1] - numbers[0]) / numbers[2]).rounded(.up)
      guard bounds.allSatisfy({ $0.count == 1 }), numbers.allSatisfy({ $0.magnitude < 0x1p53 }), numbers[2] != 0,
        count <= Double(maximumMadeElementCount)
      else { throw .unsupported("its bounds are no numbers, or too far apart") }
      let places = 0..<Int(max(count, 0))
      if let start = bounds[0].integers, let step = bounds[2].integers {
        return [.constant(.integers(places.map { start[0] + $0 * step[0] }, shape: [places.count]))]
      }
      return [.constant(.floats(places.map { Float(numbers[0] + Double($0) * numbers[2]) }, shape: [places.count]))]
    },
    ImportedOperator("CumSum", since: 11, "of constants, exclusive = 0, reverse = 0") { importer, node, _ throws(NodeProblem) in
      let operand = try importer.constant(node, 0)
      guard let given = try importer.integers(node, 1, or: "")?.first, try node.integer("exclusive", default: 0) == 0,
        try node.integer("reverse", default: 0) == 0
      else { throw .unsupported("its axis is missing, or it is exclusive or reversed") }
      let axis = try normalized(given, rank: operand.shape.count)
      let (step, size) = (rowStrides(operand.shape)[axis], operand.shape[axis])
      var sums = operand.reals
      guard operand.floats != nil || sums.allSatisfy({ $0.magnitude <= 0x1p24 }) else {
        throw .unsupported("it adds integers beyond 2^24, or the batch size")
      }
      for place in sums.indices where place / step % size > 0 { sums[place] += sums[place - step] }
      return [.constant(operand.floats == nil ? .integers(sums.map { Int($0) }, shape: operand.shape)
          : .floats(sums.map { Float($0) }, shape: operand.shape))]
    },
  ]

  private static func comparison(
    _ name: String, since: Int = supportedOperatorSets.lowerBound, _ holds: @escaping @Sendable (Int) -> Bool
  ) -> ImportedOperator {
    ImportedOperator(name, since: since, "of constants") { importer, node, _ throws(NodeProblem) in
      let (operands, shape) = try Constant.broadcast([try importer.constant(node, 0), try importer.constant(node, 1)])
      guard name == "Equal" || operands.allSatisfy({ $0.integers?.contains(symbolicBatch) != true }) else {
        throw .unsupported("it compares the batch size")
      }
      return [.constant(.booleans(zip(operands[0].reals, operands[1].reals).map { first, second in
          !first.isNaN && !second.isNaN && holds(first < second ? -1 : first > second ? 1 : 0)
        }, shape: shape))]
    }
  }

  private static func logical(_ name: String, _ holds: @escaping @Sendable (Bool, Bool) -> Bool) -> ImportedOperator {
    ImportedOperator(name, "of constants") { importer, node, _ throws(NodeProblem) in
      let (operands, shape) = try Constant.broadcast([try importer.constant(node, 0), try importer.constant(node, 1)])
      return [.constant(.booleans(zip(operands[0].reals, operands[1].reals).map { holds($0 != 0, $1 != 0) }, shape: shape))]
    }
  }
}

extension Constant {
  fileprivate static func booleans(_ values: [Bool], shape: [Int]) -> Constant {
    Constant(.integers(values.map { $0 ? 1 : 0 }), shape: shape, type: .bool)
  }

  /// The elements as reals, whatever their type.
  fileprivate var reals: [Double] {
    switch elements {
    case .floats(let values): values.map(Double.init)
    case .integers(let values): values.map(Double.init)
    }
  }

  /// With 0 at some places.
  fileprivate func zeroed(_ isZero: (Int) -> Bool) -> Constant {
    switch elements {
    case .floats(let values): Constant(.floats(values.enumerated().map { isZero($0) ? 0 : $1 }), shape: shape, type: type)
    case .integers(let values): Constant(.integers(values.enumerated().map { isZero($0) ? 0 : $1 }), shape: shape, type: type)
    }
  }
}
