import Glibc
import Model
import TestSupport
import Testing

/// What is known of vectors: ranges that hold every input, and are far smaller than sums of ranges.
@Suite struct VectorBoundTests {
  /// Σ_c W[o,c]·x[t,c] + b[o] of 4 vectors of 16.
  private let tokens = 4
  private let width = 16
  private let outputs = 8

  private func layer(_ random: inout RepeatableRandom) -> Contraction<Int64> {
    let weights = (0..<outputs * width).map { _ in Int64.random(in: -100...100, using: &random) }
    let biases = (0..<outputs).map { _ in Int64.random(in: -1000...1000, using: &random) }
    return Contraction(
      loops: [tokens, outputs, width], constants: [.init(loops: [1, 2], weights), .init(loops: [1], biases)],
      terms: [.init(1, [.constant(0), .operand(0, [Index(0), Index(2)])]), .init(1, [.constant(1)])])
  }

  /// Of norms of at most `radius`, some of which are close to it.
  private func vectors(_ radius: Double, towards direction: [Int64]? = nil, _ random: inout RepeatableRandom) -> [Int64] {
    (0..<tokens).flatMap { _ in
      let own = direction.map { $0.map { Double($0) } } ?? (0..<width).map { _ in Double.random(in: -1...1, using: &random) }
      let norm = own.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return own.map { Int64(($0 / norm * radius).rounded(.towardZero)) }
    }
  }

  private func operand(_ radius: Double) -> BoundedOperand {
    BoundedOperand(
      range: OperandRange(-Int64(radius)...Int64(radius), shape: [tokens, width]),
      vectors: VectorBound([tokens, width], along: [1], radius: radius), sharesAxis: nil)
  }

  @Test func layersOfVectors() throws {
    var random = RepeatableRandom(seed: 1)
    let layer = layer(&random)
    let bound = try #require(layer.bound([operand(1000)], [tokens, outputs]))
    let interval = try #require(layer.range(for: [operand(1000).range], rank: 2))
    #expect(bound.range.upperBound < 0.5 * Double(interval.upperBound))
    let vectors = try #require(bound.vectors)
    var most = 0.0
    for attempt in 0..<40 {
      // Some are those that take one row the farthest.
      let row = attempt % outputs * width
      let direction = attempt < outputs ? Array(layer.constants[0].values[row..<row + width]) : nil
      let x = self.vectors(1000, towards: direction, &random)
      let y = layer.run([[tokens, width]], [tokens, outputs])([x]).map { Double($0) }
      for place in y.indices {
        #expect(bound.range.contains(y[place]))
        most = max(most, y[place].magnitude)
      }
      for token in 0..<tokens {
        for part in [0..<outputs, 0..<3, 5..<6] {
          let elements = part.map { token * outputs + $0 }
          let norm = elements.reduce(0) { $0 + y[$1] * y[$1] }.squareRoot()
          #expect(norm <= vectors.norm(elements))
        }
      }
    }
    #expect(most > 0.9 * bound.range.upperBound)
  }

