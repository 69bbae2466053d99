import FoundationEssentials
import Testing

/// The digits network compiled and set up in a folder, to hide if nothing else is said, and where its data is.
struct TrainedNetwork {
  static let folder = circuitFolder("digits-mlp")
  static let data = folder + "/test.npz:input"
  static let model = folder + "/model.onnx"
  static let calibration = folder + "/calibration.npz"

  let place: Workplace

  init(isProved: Bool = true, setup: String...) throws {
    place = try Workplace()
    try succeed("compile", Self.model, "--calibrate", Self.calibration, "-o", "@net")
    try succeed(["setup", "@net"] + setup)
    guard isProved else { return }
    try succeed("prove", "@net", "--input", Self.sample(3), "-o", "@a.proof", "--context", "order 1")
  }

  static func sample(_ index: Int) -> String { "\(data)[\(index)]" }

  @discardableResult
  func succeed(_ arguments: String...) throws -> ToolResult { try succeed(arguments) }

  @discardableResult
  func succeed(_ arguments: [String]) throws -> ToolResult {
    let result = try place.run(arguments)
    try #require(result.status == 0, "\(arguments): \(result.errors)")
    return result
  }

  func verify(_ arguments: String..., key: String = "@net.vk", context: String = "order 1") throws -> ToolResult {
    try place.run(["verify", "--key", key, "--context", context] + arguments)
  }

  /// What a command that succeeds prints with --json.
  func object<Object: Decodable>(_ arguments: String...) throws -> Object { try object(arguments) }

  func object<Object: Decodable>(_ arguments: [String]) throws -> Object {
    try JSONDecoder().decode(Object.self, from: Data(try succeed(arguments + ["--json"]).output.utf8))
  }
}
