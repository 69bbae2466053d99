extension Contraction<Double> {
  /// Whether it sums products with constants.
  func isLayer(rank: Int) -> Bool {
    terms.contains { term in
      term.factors.count > 1 && !summed(term, rank: rank).isEmpty
        && term.factors.contains { if case .constant = $0 { true } else { false } }
    }
  }

  /// The factors that its terms have at most in a circuit.
  func factorCount(_ sources: [[Int]]) -> Int { terms.map { $0.factors.count + singleCount($0.factors, loops, sources) }.max() ?? 0 }

  /// Whether it sums products of one operand with itself.
  var isOfSquares: Bool {
    terms.count == 1 && terms[0].factors.count == 2 && terms[0].factors[0] == terms[0].factors[1] && constants.isEmpty
  }

  /// Whether its constants are single numbers.
  var isUniform: Bool { constants.allSatisfy(\.loops.isEmpty) }

  /// What it is where it is applied on the other side of a view, `shape` being its own operand's, of which it takes each
  /// element by itself; nil where an axis that its constants tell apart is none of the new operand's shape `source`.
  func moved(before view: Operation<Double>, _ source: [Int], _ shape: [Int]) -> Contraction? {
    var moved = self
    moved.loops = source
    let (strides, own) = (rowStrides(source), rowStrides(shape))
    for (number, constant) in constants.enumerated() where !constant.loops.isEmpty {
      guard case .reshape = view else { return nil }
      var loops: [Int] = []
      for loop in constant.loops {
        let axes = source.indices.filter { axis in
          source[axis] > 1 && strides[axis] >= own[loop] && strides[axis] * source[axis] <= own[loop] * shape[loop]
        }
        guard axes.reduce(1, { $0 * source[$1] }) == shape[loop] else { return nil }
        loops += axes
      }
      moved.constants[number] = Constant(loops: loops, constant.values, isPublic: constant.isPublic)
    }
    let reading = broadcastReading(source, to: source)
    for (term, factors) in terms.map(\.factors).enumerated() {
      moved.terms[term].factors = factors.map { if case .operand(let operand, _) = $0 { .operand(operand, reading) } else { $0 } }
    }
    return moved
  }

  /// The contraction with another one in the place of an operand; nil where it has no such form, or takes more steps, or
  /// would mix what is quantized apart: weights are those of one operand.
  ///
  /// Constants that meet are multiplied in Float64 and rounded once.
  ///
  /// - Parameters:
  ///   - outer: The new numbers of this one's operands.
  ///   - inner: Of the other's operands.
  ///   - sources: Shapes of operands, by new number.
  ///   - shapes: Those of the other's result and of this one's.
  ///   - cutsConstants: Whether parts of the other's constants may be taken.
  func substituting(
    _ other: Contraction, for operand: Int, outer: [Int], inner: [Int], sources: [[Int]], _ shapes: (inner: [Int], outer: [Int]),
    cutsConstants: Bool = false
  ) -> Contraction? {
    guard allows(other, shapes) || adds(operand, other, shapes),
      other.terms.allSatisfy({ singleCount($0.factors, other.loops, inner.map { sources[$0] }) == 0 })
    else {
      return nil
    }
    var merged = Merged(
      loops: loops + other.loops.dropFirst(shapes.inner.count), rank: shapes.outer.count, sources: sources)
    for term in terms {
      let own = Product(coefficient: term.coefficient)
      let readings = term.factors.compactMap { if case .operand(operand, let reading) = $0 { reading } else { nil } }
      guard readings.count <= 1 else { return nil }
      let rest = term.factors.filter { if case .operand(operand, _) = $0 { false } else { true } }
      guard let own = own.times(rest, self, to: merged.loops, numbers: outer, map: { $0 }) else { return nil }
      guard let reading = readings.first else {
        guard merged.add(own) else { return nil }
        continue
      }
      let composition = Composition(reading: reading, shape: shapes.inner, loops: loops)
      let summed = summed(term, rank: shapes.outer.count)
      for inside in other.terms {
        guard composition.isZeroBeyond(inside, inner.map { sources[$0] }),
          var product = own.times(
            inside.factors, other, to: merged.loops, numbers: inner, cutsConstants: cutsConstants, map: composition.index)
        else { return nil }
        // What is the same at all places of a loop that is summed counts as often.
        let repeated = summed.filter { !product.loops.contains($0) }.reduce(1) { $0 * loops[$1] }
        product.coefficient *= inside.coefficient * Double(repeated)
        guard merged.add(product) else { return nil }
      }
    }
    guard let result = merged.contraction, result.isFinite else { return nil }
    func steps(_ contraction: Contraction, _ shape: [Int]) -> Int {
      let reads = contraction.terms.filter(\.readsOperand)
      return contraction.placeCount(of: reads, rank: shape.count) * shape.reduce(1, *)
    }
    return steps(result, shapes.outer) <= steps(self, shapes.outer) + steps(other, shapes.inner) ? result : nil
  }

  /// Whether it adds the other one's result, which sums products of constants, to other values, element by element.
  func adds(_ operand: Int, _ other: Contraction, _ shapes: (inner: [Int], outer: [Int])) -> Bool {
    let whole = shapes.inner.indices.map { Index($0) }
    let reads = terms.filter { $0.factors.contains { if case .operand(operand, _) = $0 { true } else { false } } }
    return shapes.inner == shapes.outer && terms.contains { $0.readsOperand && !reads.contains($0) }
      && reads.allSatisfy { $0.factors == [.operand(operand, whole)] } && terms.allSatisfy { $0.operandCount <= 1 }
      && !other.constants.isEmpty && other.terms.allSatisfy { $0.operandCount <= 1 }
  }

  /// Whether the sum of the two is quantized as one: weights and sums over axes belong to one operand, products to one
  /// scale.
  private func allows(_ other: Contraction, _ shapes: (inner: [Int], outer: [Int])) -> Bool {
    let reads = terms.filter(\.readsOperand)
    let otherReads = other.terms.filter(\.readsOperand)
    let isSingle = reads.count == 1 && reads[0].operandCount == 1
    let isOtherSingle = otherReads.count == 1 && otherReads[0].operandCount == 1
    let sums = terms.contains { !summed($0, rank: shapes.outer.count).isEmpty }
    let otherSums = other.terms.contains { !other.summed($0, rank: shapes.inner.count).isEmpty }
    if !other.constants.isEmpty || otherSums, !isSingle { return false }
    if !constants.isEmpty, !isOtherSingle { return false }
    // Means have no weights.
    if sums && constants.isEmpty && !other.constants.isEmpty || otherSums && other.constants.isEmpty && !constants.isEmpty { return false }
    if reads.contains(where: { $0.operandCount > 1 }) { return isOtherSingle && other.terms.count == 1 && other.constants.isEmpty }
    return otherReads.allSatisfy { $0.operandCount == 1 } || (isSingle && terms.count == 1 && constants.isEmpty)
  }
}

