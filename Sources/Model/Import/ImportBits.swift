/// Integers of 64 bits are Float64 in a network: these bits of them, and a sign.
private let mostMagnitudeBits = 53

extension ImportedOperator {
  /// Operators of the bits of integers.
  static let bits: [ImportedOperator] = [
    bitwise("BitwiseAnd", { $0 & $1 }, alone: 0, both: 1), bitwise("BitwiseOr", { $0 | $1 }, alone: 1, both: -1),
    bitwise("BitwiseXor", { $0 ^ $1 }, alone: 1, both: -2),
    ImportedOperator("BitwiseNot", since: 18, "all; of values that are UINT64 none") { importer, node, label throws(NodeProblem) in
      let type = try importer.integerType(node, 0)
      guard let range = type.range else { throw .malformed("its operand is not of integers") }
      switch try importer.tensor(node, 0) {
      case .constant:
        let operand = try importer.bits(node, 0)
        let results = (operand.integers ?? []).map { range.lowerBound == 0 ? Int(truncatingIfNeeded: range.upperBound) - $0 : ~$0 }
        return [.constant(Constant(.integers(results), shape: operand.shape, type: operand.type))]
      case .value(let value):
        guard type != .uint64 else { throw .unsupported("its operand is a value of UINT64; cast it to UINT32") }
        let shape = importer.shape(of: value)
        // −1 − x, and 2^bits more where there is no sign.
        let shift = range.lowerBound == 0 ? Double(range.upperBound) : -1
        let terms: [Contraction<Double>.Term] = [.init(-1, [.operand(0, shape.indices.map { Index($0) })]), .init(shift, [.constant(0)])]
        let negation = Contraction<Double>(loops: shape, constants: [.init(loops: [], [1], isPublic: true)], terms: terms)
        let place = importer.place(of: value)
        return [.value(try importer.append(label, .contraction(negation), [value], shape: shape, place: place, kind: .integer))]
      }
    },
    ImportedOperator("BitShift", since: 11, "all; results above 2^53 none") { importer, node, label throws(NodeProblem) in
      let direction = try node.text("direction", default: "")
      guard direction == "LEFT" || direction == "RIGHT" else { throw .malformed("its direction is '\(direction.oneLine)'") }
      let type = try importer.integerType(node, 0)
      let shift = BitMove(isLeft: direction == "LEFT", width: type.byteCount * 8, isSigned: type.range?.lowerBound != 0)
      switch (try importer.tensor(node, 0), try importer.tensor(node, 1)) {
      case (.constant, .constant):
        let (operands, shape, _) = try Constant.broadcast([try importer.bits(node, 0), try importer.bits(node, 1)])
        let results = zip(operands[0].integers ?? [], operands[1].integers ?? []).map { shift.integer($0, by: $1) }
        return [.constant(Constant(.integers(results), shape: shape, type: operands[0].type))]
      case (.value(let value), .constant):
        return [.value(try importer.shifted(value, shift, by: try importer.bits(node, 1), label))]
      case (.constant(let constant), .value(let places)):
        let number = try constant.cast(to: .float)
        return [.value(try importer.shifted(number, shift, by: places, label))]
      case (.value(let value), .value(let places)): return [.value(try importer.shifted(value, shift, by: places, label))]
      }
    },
  ]

