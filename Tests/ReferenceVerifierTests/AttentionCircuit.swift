import ReferenceVerifier
import TestSupport

/// A circuit with slices, a term of three operands, batched variables, limbs of two widths, a weight of 20 bits and a
/// table that does not map 0 to 0:
///
/// a(t, k) = 3·Σ_i W(k, i)·x(t, i) − x(t, k + 1), h = table(round(a / 2^6)),
/// s(t, v) = Σ_k h(t, k)·h(v, k)·g(k) + 2·Σ_k h(t, k) + 5·x(v, 2t) + 7·U(2t, v + 1) + Σ_(i,k) U(i, k)·x(t, i)·h(t, k).
enum AttentionCircuit {
  static let batchCap = 4

  static func weights(_ random: inout RepeatableRandom) -> [[Int64]] {
    [(20, 4), (4, 20), (20, 2)].map { (count: Int, bits: Int64) in
      (0..<count).map { _ in Int64.random(in: -(1 << (bits - 2))..<(1 << (bits - 2)), using: &random) }
    }
  }

  static func input(batch: Int, _ random: inout RepeatableRandom) -> [Int64] {
    (0..<batch * 15).map { _ in Int64.random(in: -8...7, using: &random) }
  }

  static var encoding: [UInt8] {
    var w = ByteWriter()
    w.bytes = Array("zkml.circuit".utf8)
    w.u16(4)
    w.string("attention")
    w.u32(batchCap)
    w.u32(5)
    for size in [0, 3, 4, 5, 3] { w.u32(size) }
    w.u32(9)
    w.column("W", kind: 0, axes: [2, 3], -8, 7)
    w.column("x", kind: 2, axes: [0, 1, 3], -8, 7)
    w.column("a", kind: 3, axes: [0, 1, 2], -5000, 5000)
    w.column("low", kind: 1, axes: [0, 1, 2], 0, 15)
    w.column("high", kind: 1, axes: [0, 1, 2], -2, 1)
    w.column("h", kind: 1, axes: [0, 1, 2], 3, 52)
    w.column("g", kind: 0, axes: [2], -(1 << 19) - (1 << 15), (1 << 19) - (1 << 15) - 1)
    w.column("U", kind: 0, axes: [3, 2], -2, 1)
    w.column("s", kind: 3, axes: [0, 1, 4], -(1 << 40), 1 << 40)
    w.u32(3)
    for (lower, bits) in [(Int64(0), UInt8(4)), (-2, 2)] { w.range("limb", lower, bits: bits) }
    w.function("function", -64, bits: 7, (0..<128).map { $0 % 50 + 3 })
    writeContractions(&w)
    writeLookups(&w)
    w.u32(0)
    w.u32(1)
    w.input(1, "x", [3, 5])
    w.u32(2)
    w.output(8, "s", [3, 3])
    w.output(5, "h", [12])
    return w.bytes
  }

  private static func writeContractions(_ w: inout ByteWriter) {
    w.u32(2)
    w.u32(2)
    w.u16(2)
    w.i64(3)
    w.u8(2)
    w.operand(0, loops: [2, 3])
    w.operand(1, loops: [0, 1, 3])
    w.i64(-1)
    w.u8(1)
    w.operand(1, [.loop(0), .loop(1), .slice(2, start: 1, stride: 1)])
    w.u32(8)
    w.u16(5)
    w.i64(1)
    w.u8(3)
    w.operand(5, loops: [0, 1, 2])
    w.operand(5, [.loop(0), .slice(4, start: 0, stride: 1), .loop(2)])
    w.operand(6, loops: [2])
    w.i64(2)
    w.u8(1)
    w.operand(5, loops: [0, 1, 2])
    w.i64(5)
    w.u8(1)
    w.operand(1, [.loop(0), .slice(4, start: 0, stride: 1), .slice(1, start: 0, stride: 2)])
    w.i64(7)
    w.u8(1)
    w.operand(7, [.slice(1, start: 0, stride: 2), .slice(4, start: 1, stride: 1)])
    w.i64(1)
    w.u8(3)
    w.operand(7, loops: [3, 2])
    w.operand(1, loops: [0, 1, 3])
    w.operand(5, loops: [0, 1, 2])
  }

  private static func writeLookups(_ w: inout ByteWriter) {
    w.u32(3)
    w.u32(2)
    w.u8(2)
    w.form(shift: 6, [(2, 1), (3, -1), (4, -16)])
    w.form(shift: 0, [(5, 1)])
    for (table, column) in [(0, 3), (1, 4)] {
      w.u32(table)
      w.u8(1)
      w.form(shift: 0, [(column, 1)])
    }
  }
}
