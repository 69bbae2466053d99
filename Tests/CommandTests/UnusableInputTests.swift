import Glibc
import TestSupport
import Testing
import Verifier

/// Each ends with status 2, one line and no file written or changed.
@Suite struct UnusableInputTests {
  private func expectRefusal(
    _ place: Workplace, _ arguments: [String], _ part: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let names = place.names
    let result = try place.run(arguments)
    #expect(result.status == 2, "\(arguments) \(result.errors)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, "\(arguments)", sourceLocation: sourceLocation)
    #expect(result.errorLines.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
    #expect(result.errors.hasPrefix("zkml: "), sourceLocation: sourceLocation)
    #expect(result.errors.contains(part), "\(arguments) \(result.errors)", sourceLocation: sourceLocation)
    #expect(place.names == names, "\(arguments)", sourceLocation: sourceLocation)
  }

  @Test func usage() throws {
    let place = try Workplace()
    for (arguments, part) in [
      (["fly"], "fly"), (["compile"], "model"), (["compile", "m.onnx", "--calibrate", "x.npy"], "-o"),
      (["compile", "m.onnx", "--calibrate", "x.npy", "-o", "@n", "--input-scale", "0"], "--input-scale"),
      (["compile", "m.onnx", "--calibrate", "x.npy", "-o", "@n", "--weight-bits", "7"], "--weight-bits"),
      (["setup", "@n", "--threads", "0"], "--threads"), (["setup", "@n", "--nonsense"], "--nonsense"),
      (["prove", "@n"], "--input"), (["prove", "@n", "--input", "x.npy"], "-o"),
      (["prove", "@n", "--input", "x.npy", "-o", "@p", "--private-input", "--transparent"], "--private-input"),
      (["setup", "@n", "--rerandomize", "--overwrite"], "--overwrite"),
      (["setup", "@n", "--proofs", "0"], "--proofs"), (["setup", "@n", "--proofs", "65537"], "--proofs"),
      (["setup", "@n", "--proofs", "3", "--transparent"], "--proofs"),
      (["prove", "@n", "--input", "x.npy", "-o", "@p", "--seed", "00"], "--transparent"),
      (["prove", "@n", "--input", "x.npy", "-o", "@p", "--transparent", "--seed", "xyz"], "--seed"),
      (["verify", "@p"], "--key"), (["verify", "--key", "@k", "@p", "--model", "b51e"], "--model"),
      (["compile", "m.onnx", "--calibrate", "x.npy", "--dry-run", "--batch", "0"], "--batch"),
      (["measure", "@n", "--input", "x", "--repeat", "0"], "--repeat"),
    ] { try expectRefusal(place, arguments, part) }
  }

  @Test func models() throws {
    let place = try Workplace()
    try place.write(Array("not a network".utf8), to: "text.onnx")
    try place.write([], to: "empty.npy")
    func compile(_ model: String, _ data: String, _ output: String = "@net") -> [String] {
      ["compile", model, "--calibrate", data, "-o", output]
    }
    let (model, data) = (TrainedNetwork.model, TrainedNetwork.calibration)
    for (arguments, part) in [
      (compile("@none.onnx", data), "none.onnx"), (compile("@text.onnx", data), "text.onnx"),
      (compile(model, "@none.npz"), "none.npz"), (compile(model, "@empty.npy"), "empty.npy"),
      (compile(model, model), "model.onnx"), (compile(model, data + ":nothing"), "nothing"),
      (compile(model, circuitFolder("fmnist-mlp") + "/calibration.npz"), "[200, 784]"),
      (compile(model, data, "@no/net"), "no/net"), (compile(model, data, "/dev/null/net"), "/dev/null/net"),
    ] { try expectRefusal(place, arguments, part) }
    mkdir(place.path + "/net.weights", 0o700)
    try expectRefusal(place, compile(model, data), "net.weights")
  }

  @Test func networkFiles() throws {
    let network = try TrainedNetwork()
    let place = network.place
    let original = try ["circuit", "weights", "pk", "vk"].map { ($0, try place.bytes("net." + $0)) }
    let sample = TrainedNetwork.sample(0)
    for (kind, bytes) in original {
      let commands =
        switch kind {
        case "pk": [["prove", "@net", "--input", sample, "-o", "@b.proof"], ["inspect", "@net.pk"]]
        case "vk": [["verify", "--key", "@net.vk", "@a.proof"], ["inspect", "@net.vk"]]
        case _: [["setup", "@net", "--overwrite"], ["run", "@net", "--input", sample], ["inspect", "@net." + kind]]
        }
      var versioned = bytes
      versioned[kind == "circuit" ? 12 : 8] = 9
      versioned = kind == "pk" ? KeyBytes(versioned).changed { _ in }.file : resealed(versioned)
      var flipped = bytes
      flipped[kind == "pk" ? KeyBytes(bytes).head.count / 2 : bytes.count / 2] ^= 1
      for content in [[], Array(bytes.dropLast()), bytes + [0], flipped, versioned, Array(bytes.prefix(9))] {
        try place.write(content, to: "net." + kind)
        for command in commands { try expectRefusal(place, command, "net." + kind) }
      }
      unlink(place.path + "/net." + kind)
      for command in commands { try expectRefusal(place, command, "net." + kind) }
      try place.write(bytes, to: "net." + kind)
    }
    try expectRefusal(place, ["verify", "--key", "@a.proof", "@a.proof"], "a.proof")
    try expectRefusal(place, ["verify", "--key", "@net.vk", "@net.vk"], "is not a .proof file")
    try expectRefusal(place, ["verify", "--key", "@net.vk", "@none.proof"], "none.proof")
    try expectRefusal(place, ["inspect", TrainedNetwork.model], "is not a file of this tool")
  }

