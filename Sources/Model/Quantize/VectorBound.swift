/// What is known of an integer value beside its range. Elements belong to vectors; of those that belong to one, S, the norm
/// ‖S‖₂ is at most factor · (‖forms of S‖ · radius + ‖biases of S‖) + slack · √|S|, for any of them and for all.
///
/// It starts where a norm is divided out, and tells how far sums of products with weights and values can go: far less than
/// what the range of each element allows. It decides sizes of tables alone. docs/arithmetic.md §3.
package struct VectorBound {
  /// By element.
  var rows: [Int32]
  var vectors: [Int32]
  var forms: LinearForms
  var radius: Double
  var factor = 1.0
  var slack = 0.0
  /// Whether the elements are the forms' values but for slack, and not only as small.
  var isLinear = true

  /// The rows of these elements by the vector that they belong to.
  private func parts(_ elements: some Sequence<Int>) -> [[Int32]] {
    var parts: [Int32: [Int32]] = [:]
    var order: [Int32] = []
    for element in elements {
      if parts[vectors[element]] == nil { order.append(vectors[element]) }
      parts[vectors[element], default: []].append(rows[element])
    }
    return order.map { parts[$0] ?? [] }
  }

  package func norm(_ elements: some Collection<Int>) -> Double {
    let squares = parts(elements).reduce(0) { sum, rows in
      let norm = factor * (forms.norm(of: rows) * radius + forms.biasNorm(of: rows)) + slack * Double(rows.count).squareRoot()
      return sum + norm * norm
    }
    return squares.squareRoot() * (1 + 0x1p-40)
  }

  /// At least every element.
  package var largest: Double {
    let norms = forms.rowNorms
    let most = Set(rows).reduce(0) { max($0, norms[Int($1)] * radius + forms.biases[Int($1)].magnitude) }
    return (factor * most + slack) * (1 + 0x1p-40)
  }

  /// That of the elements times `factor`, or times numbers that are not larger, with an error of at most `slack`.
  func scaled(by factor: Double, slack: Double = 0, isUniform: Bool = true) -> VectorBound {
    var bound = self
    bound.isLinear = isLinear && isUniform
    bound.factor *= factor
    bound.slack = self.slack * factor + slack
    return bound
  }

  /// Of elements in other places.
  func moved(_ move: ([Int64]) -> [Int64]) -> VectorBound {
    var bound = self
    bound.rows = move(rows.map { Int64($0) }).map { Int32($0) }
    bound.vectors = move(vectors.map { Int64($0) }).map { Int32($0) }
    return bound
  }

  /// Vectors along some axes of a value of this shape, each of at most this norm.
  package init(_ shape: [Int], along axes: [Int], radius: Double) {
    let (all, own) = (rowStrides(shape), rowStrides(axes.map { shape[$0] }))
    let others = shape.indices.filter { !axes.contains($0) }
    let rest = rowStrides(others.map { shape[$0] })
    let elements = 0..<shape.reduce(1, *)
    func place(_ element: Int, _ axes: [Int], _ strides: [Int]) -> Int32 {
      Int32(zip(axes, strides).reduce(0) { $0 + element / all[$1.0] % shape[$1.0] * $1.1 })
    }
    rows = elements.map { place($0, axes, own) }
    vectors = elements.map { place($0, others, rest) }
    let count = axes.reduce(1) { $0 * shape[$1] }
    let (ones, zeros) = ([Double](repeating: 1, count: count), [Double](repeating: 0, count: count))
    forms = LinearForms(.diagonal(ones, places: (0..<count).map { Int32($0) }), biases: zeros)
    self.radius = radius
  }
}