extension Contraction.Term {
  fileprivate var operandCount: Int { factors.count { if case .operand = $0 { true } else { false } } }
  fileprivate var readsOperand: Bool { operandCount > 0 }
}

/// How many axes of one element loops go beyond: each is an operand of its own in the circuit.
private func singleCount(_ factors: [Factor], _ loops: [Int], _ sources: [[Int]]) -> Int {
  factors.reduce(0) { count, factor in
    guard case .operand(let operand, let reading) = factor else { return count }
    return count + zip(reading, sources[operand]).count { $1 == 1 && !$0.simplified(loops).steps.isEmpty }
  }
}

/// How the loops of a contraction read the result of another one.
private struct Composition {
  let reading: Reading
  /// Of the result that is read.
  let shape: [Int]
  /// Of the contraction that reads it; the loops that the other one sums follow them.
  let loops: [Int]

  /// An index by the other one's loops, by those that read it; nil where it goes too far.
  func index(_ index: Index) -> Index? {
    var result = Index(start: index.start)
    for step in index.steps {
      guard step.loop < shape.count else {
        result.add(step.loop - shape.count + loops.count, step.stride)
        continue
      }
      let read = reading[step.loop].simplified(loops)
      let limit = 1 << 31
      guard ([step.stride, read.start, result.start] + read.steps.map(\.stride)).allSatisfy({ $0.magnitude < limit }) else { return nil }
      result.start += step.stride * read.start
      for inner in read.steps { result.add(inner.loop, step.stride * inner.stride) }
    }
    return result
  }

  /// Whether a term, were its loops longer, would be 0 wherever the reading is beyond its result.
  func isZeroBeyond(_ term: Contraction<Double>.Term, _ sources: [[Int]]) -> Bool {
    shape.indices.allSatisfy { loop in
      reading[loop].isInside(shape[loop], loops) || term.factors.contains { factor in
        guard case .operand(let operand, let inner) = factor else { return false }
        return zip(inner, sources[operand]).contains { index, size in
          index.steps == Index(loop).steps && index.start <= 0 && index.start + shape[loop] >= size
        }
      }
    }
  }
}

/// A term before constants are multiplied.
private struct Product {
  typealias Constant = Contraction<Double>.Constant

  var coefficient: Double
  /// Of operands.
  var factors: [Factor] = []
  var constants: [Constant] = []

