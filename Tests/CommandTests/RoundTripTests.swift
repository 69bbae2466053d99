import FoundationEssentials
import Testing

@Suite struct RoundTripTests {
  @Test func filesHaveTheirModes() throws {
    let network = try TrainedNetwork()
    #expect(network.place.names == ["a.proof", "net.circuit", "net.pk", "net.spent", "net.vk", "net.weights"])
    #expect(network.place.mode("net.pk") == 0o600)
    #expect(network.place.mode("net.weights") == 0o600)
    for name in ["a.proof", "net.circuit", "net.vk"] { #expect(network.place.mode(name) & 0o400 != 0) }
  }

  @Test func provedOutputIsTheOneThatRuns() throws {
    let network = try TrainedNetwork()
    let run = try network.succeed("run", "@net", "--input", TrainedNetwork.sample(3), "--output", "@out.npy")
    let verified = try network.verify("@a.proof", "--input", TrainedNetwork.sample(3), "--output", "@out.npy")
    #expect(verified.status == 0, "\(verified.errors)")
    #expect(verified.output.hasPrefix("valid: "))
    #expect(verified.output.contains("mode     hiding\n") && verified.output.contains("hidden   weights"))
    #expect(verified.output.hasSuffix(run.output))
    let expected = TrainedNetwork.folder + "/expected.npy[3]"
    #expect(try network.verify("@a.proof", "--output", expected).status == 0)
  }

  @Test func proofsAreTheSameOnEveryRunAndThreadCount() throws {
    let network = try TrainedNetwork(isProved: false)
    for threads in ["1", "2", "3"] {
      try network.succeed(
        "prove", "@net", "--input", TrainedNetwork.sample(3), "-o", "@\(threads).proof", "--context", "order 1",
        "--threads", threads, "--transparent", "--forfeit-hiding", "--seed", "00ff")
      #expect(try network.place.bytes("1.proof") == network.place.bytes("\(threads).proof"))
    }
  }

  @Test func privateInputsAreNotShown() throws {
    let network = try TrainedNetwork(isProved: false)
    try network.succeed("prove", "@net", "--input", TrainedNetwork.sample(3), "-o", "@p.proof", "--private-input")
    let verified = try network.place.run("verify", "--key", "@net.vk", "@p.proof")
    #expect(verified.status == 0, "\(verified.errors)")
    #expect(verified.output.contains("hidden   input input") && !verified.output.contains("public   input"))
    let object = try network.place.run("verify", "--key", "@net.vk", "@p.proof", "--json").output
    #expect(object.contains("\"inputs\": {}") || object.contains("\"inputs\":{}"), "\(object)")
    let demanded = try network.place.run("verify", "--key", "@net.vk", "@p.proof", "--input", TrainedNetwork.sample(3))
    #expect(demanded.status == 1 && demanded.errors.contains("private"))
    let described = try network.place.run("inspect", "@p.proof")
    #expect(described.status == 0)
  }

  @Test func wholeBatchesAndListsAreProved() throws {
    let network = try TrainedNetwork(isProved: false)
    try network.succeed("prove", "@net", "--input", TrainedNetwork.data, "-o", "@all.proof")
    let all = try network.place.run(
      "verify", "--key", "@net.vk", "@all.proof", "--output", TrainedNetwork.folder + "/expected.npy")
    #expect(all.status == 0, "\(all.errors)")
    let list = (0..<3).map { "\(TrainedNetwork.sample($0)) \(network.place.path)/p\($0).proof\n" }.joined()
    try network.place.write(Array(list.utf8), to: "list")
    try network.succeed("prove", "@net", "--many", "@list")
    let several = try network.place.run("verify", "--key", "@net.vk", "@p0.proof", "@p1.proof", "@p2.proof")
    #expect(several.status == 0)
    #expect(several.output.split(separator: "\n").count { $0.hasSuffix(": valid, hiding") } == 3)
  }

  /// An error ends a list and names its line; the proofs before it stay, and nothing else is left.
  @Test func listsEndAtTheirFirstError() throws {
    let network = try TrainedNetwork(isProved: false)
    let folder = network.place.path
    let lines = [
      "\(TrainedNetwork.sample(0))\t\(folder)/p 0.proof", "  ", "\(folder)/none.npy \(folder)/p1.proof",
      "\(TrainedNetwork.sample(2)) \(folder)/p2.proof",
    ]
    try network.place.write(Array(lines.joined(separator: "\n").utf8), to: "list")
    let result = try network.place.run("prove", "@net", "--many", "@list", "--json")
    #expect(result.status == 2 && result.output.hasPrefix("{\"error\": "))
    #expect(result.errors.contains("list:3: \(folder)/none.npy"))
    #expect(network.place.names == ["list", "net.circuit", "net.pk", "net.spent", "net.vk", "net.weights", "p 0.proof"])
    #expect(try network.place.run("verify", "--key", "@net.vk", "@p 0.proof").status == 0)
  }

  @Test func unsupportedNodesAreListedEach() throws {
    let place = try Workplace()
    let model = circuitFolder("../Tests/ModelTests/Fixtures/refused/unsupported_operators") + ".onnx"
    let arguments = ["compile", model, "--calibrate", TrainedNetwork.calibration, "--dry-run"]
    let text = try place.run(arguments)
    #expect(text.status == 2 && text.output.isEmpty)
    let object = try place.run(arguments + ["--json"])
    #expect(object.status == 2)
    let unsupported = try JSONDecoder().decode(Unsupported.self, from: Data(object.output.utf8)).unsupported
    #expect(unsupported.count > 1 && text.errorLines.count == unsupported.count + 1)
    for (line, node) in zip(text.errorLines.dropFirst(), unsupported) {
      #expect(line.contains(node.operator) && line.contains(node.reason))
    }
  }

  /// The bytes of a proof follow from the circuit alone, but for where leaves are drawn.
  @Test(arguments: [1, 5]) func proofBytesArePredicted(batch: Int) throws {
    let network = try TrainedNetwork(isProved: false)
    let compiled: Estimated = try network.object(
      "compile", TrainedNetwork.model, "--calibrate", TrainedNetwork.calibration, "--dry-run", "--batch", "\(batch)")
    let arrays = (0..<batch).map { _ in "[" + Array(repeating: "0.5", count: 64).joined(separator: ",") + "]" }
    try network.place.write(Array("[\(arrays.joined(separator: ","))]".utf8), to: "x.json")
    let measured: Measured = try network.object("measure", "@net", "--input", "@x.json", "--repeat", "1")
    expect(measured, isPredictedBy: compiled.estimate)
  }

  /// What a number of proofs costs is said before it is paid.
  @Test(arguments: [["--transparent"], ["--proofs", "1"], ["--proofs", "300"]])
  func costsOfKeysArePredicted(options: [String]) throws {
    let network = try TrainedNetwork(isProved: false)
    let made: Made = try network.object(["setup", "@net", "--overwrite", "--forfeit-hiding"] + options)
    #expect(made.cost.proofs == made.proofs && made.hiding == (made.proofs > 0))
    #expect(made.cost.proving_key_bytes == made.proving_key_bytes)
    let arguments = ["measure", "@net", "--input", TrainedNetwork.sample(0), "--repeat", "1"]
    expect(try network.object(arguments + (made.hiding ? [] : ["--transparent"])), isPredictedBy: made.cost.proof)
    if !made.hiding { #expect(made.cost.transparent.proof_bytes == made.cost.proof.proof_bytes) }
  }

  private func expect(_ measured: Measured, isPredictedBy estimate: Estimated.Estimate) {
    #expect(measured.hiding == estimate.hiding)
    #expect(abs(1 - Double(estimate.proof_bytes) / Double(measured.proof_bytes)) < 0.03)
    for (part, byteCount) in measured.proof_parts where part != "leaves" && part != "paths" {
      #expect(estimate.proof_parts[part] == byteCount, "\(part)")
    }
    #expect(Set(estimate.phases.keys) == Set(measured.phases.keys))
    #expect(estimate.prove_s > 0 && estimate.memory_bytes > 0)
  }

  @Test func everyFileIsInspected() throws {
    let network = try TrainedNetwork()
    for (name, kind, hiding) in [
      ("net.circuit", "circuit (public)", nil), ("net.weights", "weights (private)", nil),
      ("net.pk", "proving key (private)", true), ("net.vk", "verifying key (public)", true),
      ("net.spent", "spent positions (private)", nil), ("a.proof", "proof (public)", true),
    ] as [(String, String, Bool?)] {
      let text = try network.succeed("inspect", "@" + name).output
      #expect(text.contains(kind))
      #expect(text.contains("hiding: the weights") == (hiding ?? false))
      let object: Inspected = try network.object("inspect", "@" + name)
      #expect(object.kind == kind && object.hiding == hiding)
    }
    let key = try network.succeed("inspect", "@net.vk").output
    for term in [
      "lambda", "beta", "layers", "outputs", "contraction", "merge", "row folding", "positions", "combine",
      "fold rounds", "hash", "total",
    ] { #expect(key.contains("  \(term) "), "\(term)") }
    #expect(try network.succeed("inspect", "@a.proof", "--key", "@net.vk").output.contains("logits[0] = "))
  }

  @Test func everyCommandHasHelp() throws {
    let place = try Workplace()
    for command in ["compile", "setup", "run", "prove", "verify", "inspect", "evaluate", "measure"] {
      let help = try place.run(command, "--help")
      #expect(help.status == 0)
      #expect(help.output.contains("  zkml \(command) "), "an example")
    }
    #expect(try place.run("--help").status == 0)
    #expect(try place.run("--version").status == 0)
  }

  @Test func objectsHaveTheirKeys() throws {
    let network = try TrainedNetwork()
    let compiled: Compiled = try network.object(
      "compile", TrainedNetwork.model, "--calibrate", TrainedNetwork.calibration, "--dry-run")
    #expect(compiled.parameters == 2410 && compiled.macs == 2368 && compiled.layers.count == 2)
    let evaluated: Evaluated = try network.object(
      "evaluate", "@net", "--data", TrainedNetwork.data, "--labels", "labels", "--float",
      TrainedNetwork.model)
    #expect(evaluated.samples == 450 && abs(evaluated.integer_accuracy - evaluated.float_accuracy) <= 0.005)
    let measured: Measured = try network.object("measure", "@net", "--input", TrainedNetwork.sample(0), "--repeat", "3")
    #expect(measured.soundness_bits >= 100 && measured.weight_elements == 2410 && measured.hiding)
    #expect(measured.proof_parts.values.reduce(0, +) < measured.proof_bytes)
    #expect(measured.onnxruntime_s == nil && measured.overhead_onnxruntime == nil)
    let noModel = try network.place.run(
      "measure", "@net", "--input", TrainedNetwork.sample(0), "--repeat", "1", "--onnxruntime", "@none.onnx")
    #expect(noModel.status == 2 && noModel.errors.contains("none.onnx: cannot be timed with onnxruntime"))
    #expect(measured.phases.keys.contains("open"))
    let verified: Verified = try network.object("verify", "--key", "@net.vk", "@a.proof", "--context", "order 1")
    #expect(verified.valid && verified.hiding && verified.proofs.count == 1 && verified.proofs[0].hiding)
    #expect(verified.proofs[0].context == "order 1")
    #expect(verified.proofs[0].outputs["logits"]?.values.count == 10)
    #expect(verified.model == measured.model)
  }
}

private struct Unsupported: Decodable {
  struct Node: Decodable { let name: String, `operator`: String, reason: String }
  let unsupported: [Node]
}

private struct Estimated: Decodable {
  struct Estimate: Decodable {
    let hiding: Bool, proof_bytes: Int, prove_s: Double, memory_bytes: Int
    let proof_parts: [String: Int], phases: [String: Double]
  }
  let estimate: Estimate
}

private struct Made: Decodable {
  struct Cost: Decodable {
    let proofs: Int, positions: Int, proving_key_bytes: Int, proof: Estimated.Estimate, transparent: Estimated.Estimate
  }
  let model: String, hiding: Bool, proofs: Int, proving_key_bytes: Int, verifying_key_bytes: Int, cost: Cost
}

private struct Inspected: Decodable { let kind: String, bytes: Int, hiding: Bool?, proofs: Int?, proofs_left: Int? }

private struct Compiled: Decodable {
  struct Layer: Decodable { let name: String, `operator`: String, bits: Int, shift: Int, bound: Int }
  let parameters: Int, macs: Int, layers: [Layer], max_error: Double, mean_error: Double, top1_agreement: Double
}

private struct Evaluated: Decodable {
  let float_accuracy: Double, integer_accuracy: Double, agreement: Double, samples: Int
}

private struct Measured: Decodable {
  let model: String, batch: Int, threads: Int, isa: String, hiding: Bool, plain_s: Double, onnxruntime_s: Double?
  let witness_s: Double, prove_s: Double, verify_s: Double, check_s: Double, overhead_plain: Double, overhead_onnxruntime: Double?
  let proof_bytes: Int, proving_key_bytes: Int, verifying_key_bytes: Int, peak_rss_bytes: Int
  let soundness_bits: Double, lookups: Int, witness_elements: Int, weight_elements: Int, columns: Int
  let phases: [String: Double], proof_parts: [String: Int]
}

private struct Verified: Decodable {
  struct Output: Decodable { let shape: [Int], integers: [Int], values: [Double] }
  struct Proof: Decodable { let valid: Bool, hiding: Bool, context: String, outputs: [String: Output] }
  let valid: Bool, hiding: Bool, model: String, proofs: [Proof]
}
