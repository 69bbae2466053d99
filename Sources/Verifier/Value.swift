import Field

/// An affine expression in the pads of the hiding mode: a constant plus sparse terms, which the transparent mode does not have.
///
/// The verifier's algebra is linear in these; a product of two goes through `VerifierTranscript.product`.
package struct Value: Hashable, Sendable {
  package struct PadTerm: Hashable, Sendable {
    package var pad: Int
    package var coefficient: SecureField
  }

  package static let zero = Value(.zero)
  package var constant: SecureField
  package var pads: [PadTerm]

  package init(_ constant: SecureField, pads: [PadTerm] = []) {
    self.constant = constant
    self.pads = pads
  }

  /// What was sent, less its pad.
  package init(sent: SecureField, pad: Int) {
    self.init(sent, pads: [PadTerm(pad: pad, coefficient: -.one)])
  }

  /// The pad of a value that was received as it is.
  package var receivedPad: Int? {
    pads.count == 1 && pads[0].coefficient == -.one ? pads[0].pad : nil
  }

  package static func + (left: Value, right: Value) -> Value {
    Value(left.constant + right.constant, pads: left.pads.isEmpty ? right.pads : left.pads + right.pads)
  }

  package static func * (left: Value, right: SecureField) -> Value {
    Value(
      left.constant * right,
      pads: left.pads.isEmpty
        ? [] : left.pads.map { PadTerm(pad: $0.pad, coefficient: $0.coefficient * right) })
  }

  package static func - (left: Value, right: Value) -> Value { left + right * -SecureField.one }
  package static func - (left: Value, right: SecureField) -> Value { left + Value(-right) }
  package static func += (left: inout Value, right: Value) { left.add(right, times: .one) }

  package mutating func add(_ other: Value, times factor: SecureField) {
    constant += other.constant * factor
    for term in other.pads { pads.append(PadTerm(pad: term.pad, coefficient: term.coefficient * factor)) }
  }

  package mutating func multiply(by factor: SecureField) {
    constant *= factor
    for index in pads.indices { pads[index].coefficient *= factor }
  }
}
