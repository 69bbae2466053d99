/// Operators as contractions.
extension Contraction {
  /// An operand that broadcasts to a shape, aligned at the last axis.
  private static func broadcast(_ operand: Int, _ shape: [Int], to result: [Int]) -> Factor {
    .operand(operand, broadcastReading(shape, to: result))
  }

  /// Whether every factor reads its operand broadcast to the result, so that each element is a function of one element of
  /// each operand.
  func isElementwise(_ shapes: [[Int]], shape: [Int]) -> Bool {
    loops == shape && terms.flatMap(\.factors).allSatisfy { factor in
      guard case .operand(let operand, _) = factor else { return true }
      return shapes[operand].count <= shape.count && factor == Self.broadcast(operand, shapes[operand], to: shape)
    }
  }

  /// Σ coefficient · operand, operands broadcast.
  package static func sum(of shapes: [[Int]], _ coefficients: [Number], shape: [Int]) -> Contraction {
    Contraction(
      loops: shape,
      terms: zip(shapes, coefficients).enumerated().map { operand, term in
        Term(term.1, [broadcast(operand, term.0, to: shape)])
      })
  }

  /// coefficient · x · y, operands broadcast.
  package static func product(of shapes: [[Int]], _ coefficient: Number, shape: [Int]) -> Contraction {
    Contraction(
      loops: shape,
      terms: [Term(coefficient, shapes.indices.map { broadcast($0, shapes[$0], to: shape) })])
  }

  /// coefficient · Σ along some axes, which remain with size 1.
  package static func sum(over axes: [Int], of source: [Int], _ coefficient: Number) -> Contraction {
    let (loops, reading) = lines(along: axes, of: source)
    return Contraction(loops: loops, terms: [Term(coefficient, [.operand(0, reading)])])
  }

  /// Σ x² along some axes, which remain with size 1: a product of the operand with itself.
  package static func squares(_ source: [Int], over axes: [Int]) -> Contraction {
    let (loops, reading) = lines(along: axes, of: source)
    return Contraction(loops: loops, terms: [Term(.one, [.operand(0, reading), .operand(0, reading)])])
  }

  /// The operands, each times its coefficient, one after the other along an axis.
  package static func concatenation(of shapes: [[Int]], _ coefficients: [Number], axis: Int, shape: [Int]) -> Contraction {
    var (start, terms) = (0, [Term]())
    for (operand, part) in shapes.enumerated() {
      let reading = part.indices.map { Index($0, start: $0 == axis ? -start : 0) }
      terms.append(Term(coefficients[operand], [.operand(operand, reading)]))
      start += part[axis]
    }
    return Contraction(loops: shape, terms: terms)
  }

  /// coefficient · Σ of each window over the axes after the channels.
  package static func sum(of sides: [WindowSide], _ coefficient: Number, shape: [Int]) -> Contraction {
    let (loops, reading) = windows(sides, shape)
    return Contraction(loops: loops, terms: [Term(coefficient, [.operand(0, reading)])])
  }

  /// Σ of products of operands and at most one constant, the axes of which have names: those of one name are one loop, those
  /// of size 1 are read everywhere, and what the result does not name is summed over.
  ///
  /// - Returns: With the result's shape; nil where axes of one name differ in size.
  package static func product(_ factors: [NamedFactor<Number>], result: [Int]) -> (Contraction, shape: [Int])? {
    var sizes: [Int: Int] = [:]
    for factor in factors {
      for (axis, size) in zip(factor.axes, factor.shape) where size != 1 {
        guard sizes.updateValue(size, forKey: axis).map({ $0 == size }) ?? true else { return nil }
      }
    }
    var order = result
    for axis in factors.flatMap(\.axes) where !order.contains(axis) { order.append(axis) }
    var product = Contraction(loops: order.map { sizes[$0] ?? 1 }, terms: [Term(.one, [])])
    var operandCount = 0
    for factor in factors {
      let places = factor.axes.map { order.firstIndex(of: $0) ?? 0 }
      if let values = factor.constant {
        let axes = places.indices.filter { factor.shape[$0] != 1 }.sorted { places[$0] < places[$1] }
        let whole = axes + places.indices.filter { factor.shape[$0] == 1 }
        product.constants.append(
          Constant(loops: axes.map { places[$0] }, whole == Array(places.indices) ? values : transposed(values, factor.shape, order: whole)))
        product.terms[0].factors.insert(.constant(0), at: 0)
      } else {
        let reading = zip(places, factor.shape).map { $1 == 1 ? Index() : Index($0) }
        product.terms[0].factors.append(.operand(operandCount, reading))
        operandCount += 1
      }
    }
    return (product, product.loops.prefix(result.count).map { $0 })
  }

  /// Elements of one operand: for each place of the result's axes the one that is read.
  package static func view(_ shape: [Int], _ reading: Reading) -> Contraction {
    Contraction(loops: shape, terms: [Term(.one, [.operand(0, reading)])])
  }