  /// That it names.
  var loops: Set<Int> {
    var loops = Set(constants.flatMap(\.loops))
    for case .operand(_, let reading) in factors { loops.formUnion(reading.flatMap(\.steps).map(\.loop)) }
    return loops
  }

  /// Nil where a constant is not read from end to end, unless parts may be taken.
  ///
  /// - Parameters:
  ///   - source: What the factors belong to.
  ///   - loops: Sizes of the loops of the product.
  ///   - numbers: The new numbers of the source's operands.
  ///   - map: An index by the source's loops, by those of the product.
  func times(
    _ others: [Factor], _ source: Contraction<Double>, to loops: [Int], numbers: [Int], cutsConstants: Bool = false,
    map: (Index) -> Index?
  ) -> Product? {
    var product = self
    for factor in others {
      switch factor {
      case .operand(let operand, let reading):
        let mapped = reading.compactMap(map)
        guard mapped.count == reading.count else { return nil }
        product.factors.append(.operand(numbers[operand], mapped))
      case .constant(let number):
        let constant = source.constants[number]
        var own: [Int] = []
        var parts = constant.loops.map { 0..<source.loops[$0] }
        for (axis, loop) in constant.loops.enumerated() where source.loops[loop] > 1 {
          guard let index = map(Index(loop)), index.steps.count <= 1, index.steps.allSatisfy({ $0.stride == 1 && !own.contains($0.loop) })
          else { return nil }
          let part = index.start..<index.start + (index.steps.first.map { loops[$0.loop] } ?? 1)
          guard part == parts[axis] || (cutsConstants && parts[axis].contains(part.lowerBound) && part.upperBound <= parts[axis].upperBound)
          else { return nil }
          parts[axis] = part
          own += index.steps.map(\.loop)
        }
        let values = constant.part(parts, of: constant.loops.map { source.loops[$0] })
        product.constants.append(
          Constant(loops: own, values, isPublic: constant.isPublic, array: values.count == constant.values.count ? constant.array : nil))
      }
    }
    return product
  }
}

extension Contraction<Double>.Constant {
  /// Its numbers for each place of some loops, among them its own; `sizes` are those of all loops.
  func expanded(_ order: [Int], _ sizes: [Int]) -> [Float] {
    guard loops != order else { return values }
    let strides = rowStrides(loops.map { sizes[$0] })
    let steps = order.map { loop in loops.firstIndex(of: loop).map { strides[$0] } ?? 0 }
    return strided(values, sizes: order.map { sizes[$0] }, strides: steps)
  }

  /// A part along each axis; `shape` are the sizes of its loops.
  fileprivate func part(_ ranges: [Range<Int>], of shape: [Int]) -> [Float] {
    guard zip(ranges, shape).contains(where: { $0.count != $1 }) else { return values }
    let strides = rowStrides(shape)
    return strided(values, start: zip(ranges, strides).reduce(0) { $0 + $1.0.lowerBound * $1.1 }, sizes: ranges.map(\.count), strides: strides)
  }
}

extension Contraction<Double> {
  /// The one axis of its operand, of this shape, of which a view has a part, and that part; nil where there is no such axis.
  func cut(of shape: [Int], rank: Int) -> (axis: Int, part: Range<Int>)? {
    guard isView(of: shape, rank: rank) else { return nil }
    let reading = readings[0].reading
    let axes = shape.indices.filter { !reading[$0].isWhole(shape[$0], loops) }
    guard axes.count == 1 else { return nil }
    let index = reading[axes[0]].simplified(loops)
    guard index.steps.allSatisfy({ $0.stride == 1 }) else { return nil }
    return (axes[0], index.start..<index.start + (index.steps.first.map { loops[$0.loop] } ?? 1))
  }

  /// The one operand that a view of its result takes elements of, and how, where it puts operands side by side.
  ///
  /// - Parameters:
  ///   - shape: That of its result.
  ///   - sources: Those of its operands.
  func part(_ view: Contraction, _ shape: [Int], _ sources: [[Int]]) -> (operand: Int, reading: Reading)? {
    guard constants.isEmpty, loops == shape, let outer = view.readings.first?.reading else { return nil }
    let composition = Composition(reading: outer, shape: shape, loops: view.loops)
    var found: (operand: Int, reading: Reading)?
    for term in terms {
      guard term.coefficient == 1, term.factors.count == 1, case .operand(let operand, let own) = term.factors[0] else { return nil }
      let reading = own.compactMap(composition.index)
      guard reading.count == own.count else { return nil }
      if zip(reading, sources[operand]).contains(where: { $0.isBeyond($1, view.loops) }) { continue }
      guard found == nil, zip(reading, sources[operand]).allSatisfy({ $0.isInside($1, view.loops) }) else { return nil }
      found = (operand, reading)
    }
    return found
  }

