import FoundationEssentials
import TestSupport
import Testing

/// Networks of tokens, from the model to evaluated, measured and verified.
@Suite struct SequenceTests {
  private struct Evaluated: Decodable {
    struct Output: Decodable {
      let shape: [Int], rows: Int, agreement: Double?, mean_cosine: Double?, worst_cosine: Double?, max_error: Double?
      let mean_error: Double?, deviation: Double?, max_error_deviations: Double?, mean_error_deviations: Double?
    }
    let samples: Int, mask: String?, rows: Int?, integer_accuracy: Double?, float_accuracy: Double?, integer_perplexity: Double?
    let float_perplexity: Double?, agreement: Double?, outputs: [String: Output]
  }
  private struct Shown: Decodable {
    struct Output: Decodable { let shape: [Int], classes: [Int]? }
    let outputs: [String: Output]
  }
  private struct Verified: Decodable { let proofs: [Shown] }
  private struct Measured: Decodable { let onnxruntime_s: Double?, onnxruntime_runs: Int? }

  private let place: Workplace

  init() throws {
    place = try Workplace()
    var random = RepeatableRandom(seed: 16)
    func ids(_ high: Int) -> [[Int]] { (0..<4).map { _ in (0..<8).map { _ in Int.random(in: 0..<high, using: &random) } } }
    let mask = (0..<4).map { sample in (0..<8).map { $0 < 8 - sample ? 1 : 0 } }
    var labels = ids(32)
    labels[0][3] = -100
    let text = #"{"input_ids": \#(ids(32)), "attention_mask": \#(mask), "token_type_ids": \#(ids(2)), "tags": \#(labels), "#
      + #""wide": \#(labels.map { $0.map { $0 + 30 } }), "short": [1, 2, 3, 4]}"#
    try place.write(Array(text.utf8), to: "d.json")
  }

  private static func fixture(_ name: String) -> String {
    #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/ModelTests/Fixtures/transformers/\(name).onnx"
  }

  @discardableResult
  private func succeed(_ arguments: [String]) throws -> ToolResult {
    let result = try place.run(arguments)
    try #require(result.status == 0, "\(arguments): \(result.errors)")
    return result
  }

  private func object<Object: Decodable>(_ arguments: String...) throws -> Object {
    try JSONDecoder().decode(Object.self, from: Data(succeed(arguments + ["--json"]).output.utf8))
  }

  private func compile(_ name: String, _ options: String...) throws -> String {
    let model = Self.fixture(name)
    try succeed(["compile", model, "--calibrate", "@d.json", "--bits", "12", "-o", "@net"] + options)
    return model
  }