  /// x·scale + shift with constants of a shape that broadcasts to that of x; without either where it is nil.
  package static func affine(
    _ shape: [Int], scale: [Number.Stored]?, shift: [Number.Stored]?, _ result: [Int], isPublic: Bool = false
  ) -> Contraction {
    let loops = shape.indices.filter { shape[$0] != 1 }.map { $0 + result.count - shape.count }
    let x = broadcast(0, result, to: result)
    let factors = scale == nil ? [[x]] : [[.constant(0), x]]
    let constants = [scale, shift].compactMap { $0 }.map { Constant(loops: loops, $0, isPublic: isPublic) }
    return Contraction(
      loops: result, constants: constants,
      terms: (factors + (shift == nil ? [] : [[.constant(constants.count - 1)]])).map { Term(.one, $0) })
  }

  /// A matrix of out × in times each line along an axis, and a bias.
  package static func linear(
    _ source: [Int], axis: Int, outputCount: Int, _ weights: [Number.Stored], bias: [Number.Stored]?, isPublic: Bool = false
  ) -> Contraction {
    var loops = source + [source[axis]]
    loops[axis] = outputCount
    return layer(
      loops: loops, weights: [axis, source.count], bias: [axis],
      source.indices.map { Index($0 == axis ? source.count : $0) }, weights, bias, isPublic: isPublic)
  }

  /// Windows over the last axes, of channels × …, or of groups × channels × … with each group apart. Weights are of outputs,
  /// or groups × outputs, × channels × ….
  ///
  /// - Parameter channels: Of a group; nil where every channel is one, and is no axis of the weights.
  package static func convolution(
    _ sides: [WindowSide], channels: Int?, _ result: [Int], _ weights: [Number.Stored], bias: [Number.Stored]?
  ) -> Contraction {
    let (rank, first) = (result.count, result.count - sides.count)
    let inner = channels.map { [$0] } ?? []
    let taps = rank + inner.count
    let leading = (first == 1 && channels != nil ? [] : [Index(0)]) + inner.map { _ in Index(rank) }
    return layer(
      loops: result + inner + sides.map(\.size), weights: Array(0..<first) + Array(rank..<taps + sides.count),
      bias: Array(0..<first), leading + sides.indices.map { Index(sides[$0], loop: first + $0, tap: taps + $0) }, weights, bias)
  }

  /// Weights times what is read of one operand, and a bias.
  private static func layer(
    loops: [Int], weights: [Int], bias: [Int], _ reading: Reading, _ weightValues: [Number.Stored],
    _ biasValues: [Number.Stored]?, isPublic: Bool = false
  ) -> Contraction {
    Contraction(
      loops: loops,
      constants: [Constant(loops: weights, weightValues, isPublic: isPublic)]
        + (biasValues.map { [Constant(loops: bias, $0, isPublic: isPublic)] } ?? []),
      terms: [Term(.one, [.constant(0), .operand(0, reading)])] + (biasValues == nil ? [] : [Term(.one, [.constant(1)])]))
  }
}

extension Contraction<Double> {
  /// x − the mean of x along some axes.
  package static func centred(_ shape: [Int], over axes: [Int]) -> Contraction {
    let count = axes.reduce(1) { $0 * shape[$1] }
    let others = shape.indices.map { axis in Index(axes.firstIndex(of: axis).map { shape.count + $0 } ?? axis) }
    return Contraction(
      loops: shape + axes.map { shape[$0] },
      terms: [
        Term(1, [.operand(0, shape.indices.map { Index($0) })]), Term(-1 / Double(count), [.operand(0, others)]),
      ])
  }
}

/// An operand or a constant of a product, with a name for each axis.
package struct NamedFactor<Number: GraphNumber> {
  let axes: [Int]
  let shape: [Int]
  /// Nil for an operand.
  let constant: [Number.Stored]?

  package init(axes: [Int], shape: [Int], constant: [Number.Stored]? = nil) {
    self.axes = axes
    self.shape = shape
    self.constant = constant
  }
}

extension Maximum {
  /// Of each window over the axes after the channels.
  package init(of sides: [WindowSide], shape: [Int]) {
    let (loops, reading) = windows(sides, shape)
    self.init(loops: loops, reading: reading)
  }

  /// Along some axes, which remain with size 1.
  package init(over axes: [Int], of source: [Int]) {
    let (loops, reading) = lines(along: axes, of: source)
    self.init(loops: loops, reading: reading)
  }
}

/// Loops over a result of channels × … and over a window's elements, and how they read channels × ….
private func windows(_ sides: [WindowSide], _ shape: [Int]) -> (loops: [Int], Reading) {
  let reading = sides.indices.map { Index(sides[$0], loop: $0 + 1, tap: shape.count + $0) }
  return (shape + sides.map(\.size), [Index(0)] + reading)
}

/// Loops over an array with some axes of size 1, and then along these.
private func lines(along axes: [Int], of source: [Int]) -> (loops: [Int], Reading) {
  let result = source.indices.map { axes.contains($0) ? 1 : source[$0] }
  let reading = source.indices.map { axis in Index(axes.firstIndex(of: axis).map { source.count + $0 } ?? axis) }
  return (result + axes.map { source[$0] }, reading)
}

/// How the axes of `result` read an array of a shape that broadcasts to it, aligned at the last axis.
func broadcastReading(_ shape: [Int], to result: [Int]) -> Reading {
  shape.indices.map { axis in
    let loop = axis + result.count - shape.count
    return shape[axis] == 1 && result[loop] != 1 ? Index() : Index(loop)
  }
}
