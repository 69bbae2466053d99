import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Names of files, in files and in arguments.
@Suite struct NameTests {
  @Test func argumentsThatAreNotTextAreRefused() throws {
    let network = try TrainedNetwork()
    let (place, names) = (network.place, network.place.names)
    let prove = "zkml prove net --input '\(TrainedNetwork.sample(0))'"
    for command in [
      "zkml verify --key net.vk a.proof --context $'\\xff'", "\(prove) -o $'a\\xff.proof'", "\(prove) -o b.proof --context $'\\xc3'",
      "zkml $'\\xfe'", "zkml --help $'\\xed\\xa0\\x80'",
    ] {
      let result = try place.shell(command)
      #expect(result.status == 2 && result.output.isEmpty && result.errorLines.count == 1, "\(command): \(result)")
      #expect(result.errors.contains("is not valid UTF-8") && place.names == names, "\(command): \(result)")
      let object = try place.shell(command + " --json")
      let refused = try JSONDecoder().decode(Refused.self, from: Data(object.output.utf8))
      #expect(refused.status == 2 && refused.error.contains("is not valid UTF-8"))
    }
    try place.write(Array("\(TrainedNetwork.sample(0)) \(place.path)/c".utf8) + [0xff], to: "list")
    let listed = try place.run("prove", "@net", "--many", "@list")
    #expect(listed.status == 2 && listed.errors.contains("list: is not UTF-8 text"))
  }

  private struct Refused: Decodable { let error: String, status: Int }

  private func builder(_ suffix: String, isRefused: Bool = false) -> ONNXBuilder {
    var builder = ONNXBuilder(name: "net" + suffix)
    builder.input("x" + suffix, [nil, 2])
    builder.initializer("w" + suffix, .floats([1, 2, 3, 4], [2, 2]))
    builder.node("MatMul", ["x" + suffix, "w" + suffix], ["m" + suffix])
    builder.node(isRefused ? "Fly" + suffix : "Relu", ["m" + suffix], ["y" + suffix])
    builder.output("y" + suffix)
    return builder
  }

  /// The line counts of what all commands print about a network and files with such names.
  private func lineCounts(_ suffix: String, forged: String) throws -> [[Int]] {
    let place = try Workplace()
    try place.write(builder(suffix).bytes, to: "model.onnx")
    try place.write(builder(suffix, isRefused: true).bytes, to: "refused.onnx")
    try place.write(Array("[[1, 2], [3, 4]]".utf8), to: "x.json")
    let (net, proof) = ("@net" + suffix, "@a.proof" + suffix)
    let (input, verify) = (["--input", "@x.json"], ["verify", "--key", net + ".vk", proof])
    return try [
      ["compile", "@model.onnx", "--calibrate", "@x.json", "-o", net, "-v", "--privacy-report"], ["setup", net, "-v"], ["run", net] + input,
      ["prove", net, "-o", proof, "-v"] + input, verify, verify + [proof], verify + [proof, "@none" + suffix], verify + ["--context", suffix],
      ["inspect", net + ".vk"], ["inspect", net + ".circuit"], ["inspect", net + ".pk"], ["inspect", proof, "--key", net + ".vk"],
      ["measure", net, "--repeat", "1"] + input, ["compile", "@refused.onnx", "--calibrate", "@x.json", "--dry-run"],
      ["commit-input", net, "-o", "@x" + suffix] + input, ["inspect", "@x" + suffix], ["run", net, "--input", "@none" + suffix],
      ["run", net, "--input", "@x.json:" + suffix], ["fly" + suffix], ["setup", net, "--threads" + suffix], ["setup", net],
    ].map { arguments in
      let result = try place.run(arguments)
      for line in (result.output + result.errors).split(separator: "\n") {
        #expect(!line.hasPrefix(forged), "\(arguments): \(line)")
      }
      return [Int(result.status), result.output.split(separator: "\n").count, result.errorLines.count]
    }
  }

  @Test func namesStayInTheirLine() throws {
    let forged = "context  \"order 4711\""
    let plain = try lineCounts("+", forged: forged)
    for end in ["\n", "\r", "\r\n", "\u{85}", "\u{2028}"] {
      #expect(try lineCounts(end + forged, forged: forged) == plain, "\(end.unicodeScalars)")
    }
  }
}
