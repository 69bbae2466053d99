import FoundationEssentials
import Glibc
import Prover
import TestSupport
import Testing

/// What the tool says of a network, of a machine and of data.
@Suite struct ReportTests {
  /// A network of two inputs, compiled and set up.
  private func network(_ build: (inout ONNXBuilder) -> Void) throws -> Workplace {
    let place = try Workplace()
    var builder = ONNXBuilder()
    builder.input("x", [nil, 2])
    builder.initializer("w", .floats([1, -2, 3, 4, 0.5, 0.25], [2, 3]))
    builder.initializer("v", .floats([1, -2], [2, 1]))
    build(&builder)
    builder.output("y")
    try place.write(builder.bytes, to: "model.onnx")
    try place.write(Array("[[1, 2], [3, 4], [-3, 1]]".utf8), to: "x.json")
    try place.write(Array("[0, 1, 2]".utf8), to: "labels.json")
    return place
  }

  private func succeed(_ place: Workplace, _ arguments: String...) throws -> ToolResult {
    let result = try place.run(arguments)
    try #require(result.status == 0, "\(arguments): \(result.errors)")
    return result
  }

  @Test(arguments: ["Softmax", "LogSoftmax"]) func whatIsLeftOutIsNamedWhereItsNumbersAre(operation: String) throws {
    let place = try network { $0.node(operation, [$0.node("MatMul", ["x", "w"])], ["y"]) }
    _ = try succeed(place, "compile", "@model.onnx", "--calibrate", "@x.json", "-o", "@net")
    _ = try succeed(place, "setup", "@net")
    let named = "(before the \(operation), which is left out)"
    for command in [
      ["run", "@net", "--input", "@x.json"], ["prove", "@net", "--input", "@x.json", "-o", "@a.proof"],
      ["verify", "--key", "@net.vk", "@a.proof"], ["inspect", "@a.proof", "--key", "@net.vk"],
    ] {
      let text = try place.run(command)
      let lines = text.output.split(separator: "\n").filter { $0.hasPrefix("y[") }
      #expect(lines.count == 3 && lines.allSatisfy { $0.hasSuffix(named) }, "\(text.output) \(text.errors)")
      #expect(try place.run(command + ["--json"]).output.contains("\"left_out\": \"\(operation)\""), "\(command)")
    }
    let measured = try succeed(place, "measure", "@net", "--input", "@x.json", "--repeat", "1")
    #expect(measured.output.contains("soundness"))
    let classes = try succeed(
      place, "compile", "@model.onnx", "--calibrate", "@x.json", "-o", "@classes", "--classes", "1")
    #expect(classes.status == 0)
    #expect(try !succeed(place, "run", "@classes", "--input", "@x.json").output.contains("left out"))
  }