/// An operand, as far as it is known how large it can be.
package struct BoundedOperand {
  package let range: OperandRange
  let vectors: VectorBound?
  /// The axis along which elements, none of them negative, add up to at most `Exponential.one`.
  let sharesAxis: Int?

  package init(range: OperandRange, vectors: VectorBound?, sharesAxis: Int?) {
    self.range = range
    self.vectors = vectors
    self.sharesAxis = sharesAxis
  }

  var largest: Double {
    let ends = Double(max(range.range.lowerBound.magnitude, range.range.upperBound.magnitude))
    return min(vectors?.largest ?? .infinity, ends)
  }

  func norm(_ elements: some Collection<Int>) -> Double {
    let ends = Double(max(range.range.lowerBound.magnitude, range.range.upperBound.magnitude)) * Double(elements.count).squareRoot()
    return min(vectors?.norm(elements) ?? .infinity, ends)
  }
}

/// How a factor of a term reads its array, by places of the result and of the loops that the term sums.
private struct SeparateReading {
  /// By element of the result; by place of the sum.
  let (bases, offsets): ([Int], [Int])

  init(start: Int, steps: [Int], loops: [Int], rank: Int, summed: [Int]) {
    bases = Self.positions(start, (0..<rank).map { (loops[$0], steps[$0]) })
    offsets = Self.positions(0, summed.map { (loops[$0], steps[$0]) })
  }

  private static func positions(_ start: Int, _ axes: [(size: Int, step: Int)]) -> [Int] {
    axes.reduce([start]) { positions, axis in positions.flatMap { base in (0..<axis.size).map { base + $0 * axis.step } } }
  }
}

extension Contraction<Int64> {
  private func separate(_ factor: Factor, _ operands: [BoundedOperand], rank: Int, _ summed: [Int]) -> SeparateReading? {
    switch factor {
    case .constant(let number):
      var steps = [Int](repeating: 0, count: loops.count)
      let own = constants[number].loops
      for (loop, stride) in zip(own, rowStrides(own.map { loops[$0] })) { steps[loop] = stride }
      return SeparateReading(start: 0, steps: steps, loops: loops, rank: rank, summed: summed)
    case .operand(let operand, let reading):
      let access = Access(operands[operand].range.shape, reading, loops: loops)
      guard access.bounds.isEmpty else { return nil }
      return SeparateReading(start: access.start, steps: access.steps, loops: loops, rank: rank, summed: summed)
    }
  }

  /// A range that holds all results by what is known of vectors, and what is known of the result's; nil without such knowledge.
  package func bound(_ operands: [BoundedOperand], _ shape: [Int]) -> (range: ClosedRange<Double>, vectors: VectorBound?)? {
    guard operands.contains(where: { $0.vectors != nil || $0.sharesAxis != nil }) else { return nil }
    if let mixed = mixed(operands, shape) { return (-mixed.largest...mixed.largest, mixed) }
    var (low, high) = (0.0, 0.0)
    var (found, biases) = ([VectorBound?](), [SeparateReading]())
    var biasValues: [[Double]] = []
    for term in terms {
      let single = Contraction(loops: loops, constants: constants, terms: [term])
      let ends = single.range(for: operands.map(\.range), rank: shape.count)
      var (least, most) = (ends.map { Double($0.lowerBound) } ?? -.infinity, ends.map { Double($0.upperBound) } ?? .infinity)
      let summed = summed(term, rank: shape.count)
      let readings = term.factors.map { separate($0, operands, rank: shape.count, summed) }
      if readings.allSatisfy({ $0 != nil }) {
        let own = bound(term, readings.compactMap { $0 }, operands, shape, summed)
        (least, most) = (max(least, -own.largest), min(most, own.largest))
        if term.factors.count == 1, let number = term.constant, summed.isEmpty, let reading = readings[0] {
          biases.append(reading)
          biasValues.append(constants[number].values.map { Double($0) * Double(term.coefficient) })
        } else {
          found.append(own.vectors)
        }
      } else {
        found.append(nil)
      }
      (low, high) = (low + least, high + most)
    }
    guard found.count == 1, let vectors = found[0], biases.count <= 1 else { return (low...high, nil) }
    let result = biases.first.map { vectors.adding(biasValues[0], at: $0.bases) } ?? vectors
    let largest = result.largest
    return (max(low, -largest)...min(high, largest), result)
  }

