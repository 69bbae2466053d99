/// A value of §2: constant + Σ coefficient·Y_i, without pads in a transparent proof.
package struct Value {
  package private(set) var constant: Extension
  package private(set) var pads: [Int: Extension] = [:]
  /// i of a value "element − Y_i" that was received (§9a.1).
  fileprivate(set) var receivedPad: Int?

  package init(_ constant: Extension) { self.constant = constant }

  init(element: Extension, pad: Int) {
    constant = element
    pads = [pad: .zero - .one]
    receivedPad = pad
  }

  /// element_x·element_y with the pads of x·y, Y_`pad` being the product of theirs (§9a.1).
  fileprivate init(_ x: Value, _ j: Int, _ y: Value, _ k: Int, pad: Int) {
    constant = x.constant * y.constant
    addPad(k, .zero - x.constant)
    addPad(j, .zero - y.constant)
    addPad(pad, .one)
  }

  private mutating func addPad(_ index: Int, _ coefficient: Extension) {
    pads[index] = (pads[index] ?? .zero) + coefficient
  }

  static func + (a: Value, b: Value) -> Value {
    var sum = a
    sum += b
    return sum
  }

  static func - (a: Value, b: Value) -> Value { a + b * (.zero - .one) }

  static func * (a: Value, b: Extension) -> Value {
    var product = Value(a.constant * b)
    product.pads = a.pads.mapValues { $0 * b }
    return product
  }

  static func * (a: Value, b: UInt64) -> Value { a * Extension(b) }

  static func += (a: inout Value, b: Value) {
    a.receivedPad = nil
    a.constant += b.constant
    for (index, coefficient) in b.pads { a.addPad(index, coefficient) }
  }
}

/// c0 + c1·x + c2·x² + … .
func evaluate(_ coefficients: [Value], at x: Extension) -> Value {
  var value = Value(.zero)
  for coefficient in coefficients.reversed() { value = value * x + coefficient }
  return value
}

/// Y_left·Y_right = Y_product (§9a.1).
package struct PadTriple: Equatable {
  package var left: Int
  package var right: Int
  package var product: Int

  package init(_ left: Int, _ right: Int, _ product: Int) {
    self.left = left
    self.right = right
    self.product = product
  }
}

/// ⟨a, Y⟩ = rhs (§9a.3).
package struct PadConstraint {
  package var weights: [Int: Extension]
  package var value: Extension
}

/// What the values of a hiding proof leave to the discharge (§9a.1).
package struct Obligations {
  /// The counter i.
  package var padCount = 0
  package var triples: [PadTriple] = []
  package var constraints: [PadConstraint] = []

  package init() {}

  /// n_Z = ⌈log(Z + 1)⌉; the spare triple is not yet in the list.
  var roundCount: Int { ceilLog(triples.count + 1) }

  /// Appends the spare triple and the coefficients of M; returns the index of M_0. `padCount` is E then.
  package mutating func close() -> Int {
    let rounds = roundCount
    triples.append(PadTriple(padCount, padCount + 1, padCount + 2))
    padCount += 3
    defer { padCount += 1 + 3 * rounds }
    return padCount
  }
}

extension Transcript {
  /// receive(label, n) of steps 2 to 5 of §5, as values (§2).
  package mutating func receiveValues(_ label: String, _ count: Int) throws(ReferenceRejection) -> [Value] {
    let elements = try receive(label, count)
    guard isPadded else { return elements.map { Value($0) } }
    return elements.map { element in
      defer { obligations.padCount += 1 }
      return Value(element: element, pad: obligations.padCount)
    }
  }

  /// x·y (§9a.1).
  package mutating func product(_ x: Value, _ y: Value) throws(ReferenceRejection) -> Value {
    guard isPadded else { return Value(x.constant * y.constant) }
    let (left, j) = try received(x)
    let (right, k) = try received(y)
    let pad = obligations.padCount
    obligations.padCount += 1
    obligations.triples.append(PadTriple(j, k, pad))
    return Value(left, j, right, k, pad: pad)
  }

  private mutating func received(_ value: Value) throws(ReferenceRejection) -> (Value, pad: Int) {
    if let pad = value.receivedPad { return (value, pad) }
    let pad = obligations.padCount
    let anew = try receiveValues("product", 1)[0]
    addConstraint(value, anew)
    return (anew, pad)
  }

  /// "Reject unless x = y": at once in a transparent proof, a constraint in a hiding one, also when x and y have no pads.
  package mutating func require(
    _ x: Value, equals y: Value, else rejection: ReferenceRejection
  ) throws(ReferenceRejection) {
    if isPadded {
      addConstraint(x, y)
    } else {
      guard x.constant == y.constant else { throw rejection }
    }
  }

  /// x − y = constant + ⟨a, Y⟩ is the constraint ⟨a, Y⟩ = −constant.
  private mutating func addConstraint(_ x: Value, _ y: Value) {
    let difference = x - y
    obligations.constraints.append(
      PadConstraint(weights: difference.pads, value: .zero - difference.constant))
  }

  /// "Reject unless q ≠ 0" of §6 step 2, in a hiding proof by an inverse (§9a.1).
  package mutating func requireNonzero(_ q: Value, else rejection: ReferenceRejection) throws(ReferenceRejection) {
    if isPadded {
      let inverse = try receiveValues("inverse", 1)[0]
      try require(try product(q, inverse), equals: Value(.one), else: rejection)
    } else {
      guard q.constant != .zero else { throw rejection }
    }
  }
}
