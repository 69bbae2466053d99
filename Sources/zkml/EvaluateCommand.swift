import ArgumentParser
import Circuit
import Model

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Accuracy of the integer network on labelled data, and of the float network beside it.",
    discussion: """
      Reads NET.circuit and NET.weights. --labels names an array of the data file.

        zkml evaluate net --data test.npz:input --labels labels
        zkml evaluate net --data test.npz:input --labels labels --float model.onnx
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: "The samples, a batch.") var data: String

  @Option(help: ArgumentHelp("The array of labels in the data file.", valueName: "name")) var labels: String

  @Option(help: ArgumentHelp("The float network, to compare with.", valueName: "model.onnx")) var float: String?

  @OptionGroup var shared: SharedOptions

  func run() throws {
    try shared.requireNoSeed()
    guard let integers = IntegerNetwork(try NetworkFiles(path: network).lowered()) else {
      throw Failure.unusable("\(network).circuit: is not a network that this tool compiled")
    }
    let floats = try float.map { path in
      let floats = try importONNX(path: path)
      guard floats.input.width == integers.input.port.width, floats.output.width == integers.output.width else {
        throw Failure.unusable("\(path): is not the float network of \(network): its sizes are others")
      }
      return floats
    }
    report(try evaluate(integers, float: floats, data: DataReference(data), labels: labels))
  }

  private func report(_ evaluation: Evaluation) {
    shared.say("\(evaluation.sampleCount) samples")
    shared.say("integer accuracy \(decimal(100 * evaluation.integerAccuracy, places: 2)) %")
    if let accuracy = evaluation.floatAccuracy, let comparison = evaluation.comparison {
      shared.say("float accuracy   \(decimal(100 * accuracy, places: 2)) %")
      shared.say("same class       \(decimal(100 * comparison.agreement, places: 2)) %")
    }
    shared.emit([
      "samples": .integer(evaluation.sampleCount), "integer_accuracy": .number(evaluation.integerAccuracy),
      "float_accuracy": JSON(evaluation.floatAccuracy), "agreement": JSON(evaluation.comparison?.agreement),
      "max_error": JSON(evaluation.comparison?.largestError), "mean_error": JSON(evaluation.comparison?.meanError),
    ])
  }
}
