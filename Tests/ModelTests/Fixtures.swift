import FoundationEssentials
import Model

/// The folder Tests/ModelTests/Fixtures.
let fixtures = String(#filePath.dropLast("Fixtures.swift".count)) + "Fixtures/"

func fixtureNames(_ folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: fixtures + folder).sorted()
}

func fixtureNetwork(_ name: String) throws -> Network { try importONNX(path: fixtures + name) }

/// The folder of the trained models and their data, or nil when it is not on this machine.
let trainedModels: String? = {
  let folder = ProcessInfo.processInfo.environment["ZKML_MODELS"] ?? "../shared/models"
  return FileManager.default.fileExists(atPath: folder + "/MANIFEST.json") ? folder + "/" : nil
}()

let trainedModelsHint = "the folder of trained models is missing; ZKML_MODELS names another"

func errorDescription(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch let error as ModelError {
    return error.description
  } catch {
    return "an error of another type: \(error)"
  }
}

/// A network under circuits/.
struct CircuitFolder: CustomStringConvertible, Sendable {
  let name: String
  let inputScale: Double?

  static let digits = CircuitFolder(name: "digits-mlp", inputScale: nil)
  static let fashion = CircuitFolder(name: "fmnist-mlp", inputScale: 1.0 / 255)
  static let digitsConvolution = CircuitFolder(name: "digits-cnn", inputScale: nil)
  static let lenet = CircuitFolder(name: "lenet5", inputScale: 1.0 / 255)
  static let all = [digits, fashion, digitsConvolution, lenet]

  var description: String { name }

  var path: String { String(#filePath.dropLast("Tests/ModelTests/Fixtures.swift".count)) + "circuits/\(name)/" }

  func compiled() throws -> CompiledModel {
    try compile(
      model: path + "model.onnx", calibration: DataSource(path + "calibration.npz"),
      options: QuantizationOptions(inputScale: inputScale))
  }

  /// The first of the test inputs, as integers.
  func testInputs(_ network: IntegerNetwork, count: Int? = nil) throws -> IntegerBatch {
    let source = path + "test.npz"
    let array = try DataReference(source).read(preferring: "input")
    let batch = network.inputs[0].quantize(try network.inputs[0].samples(array, source: source))
    let count = count ?? batch.count
    return IntegerBatch(count: count, values: Array(batch.values.prefix(count * network.inputs[0].port.width)))
  }
}

/// A file that is removed with this.
final class TemporaryFile {
  let path: String

  init(_ bytes: some Sequence<UInt8>, ending: String) throws {
    path = "/tmp/zkml-test.\(UInt64.random(in: 0...UInt64.max)).\(ending)"
    try Data(bytes).write(to: URL(filePath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
