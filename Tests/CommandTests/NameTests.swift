import FoundationEssentials
import Glibc
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
}
