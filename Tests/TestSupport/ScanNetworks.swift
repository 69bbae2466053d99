import Circuit

/// Circuits with columns that read themselves at earlier places of an axis.
extension SmallNetwork {
  /// h(t) = clamp(round((W·x(t) + U·h(t − 1) + b) / 2^5)). Axes: 1 time, 2 and 4 units, 3 inputs.
  package static let recurrent: SmallNetwork = {
    var b = CircuitBuilder("recurrent", axes: [5, 3, 2, 3], seed: 5)
    let x = b.input([1, 3], -15...15)
    let recurrent = b.weight([2, 4])
    let g = b.contraction([1, 2], [b.term(1, b.weight([2, 3]), x), b.term(1, b.weight([2], bits: 6))], later: -384...384)
    let h = b.apply(to: g, limbs: [2, 3]) { min(max($0, -8), 7) }
    b.append([Term(operands: [b.whole(recurrent), b.before(h, 1, loops: [2: 4])])], to: g)
    b.output(h)
    return SmallNetwork(b, batches: [1, 3])
  }()

  /// The cell of an LSTM, all of whose axes come before the time; c is a quotient, and read two places before too.
  package static let cells: SmallNetwork = {
    var b = CircuitBuilder("cells", axes: [6, 3, 2, 3], seed: 6)
    let x = b.input([3, 1], -15...15)
    let recurrent = b.weight([2, 4])
    let gates = (0..<3).map { _ in
      b.contraction([2, 1], [b.term(1, b.weight([2, 3]), x), b.term(1, b.weight([2]))], later: -400...400)
    }
    let f = b.apply(to: gates[0], limbs: [4]) { min(max($0 + 8, 0), 15) }
    let i = b.apply(to: gates[1], limbs: [4]) { min(max($0, 0), 7) }
    let u = b.apply(to: gates[2], limbs: [4]) { min(max($0, -7), 7) }
    let sum = b.contraction([2, 1], [b.term(2, i, u)], later: -2200...2200)
    let c = b.quotients(of: sum, [(3, 0)])[0]
    let kept = b.values(of: c, .ramp(lower: -512, bits: 10, low: -64, high: 63))[0]
    b.append([Term(operands: [b.whole(f), b.before(kept, 1)]), Term(coefficient: -1, operands: [b.before(kept, 1, by: 2)])], to: sum)
    let h = b.apply(to: kept, limbs: [3]) { $0 }
    for gate in gates { b.append([Term(operands: [b.whole(recurrent), b.before(h, 1, loops: [2: 4])])], to: gate) }
    b.output(b.contraction([1], [b.term(1, b.weight([2]), h)]))
    b.output(kept)
    return SmallNetwork(b, batches: [1, 2])
  }()

  /// A threshold for each place of axis 1, whose exponents depend on the values at the place before, and whose masks do.
  package static let scannedThreshold: SmallNetwork = {
    var b = CircuitBuilder("threshold after threshold", axes: [4, 3, 2], seed: 7)
    let x = b.input([1, 2], -7...7)
    let o = b.contraction([1, 2], [b.term(1, x)], later: -9...9)
    let own = b.apply(to: o) { $0 }
    let m = b.contraction([1, 2], [b.term(1, b.constant([2], [1, 2, 0]))], later: 0...9)
    let mask = b.apply(to: m) { $0 % 3 }
    let columns = b.threshold(
      [1], over: [2], top: (-64, 7), limbs: [2, 1], plus: [b.term(-8, own), b.term(3, x)], falling,
      weights: [(1, [mask]), (1, [])], bound: 6)
    b.append([Term(coefficient: -1, operands: [b.before(columns.value, 1)])], to: o)
    b.append([Term(operands: [b.before(columns.value, 1)])], to: m)
    b.output(b.contraction([1, 2], [b.term(1, columns.value), b.term(2, columns.digits[0])]))
    return SmallNetwork(b, batches: [1, 2])
  }()

  /// Each class depends on the one at the place before. Axes: 1 time, 2 entries, 3 ranks and 4 of size 1, 5 entries.
  package static let scannedClasses: SmallNetwork = {
    var b = CircuitBuilder("class after class", axes: [4, 5, 1, 1, 5], seed: 8)
    let x = b.input([1, 2], -3...3)
    let change = b.weight([5, 2], bits: 3)
    let source = b.contraction([1, 2], [b.term(1, x), b.term(1, b.weight([2], bits: 3))], later: -20...20)
    let column = b.classes(3, of: source)
    b.append([Term(operands: [b.whole(change), b.before(column, 1, loops: [3: 4, 2: 5])])], to: source)
    return SmallNetwork(b, batches: [1, 3])
  }()

  /// A scan along axis 1 and one of its results along axis 2.
  package static let twoScans: SmallNetwork = {
    var b = CircuitBuilder("two scans", axes: [3, 5], seed: 9)
    let x = b.input([1, 2], -7...7)
    var result = x
    for axis in [1, 2] {
      let sum = b.contraction([1, 2], [b.term(1, result), b.term(1, b.weight([1], bits: 3))], later: -16...16)
      let next = b.apply(to: sum, limbs: [1]) { min(max($0, -8), 7) }
      b.append([Term(coefficient: 2, operands: [b.before(next, axis)])], to: sum)
      result = next
    }
    b.output(result)
    return SmallNetwork(b, batches: [2])
  }()
}
