import Circuit
import Verifier

/// The errors that a verified proof rests on: its own, and those of the key's proofs about weights up to the commitment
/// that it names.
struct RestingSoundness {
  let own: Soundness
  /// By commitment.
  let weights: [Soundness]

  /// - Parameter weights: Of all commitments of the key, as `weightBounds` has them.
  init(_ own: Soundness, _ key: VerifyingKey, _ weights: [Soundness], commitment: Digest) {
    self.own = own
    let index = key.chain.firstIndex { $0.core.digest == commitment } ?? key.chain.count - 1
    self.weights = Array(weights.prefix(index + 1))
  }

  private var weightUnits: UInt128 { weights.reduce(0) { $0 + $1.totalUnits } }
  /// Nil without weights.
  var weightBits: Double? { weights.isEmpty ? nil : Soundness.bits(weightUnits) }
  var totalBits: Double { Soundness.bits(own.totalUnits + weightUnits) }

  var line: String {
    func error(_ bits: Double) -> String { "2^-\(decimal(bits, places: 2))" }
    let first = "\(error(own.totalBits)) this proof"
    guard let weightBits else { return first }
    let subject = weights.count == 1 ? "proof" : "\(weights.count) proofs"
    return "\(first), \(error(weightBits)) the key's \(subject) about weights, \(error(totalBits)) together"
  }
}

extension Soundness {
  /// What part of the bits is no chance.
  static let workNotice =
    "computational: \(Code.grindingBits) of the bits at positions are work, one nonce in \(grouped(1 << Code.grindingBits))"
}
