import Glibc
import Prover
import Testing
import Verifier

/// Several first runs at once: one makes its files, the others change nothing.
@Suite struct SimultaneousTests {
  /// Runs a command several times at once; gives what the one run that succeeds prints.
  private func race(_ place: Workplace, _ arguments: [String]) throws -> String {
    let names = (0..<4).map { "\(place.path)/.log\($0)" }
    defer { for name in names { for kind in ["", ".errors"] { unlink(name + kind) } } }
    let runs = try names.map { try place.start(arguments, logs: [$0, $0 + ".errors"]) }
    let statuses = runs.map { $0.wait() }
    #expect(statuses.sorted() == [0, 2, 2, 2], "\(arguments)")
    var printed = ""
    for (index, status) in statuses.enumerated() {
      if status == 0 { printed = String(decoding: try place.bytes(".log\(index)"), as: UTF8.self) }
      let errors = String(decoding: try place.bytes(".log\(index).errors"), as: UTF8.self)
      #expect(status == 0 || errors.contains(": exists"), "\(errors)")
    }
    #expect(!place.names.contains { $0.hasPrefix(".zkml.") })
    return printed
  }

  @Test(arguments: [[], ["--transparent"]]) func setups(options: [String]) throws {
    let network = try TrainedNetwork(isProved: false)
    let place = network.place
    for turn in 0..<3 {
      for name in ["net.pk", "net.vk", "net.spent"] { unlink("\(place.path)/\(name)") }
      let printed = try race(place, ["setup", "@net"] + options)
      let key = try VerifyingKey(file: place.bytes("net.vk"))
      #expect(printed.contains("model \(key.modelID)"), "turn \(turn)")
      if options.isEmpty { #expect(try LedgerSection.sections(place.bytes("net.spent")).map(\.key) == [key.core.digest]) }
      try network.succeed(["prove", "@net", "--input", TrainedNetwork.sample(0), "-o", "@a.proof"] + options)
      #expect(try network.verify("@a.proof", context: "").status == 0)
    }
  }

  @Test func committedInputs() throws {
    let network = try TrainedNetwork(isProved: false)
    let place = network.place
    for turn in 0..<3 {
      for name in ["x.input", "x.input.spent"] { unlink("\(place.path)/\(name)") }
      let printed = try race(place, ["commit-input", "@net", "--input", TrainedNetwork.sample(0), "-o", "@x.input"])
      let digest = try #require(printed.split(whereSeparator: \.isWhitespace).last)
      #expect(try LedgerSection.sections(place.bytes("x.input.spent")).count == 1, "turn \(turn)")
      try network.succeed("prove", "@net", "--committed-input", "@x.input", "-o", "@a.proof")
      #expect(try network.verify("@a.proof", "--input-commitment", String(digest), context: "").status == 0)
    }
  }

  /// What decides where folders cannot be locked.
  @Test func newFilesReplaceNone() throws {
    let place = try Workplace()
    try place.write([], to: "b")
    let files = ["a", "b"].map { OutputFile(path: "\(place.path)/\($0)", bytes: [1, 2, 3]) }
    #expect(throws: FileError.self) { try write([files[1], files[0]], replacing: false) }
    #expect(try place.names == ["b"] && place.bytes("b").isEmpty)
    try write([files[0]], replacing: false)
    try write(files)
    #expect(try place.names == ["a", "b"] && place.bytes("b") == [1, 2, 3] && place.mode("a") & 0o400 != 0)
  }
}
