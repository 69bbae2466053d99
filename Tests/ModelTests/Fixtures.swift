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
