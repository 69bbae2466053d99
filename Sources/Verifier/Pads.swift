import Circuit
import Field

/// Y_first·Y_second = Y_product.
package struct PadProduct: Hashable, Sendable {
  package let first: Int
  package let second: Int
  package let product: Int
}

/// What the hiding mode collects while padded values are received. docs/protocol.md §9a.
package struct PadLedger: Sendable {
  /// Entries of Y that have a use.
  package private(set) var count = 0
  package private(set) var products: [PadProduct] = []
  /// What has to be zero, in order.
  package private(set) var constraints: [Value] = []

  package init() {}

  fileprivate mutating func next() -> Int {
    defer { count += 1 }
    return count
  }

  fileprivate mutating func demandZero(_ value: Value) { constraints.append(value) }

  fileprivate mutating func product(
    _ x: (constant: SecureField, pad: Int), _ y: (constant: SecureField, pad: Int)
  ) -> Value {
    let product = PadProduct(first: x.pad, second: y.pad, product: next())
    products.append(product)
    return Value(
      x.constant * y.constant,
      pads: [
        .init(pad: y.pad, coefficient: -x.constant), .init(pad: x.pad, coefficient: -y.constant),
        .init(pad: product.product, coefficient: .one),
      ])
  }
}

extension VerifierTranscript {
  /// Receives elements of K; while padding lasts each is taken less its own pad.
  package mutating func receive(_ label: String, _ count: Int) throws(VerificationError) -> [Value] {
    guard count > 0 else { return [] }
    let elements = try secureElements(try receiveBytes(label, SecureField.byteCount * count))
    return elements.map { element in pads.map { _ in Value(sent: element, pad: nextPad()) } ?? Value(element) }
  }

  private mutating func receiveOne(_ label: String) throws(VerificationError) -> Value {
    try receive(label, 1).first ?? .zero
  }

  private mutating func nextPad() -> Int { pads?.next() ?? 0 }

  /// The product of two values; what is not itself a received value is received again first.
  package mutating func product(_ left: Value, _ right: Value) throws(VerificationError) -> Value {
    guard pads != nil else { return Value(left.constant * right.constant) }
    let (x, y) = (try received(left), try received(right))
    return pads?.product(x, y) ?? .zero
  }

  private mutating func received(
    _ value: Value
  ) throws(VerificationError) -> (constant: SecureField, pad: Int) {
    if let pad = value.receivedPad { return (value.constant, pad) }
    let again = try receiveOne("product")
    try requireZero(value - again, .openingMismatch)
    return (again.constant, again.receivedPad ?? 0)
  }

  /// Demands that a combination of received values is zero: at once, or with the other constraints on the pads.
  package mutating func requireZero(
    _ value: Value, _ error: VerificationError
  ) throws(VerificationError) {
    guard pads == nil else {
      pads?.demandZero(value)
      return
    }
    guard value.constant == .zero else { throw error }
  }

  /// Demands that a received value is not zero: at once, or by its inverse.
  package mutating func requireNonzero(
    _ value: Value, _ error: VerificationError
  ) throws(VerificationError) {
    guard pads == nil else {
      let inverse = try receiveOne("inverse")
      return try requireZero(try product(value, inverse) - .one, error)
    }
    guard value.constant != .zero else { throw error }
  }
}
