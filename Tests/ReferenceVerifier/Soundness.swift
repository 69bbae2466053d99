/// The sum of §12, exact.
package struct SoundnessLedger {
  /// Σ of the terms over |K|, times |K|.
  private var fieldTerms = Integer(0)
  /// Σ of the other terms, times 2^scaleBits.
  private var scaledTerms = Integer(1)
  private var scaleBits = 128

  mutating func add(_ numerator: Int) { fieldTerms = fieldTerms + Integer(numerator) }

  /// 2^−g·((2^(m+r) + 2^m + τ)/2^(m+r+1))^t.
  mutating func addPositions(_ code: CodeParameters) {
    let exponent = (code.domainBits + 1) * code.queryCount + grindingBits
    if exponent > scaleBits {
      scaledTerms = scaledTerms * Integer.powerOfTwo(exponent - scaleBits)
      scaleBits = exponent
    }
    let numerator = Integer(code.missNumerator).power(code.queryCount)
    scaledTerms = scaledTerms + numerator * Integer.powerOfTwo(scaleBits - exponent)
  }

  /// κ·2^(m+r)/|K|.
  mutating func addFolding(_ code: CodeParameters, foldBits: Int) { add(foldBits << code.domainBits) }

  /// Whether the sum is at most count/2^bits.
  package func isAtMost(_ count: Integer, overPowerOfTwo bits: Int) -> Bool {
    let field = Integer(Integer.modulus) * Integer(Integer.modulus)
    let total = fieldTerms * Integer.powerOfTwo(scaleBits) + scaledTerms * field
    return total * Integer.powerOfTwo(bits) <= count * field * Integer.powerOfTwo(scaleBits)
  }

  func check() throws(ReferenceRejection) {
    guard isAtMost(Integer(1), overPowerOfTwo: 100) else { throw .soundness }
  }
}