  /// Scores of queries and keys are bounded by products of norms, averages of values by the values.
  @Test func productsAndAverages() throws {
    var random = RepeatableRandom(seed: 2)
    let layer = layer(&random)
    let y = try #require(layer.bound([operand(1000)], [tokens, outputs]))
    let own = OperandRange(Int64(y.range.lowerBound)...Int64(y.range.upperBound), shape: [tokens, outputs])
    let queries = BoundedOperand(range: own, vectors: y.vectors, sharesAxis: nil)
    let scores = Contraction<Int64>(
      loops: [tokens, tokens, outputs], terms: [.init(1, [.operand(0, [Index(0), Index(2)]), .operand(1, [Index(1), Index(2)])])])
    let bound = try #require(scores.bound([queries, queries], [tokens, tokens]))
    let interval = try #require(scores.range(for: [own, own], rank: 2))
    #expect(bound.range.upperBound < 0.5 * Double(interval.upperBound))
    let shares = BoundedOperand(
      range: OperandRange(0...Exponential.one, shape: [tokens, tokens]), vectors: nil, sharesAxis: 1)
    let averages = Contraction<Int64>(
      loops: [tokens, outputs, tokens], terms: [.init(1, [.operand(0, [Index(0), Index(2)]), .operand(1, [Index(2), Index(1)])])])
    let averaged = try #require(averages.bound([shares, queries], [tokens, outputs]))
    #expect(averaged.range.upperBound <= Double(Exponential.one) * y.range.upperBound * (1 + 1e-9))
    for _ in 0..<20 {
      let x = layer.run([[tokens, width]], [tokens, outputs])([vectors(1000, &random)])
      let products = scores.run([[tokens, outputs], [tokens, outputs]], [tokens, tokens])([x, x])
      #expect(products.allSatisfy { bound.range.contains(Double($0)) })
      let rows = (0..<tokens).flatMap { _ in
        let cuts = [0, Exponential.one] + (1..<tokens).map { _ in Int64.random(in: 0...Exponential.one, using: &random) }
        return zip(cuts.sorted(), cuts.sorted().dropFirst()).map { $1 - $0 }
      }
      let means = averages.run([[tokens, tokens], [tokens, outputs]], [tokens, outputs])([rows, x]).map { Double($0) }
      let vectors = try #require(averaged.vectors)
      for token in 0..<tokens {
        let elements = (0..<outputs).map { token * outputs + $0 }
        #expect(elements.reduce(0) { $0 + means[$1] * means[$1] }.squareRoot() <= vectors.norm(elements))
      }
    }
  }