  /// Where each element is a sum of several of one operand's, each times a constant, as in rotations.
  private func mixed(_ operands: [BoundedOperand], _ shape: [Int]) -> VectorBound? {
    guard terms.count > 1, operands.count == 1, let source = operands[0].vectors, loops.count == shape.count else { return nil }
    let count = shape.reduce(1, *)
    var mixes = [[(element: Int, factor: Double)]](repeating: [], count: count)
    for term in terms {
      let (reads, numbers) = (term.factors.filter { if case .operand = $0 { true } else { false } }, term.constant.map { constants[$0] })
      guard reads.count == 1, case .operand(_, let reading) = reads[0] else { return nil }
      let own = numbers?.loops ?? []
      let strides = rowStrides(own.map { loops[$0] })
      for element in 0..<count {
        let places = zip(shape, rowStrides(shape)).map { element / $1 % $0 }
        var position = 0
        let indices = reading.map { index in index.steps.reduce(index.start) { $0 + $1.stride * places[$1.loop] } }
        guard zip(indices, operands[0].range.shape).allSatisfy({ (0..<$1).contains($0) }) else { continue }
        for (index, stride) in zip(indices, rowStrides(operands[0].range.shape)) { position += index * stride }
        let number = numbers.map { Double($0.values[zip(own, strides).reduce(0) { $0 + places[$1.0] * $1.1 }]) } ?? 1
        if number != 0 { mixes[element].append((position, number * Double(term.coefficient))) }
      }
    }
    var result = source
    result.rows = (0..<count).map { Int32($0) }
    result.vectors = mixes.map { mix in mix.first.map { source.vectors[$0.element] } ?? 0 }
    result.forms = LinearForms(.mixed(mixes, source), biases: [Double](repeating: 0, count: count))
    (result.radius, result.factor, result.slack, result.isLinear) = (1, 1, 0, false)
    return result
  }

  private func bound(
    _ term: Term, _ readings: [SeparateReading], _ operands: [BoundedOperand], _ shape: [Int], _ summed: [Int]
  ) -> (largest: Double, vectors: VectorBound?) {
    let coefficient = Double(term.coefficient.magnitude)
    var (own, places) = ([BoundedOperand](), [SeparateReading]())
    var constant: (values: [Int64], reading: SeparateReading)?
    for (factor, reading) in zip(term.factors, readings) {
      switch factor {
      case .operand(let operand, _):
        own.append(operands[operand])
        places.append(reading)
      case .constant(let number): constant = (constants[number].values, reading)
      }
    }
    if own.count == 1, let vectors = own[0].vectors {
      let result = vectors.layer(places[0], constant, coefficient: term.coefficient, count: shape.reduce(1, *))
      return (result?.largest ?? .infinity, result)
    }
    guard own.count == 2, constant == nil else { return (.infinity, nil) }
    for (first, second) in [(0, 1), (1, 0)] {
      if sharesRows(term, first, operands, summed) {
        let result = own[second].vectors?.averaged(places[second], by: places[first].bases, factor: coefficient * Double(Exponential.one))
        return (coefficient * Double(Exponential.one) * own[second].largest, result)
      }
    }
    if summed.isEmpty {
      let vectors = (0...1).lazy.compactMap { place in
        own[place].vectors?.taken(places[place].bases).scaled(by: coefficient * own[1 - place].largest, isUniform: false)
      }.first
      return (coefficient * own[0].largest * own[1].largest, vectors)
    }
    // The inequality of Cauchy and Schwarz for each element of the result.
    let norms = zip(own, places).map { operand, reading in
      let known = Set(reading.bases).reduce(into: [Int: Double]()) { known, base in
        known[base] = operand.norm(reading.offsets.map { base + $0 })
      }
      return reading.bases.map { known[$0] ?? .infinity }
    }
    return (coefficient * zip(norms[0], norms[1]).reduce(0) { max($0, $1.0 * $1.1) }, nil)
  }

