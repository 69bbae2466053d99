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
      if case .operand(let operand, _) = factor { factor == Self.broadcast(operand, shapes[operand], to: shape) } else { true }
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

  /// The product of two stacks of matrices, … × rows × inner and … × inner × columns, of which the leading axes broadcast.
  package static func matrixProduct(_ shapes: [[Int]], shape: [Int]) -> Contraction {
    let (rank, inner) = (shape.count, shapes[0].last ?? 1)
    func factor(_ operand: Int, _ matrix: [Int]) -> Factor {
      let leading = broadcastReading(shapes[operand].dropLast(2), to: shape.dropLast(2))
      return .operand(operand, leading + matrix.map { Index($0) })
    }
    return Contraction(
      loops: shape + [inner],
      terms: [Term(.one, [factor(0, [rank - 2, rank]), factor(1, [rank, rank - 1])])])
  }

  /// Elements of one operand: for each place of the result's axes the one that is read.
  package static func view(_ shape: [Int], _ reading: Reading) -> Contraction {
    Contraction(loops: shape, terms: [Term(.one, [.operand(0, reading)])])
  }

  /// Axis i of the result is axis `order[i]` of the operand.
  package static func transposition(of source: [Int], order: [Int]) -> Contraction {
    view(order.map { source[$0] }, source.indices.map { Index(order.firstIndex(of: $0)) })
  }

  /// The indices start + stride·i along one axis, i below `count`. The stride may be negative.
  package static func slice(of source: [Int], axis: Int, start: Int, stride: Int, count: Int) -> Contraction {
    var shape = source
    shape[axis] = count
    return view(shape, source.indices.map { $0 == axis ? Index($0, start: start, stride: stride) : Index($0) })
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
  shape.indices.map { shape[$0] == 1 ? Index() : Index($0 + result.count - shape.count) }
}
