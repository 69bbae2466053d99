import Glibc
import Testing

/// Files of formats 1 to 3, which had the same heads: each is refused by name, with what to do, and none is replaced unasked.
@Suite struct OlderFileTests {
  /// The place of the version: after "zkml.circuit", or after the eight bytes of all other kinds.
  private func age(_ name: String, _ place: Workplace, from known: UInt8 = 4, to version: UInt8 = 1) throws {
    var bytes = try place.bytes(name)
    let offset = bytes.starts(with: "zkml.circuit".utf8) ? 12 : 8
    try #require(bytes[offset] == known && bytes[offset + 1] == 0)
    bytes[offset] = version
    try place.write(bytes, to: name)
  }

  private func expectRefusal(
    _ place: Workplace, _ arguments: [String], _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let contents = try place.names.map { try place.bytes($0) }
    let result = try place.run(arguments)
    #expect(result.status == 2, "\(arguments) \(result.errors)", sourceLocation: sourceLocation)
    for part in parts { #expect(result.errors.contains(part), "\(arguments) \(result.errors)", sourceLocation: sourceLocation) }
    #expect(try place.names.map { try place.bytes($0) } == contents, "\(arguments)", sourceLocation: sourceLocation)
  }

  @Test func eachKindIsRefusedWithWhatToDo() throws {
    let network = try TrainedNetwork()
    let place = network.place
    try network.succeed("commit-input", "@net", "--input", TrainedNetwork.sample(3), "-o", "@x.input")
    let prove = ["prove", "@net", "--input", TrainedNetwork.sample(3), "-o", "@b.proof"]
    let committed = ["prove", "@net", "--committed-input", "@x.input", "-o", "@b.proof"]
    let verify = ["verify", "--key", "@net.vk", "@a.proof", "--context", "order 1"]
    for (name, commands, advice) in [
      ("net.circuit", [["setup", "@net", "--overwrite"], ["run", "@net", "--input", TrainedNetwork.sample(3)]], "compile the network again"),
      ("net.weights", [["setup", "@net", "--overwrite"]], "compile the network again"),
      ("net.pk", [prove, ["setup", "@net", "--rerandomize"]], "compile the network and set it up again"),
      ("net.vk", [verify, ["setup", "@net", "--rerandomize"]], "compile the network and set it up again"),
      ("a.proof", [verify], "prove again, with a key of this version"),
      ("x.input", [committed], "commit to the input again"),
    ] {
      let current = try place.bytes(name)
      for version in [1, 2, 3] as [UInt8] {
        try age(name, place, to: version)
        let again = "an older version of zkml (format \(version); this one reads 4)"
        for command in commands + [["inspect", "@" + name]] { try expectRefusal(place, command, name + ": ", again, advice) }
        try place.write(current, to: name)
      }
      try age(name, place, to: 5)
      try expectRefusal(place, ["inspect", "@" + name], "a newer version of zkml (format 5; this one reads 4)")
      try place.write(current, to: name)
    }
  }

  @Test func olderLedgersAreNeitherSpentNorReplaced() throws {
    let network = try TrainedNetwork(isProved: false)
    let place = network.place
    try network.succeed("commit-input", "@net", "--input", TrainedNetwork.sample(3), "-o", "@x.input")
    let commit = ["commit-input", "@net", "--input", TrainedNetwork.sample(3), "-o", "@x.input", "--overwrite"]
    for (name, commands) in [
      ("net.spent", [
        ["prove", "@net", "--input", TrainedNetwork.sample(3), "-o", "@a.proof"], ["setup", "@net", "--rerandomize"],
        ["setup", "@net", "--overwrite"],
      ]),
      ("x.input.spent", [["prove", "@net", "--committed-input", "@x.input", "-o", "@a.proof"], commit]),
    ] {
      let current = try place.bytes(name)
      try age(name, place)
      for command in commands { try expectRefusal(place, command, name + ": ", "another version of zkml", "keep the two together") }
      try expectRefusal(place, ["inspect", "@" + name], "an older version of zkml", "keep the two together")
      try place.write(current, to: name)
    }
    try network.succeed("prove", "@net", "--input", TrainedNetwork.sample(3), "-o", "@a.proof")
  }
}
