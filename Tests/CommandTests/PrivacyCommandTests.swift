import FoundationEssentials
import Testing

@Suite("compile says what its circuit shows") struct PrivacyCommandTests {
  private let compile = ["compile", TrainedNetwork.model, "--calibrate", TrainedNetwork.calibration]

  @Test("the report has every kind of number and the names, as text and as JSON") func report() throws {
    let place = try Workplace()
    let text = try place.run(compile + ["--dry-run", "--privacy-report"])
    #expect(text.status == 0, "\(text.errors)")
    let object = try place.run(compile + ["--dry-run", "--privacy-report", "--json"])
    let privacy = try #require(try JSONDecoder().decode(Report.self, from: Data(object.output.utf8)).privacy)
    #expect(Set(privacy.numbers.map(\.kind)) == ["scale", "width", "range", "shift", "table"])
    for number in privacy.numbers { #expect(text.output.contains("  \(number.name) ")) }
    for kind in Set(privacy.numbers.map(\.kind)) { #expect(text.output.contains("public \(kind): ")) }
    #expect(privacy.names.count > 5)
    for name in privacy.names { #expect(text.output.contains("  \(name)\n")) }
    let plain = try place.run(compile + ["--dry-run", "--json"])
    #expect(try JSONDecoder().decode(Report.self, from: Data(plain.output.utf8)).privacy == nil)
  }

  @Test("an anonymous network is proved under numbered names, and no file that is public has another") func anonymous() throws {
    let place = try Workplace()
    let named = try place.run(compile + ["--dry-run", "--privacy-report", "--json"])
    let names = try #require(try JSONDecoder().decode(Report.self, from: Data(named.output.utf8)).privacy).names
    for command in [
      compile + ["--anonymous", "-o", "@net"], ["setup", "@net"],
      ["prove", "@net", "--input", TrainedNetwork.sample(3), "-o", "@a.proof"],
      [
        "verify", "--key", "@net.vk", "@a.proof", "--input", TrainedNetwork.sample(3), "--output",
        TrainedNetwork.folder + "/expected.npy[3]",
      ],
    ] {
      let result = try place.run(command)
      #expect(result.status == 0, "\(command): \(result.errors)")
      if command[0] == "verify" {
        #expect(result.output.contains("public   input input0 ") && result.output.contains("output0[0] = "))
      }
    }
    for file in ["net.circuit", "net.vk", "a.proof"] {
      let bytes = try place.bytes(file)
      for name in names where name.utf8.count > 5 { #expect(bytes.firstRange(of: Array(name.utf8)) == nil, "\(file): \(name)") }
    }
  }

  @Test("what is to be published must be there") func publish() throws {
    let place = try Workplace()
    let result = try place.run(compile + ["--dry-run", "--publish", "beta"])
    #expect(result.status == 2 && result.errors.contains("it has no constant 'beta' to publish"))
  }
}

private struct Report: Decodable {
  struct Privacy: Decodable {
    struct Number: Decodable {
      let kind: String
      let name: String
      let numbers: [Double]
    }

    let numbers: [Number]
    let names: [String]
  }

  let privacy: Privacy?
}