  /// Rotations of pairs keep norms, whatever the angles.
  @Test func rotations() throws {
    let half = width / 2
    let angles = (0..<tokens * width).map { Double($0 / width * ($0 % half + 1)) }
    func rotation(_ values: [Double]) -> Contraction<Int64>.Constant {
      .init(loops: [0, 1], values.map { Int64(($0 * 1000).rounded()) }, isPublic: true)
    }
    let signed = angles.indices.map { ($0 % width < half ? -1 : 1) * sin(angles[$0]) }
    let rotated = Contraction<Int64>(
      loops: [tokens, width], constants: [rotation(angles.map { cos($0) }), rotation(signed), rotation(signed)],
      terms: [
        .init(1, [.constant(0), .operand(0, [Index(0), Index(1)])]),
        .init(1, [.constant(1), .operand(0, [Index(0), Index(1, start: half)])]),
        .init(1, [.constant(2), .operand(0, [Index(0), Index(1, start: -half)])]),
      ])
    let bound = try #require(rotated.bound([operand(1000)], [tokens, width])?.vectors)
    for token in 0..<tokens { #expect(bound.norm((0..<width).map { token * width + $0 }) < 1_010_000) }
    #expect(bound.largest < 1_420_000)
  }

  /// An element that is read at several places of a sum counts at each of them.
  @Test func elementsThatAreReadSeveralTimes() throws {
    let row = VectorBound([1, width], along: [1], radius: 1000)
    let operand = BoundedOperand(range: OperandRange(-1000...1000, shape: [1, width]), vectors: row, sharesAxis: nil)
    let other = BoundedOperand(range: OperandRange(-10...10, shape: [tokens, width]), vectors: nil, sharesAxis: nil)
    let sum = Contraction<Int64>(
      loops: [width, tokens], terms: [.init(1, [.operand(0, [Index(), Index(0)]), .operand(1, [Index(1), Index(0)])])])
    let bound = try #require(sum.bound([operand, other], [width]))
    #expect(bound.range.upperBound >= 1000 * 10 * Double(tokens))
    // Copies of an element, each with a number of its own, and their sum.
    let spread = Contraction<Int64>(
      loops: [tokens, width], constants: [.init(loops: [0, 1], (0..<tokens * width).map { Int64($0 % 3 + 1) })],
      terms: [.init(1, [.constant(0), .operand(0, [Index(), Index(1)])])])
    let copies = try #require(spread.bound([operand], [tokens, width])?.vectors)
    let column = (0..<tokens).map { $0 * width }
    #expect(copies.norm(column) >= column.reduce(0) { $0 + Double(($1 % 3 + 1) * ($1 % 3 + 1)) }.squareRoot() * 1000)
  }

  /// Where a function comes between, biases do not cancel: relu(x − 2000) + 2000.
  @Test func biasesBehindFunctions() throws {
    let shift = Contraction<Int64>(
      loops: [tokens, width], constants: [.init(loops: [], [-2000])],
      terms: [.init(1, [.operand(0, [Index(0), Index(1)])]), .init(1, [.constant(0)])])
    let below = try #require(shift.bound([operand(1000)], [tokens, width])?.vectors)
    let relu = try #require(below.mapped(.table(.values(lower: -3000, (-3000...3000).map { max($0, 0) }))))
    var back = shift
    back.constants[0].values = [2000]
    let behind = BoundedOperand(range: OperandRange(0...3000, shape: [tokens, width]), vectors: relu, sharesAxis: nil)
    #expect(try #require(back.bound([behind], [tokens, width])).range.upperBound >= 2000)
    #expect(try #require(back.bound([behind], [tokens, width])?.vectors).largest >= 2000)
  }

  /// Rows of equal scores, however long: shares are at most one together.
  @Test(arguments: [1, 2, 77, 223, 345, 400, 577, 1000, 1500, 3000])
  func equalScores(count: Int) {
    for unit in [1.0 / 256, 1.0 / 400, 1.0 / 511, 1.0 / 300_000, 0.5, 7] {
      let exponential = Exponential(unit: unit, scores: -1000...1000, count: count, masking: .unmasked)
      for score: Int64 in [-1000, 0, 999] {
        let shares = Int64.shares(of: [Int64](repeating: score, count: count), weights: nil, exponential)
        #expect(shares.reduce(0, +) <= Exponential.one)
      }
    }
  }

  @Test func operatorNorms() {
    var random = RepeatableRandom(seed: 3)
    for (rows, columns) in [(1, 5), (3, 3), (8, 20), (20, 8), (64, 64)] {
      let matrix = (0..<rows).map { _ in (0..<columns).map { _ in Double.random(in: -1...1, using: &random) } }
      // Power iteration comes from below.
      var vector = (0..<columns).map { _ in Double.random(in: 0...1, using: &random) }
      var norm = 0.0
      for _ in 0..<200 {
        let image = matrix.map { zip($0, vector).reduce(0) { $0 + $1.0 * $1.1 } }
        let back = (0..<columns).map { column in zip(matrix, image).reduce(0) { $0 + $1.0[column] * $1.1 } }
        let length = back.reduce(0) { $0 + $1 * $1 }.squareRoot()
        vector = back.map { $0 / length }
        norm = length.squareRoot()
      }
      let bound = operatorNormBound(matrix)
      #expect(bound >= norm && bound < 1.2 * norm)
    }
  }

  /// 1 / √v to two parts in a thousand, from the least to the largest v, and never by more than is said.
  @Test func inverseRoots() {
    let root = WindowedFunction.inverseRoot(offset: 3, shift: 12, multipliers: [1 << 22, 370_728, 1 << 15, 2_896])
    let most = root.largestNorm(scale: 1, error: 0)
    for bits in 12..<42 {
      for part in 0..<50 {
        let v = Int64(1) << Int64(bits) + Int64(part) << Int64(bits) / 50
        let result = Double(root.value(at: v - root.offset))
        let exact = 0x1p51 / Double(v).squareRoot()
        if bits >= 19 { #expect(abs(result / exact - 1) < 2.1e-3) }
        #expect(result * Double(v).squareRoot() <= most)
      }
    }
    #expect(most < 1.01 * 0x1p51)
  }
}
