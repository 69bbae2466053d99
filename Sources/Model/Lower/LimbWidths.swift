import Circuit

/// How remainders are cut into limbs.
///
/// All limbs but the last of a remainder have `width` bits, the last one the rest.
package struct LimbWidths: Equatable, Sendable {
  package let width: Int

  private init(width: Int) { self.width = width }

  /// The width from 8 to 16 bits for which limbs and range tables have the fewest entries for a batch of one.
  ///
  /// - Parameter remainders: Bits and number of elements of each layer's remainder.
  package init(for remainders: [(shift: Int, count: Int)]) {
    let candidates = (8...16).map(LimbWidths.init(width:))
    self = candidates.min { $0.entryCount(remainders) < $1.entryCount(remainders) } ?? candidates[0]
  }

  /// The limbs of a remainder of `shift` bits, the least significant first.
  package func bits(ofShift shift: Int) -> [Int] {
    guard shift > 0 else { return [] }
    let count = (shift + width - 1) / width
    return Array(repeating: width, count: count - 1) + [shift - width * (count - 1)]
  }

  private func entryCount(_ remainders: [(shift: Int, count: Int)]) -> Int {
    var lowTables: Set<Int> = []
    var topTables: Set<Int> = []
    var limbs = 0
    for (shift, count) in remainders {
      let bits = bits(ofShift: shift)
      lowTables.formUnion(bits.dropLast())
      topTables.formUnion(bits.suffix(1))
      limbs += bits.count << bitCountOfAxis(count)
    }
    return limbs + (Array(lowTables) + Array(topTables)).reduce(0) { $0 + 1 << $1 }
  }
}