  /// - Parameters:
  ///   - alone: By how much a bit of one operand counts.
  ///   - both: And one that both have, besides.
  private static func bitwise(
    _ name: String, _ operation: @escaping @Sendable (Int, Int) -> Int, alone: Double, both: Double
  ) -> ImportedOperator {
    ImportedOperator(name, since: 18, "all") { importer, node, label throws(NodeProblem) in
      let type = try importer.integerType(node, 0)
      guard try importer.integerType(node, 1) == type else { throw .malformed("its operands are not of integers of one type") }
      let code = BitCode(type)
      switch (try importer.tensor(node, 0), try importer.tensor(node, 1)) {
      case (.constant, .constant):
        let (operands, shape, _) = try Constant.broadcast([try importer.bits(node, 0), try importer.bits(node, 1)])
        let results = zip(operands[0].integers ?? [], operands[1].integers ?? []).map(operation)
        return [.constant(Constant(.integers(results), shape: shape, type: type))]
      case (.value(let value), .constant):
        return [.value(try importer.combined(value, code, bitsOf: try importer.bits(node, 1), alone: alone, both: both, label))]
      case (.constant, .value(let value)):
        return [.value(try importer.combined(value, code, bitsOf: try importer.bits(node, 0), alone: alone, both: both, label))]
      case (.value(let first), .value(let second)):
        let (values, place) = try importer.lifted([first, second])
        let shapes = values.map { importer.shape(of: $0) }
        guard let shape = broadcastShape(shapes[0], shapes[1]) else { throw .malformed("its operands do not broadcast") }
        var operands: [Int] = []
        for value in values { operands += try importer.bits(of: value, code, label) }
        let terms = (0..<code.count).flatMap { bit in
          let factors = [bit, code.count + bit].enumerated().map { side, operand in
            Factor.operand(operand, broadcastReading(shapes[side], to: shape))
          }
          return [([factors[0]], alone), ([factors[1]], alone), (factors, both)].filter { $0.1 != 0 }.map {
            Contraction<Double>.Term(code.weight(bit) * $0.1, $0.0)
          }
        }
        return [.value(try importer.append(
            label, .contraction(Contraction(loops: shape, terms: terms)), operands, shape: shape, place: place, kind: .integer))]
      }
    }
  }
}

/// How integers of a type are sums of their bits.
private struct BitCode {
  let count: Int
  let isSigned: Bool

  init(_ type: ElementType) {
    isSigned = type.range?.lowerBound != 0
    count = min(type.byteCount * 8, mostMagnitudeBits + (isSigned ? 1 : 0))
  }

  /// What a bit is worth. The last one of numbers with a sign is that.
  func weight(_ bit: Int) -> Double { (isSigned && bit == count - 1 ? -1 : 1) * Double(1 << bit) }

  func function(_ bit: Int) -> Pointwise {
    if isSigned, bit == count - 1 { return .function(.step, .function(.negate, .x)) }
    return .quotient(bit) + -2.0 * .quotient(bit + 1)
  }
}

/// A shift of integers.
private struct BitMove {
  let isLeft: Bool
  let width: Int
  let isSigned: Bool

  /// A number of places that moves as far; all that move out every bit are the width.
  func bounded(_ places: Int) -> Int { (0..<width).contains(places) ? places : width }

  func integer(_ number: Int, by places: Int) -> Int {
    let places = bounded(places)
    if !isLeft { return number >> min(places, Int.bitWidth - 1) }
    if places == width { return 0 }
    let moved = number << places
    let rest = Int.bitWidth - width
    return isSigned ? (moved << rest) >> rest : Int(truncatingIfNeeded: (UInt(truncatingIfNeeded: moved) << rest) >> rest)
  }

  /// Nil where nothing remains.
  func function(_ places: Int) -> Pointwise? {
    if places == width { return isLeft ? nil : -1.0 * .function(.step, .function(.negate, .x)) }
    if !isLeft { return .quotient(places) }
    let (moved, modulus) = (Pointwise.affine(scale: exp2(places), shift: 0), exp2(width))
    let wraps = Pointwise.floor.of(.affine(scale: exp2(places - width), shift: isSigned ? 0.5 : 0))
    return moved + .constant(-modulus) * wraps
  }