  /// Whether an operand of the term is shares, of which each row is summed by the one loop that the term sums.
  private func sharesRows(_ term: Term, _ number: Int, _ operands: [BoundedOperand], _ summed: [Int]) -> Bool {
    guard summed.count == 1, case .operand(let operand, let reading) = term.factors[number], let axis = operands[operand].sharesAxis else {
      return false
    }
    return reading[axis].simplified(loops).steps.map(\.loop) == summed
      && reading.enumerated().allSatisfy { $0.offset == axis || !$0.element.steps.map(\.loop).contains(summed[0]) }
  }
}

extension VectorBound {
  /// Of the elements that a result reads, one each.
  fileprivate func taken(_ places: [Int]) -> VectorBound {
    var bound = self
    (bound.rows, bound.vectors) = (places.map { rows[$0] }, places.map { vectors[$0] })
    return bound
  }

  /// Of sums, along the offsets, of elements times shares of at most 1 together; elements of one row of shares are averages
  /// of the same vectors.
  fileprivate func averaged(_ reading: SeparateReading, by shares: [Int], factor: Double) -> VectorBound? {
    // By base the vectors that are averaged.
    let averaged = Set(reading.bases).reduce(into: [Int: [Int32]]()) { lists, base in lists[base] = reading.offsets.map { vectors[base + $0] } }
    let first = Dictionary(zip(shares, reading.bases)) { first, _ in first }
    guard averaged.keys.allSatisfy({ base in reading.offsets.allSatisfy { rows[base + $0] == rows[base + reading.offsets[0]] } }),
      zip(shares, reading.bases).allSatisfy({ averaged[$1] == first[$0].flatMap { averaged[$0] } })
    else { return nil }
    var result = taken(reading.bases).scaled(by: factor, isUniform: false)
    let numbers = Dictionary(Set(shares).sorted().enumerated().map { ($1, Int32($0)) }) { first, _ in first }
    result.vectors = shares.map { numbers[$0] ?? 0 }
    return result
  }

