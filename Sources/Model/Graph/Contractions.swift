/// Operators as contractions.
extension Contraction {
  /// An operand that broadcasts to a shape, aligned at the last axis.
  private static func broadcast(_ operand: Int, _ shape: [Int], to result: [Int]) -> Factor {
    .operand(operand, broadcast(shape, to: result))
  }

  private static func broadcast(_ shape: [Int], to result: [Int]) -> Reading {
    shape.indices.map { shape[$0] == 1 ? Index() : Index($0 + result.count - shape.count) }
  }

  /// Whether every factor reads its operand broadcast to the result, so that each element is a function of one element of
  /// each operand.
  func isElementwise(_ shapes: [[Int]], shape: [Int]) -> Bool {
    constants.isEmpty && loops == shape && terms.flatMap(\.factors).allSatisfy { factor in
      if case .operand(let operand, _) = factor { factor == Self.broadcast(operand, shapes[operand], to: shape) } else { false }
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
  package static func sum(over axes: [Int], of source: [Int], _ coefficient: Number, shape: [Int]) -> Contraction {
    let reading = source.indices.map { axis in
      Index(axes.firstIndex(of: axis).map { shape.count + $0 } ?? axis)
    }
    return Contraction(loops: shape + axes.map { source[$0] }, terms: [Term(coefficient, [.operand(0, reading)])])
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

  /// coefficient · Σ of each window over channels × rows × columns.
  package static func sum(of window: Window, _ coefficient: Number, shape: [Int]) -> Contraction {
    let (loops, reading) = window.reading(shape)
    return Contraction(loops: loops, terms: [Term(coefficient, [.operand(0, reading)])])
  }

  /// The product of two stacks of matrices, … × rows × inner and … × inner × columns, of which the leading axes broadcast.
  package static func matrixProduct(_ shapes: [[Int]], shape: [Int]) -> Contraction {
    let (rank, inner) = (shape.count, shapes[0].last ?? 1)
    func factor(_ operand: Int, _ matrix: [Int]) -> Factor {
      let leading = broadcast(shapes[operand].dropLast(2), to: shape.dropLast(2))
      return .operand(operand, leading + matrix.map { Index($0) })
    }
    return Contraction(
      loops: shape + [inner],
      terms: [Term(.one, [factor(0, [rank - 2, rank]), factor(1, [rank, rank - 1])])])
  }

  /// x·scale + shift with constants of a shape that broadcasts to that of x.
  package static func affine(_ shape: [Int], _ scale: [Number], _ shift: [Number], _ result: [Int]) -> Contraction {
    let offset = result.count - shape.count
    let loops = shape.indices.filter { shape[$0] != 1 }.map { $0 + offset }
    return Contraction(
      loops: result, constants: [Constant("scale", loops: loops, scale), Constant("shift", loops: loops, shift)],
      terms: [Term(.one, [.constant(0), broadcast(0, result, to: result)]), Term(.one, [.constant(1)])])
  }

  /// Over the last axis: … × in to … × out.
  package static func linear(_ source: [Int], _ weights: [Number], _ bias: [Number]) -> Contraction {
    let rank = source.count
    let reading = source.indices.map { Index($0 == rank - 1 ? rank : $0) }
    return Contraction(
      loops: source.dropLast() + [bias.count, source[rank - 1]],
      constants: [Constant("weight", loops: [rank - 1, rank], weights), Constant("bias", loops: [rank - 1], bias)],
      terms: [Term(.one, [.constant(0), .operand(0, reading)]), Term(.one, [.constant(1)])])
  }

  /// Of channels × rows × columns; of groups × channels × rows × columns where there are several groups.
  package static func convolution(
    _ convolution: Convolution, _ source: [Int], _ result: [Int], _ weights: [Number], _ bias: [Number]
  ) -> Contraction {
    let (window, count) = (convolution.window, convolution.groupCount)
    let groups = count > 1 ? [count] : []
    let first = groups.count
    let (rank, channels) = (3 + first, Array(0...first))
    let reading = groups.indices.map { Index($0) } + [
      Index(rank), Index(window.rows, loop: first + 1, tap: rank + 1), Index(window.columns, loop: first + 2, tap: rank + 2),
    ]
    return Contraction(
      loops: groups + [result[0] / count, result[1], result[2], source[0] / count, window.rows.size, window.columns.size],
      constants: [
        Constant("weight", loops: channels + [rank, rank + 1, rank + 2], weights), Constant("bias", loops: channels, bias),
      ],
      terms: [Term(.one, [.constant(0), .operand(0, reading)]), Term(.one, [.constant(1)])])
  }
}

extension Window {
  /// How windows over channels × rows × columns read them for a result of this shape, and the sizes of the loops.
  package func reading(_ result: [Int]) -> (loops: [Int], Reading) {
    let reading = [Index(0), Index(rows, loop: 1, tap: 3), Index(columns, loop: 2, tap: 4)]
    return (result + [rows.size, columns.size], reading)
  }
}