  /// Of rows of 8, 7, 6 and 5 words all but the last has a next one.
  @Test func nextTokens() throws {
    let model = try compile("llama")
    let found: Evaluated = try object("evaluate", "@net", "--data", "@d.json", "--next-token", "--float", model)
    #expect(found.samples == 4 && found.rows == 22 && found.mask == "attention_mask")
    let (own, float) = (try #require(found.integer_perplexity), try #require(found.float_perplexity))
    #expect(own > 20 && own < 200 && abs(own - float) < 0.1 * float)
    let output = try #require(found.outputs["logits"])
    #expect(output.shape == [8, 32] && output.rows == 22 && output.agreement == found.agreement)
    #expect(try #require(output.mean_cosine) > 0.999 && output.worst_cosine! <= output.mean_cosine!)
    #expect(abs(output.max_error! / output.deviation! - output.max_error_deviations!) < 1e-9)
    #expect(abs(output.mean_error! / output.deviation! - output.mean_error_deviations!) < 1e-9)
    let text = try succeed(["evaluate", "@net", "--data", "@d.json", "--next-token", "--float", model]).output
    for part in ["4 samples; only rows where 'attention_mask' is 1 count", "22 rows of 'logits'", "integer perplexity", "cosine"] {
      #expect(text.contains(part), "\(text)")
    }
    let unmasked: Evaluated = try object("evaluate", "@net", "--data", "@d.json", "--labels", "tags")
    #expect(unmasked.rows == 25 && unmasked.float_perplexity == nil && unmasked.outputs.isEmpty)
    for (arguments, part) in [
      ([], "give --labels NAME or --next-token, --float MODEL.onnx, or both"), (["--labels", "tags", "--next-token"], "exclude each other"),
      (["--labels", "wide"], "'logits' has the classes 0 to 31, and -100 leaves a row out"),
      (["--labels", "short"], "has the shape [4]; labels need one number for each row of 'logits': [4, 8]"),
      (["--float", model, "--mask", "tags"], "a mask is of 1 for rows that count and 0 for others"),
      (["--float", model, "--mask", "short"], "has the shape [4]; masks need"), (["--float", Self.fixture("bert")], "it has no value 'logits' to show; its outputs are"),
    ] {
      let refused = try place.run(["evaluate", "@net", "--data", "@d.json"] + arguments)
      #expect(refused.status == 2 && refused.errors.contains(part) && refused.output.isEmpty, "\(arguments) \(refused.errors)")
    }
  }

  /// One row for each word of an encoder, one for each sample where they are pooled.
  @Test(arguments: ["bert", "minilm"]) func embeddings(name: String) throws {
    let model = try compile(name)
    let found: Evaluated = try object("evaluate", "@net", "--data", "@d.json", "--float", model)
    let isPooled = name == "minilm"
    #expect(found.mask == (isPooled ? nil : "attention_mask") && found.rows == nil && found.integer_accuracy == nil)
    #expect(found.outputs.values.map(\.rows) == [isPooled ? 4 : 26])
    #expect(try #require(found.outputs.values.first?.worst_cosine) > 0.99)
    let refused = try place.run("evaluate", "@net", "--data", "@d.json", "--next-token")
    #expect(refused.status == 2 && refused.errors.contains("give an array of labels by --labels NAME"), "\(refused.errors)")
  }

  @Test func classesOfTokens() throws {
    let model = try compile("llama", "--classes", "1")
    let found: Evaluated = try object("evaluate", "@net", "--data", "@d.json", "--next-token", "--float", model)
    #expect(found.rows == 22 && found.integer_perplexity == nil && found.outputs["logits"]?.rows == 22)
    #expect(try #require(found.agreement) > 0.9 && found.outputs["logits"]?.mean_cosine == nil)
    try succeed(["setup", "@net"])
    let run: Shown = try object("run", "@net", "--input", "@d.json")
    #expect(run.outputs["logits"]?.shape == [4, 8, 1])
    try succeed(["prove", "@net", "--input", "@d.json", "-o", "@a.proof"])
    let verified: Verified = try object("verify", "--key", "@net.vk", "@a.proof", "--input", "@d.json")
    #expect(verified.proofs.map { $0.outputs["logits"]?.shape } == [[4, 8, 1]])
    #expect(verified.proofs.map { $0.outputs["logits"]?.classes } == [run.outputs["logits"]?.classes])
  }

  /// As many lines as needed, each with the number of its first row.
  @Test func manyRowsAreShownInLines() throws {
    var builder = ONNXBuilder()
    builder.input("ids", [nil, 40], type: 7)
    builder.initializer("table", .floats((0..<64).map { ($0 / 8 + 3) % 8 == $0 % 8 ? 1 : 0 }, [8, 8]))
    let rows = builder.node("Gather", ["table", "ids"], ["rows"])
    builder.output(builder.node("ArgMax", [rows], ["next"], ["axis": .integer(-1), "keepdims": .integer(0)]), [nil, 40], type: 7)
    try place.write(builder.bytes, to: "m.onnx")
    try place.write(Array(#"{"ids": [\#((0..<40).map { $0 % 8 }), \#((0..<40).map { $0 % 5 })]}"#.utf8), to: "x.json")
    for command in [
      ["compile", "@m.onnx", "--calibrate", "@x.json", "-o", "@net"], ["setup", "@net"],
      ["prove", "@net", "--input", "@x.json", "-o", "@a.proof", "--private-input"],
    ] { try succeed(command) }
    for command in [["run", "@net", "--input", "@x.json"], ["verify", "--key", "@net.vk", "@a.proof"]] {
      let text = try succeed(command).output
      let expected = """
        next[0] = class of 40 rows:
          0   3 4 5 6 7 0 1 2 3 4 5 6 7 0 1 2
          16  3 4 5 6 7 0 1 2 3 4 5 6 7 0 1 2
          32  3 4 5 6 7 0 1 2
        next[1] = class of 40 rows:
          0   3 4 5 6 7 3 4 5
        """
      #expect(text.contains(expected), "\(text)")
    }
    let described = try succeed(["inspect", "@net.circuit"]).output
    #expect(described.contains("ids (batch × 40), ids 0 to 7, public") && described.contains("next (batch × 40), classes 0 to 7, public"))
    let shown: Shown = try object("run", "@net", "--input", "@x.json")
    #expect(shown.outputs["next"]?.shape == [2, 40])
  }

  @Test func valuesOfTokensAreShownByRow() throws {
    _ = try compile("bert")
    let lines = try succeed(["run", "@net", "--input", "@d.json"]).output.split(separator: "\n")
    #expect(lines.count == 9 && lines[0].hasPrefix("last_hidden_state[0][0] = ") && lines[7].hasPrefix("last_hidden_state[0][7] = "))
    #expect(lines.last == "last_hidden_state: 24 more rows")
  }

  /// Each input has the array of its name.
  @Test func arraysOfSeveralInputs() throws {
    let model = try compile("bert")
    let one = try place.run(["run", "@net", "--input", "@d.json:input_ids"])
    #expect(one.status == 2 && one.errors.contains("names one array for 3; leave it out, so that each is the one of its name, or write NAME=FILE for each: "), "\(one.errors)")
    try succeed(["compile", model, "--calibrate", "@d.json", "--bits", "12", "--anonymous", "-o", "@nameless"])
    let named = try place.run(["run", "@nameless", "--input", "@d.json"])
    #expect(named.status == 2 && named.errors.contains("so the arrays must be called input0, input1, input2"), "\(named.errors)")
  }

  /// Ids are of INT64, a mask may be of BOOL.
  @Test(.enabled(if: hasONNXRuntime, "python3 has no onnxruntime"), arguments: ["bert", "minilm"]) func timedBesideOnnxruntime(name: String) throws {
    let model = try compile(name)
    try succeed(["setup", "@net"])
    let found: Measured = try object("measure", "@net", "--input", "@d.json", "--repeat", "1", "--onnxruntime", model)
    #expect(found.onnxruntime_runs == 1 && found.onnxruntime_s ?? 0 > 0)
  }
}
