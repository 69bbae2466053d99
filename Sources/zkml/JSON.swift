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
  case object([Member])

  init(_ integer: Int?) { self = integer.map { .integer($0) } ?? .null }

  init(_ number: Double?) { self = number.map { .number($0) } ?? .null }
}

extension JSON: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}

extension JSON: CustomStringConvertible {
  var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): value.isFinite ? "\(value)" : "null"
    case .string(let value): Self.quoted(value)
    case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\(Self.quoted($0.name)): \($0.value)" }.joined(separator: ", ") + "}"
    }
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
