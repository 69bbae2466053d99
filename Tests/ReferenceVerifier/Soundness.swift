/// The sum of §12, exact.
struct SoundnessLedger {
  private static let scaleBits = 1024

  /// Σ of the terms over |K|, times |K|.
  private var fieldTerms = Integer(0)
  /// Σ of the other terms, times 2^scaleBits.
  private var scaledTerms = Integer.powerOfTwo(SoundnessLedger.scaleBits - 128)

  mutating func add(_ numerator: Int) { fieldTerms = fieldTerms + Integer(numerator) }

  /// ((1 + 2^−r)/2)^t.
  mutating func addPositions(_ code: CodeParameters) {
    let r = code.rateBits
    let t = code.queryCount
    let numerator = Integer((1 << r) + 1).power(t)
    scaledTerms = scaledTerms + numerator * Integer.powerOfTwo(Self.scaleBits - (r + 1) * t)
  }

  /// κ·2^(m+r)/|K|.
  mutating func addFolding(_ code: CodeParameters, foldBits: Int) { add(foldBits << code.domainBits) }

  func check() throws(ReferenceRejection) {
    let p = Integer(Integer.modulus)
    let total = fieldTerms * Integer.powerOfTwo(Self.scaleBits) + scaledTerms * p * p
    guard total <= p * p * Integer.powerOfTwo(Self.scaleBits - 100) else { throw .soundness }
  }
}
