/// Which keys a query may see for its place alone.
struct AllowedKeys {
  var isCausal = false
  /// How many places before and after its own; −1 for all.
  var left = -1
  var right = -1
  /// How many keys are before that of the first query.
  var past = 0
  /// Of each sample, how many keys it has; the last of them is that of the last query.
  var lengths: Tensor?

  var isAll: Bool { !isCausal && left < 0 && right < 0 && lengths == nil }

  /// How many places after its own; nil for all.
  private var mostAfter: Int? { isCausal ? 0 : right < 0 ? nil : right }

  /// Whether a query sees a key so many places after its own.
  private func sees(_ distance: Int) -> Bool { mostAfter.map { distance <= $0 } ?? true && (left < 0 || distance >= -left) }

  /// Of 0 and 1, tokens × keys; nil for all.
  func mask(_ tokens: Int, _ keys: Int) -> Constant? {
    if !isCausal && left < 0 && right < 0 { return nil }
    let allowed = (0..<tokens * keys).map { index in Float(sees(index % keys - (index / keys + past)) ? 1 : 0) }
    return .floats(allowed, shape: [tokens, keys])
  }

  /// The same, samples × tokens × keys.
  func mask(_ tokens: Int, _ keys: Int, lengths: [Int]) -> Constant {
    let allowed = lengths.flatMap { length in
      (0..<tokens * keys).map { index in
        let key = index % keys
        return Float(key < length && sees(key - (index / keys + length - tokens)) ? 1 : 0)
      }
    }
    return .floats(allowed, shape: [lengths.count, tokens, keys])
  }

  /// Of keys that a number of keys decides about: sign · (the number − bound) > 0, bounds of tokens × keys.
  func conditions(_ tokens: Int, _ keys: Int) -> [(sign: Double, bounds: Constant)] {
    // Halves, so that no integer is at a bound.
    func bounds(_ count: Int, _ bound: (Int, Int) -> Int, _ half: Float) -> Constant {
      .floats((0..<count * keys).map { Float(bound($0 / keys, $0 % keys)) + half }, shape: [count, keys])
    }
    var result: [(sign: Double, bounds: Constant)] = []
    // A causal query sees none behind the last key.
    if mostAfter != 0 { result.append((1, bounds(1, { $1 }, 0.5))) }
    if let mostAfter { result.append((1, bounds(tokens, { $1 - $0 + tokens - mostAfter }, -0.5))) }
    if left >= 0 { result.append((-1, bounds(tokens, { $1 - $0 + tokens + left }, 0.5))) }
    return result
  }
}

extension GraphImporter {
  /// The masks of samples that have different numbers of keys.
  ///
  /// - Parameters:
  ///   - lengths: One number for each sample.
  ///   - axisCount: Of the scores, the samples first, tokens and keys last.
  mutating func allowed(
    _ allowed: AllowedKeys, _ lengths: Tensor, _ tokens: Int, _ keys: Int, axisCount: Int, _ label: String
  ) throws(NodeProblem) -> (constant: Constant?, masks: [Tensor]) {
    guard fullShape(lengths).count == 1, kind(of: lengths) == .integer else {
      throw .malformed("operand 6, the number of keys of each row, is no list of integers")
    }
    let ones = [Int](repeating: 1, count: axisCount - 3)
    if case .constant(let constant) = lengths {
      guard let numbers = constant.integers, !constant.hasBatchSize else {
        throw .unsupported("its numbers of keys depend on the batch size")
      }
      guard elementCount([numbers.count, tokens, keys], limit: maximumMadeElementCount) != nil else {
        throw .unsupported("its masks are too large")
      }
      let clamped = numbers.map { min(max($0, 0), keys) }
      guard clamped == numbers else { throw .malformed("a number of keys is not one of 0...\(keys)") }
      return (allowed.mask(tokens, keys, lengths: numbers).reshaped([numbers.count] + ones + [tokens, keys]), [])
    }
    let given = try reshaped(lengths, fullShape(lengths) + ones + [1, 1], place(of: lengths), label)
    var masks: [Tensor] = []
    for (sign, bounds) in allowed.conditions(tokens, keys) {
      guard case .value(let distance) = try combine(given, .constant(bounds), .subtract, label) else { continue }
      let function = Pointwise.function(.step, sign < 0 ? .function(.negate, .x) : .x)
      masks.append(.value(try apply(function, to: distance, label, kind: .boolean)))
    }
    return (nil, masks)
  }
}