  /// Also where names are left out, and where numbers had to be published.
  @Test func floatNetworksOfAnyCircuitAreCompared() throws {
    let place = try network {
      $0.initializer("p", .floats([1.2345678], []))
      $0.node("Softmax", [$0.node("Pow", [$0.node("Sigmoid", [$0.node("MatMul", ["x", "w"])]), "p"])], ["y"])
    }
    let compile = ["compile", "@model.onnx", "--calibrate", "@x.json"]
    #expect(try place.run(compile + ["--dry-run"]).errors.contains("--publish p allows that"))
    try place.write(Array(#"{"x": [[1, 2], [3, 4], [-3, 1]], "labels": [0, 1, 2]}"#.utf8), to: "d.json")
    for (net, options) in [("@net", []), ("@hidden", ["--anonymous"])] {
      _ = try place.run(compile + ["--publish", "p", "-o", net] + options)
      let evaluate = ["evaluate", net, "--data", "@d.json:x", "--labels", "labels", "--float", "@model.onnx"]
      let evaluated = try place.run(evaluate)
      #expect(evaluated.status == 0 && evaluated.output.contains("float accuracy "), "\(evaluated.output) \(evaluated.errors)")
      _ = try succeed(place, "setup", net)
      let measure = ["measure", net, "--input", "@x.json", "--repeat", "1", "--onnxruntime", place.path + "/model.onnx"]
      if hasONNXRuntime { #expect(try place.run(measure).status == 0) }
    }
    let run = try succeed(place, "run", "@hidden", "--input", "@x.json")
    #expect(run.output.contains("output0[0] = ") && run.output.contains("(before the Softmax, which is left out)"))
    #expect(try succeed(place, "run", "@hidden", "--input", "@x.json", "--json").output.contains("\"left_out\": \"Softmax\""))
    let other = try network { $0.node("MatMul", ["x", "v"], ["y"]) }
    let refused = try place.run(
      "evaluate", "@hidden", "--data", "@d.json:x", "--labels", "labels", "--float", other.path + "/model.onnx")
    #expect(refused.status == 2 && refused.errors.contains("is not the float network of this circuit"))
  }

  @Test func nothingIsLeftOutOfOthers() throws {
    let network = try TrainedNetwork(isProved: false)
    let run = try network.place.run("run", "@net", "--input", TrainedNetwork.sample(0), "--json")
    #expect(run.status == 0 && !run.output.contains("left_out"))
  }

  /// One number is no class.
  @Test func regressionsHaveNoClasses() throws {
    let place = try network { $0.node("MatMul", ["x", "v"], ["y"]) }
    let compile = ["compile", "@model.onnx", "--calibrate", "@x.json", "-o", "@net"]
    let compiled = try place.run(compile)
    #expect(compiled.status == 0 && !compiled.output.contains("same class"), "\(compiled.output) \(compiled.errors)")
    #expect(try place.run(compile + ["--json"]).output.contains("\"top1_agreement\": null"))
    let wanted = try place.run(compile + ["--accuracy", "0.99"])
    #expect(wanted.status == 0, "\(wanted.errors)")
    let evaluated = try place.run("evaluate", "@net", "--data", "@x.json", "--labels", "labels")
    #expect(evaluated.status == 2)
    let three = try network { $0.node("MatMul", ["x", "w"], ["y"]) }
    #expect(try succeed(three, "compile", "@model.onnx", "--calibrate", "@x.json", "-o", "@net").output.contains("same class"))
  }

  /// Not of the process that starts it.
  @Test func peakMemoryIsThatOfTheProcess() throws {
    struct Proved: Decodable { let peak_rss_bytes: Int }
    let network = try TrainedNetwork(isProved: false)
    var ballast = [UInt8](repeating: 1, count: 600_000_000)
    let proved: Proved = try network.object("prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof")
    ballast[Int(getpid()) % ballast.count] = 2
    #expect(ballast.contains(2) && (1_000_000..<300_000_000).contains(proved.peak_rss_bytes), "\(proved.peak_rss_bytes)")
  }

  @Test func keysWithoutRoomAreRefusedBeforeWork() throws {
    #expect(throws: FileError.self) { try requireRoom("/tmp/key", byteCount: .max) }
    try requireRoom("/tmp/key", byteCount: 1)
  }

  /// A key of several gigabytes, which nobody wants on this terminal.
  @Test func largeKeysAreAskedAboutOnATerminal() throws {
    let network = try TrainedNetwork(isProved: false)
    let before = network.place.names
    // TIOCSPTLCK and TIOCGPTN: a new terminal is locked, and has a number.
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    defer { close(terminal) }
    var (lock, number): (Int32, Int32) = (0, 0)
    try #require(ioctl(terminal, 0x4004_5431, &lock) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
    let name = "/dev/pts/\(number)"
    let slave = open(name, O_RDWR | O_NOCTTY)
    defer { close(slave) }
    try #require(write(terminal, "n\n", 2) == 2)
    let errors = network.place.path + "/.errors"
    let process = try ChildProcess(
      [built("zkml"), "setup", network.place.path + "/net", "--proofs", "65536", "--overwrite"], input: name,
      output: "/dev/null", errors: errors)
    #expect(process.wait() == 2)
    let said = String(decoding: try network.place.bytes(".errors"), as: UTF8.self)
    #expect(said.contains("go on? [y/N]") && said.contains("--yes"), "\(said)")
    #expect(network.place.names == before)
  }
}
