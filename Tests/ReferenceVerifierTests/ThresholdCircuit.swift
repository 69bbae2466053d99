import ReferenceVerifier

/// For each of 2 rows the least h for which Σ_j (m(j) + 2·c(j))·E(h − x(j)) is at most 20, with a mask m from an index port and a constant c;
/// the halves of the halves of E, kept by remainder forms; a ramp of x. Tests change single parts.
struct ThresholdCircuit {
  var digitUpper: Int64 = 65535
  var digitOfSecondTerm: Int64 = 1 << 16
  var constants: [Int64] = [0, 1, 2, 0, 1]
  var function: [Int64] = [9, 9, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0]
  var offset = 3
  var leastBefore: Int64 = 21
  var maskOfSumBefore = 1
  var maskLower: Int64 = 0
  var sumCoefficient: Int64 = 2
  var keptUpper: Int64 = 5
  var keptCoefficient: Int64 = -2
  var ramp: (low: Int64, high: Int64) = (-2, 5)
  var rampUpper: Int64 = 5
  var isIndexPort: UInt8 = 1
  var digits = [3, 4]
  var thresholds = 1

  var encoding: [UInt8] {
    var w = ByteWriter()
    w.bytes = Array("zkml.circuit".utf8)
    w.u16(4)
    w.string("threshold")
    w.u32(3)
    w.u32(3)
    for size in [0, 2, 5] { w.u32(size) }
    w.u32(13)
    w.column("x", kind: 2, axes: [0, 1, 2], -8, 7)
    w.column("m", kind: 2, axes: [0, 2], maskLower, 1)
    w.constant("c", axes: [2], 0, 2, constants)
    w.column("h0", kind: 1, axes: [0, 1], 0, digitUpper)
    w.column("h1", kind: 1, axes: [0, 1], -1, 0)
    w.column("a", kind: 3, axes: [0, 1, 2], -70000, 70000)
    w.column("p", kind: 1, axes: [0, 1, 2], 0, 9)
    w.column("p'", kind: 1, axes: [0, 1, 2], 0, 9)
    w.column("S", kind: 3, axes: [0, 1], -225, 225)
    w.column("S'", kind: 3, axes: [0, 1], -225, 225)
    w.column("q", kind: 1, axes: [0, 1, 2], -10, keptUpper)
    w.column("q2", kind: 1, axes: [0, 1, 2], -4, 3)
    w.column("y", kind: 1, axes: [0, 1, 2], -2, rampUpper)
    w.u32(7)
    w.range("digit", 0, bits: 16)
    w.range("last", -1, bits: 1)
    w.function("E", -32, bits: 7, width: 2, offset: offset, function)
    w.range("sum", -11, bits: 5)
    w.range("before", leastBefore, bits: 8)
    w.ramp("ramp", -8, bits: 4, ramp.low, ramp.high)
    w.range("quotient", -4, bits: 3)
    writeContractions(&w)
    writeLookups(&w)
    w.u32(thresholds)
    for _ in 0..<thresholds {
      w.u8(UInt8(digits.count))
      for column in digits + [5, 0, 8, 9] { w.u32(column) }
    }
    w.u32(2)
    w.input(0, "x", [2, 5])
    w.port(1, "m", [])
    w.u8(isIndexPort)
    w.u32(1)
    w.output(6, "p", [10])
    return w.bytes
  }

  private func writeContractions(_ w: inout ByteWriter) {
    w.u32(3)
    w.u32(5)
    w.u16(3)
    for (coefficient, column) in [(Int64(1), 3), (digitOfSecondTerm, 4)] {
      w.i64(coefficient)
      w.u8(1)
      w.operand(column, loops: [0, 1])
    }
    w.i64(-1)
    w.u8(1)
    w.operand(0, loops: [0, 1, 2])
    for (sum, value, mask) in [(8, 6, 1), (9, 7, maskOfSumBefore)] {
      w.u32(sum)
      w.u16(2)
      w.i64(1)
      w.u8(2)
      w.operand(value, loops: [0, 1, 2])
      w.operand(mask, loops: mask == 1 ? [0, 2] : [2])
      w.i64(sumCoefficient)
      w.u8(2)
      w.operand(value, loops: [0, 1, 2])
      w.operand(2, loops: [2])
    }
  }

  private func writeLookups(_ w: inout ByteWriter) {
    w.u32(9)
    w.u32(2)
    w.u8(3)
    for column in [5, 6, 7] { w.form(shift: 0, [(column, 1)]) }
    for (table, column) in [(0, 3), (1, 4), (3, 8), (4, 9), (6, 11)] {
      w.u32(table)
      w.u8(1)
      w.form(shift: 0, [(column, 1)])
    }
    w.u32(1)
    w.u8(1)
    w.form(shift: 0, [(6, 1), (10, keptCoefficient)])
    w.u32(1)
    w.u8(1)
    w.form(shift: 0, constant: 1, [(10, 1), (11, -2)])
    w.u32(5)
    w.u8(2)
    for column in [0, 12] { w.form(shift: 0, [(column, 1)]) }
  }

  func validate() throws(ReferenceRejection) { try CircuitDescription(encoding: encoding).checkValidity() }
}