  /// What a proof does not read is checked by inspect alone.
  @Test func leavesOfAKey() throws {
    let network = try TrainedNetwork()
    var key = KeyBytes(try network.place.bytes("net.pk"))
    let (proof, spent) = (["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@b.proof"], try network.place.bytes("net.spent"))
    for index in key.rest.indices { key.rest[index] ^= 1 }
    try network.place.write(key.file, to: "net.pk")
    for command in [proof, ["inspect", "@net.pk"]] { try expectRefusal(network.place, command, "net.pk: is damaged") }
    #expect(try network.place.bytes("net.spent") == spent)
  }

  @Test func weightsOfAnotherCircuit() throws {
    let network = try TrainedNetwork(isProved: false)
    let other = ["compile", TrainedNetwork.model, "--calibrate", TrainedNetwork.data, "-o", "@other"]
    #expect(try network.place.run(other).status == 0)
    try network.place.write(try network.place.bytes("other.weights"), to: "net.weights")
    try expectRefusal(network.place, ["setup", "@net", "--overwrite"], "another key or circuit")
  }

  /// Indices of classes that are not integers, or too many of them; other integers are only not those of the proof.
  @Test func classes() throws {
    let place = try Workplace()
    let network = SmallNetwork.classes(2)
    try place.write(network.circuit.file, to: "net.circuit")
    try place.write(network.circuit.weightsFile(network.weights), to: "net.weights")
    try place.write(Array("[[1, 2, 3, 4]]".utf8), to: "x.json")
    let run = ["run", "@net", "--input", "@x.json", "--output", "@y.npy"]
    for command in [["setup", "@net"], run, ["prove", "@net", "--input", "@x.json", "-o", "@a.proof"]] {
      #expect(try place.run(command).status == 0, "\(command)")
    }
    func verify(_ output: String) -> [String] { ["verify", "--key", "@net.vk", "@a.proof", "--output", output] }
    #expect(try place.run(verify("@y.npy")).status == 0)
    func write(_ classes: String) throws { try place.write(Array("[[\(classes)]]".utf8), to: "y.json") }
    for classes in ["2.5, 3", "2, 3.000001", "-0.5, 1", "1e-300, 1"] {
      try write(classes)
      try expectRefusal(place, verify("@y.json"), "y.json: 'y4' shows indices of classes, which are integers")
    }
    for classes in ["1, 2, 3", "1"] {
      try write(classes)
      try expectRefusal(place, verify("@y.json"), "y.json")
    }
    for classes in ["-1, 3", "1, 5", "3, 3", "1e300, -1e300", "9223372036854775807, 0"] {
      try write(classes)
      #expect(try place.run(verify("@y.json")).status == 1, "\(classes)")
    }
  }

  @Test func data() throws {
    let network = try TrainedNetwork()
    let place = network.place
    try place.write(Array("[[1, 2], [3]]".utf8), to: "ragged.json")
    try place.write(Array("[1e999]".utf8), to: "infinite.json")
    try place.write(Array("one-word\n".utf8), to: "list")
    for (input, part) in [
      ("@none.npy", "none.npy"), (TrainedNetwork.sample(450), "450"), ("@ragged.json", "ragged.json"),
      ("@infinite.json", "infinite.json"), (TrainedNetwork.folder + "/test.npz:labels", "labels"),
      (circuitFolder("fmnist-mlp") + "/test.npz:input", "[200, 784]"), ("@net.pk", "net.pk"),
    ] {
      for command in [["run", "@net"], ["prove", "@net", "-o", "@b.proof"]] {
        try expectRefusal(place, command + ["--input", input], part)
      }
      let verify = ["verify", "--key", "@net.vk", "@a.proof", "--context", "order 1"]
      try expectRefusal(place, verify + ["--input", input], part)
    }
    let sample = TrainedNetwork.sample(0)
    try place.write(Array("\n\(sample) @x.proof\n\(sample) @x.proof\n".utf8), to: "twice")
    for (arguments, part) in [
      (["prove", "@net", "--many", "@list"], "list:1: is not an input and a proof: one-word"),
      (["prove", "@net", "--many", "@twice"], "twice:3: @x.proof is written by a line before"),
      (["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@no/b.proof"], "no/b.proof"),
      (["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "/dev/null"], "not a regular file"),
      (["evaluate", "@net", "--data", TrainedNetwork.data, "--labels", "input"], "input"),
      (["inspect", "@net.vk", "--batch", "0"], "batches"),
    ] { try expectRefusal(place, arguments, part) }
  }
}
