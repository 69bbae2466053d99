/// The Goldilocks field F of p = 2^64 − 2^32 + 1 elements. docs/protocol.md §1.
package struct BaseField: Hashable, Sendable {
  package static let modulus: UInt64 = 0xFFFF_FFFF_0000_0001
  /// Canonical: less than `modulus`.
  package let value: UInt64
  package init?(canonical value: UInt64) {
    guard value < Self.modulus else { return nil }
    self.value = value
  }
}
