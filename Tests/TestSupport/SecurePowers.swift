import Field

extension SecureField {
  /// The power 0 of every element, zero too, is one.
  package func power(_ exponent: UInt64) -> SecureField {
    var result = SecureField.one
    for bit in (0..<64 - exponent.leadingZeroBitCount).reversed() {
      result *= result
      if exponent >> UInt64(bit) & 1 == 1 { result *= self }
    }
    return result
  }
}