  private func exp2(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
}

extension Pointwise {
  /// ⌊x / 2^places⌋
  fileprivate static func quotient(_ places: Int) -> Pointwise {
    places == 0 ? .x : .floor.of(.affine(scale: Double(sign: .plus, exponent: -places, significand: 1), shift: 0))
  }
}

extension GraphImporter {
  /// The type of a node's output, where the node and its operands say it.
  func resultType(_ node: ONNXNode, _ output: Int) -> ElementType? {
    switch node.opType {
    case "Cast": return (try? node.integer("to")).flatMap { ElementType(rawValue: Int32(clamping: $0)) }
    case "ArgMax", "ArgMin": return .int64
    case "TopK" where output == 1: return .int64
    case "CastLike", "Where": return node.input.count > 1 ? elementType(node.input[1]) : nil
    case "Add", "Sub", "Mul", "Div", "Mod", "Neg", "Abs", "Sign", "Min", "Max", "Clip", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr",
      "BitwiseXor", "TopK":
      return node.input.first.flatMap { elementType($0) }
    default:
      guard let known = ImportedOperator.known(node), known.keepsIntegers else { return nil }
      return node.input.first.flatMap { elementType($0) }
    }
  }

  /// A constant operand whose bits are asked for.
  fileprivate func bits(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> Constant {
    let operand = try constant(node, index)
    guard operand.integers != nil else { throw .malformed("its operands are not of integers") }
    guard !operand.hasBatchSize, operand.batch == nil else { throw .unsupported("it works with the bits of the batch size") }
    return operand
  }

  /// The type of an operand of integers.
  fileprivate func integerType(_ node: ONNXNode, _ index: Int) throws(NodeProblem) -> ElementType {
    let operand = try tensor(node, index)
    if case .constant(let constant) = operand { return constant.type }
    guard kind(of: operand) == .integer else { throw .malformed("operand \(index) is not of integers") }
    guard let type = elementType(node.input[index]) else {
      throw .unsupported("operand \(index) has an element type that the model does not state; onnx.shape_inference writes it")
    }
    guard !type.isFloat, type != .bool else { throw .malformed("operand \(index) is not of integers") }
    return type
  }

  /// The bits of integers, each a value of 0 and 1.
  fileprivate mutating func bits(of value: Int, _ code: BitCode, _ label: String) throws(NodeProblem) -> [Int] {
    var bits: [Int] = []
    for bit in 0..<code.count { bits.append(try truth(code.function(bit), of: value, label)) }
    return bits
  }

  /// A function with results 0 and 1 alone.
  private mutating func truth(_ function: Pointwise, of value: Int, _ label: String) throws(NodeProblem) -> Int {
    let result = try apply(function, to: value, label)
    return try append(
      label, .map(.quantize(Quantum(scale: 1, range: 0...1))), [result], shape: shape(of: value), place: place(of: value), kind: .boolean)
  }

  fileprivate mutating func combined(
    _ value: Int, _ code: BitCode, bitsOf constant: Constant, alone: Double, both: Double, _ label: String
  ) throws(NodeProblem) -> Int {
    let (value, constant) = try aligned(value, constant, label)
    let (shape, place) = (shape(of: value), place(of: value))
    let numbers = constant.integers ?? []
    let loops = constant.shape.indices.filter { constant.shape[$0] != 1 }.map { $0 + shape.count - constant.shape.count }
    var (operands, result) = ([Int](), Contraction<Double>(loops: shape, terms: []))
    func read(_ number: Int) -> Factor { .operand(number, shape.indices.map { Index($0) }) }
    for bit in 0..<code.count {
      let ones = numbers.map { Float($0 >> bit & 1) }
      let isAbsent = !isTrained && ones.allSatisfy { $0 == 0 }
      if isAbsent, alone == 0, bit + 1 < code.count || !operands.isEmpty { continue }
      let operand = operands.count
      operands.append(try truth(code.function(bit), of: value, label))
      if alone != 0 { result.terms.append(.init(code.weight(bit) * alone, [read(operand)])) }
      if isAbsent, alone != 0 { continue }
      let number = result.constants.count
      result.constants.append(.init(loops: loops, ones, isPublic: !isTrained))
      result.terms.append(.init(code.weight(bit) * both, [.constant(number), read(operand)]))
      guard alone != 0 else { continue }
      // Each term has numbers of its own.
      result.constants.append(result.constants[number])
      result.terms.append(.init(code.weight(bit) * alone, [.constant(number + 1)]))
    }
    return try append(label, .contraction(result), operands, shape: shape, place: place, kind: .integer)
  }

  fileprivate mutating func shifted(_ value: Int, _ move: BitMove, by places: Constant, _ label: String) throws(NodeProblem) -> Int {
    let (value, places) = try aligned(value, places, label)
    let (shape, place) = (shape(of: value), place(of: value))
    let given = (places.integers ?? []).map(move.bounded)
    let own = isTrained ? Array(0...move.width) : Set(given).sorted()
    if !isTrained { show(own.map(Double.init), .published, label) }
    if !isTrained, own.count == 1, let function = move.function(own[0]) { return try apply(function, to: value, label, kind: .integer) }
    let loops = places.shape.indices.filter { places.shape[$0] != 1 }.map { $0 + shape.count - places.shape.count }
    var (operands, result) = ([Int](), Contraction<Double>(loops: shape, terms: []))
    for count in own {
      guard let function = move.function(count) ?? (own.count == 1 ? .affine(scale: 0, shift: 0) : nil) else { continue }
      result.terms.append(.init(1, [.constant(operands.count), .operand(operands.count, shape.indices.map { Index($0) })]))
      result.constants.append(.init(loops: loops, given.map { $0 == count ? 1 : 0 }, isPublic: !isTrained))
      operands.append(try apply(function, to: value, label, kind: .integer))
    }
    return try append(label, .contraction(result), operands, shape: shape, place: place, kind: .integer)
  }

  fileprivate mutating func shifted(_ value: Int, _ move: BitMove, by places: Int, _ label: String) throws(NodeProblem) -> Int {
    let (values, place) = try lifted([value, places])
    let shapes = values.map { shape(of: $0) }
    guard let shape = broadcastShape(shapes[0], shapes[1]) else { throw .malformed("its operands do not broadcast") }
    let readings = shapes.map { broadcastReading($0, to: shape) }
    var (operands, terms) = ([Int](), [Contraction<Double>.Term]())
    for count in 0...move.width {
      guard let function = move.function(count) else { continue }
      terms.append(.init(1, [.operand(operands.count, readings[0]), .operand(operands.count + 1, readings[1])]))
      operands.append(try apply(function, to: values[0], label, kind: .integer))
      operands.append(try truth(isMoved(count, move), of: values[1], label))
    }
    return try append(label, .contraction(Contraction(loops: shape, terms: terms)), operands, shape: shape, place: place, kind: .integer)
  }

  fileprivate mutating func shifted(_ constant: Constant, _ move: BitMove, by places: Int, _ label: String) throws(NodeProblem) -> Int {
    let (places, constant) = try aligned(places, constant, label)
    let (shape, place) = (shape(of: places), place(of: places))
    let loops = constant.shape.indices.filter { constant.shape[$0] != 1 }.map { $0 + shape.count - constant.shape.count }
    var (operands, result) = ([Int](), Contraction<Double>(loops: shape, terms: []))
    for count in 0...move.width {
      guard let function = move.function(count) else { continue }
      let moved = (constant.floats ?? []).map { Float(function.value(at: Double($0))) }
      result.terms.append(.init(1, [.constant(operands.count), .operand(operands.count, shape.indices.map { Index($0) })]))
      result.constants.append(.init(loops: loops, moved, isPublic: false))
      operands.append(try truth(isMoved(count, move), of: places, label))
    }
    return try append(label, .contraction(result), operands, shape: shape, place: place, kind: .integer)
  }

  /// 1 where a number of places moves as far as another one, else 0.
  private func isMoved(_ count: Int, _ move: BitMove) -> Pointwise {
    if count < move.width { return .isZero.of(.affine(scale: 1, shift: -Double(count))) }
    return .function(.step, .function(.negate, .x)) + .function(.step, .affine(scale: 1, shift: -Double(move.width - 1)))
  }
}
