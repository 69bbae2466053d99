import Circuit
import Execution
import Prover
import TestSupport
import Testing

/// A network of weights, and an input, of many digits each.
private struct TellingNetwork {
  let circuit: ArithmeticCircuit
  let weights: [[Int64]]
  let input: [Int64]
  /// Beyond the range of the network.
  var beyond: [Int64] { input.map { 8 * $0 } }
  /// In the order of the circuit's columns.
  let columns: [[Int64]]

  init() throws {
    var b = CircuitBuilder("telling", axes: [4, 3, 2, 1], seed: 11)
    let x = b.input([1], -32_000...32_000)
    let (w1, b1) = (b.weight([2, 1], bits: 36), b.weight([2], bits: 40))
    let sums = b.contraction([2], [b.term(1, w1, x), b.term(1, b1)])
    let y = b.apply(to: sums, limbs: [13, 13, 13], CircuitBuilder.relu)
    let (w2, w3) = (b.weight([3, 2], bits: 36), b.weight([4, 1], bits: 36))
    b.output(b.contraction([3], [b.term(1, w2, y)]))
    _ = b.apply(to: b.contraction([4], [b.term(1, w3, x)]), limbs: [13, 13, 13]) { min(max($0, 0), 9) }
    var circuit = b.circuit
    let table = circuit.lookups[circuit.lookups.count - 1].table
    if let (lower, values) = circuit.tables[table].content.function {
      circuit.tables[table].content = .function(lower: 0, upper: lower + Int64(values.count) - 1) { values[Int($0 - lower)] }
    }
    (self.circuit, weights) = (circuit, b.weights)
    try circuit.validate()
    let magnitudes: [Int64] = [12_907, 23_561, 19_847, 29_584]
    let signs = b.weights[3].map { $0.signum() }
    input = zip(magnitudes, signs).map { $0 * $1 }
    columns = try CircuitExecutor(circuit, weights: weights).columns(batch: 1, inputs: [input], threads: 1)
  }

  /// The argument that the opposite input takes outside its table, as decimal digits.
  var argumentOutside: String {
    let sum = zip(weights[3], input).reduce(0) { $0 - $1.0 * $1.1 }
    return "\(((sum + 1 << 38) >> 39).magnitude)"
  }

  /// What nobody may be told, as decimal digits.
  var secrets: Set<String> {
    let shown = circuit.outputs.map(\.column)
    let between = circuit.columns.indices.filter { circuit.columns[$0].kind == .virtual && !shown.contains($0) }
    let large = (weights.joined() + between.flatMap { columns[$0] }).filter { $0.magnitude >= 1 << 30 }
    return Set((large + input + beyond).map { "\($0.magnitude)" })
  }
}

@Suite("What the tool prints holds no secret") struct SilenceTests {
  private let network: TellingNetwork
  private let place: Workplace
  private let seed = "c0ffee5eed0123456789abcdef0123456789abcdef0123456789abcdefc0ffee"

  init() throws {
    network = try TellingNetwork()
    place = try Workplace()
    try place.write(network.circuit.file, to: "net.circuit")
    try place.write(network.circuit.weightsFile(network.weights), to: "net.weights")
    try place.write(json(network.input), to: "x.json")
  }

  private func json(_ values: [Int64]) -> [UInt8] { Array("[[\(values.map { "\($0)" }.joined(separator: ", "))]]".utf8) }

  /// All numbers of a text, with and without its commas.
  private func told(_ text: String) -> Set<String> {
    Set([text, text.filter { $0 != "," }].flatMap { text in
      text.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
    })
  }

  /// Runs a command, also with --json, and checks what it prints.
  private func check(_ status: Int32, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
    for options in [["--verbose"], ["--verbose", "--json"]] {
      let result = try place.run(arguments + options)
      let text = result.output + "\n" + result.errors
      #expect(result.status == status, "\(arguments) \(result.errors)", sourceLocation: sourceLocation)
      let shown = told(text).intersection(network.secrets)
      #expect(shown.isEmpty, "\(arguments) tells \(shown)", sourceLocation: sourceLocation)
      #expect(!text.contains(seed.prefix(8)), "\(arguments) tells the seed", sourceLocation: sourceLocation)
      #expect(!text.isEmpty, sourceLocation: sourceLocation)
    }
  }

