import Execution
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// Contractions of random loops, indices and factors: what the integer network computes is the naive sum, what the circuit
/// computes, and what is proved.
@Suite struct RandomContractionTests {
  private struct Case {
    var shapes: [[Int]] = []
    var shape: [Int] = []
    var contraction = Contraction<Int64>(loops: [], terms: [])
  }

  private func random(_ random: inout RepeatableRandom) -> Case {
    func size() -> Int { Int.random(in: 1...4, using: &random) }
    var made = Case()
    made.shape = (0..<Int.random(in: 1...3, using: &random)).map { _ in size() }
    let rank = made.shape.count
    let loops = made.shape + (0..<Int.random(in: 0...2, using: &random)).map { _ in size() }
    made.shapes = (0..<2).map { _ in (0..<Int.random(in: 1...3, using: &random)).map { _ in size() } }
    func index(_ size: Int) -> Index {
      let loop = Int.random(in: 0..<loops.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: return Index(start: Int.random(in: 0..<size, using: &random))
      case 1: return Index(loop, start: Int.random(in: -2...2, using: &random), stride: Int.random(in: 1...2, using: &random))
      case 2 where loops.count > rank:
        let side = WindowSide(size: 2, stride: Int.random(in: 1...2, using: &random), before: Int.random(in: 0...1, using: &random))
        return Index(side, loop: Int.random(in: 0..<rank, using: &random), tap: loops.count - 1)
      case _: return Index(loops.indices.filter { loops[$0] == size }.randomElement(using: &random) ?? loop)
      }
    }
    made.contraction = Contraction(loops: loops, terms: [])
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      var factors: [Factor] = []
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        let operand = Int.random(in: 0...1, using: &random)
        factors.append(.operand(operand, made.shapes[operand].map(index)))
      }
      if Bool.random(using: &random) {
        let named = loops.indices.filter { _ in Bool.random(using: &random) }
        let values = (0..<named.reduce(1) { $0 * loops[$1] }).map { _ in Int64.random(in: -9...9, using: &random) }
        made.contraction.constants.append(.init(loops: named, values))
        factors.append(.constant(made.contraction.constants.count - 1))
      }
      made.contraction.terms.append(.init(Int64.random(in: -3...3, using: &random), factors))
    }
    // Never a view: these are no outputs.
    if made.contraction.terms.count == 1, made.contraction.terms[0].factors.count == 1 { made.contraction.terms[0].coefficient = 2 }
    return made
  }

  /// The sum as the definition says it, place by place.
  private func naive(_ made: Case, _ operands: [[Int64]]) -> [Int64] {
    func places(_ sizes: [Int]) -> [[Int]] {
      sizes.reduce([[]]) { prefixes, size in prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } } }
    }
    func entry(_ values: [Int64], _ shape: [Int], _ place: [Int]) -> Int64 {
      guard zip(place, shape).allSatisfy({ (0..<$1).contains($0) }) else { return 0 }
      return values[zip(place, shape).reduce(0) { $0 * $1.1 + $1.0 }]
    }
    let (loops, rank) = (made.contraction.loops, made.shape.count)
    return places(made.shape).map { result in
      made.contraction.terms.reduce(0) { total, term in
        let named = Set(
          term.factors.flatMap { factor in
            switch factor {
            case .constant(let index): made.contraction.constants[index].loops
            case .operand(_, let reading): reading.flatMap { $0.steps.map(\.loop) }
            }
          })
        let inner = places((rank..<loops.count).map { named.contains($0) ? loops[$0] : 1 })
        return total + term.coefficient * inner.reduce(0) { sum, place in
          let loop = result + place
          return sum + term.factors.reduce(1) { product, factor in
            switch factor {
            case .constant(let index):
              let constant = made.contraction.constants[index]
              return product * entry(constant.values, constant.loops.map { loops[$0] }, constant.loops.map { loop[$0] })
            case .operand(let index, let reading):
              let read = reading.map { $0.steps.reduce($0.start) { $0 + $1.stride * loop[$1.loop] } }
              return product * entry(operands[index], made.shapes[index], read)
            }
          }
        }
      }
    }
  }

  @Test func runIsLoweredAndProved() throws {
    var random = RepeatableRandom(seed: 15)
    var loweredCount = 0
    for number in 0..<400 {
      let made = self.random(&random)
      // The second operand is never 0 but beyond its ends.
      let functions = [ActivationFunction.clamp(-4...3), .values(lower: 0, [2, 3, 5, 4])]
      let (given, ranges) = ([Int64(-4)...3, 0...3], functions.map(\.results))
      let range = try #require(
        made.contraction.range(for: zip(ranges, made.shapes).map { OperandRange($0, shape: $1) }, rank: made.shape.count))
      let inputs = (0..<2).map { index in
        InputEncoding(port: NamedShape(name: "x\(index)", shape: made.shapes[index]), scale: 1, range: given[index])
      }
      // Of activations, which are advice.
      let nodes = (0..<2).map { index in
        Node<Int64>(
          name: "a\(index)", operands: [index], operation: .map(.table(functions[index])), shape: made.shapes[index],
          encoding: Quantum(scale: 1, range: ranges[index]))
      } + [
        Node<Int64>(
          name: "y", operands: [2, 3], operation: .contraction(made.contraction), shape: made.shape,
          encoding: Quantum(scale: 1, range: range))
      ]
      let network = IntegerNetwork(name: "n", inputs: inputs, outputs: [NetworkOutput(name: "y", value: 4)], nodes: nodes)
      let samples = (0..<2).map { _ in
        (0..<2).map { index in
          (0..<made.shapes[index].reduce(1, *)).map { _ in Int64.random(in: given[index], using: &random) }
        }
      }
      let expected = samples.flatMap { sample in naive(made, zip(sample, functions).map { $0.map($1.value) }) }
      let batches = (0..<2).map { index in IntegerBatch(count: 2, values: samples.flatMap { $0[index] }) }
      #expect(network.run(batches).map(\.values) == [expected], "\(number)")
      #expect(expected.allSatisfy(range.contains), "\(number)")
      // Two axes that one loop reads, one axis that two loops of the result read, and the like have no circuit.
      guard let lowered = try? lower(network) else { continue }
      loweredCount += 1
      let executor = CircuitExecutor(lowered.circuit, weights: lowered.weights)
      let computed = try executor.run(batch: 2, inputs: batches.map(\.values), threads: 1)
      #expect(computed == [expected], "\(number): \(made)")
      guard number % 8 == 0 else { continue }
      let key = ProvingKey(circuit: lowered.circuit, weights: lowered.weights, threads: 1)
      let proof = try key.prove(batch: 2, inputs: batches.map(\.values), threads: 1).proof
      try key.verifyingKey(threads: 1).verify(proof)
      #expect(proof.statement.outputs == [expected])
    }
    print("\(loweredCount) of 400 contractions can be lowered")
    #expect(loweredCount > 200)
  }
}