  /// Of sums of products with constants.
  fileprivate func layer(
    _ reading: SeparateReading, _ constant: (values: [Int64], reading: SeparateReading)?, coefficient: Int64, count: Int
  ) -> VectorBound? {
    guard count <= 1 << 22 else { return nil }
    if reading.offsets.count == 1, case .diagonal(let diagonal, let places) = forms.rows {
      return elementwise(reading.bases.map { $0 + reading.offsets[0] }, diagonal, places, constant, coefficient: Double(coefficient))
    }
    let bases = Set(reading.bases).sorted()
    let numbers = Dictionary(bases.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
    let first = reading.offsets.map { rows[bases[0] + $0] }
    let isPlain = bases.allSatisfy { base in
      let vector = vectors[base + reading.offsets[0]]
      return reading.offsets.indices.allSatisfy { rows[base + reading.offsets[$0]] == first[$0] && vectors[base + reading.offsets[$0]] == vector }
    }
    var scales = [Double](repeating: Double(coefficient), count: first.count)
    var (inner, offsets) = (radius, [Double](repeating: 0, count: first.count))
    var result = self
    let isExact = isLinear || first.allSatisfy { forms.biases[Int($0)] == 0 }
    if isPlain, isExact, case .diagonal(let diagonal, let places) = forms.rows, Set(first.map { places[Int($0)] }).count == first.count,
      // Errors of the elements, as if they were the vector's: not where a gain is 0 or small.
      case let least = first.reduce(.infinity, { min($0, (diagonal[Int($1)] * factor).magnitude) }),
      case let errors = slack > 0 ? slack * Double(first.count).squareRoot() / least : 0, errors <= radius
    {
      inner += errors
      scales = first.map { diagonal[Int($0)] * factor * Double(coefficient) }
      offsets = first.map { forms.biases[Int($0)] * factor * Double(coefficient) }
      result.vectors = reading.bases.map { vectors[$0 + reading.offsets[0]] }
    } else {
      // Vectors of their own.
      inner = bases.reduce(0) { most, base in max(most, norm(reading.offsets.map { base + $0 })) }
      result.vectors = reading.bases.map { numbers[$0] ?? 0 }
    }
    let starts = constant?.reading.bases ?? [Int](repeating: 0, count: count)
    let distinct = Set(starts).sorted()
    let rowNumbers = Dictionary(distinct.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
    let (values, columns) = (constant?.values ?? [1], constant?.reading.offsets ?? reading.offsets.map { _ in 0 })
    let biases = distinct.map { start in zip(columns, offsets).reduce(0) { $0 + Double(values[start + $1.0]) * $1.1 } }
    result.forms = LinearForms(.dense(values: values, starts: distinct, offsets: columns, scales: scales), biases: biases)
    (result.rows, result.radius) = (starts.map { rowNumbers[$0] ?? 0 }, inner)
    (result.factor, result.slack, result.isLinear) = (1, 0, true)
    return result
  }

  /// Of elements, each times a constant.
  private func elementwise(
    _ places: [Int], _ diagonal: [Double], _ vectorPlaces: [Int32], _ constant: (values: [Int64], reading: SeparateReading)?, coefficient: Double
  ) -> VectorBound {
    var result = taken(places)
    var pairs: [Int: Int32] = [:]
    var (scales, biases, own, most) = ([Double](), [Double](), [Int32](), 0.0)
    result.rows = places.indices.map { element in
      let (row, start) = (Int(rows[places[element]]), constant.map { $0.reading.bases[element] + $0.reading.offsets[0] } ?? 0)
      let key = row * ((constant?.values.count ?? 0) + 1) + start
      if let known = pairs[key] { return known }
      pairs[key] = Int32(scales.count)
      let number = coefficient * (constant.map { Double($0.values[start]) } ?? 1)
      scales.append(diagonal[row] * factor * number)
      biases.append(forms.biases[row] * factor * number)
      own.append(vectorPlaces[row])
      most = max(most, number.magnitude)
      return Int32(scales.count - 1)
    }
    result.forms = LinearForms(.diagonal(scales, places: own), biases: biases)
    (result.factor, result.slack) = (1, slack * most)
    return result
  }

  /// Plus a number for each element, which its place in `values` tells apart.
  fileprivate func adding(_ values: [Double], at places: [Int]) -> VectorBound {
    var result = self
    var pairs: [Int: Int32] = [:]
    var (sources, biases) = ([Int32](), [Double]())
    result.rows = places.indices.map { element in
      let key = Int(rows[element]) * values.count + places[element]
      if let known = pairs[key] { return known }
      let number = Int32(sources.count)
      pairs[key] = number
      sources.append(rows[element])
      let (bias, added) = (forms.biases[Int(rows[element])], values[places[element]] / factor)
      // Of what is only as small as the forms say nothing cancels.
      biases.append(isLinear ? bias + added : bias.magnitude + added.magnitude)
      return number
    }
    result.forms = forms.taking(sources, biases: biases)
    return result
  }
}

extension LinearForms {
  /// Some of the rows with other biases.
  fileprivate func taking(_ list: [Int32], biases: [Double]) -> LinearForms {
    switch rows {
    case .diagonal(let scales, let places):
      LinearForms(.diagonal(list.map { scales[Int($0)] }, places: list.map { places[Int($0)] }), biases: biases)
    case .mixed(let mixes, let source): LinearForms(.mixed(list.map { mixes[Int($0)] }, source), biases: biases)
    case .dense(let values, let starts, let offsets, let scales):
      LinearForms(.dense(values: values, starts: list.map { starts[Int($0)] }, offsets: offsets, scales: scales), biases: biases)
    }
  }
}

extension ClosedRange<Int64> {
  /// A range around 0 that holds it, with an end of 5 significant bits: norms of weights decide about it.
  var roundedOut: ClosedRange<Int64> {
    let most = Double(Swift.max(lowerBound.magnitude, upperBound.magnitude, 1)).roundedUp(significantBits: 5)
    let end = Int64(Swift.min(most, 0x1p61))
    return -end...end
  }
}