  @Test("the secrets of the test are seen where they are printed") func control() {
    #expect(network.secrets.count > 20)
    for line in ["[\(network.input[0]),\(network.input[1])]", "w = \(network.weights[0][0]).0;"] {
      #expect(!told(line).isDisjoint(with: network.secrets))
    }
    #expect(!told("12,907 bytes").isDisjoint(with: network.secrets))
  }

  @Test("by commands that succeed") func success() throws {
    for file in ["circuit", "weights"] { try check(0, "inspect", "@net.\(file)") }
    try check(0, "setup", "@net", "--proofs", "20", "--overwrite")
    for file in ["pk", "vk", "spent"] { try check(0, "inspect", "@net.\(file)") }
    try check(0, "run", "@net", "--input", "@x.json")
    try check(0, "prove", "@net", "--input", "@x.json", "-o", "@p.proof", "--private-input")
    try check(0, "verify", "--key", "@net.vk", "@p.proof")
    try check(0, "inspect", "@p.proof")
    try check(0, "inspect", "@p.proof", "--key", "@net.vk")
    try check(0, "measure", "@net", "--input", "@x.json", "--repeat", "1")
    try check(0, "prove", "@net", "--input", "@x.json", "-o", "@t.proof", "--transparent", "--forfeit-hiding", "--seed", seed)
    try place.write(json(network.beyond), to: "large.json")
    try check(0, "run", "@net", "--input", "@large.json")
    try check(0, "prove", "@net", "--input", "@large.json", "-o", "@l.proof", "--private-input")
  }

  @Test("by commands that fail") func failure() throws {
    try place.run("setup", "@net", "--proofs", "20")
    try place.run("prove", "@net", "--input", "@x.json", "-o", "@p.proof", "--private-input")
    func prove(_ input: String, _ content: [UInt8], runs: Bool = false) throws {
      try place.write(content, to: input)
      try check(2, "prove", "@net", "--input", "@" + input, "-o", "@n.proof", "--private-input")
      try check(runs ? 0 : 2, "run", "@net", "--input", "@" + input)
      try check(2, "measure", "@net", "--input", "@" + input, "--repeat", "1")
    }
    let text = json(network.input)
    try prove("outside.json", json(network.input.map { -$0 }), runs: true)
    let refused = try place.run("prove", "@net", "--input", "@outside.json", "-o", "@n.proof")
    #expect(refused.errors.contains("outside its table") && !told(refused.errors).contains(network.argumentOutside))
    try prove("short.json", json(network.input.dropLast()))
    try prove("cut.json", text.dropLast(2))
    try prove("word.json", Array(text.dropLast(2) + Array("x]]".utf8)))
    try check(2, "prove", "@net", "--input", "@x.json", "-o", "@n.proof", "--seed", seed)
    try check(1, "verify", "--key", "@net.vk", "@p.proof", "--input", "@x.json")
    try check(1, "verify", "--key", "@net.vk", "@p.proof", "--context", "another")
    for name in ["p.proof", "net.vk", "net.spent", "net.pk", "net.weights"] {
      var bytes = try place.bytes(name)
      bytes[bytes.count / 2] ^= 1
      try place.write(bytes, to: name)
    }
    try check(2, "setup", "@net")
    try check(2, "setup", "@net", "--overwrite")
    try check(2, "prove", "@net", "--input", "@x.json", "-o", "@n.proof", "--private-input")
    try check(2, "run", "@net", "--input", "@x.json")
    try check(2, "measure", "@net", "--input", "@x.json")
    try check(2, "verify", "--key", "@net.vk", "@p.proof")
    for name in ["p.proof", "net.vk", "net.spent", "net.pk", "net.weights"] { try check(2, "inspect", "@" + name) }
  }
}
