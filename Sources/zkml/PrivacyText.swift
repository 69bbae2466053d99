import Model

extension PrivacyReport {
  var lines: [String] {
    let numbers = Kind.allCases.flatMap { kind in
      let own = entries.filter { $0.kind == kind }
      return own.isEmpty
        ? []
        : ["public \(kind.rawValue): \(kind.explanation)"]
          + own.map { "  \(padded($0.name, to: 32)) \($0.numbers.map(\.description).joined(separator: " "))" }
    }
    return numbers
      + ["public names; --anonymous drops all but input0, output0 and so on, and the name of a Softmax that is left out"]
      + names.map { "  \($0)" }
  }

  var json: JSON {
    [
      "numbers": .array(
        entries.map { entry in
          [
            "kind": .string(entry.kind.rawValue), "name": .string(entry.name),
            "numbers": .array(entry.numbers.map(\.json)),
          ]
        }), "names": .array(names.map { .string($0) }),
    ]
  }
}

extension PrivacyReport.Number: CustomStringConvertible {
  public var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    }
  }

  var json: JSON {
    switch self {
    case .integer(let value): .integer(Int(value))
    case .real(let value): .number(value)
    }
  }
}
