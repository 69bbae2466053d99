import Circuit
import Glibc
import Model
import Verifier

/// A number with a fixed count of decimal places.
func decimal(_ number: Double, places: Int) -> String {
  guard number.isFinite else { return "\(number)" }
  let scaled = (abs(number) * pow(10, Double(places))).rounded()
  guard scaled < 1e15 else { return "\(number)" }
  let digits = String(Int(scaled))
  let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
  let sign = number < 0 && scaled > 0 ? "-" : ""
  return sign + padded.dropLast(places) + (places > 0 ? "." + padded.suffix(places) : "")
}

func grouped(_ number: Int) -> String {
  let digits = Array(String(number.magnitude))
  let groups = stride(from: digits.count % 3 - 3, to: digits.count, by: 3).map { start in
    String(digits[max(0, start)..<start + 3])
  }
  return (number < 0 ? "-" : "") + groups.filter { !$0.isEmpty }.joined(separator: ",")
}

func proofs(_ count: Int) -> String { "\(grouped(count)) proof\(count == 1 ? "" : "s")" }

func padded(_ text: String, to width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

/// Seconds with a unit.
func duration(_ seconds: Double) -> String {
  seconds < 1 ? decimal(seconds * 1000, places: 2) + " ms" : decimal(seconds, places: 2) + " s"
}

/// The context as text, or in hexadecimal when it is not text that is seen as it is.
func contextText(_ context: [UInt8]) -> String {
  if context.isEmpty { return "(empty)" }
  if let text = String(validating: context, as: UTF8.self), text.printable == text { return "\"\(text)\"" }
  return "0x" + context.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

extension Soundness {
  /// −log2 of a number of units, rounded down to hundredths.
  static func bits(_ units: UInt128) -> Double {
    ((Double(unitBits) - log2(Double(units))) * 100).rounded(.down) / 100
  }

  var totalBits: Double { Self.bits(totalUnits) }

  var json: JSON {
    .object(terms.map { Member($0.name, .number(Self.bits($0.units))) } + [Member("total", .number(totalBits))])
  }

  /// Every term in bits and their sum.
  var lines: [String] {
    terms.map { "  \(padded($0.name, to: 14)) \(decimal(Self.bits($0.units), places: 2))" }
      + ["  \(padded("total", to: 14)) \(decimal(totalBits, places: 2))  (at least \(Self.requiredBits))", "  \(Self.workNotice)"]
  }
}

extension Port {
  private static let lineWidth = 16

  /// What a batch shows, of each row its first real values with the place of the largest, or the indices of its classes.
  ///
  /// - Parameter limit: Of lines of values, and of samples of classes.
  func lines(_ integers: [Int64], _ circuit: ArithmeticCircuit, limit: Int = 8) -> [String] {
    let rows = OutputRows(self, circuit)
    let (width, rowCount) = (rows.width, rows.rowCount)
    let count = integers.count / max(width * rowCount, 1)
    guard !rows.showsClasses else {
      return (0..<min(count, limit)).flatMap { sample in
        classLines(integers[sample * rowCount * width..<(sample + 1) * rowCount * width], width, "\(name)[\(sample)] = class ")
      } + left(count - limit, "sample")
    }
    let leftOut = circuit.columns[column].leftOut.map { "  (before the \($0), which is left out)" } ?? ""
    return (0..<min(count * rowCount, limit)).map { index in
      let row = integers[index * width..<(index + 1) * width]
      let shown = circuit.values(Array(row), of: self).prefix(Self.lineWidth).map { decimal($0, places: 4) }.joined(separator: " ")
      let place = "[\(index / rowCount)]" + (rowCount > 1 ? "[\(index % rowCount)]" : "")
      return "\(name)\(place) = \(shown)\(width > Self.lineWidth ? " …" : "")" + (width > 1 ? "  (largest: \(largestIndex(row)))" : "") + leftOut
    } + (rowCount > 1 ? left(count * rowCount - limit, "row") : left(count - limit, "sample"))
  }

  /// The indices of a sample, those of a row beside each other; many in lines that begin with the number of their first row.
  private func classLines(_ indices: ArraySlice<Int64>, _ width: Int, _ title: String) -> [String] {
    let rows = stride(from: indices.startIndex, to: indices.endIndex, by: width).map { start in
      indices[start..<start + width].map(String.init).joined(separator: " ")
    }
    guard rows.count > Self.lineWidth else { return [title + rows.joined(separator: ", ")] }
    let digits = String(rows.count).count
    return [title + "of \(grouped(rows.count)) rows:"] + stride(from: 0, to: rows.count, by: Self.lineWidth).map { first in
      "  \(padded("\(first)", to: digits))  \(rows[first..<min(first + Self.lineWidth, rows.count)].joined(separator: width > 1 ? ", " : " "))"
    }
  }

  private func left(_ count: Int, _ what: String) -> [String] { count > 0 ? ["\(name): \(grouped(count)) more \(what)s"] : [] }

  /// Shape, integers and real values; of a class port shape and indices.
  func json(_ integers: [Int64], _ circuit: ArithmeticCircuit, batch: Int) -> JSON {
    let scale = circuit.scale(of: self)
    let shape = JSON.array(([batch] + dimensions).map { .integer($0) })
    if classesOf != nil { return ["shape": shape, "classes": .list(integers)] }
    let steps = circuit.steps(of: self)
    let leftOut = circuit.columns[column].leftOut.map { [Member("left_out", .string($0))] } ?? []
    return .object([
      Member("shape", shape), Member("scale", .number(scale)),
      Member("integers", .list(integers)),
      Member("values", steps.isEmpty ? .list(integers, scale: scale) : .array(circuit.values(integers, of: self).map { .number($0) })),
    ] + (steps.isEmpty ? [] : [Member("steps", .array(steps.map { .number($0) }))]) + leftOut)
  }

  var shapeText: String { (["batch"] + dimensions.map(String.init)).joined(separator: " × ") }
}

extension [Port] {
  func json(_ integers: [[Int64]], _ circuit: ArithmeticCircuit, batch: Int) -> JSON {
    .object(zip(self, integers).map { Member($0.name, $0.json($1, circuit, batch: batch)) })
  }
}