  /// Whether parts along an axis of its result are sums of other constants and the same operands: each constant has a number
  /// for each place of it, and no operand is read by it.
  func isOfRows(along axis: Int) -> Bool {
    constants.allSatisfy { $0.loops.contains(axis) }
      && readings.allSatisfy { $0.reading.allSatisfy { $0.steps.allSatisfy { $0.loop != axis } } }
  }
}

/// Terms that are added up.
private struct Merged {
  typealias Constant = Contraction<Double>.Constant

  let loops: [Int]
  let rank: Int
  /// Shapes of operands.
  let sources: [[Int]]
  private var terms: [Contraction<Double>.Term] = []
  private var constants: [Constant] = []
  /// Terms of constants alone, which are summed in Float64.
  private var shifts: [Product] = []

  init(loops: [Int], rank: Int, sources: [[Int]]) {
    self.loops = loops
    self.rank = rank
    self.sources = sources
  }

  /// False where the product of constants has more numbers than they, or the result, have, where one of them is an array that others
  /// read too, or the circuit needs more than three operands: one for each axis of one element that a loop goes beyond.
  mutating func add(_ product: Product) -> Bool {
    guard singleCount(product.factors, loops, sources) + product.factors.count + min(product.constants.count, 1) <= 3 else { return false }
    let union = union(product.constants)
    let count = union.reduce(1) { $0 * loops[$1] }
    let most = (product.constants.map(\.values.count) + [loops.prefix(rank).reduce(1, *)]).max() ?? 0
    guard count <= most else { return false }
    if product.factors.isEmpty {
      shifts.append(product)
    } else if product.constants.isEmpty {
      if let index = terms.firstIndex(where: { $0.factors == product.factors }) {
        terms[index].coefficient += product.coefficient
      } else {
        terms.append(.init(product.coefficient, product.factors))
      }
    } else {
      guard let array = product.constants.compactMap(\.array).first else {
        terms.append(.init(1, [.constant(constants.count)] + product.factors))
        constants.append(self.product(product, union))
        return true
      }
      guard product.constants.count == 1 else { return false }
      terms.append(.init(product.coefficient, [.constant(constants.count)] + product.factors))
      let values = expanded(product.constants[0], union)
      constants.append(Constant(loops: union, values, isPublic: product.constants[0].isPublic, array: array))
    }
    return true
  }

  private func size(_ own: [Int]) -> Int { own.reduce(1) { $0 * loops[$1] } }

  private func union(_ constants: [Constant]) -> [Int] { Set(constants.flatMap(\.loops)).sorted() }

  private func expanded(_ constant: Constant, _ order: [Int]) -> [Float] { constant.expanded(order, loops) }

  private func product(_ product: Product, _ union: [Int]) -> Constant {
    var values = expanded(product.constants[0], union)
    let factor = Double(Float(product.coefficient))
    if product.constants.count > 1 {
      let others = expanded(product.constants[1], union)
      for index in values.indices { values[index] = Float(Double(values[index]) * Double(others[index]) * factor) }
    } else if factor != 1 {
      for index in values.indices { values[index] = Float(Double(values[index]) * factor) }
    }
    return Constant(loops: union, values, isPublic: product.constants.allSatisfy(\.isPublic))
  }

  /// The sum of all, with one constant that no operand is multiplied by; nil where that is not worth it.
  var contraction: Contraction<Double>? {
    var (terms, constants) = (terms, constants)
    let all = shifts.flatMap(\.constants)
    if !shifts.isEmpty {
      let union = union(all).filter { $0 < rank }
      var sums = [Double](repeating: 0, count: size(union))
      // Sums over axes come last: they are added to a bias.
      for shift in shifts.sorted(by: { self.union($0.constants).count < self.union($1.constants).count }) {
        let own = self.union(shift.constants)
        let order = union + own.filter { $0 >= rank }
        let width = order.dropFirst(union.count).reduce(1) { $0 * loops[$1] }
        let parts = shift.constants.map { expanded($0, order) }
        for index in parts[0].indices {
          let product = parts.dropFirst().reduce(Double(parts[0][index])) { $0 * Double($1[index]) }
          sums[index / width] += Double(Float(shift.coefficient)) * product
        }
      }
      terms.append(.init(1, [.constant(constants.count)]))
      constants.append(Constant(loops: union, sums.map { Float($0) }, isPublic: all.allSatisfy(\.isPublic)))
    }
    return terms.isEmpty ? nil : Contraction(loops: loops, constants: constants, terms: terms)
  }
}
