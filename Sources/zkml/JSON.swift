import Model

/// A JSON value that keeps the order of its keys.
enum JSON: Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  /// Null when it is not finite.
  case number(Double)
  case string(String)
  case array([JSON])
  /// Integers, or their products with a scale. Kept as they are until they are written, since a proof may show millions.
  case list([Int64], scale: Double? = nil)
  case object([Member])

  init(_ bool: Bool?) { self = bool.map { .bool($0) } ?? .null }

  init(_ integer: Int?) { self = integer.map { .integer($0) } ?? .null }

  init(_ number: Double?) { self = number.map { .number($0) } ?? .null }
}

extension JSON: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}

extension JSON: TextOutputStreamable {
  /// In pieces.
  func write(to target: inout some TextOutputStream) {
    switch self {
    case .null: target.write("null")
    case .bool(let value): target.write("\(value)")
    case .integer(let value): target.write("\(value)")
    case .number(let value): target.write(value.isFinite ? "\(value)" : "null")
    case .string(let value): target.write(Self.quoted(value))
    case .array(let values): Self.write("[", values, "]", to: &target) { $0.write(to: &$1) }
    case .list(let integers, nil): Self.write("[", integers, "]", to: &target) { $1.write("\($0)") }
    case .list(let integers, let scale?):
      Self.write("[", integers, "]", to: &target) { JSON.number(Double($0) * scale).write(to: &$1) }
    case .object(let members):
      Self.write("{", members, "}", to: &target) {
        $1.write(Self.quoted($0.name) + ": ")
        $0.value.write(to: &$1)
      }
    }
  }

  private static func write<Element, Target: TextOutputStream>(
    _ start: String, _ elements: [Element], _ end: String, to target: inout Target, _ body: (Element, inout Target) -> Void
  ) {
    target.write(start)
    for (index, element) in elements.enumerated() {
      if index > 0 { target.write(", ") }
      body(element, &target)
    }
    target.write(end)
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case _ where scalar.isUnseen:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      case _: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

/// One entry of an object.
struct Member: Sendable {
  let name: String
  let value: JSON

  init(_ name: String, _ value: JSON) {
    self.name = name
    self.value = value
  }
}
