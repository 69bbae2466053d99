import ArgumentParser
import Circuit
import Execution
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
    let files = NetworkFiles(path: network)
    shared.noteFiles(secret: [files.weightsPath])
    shared.noteLeftFolders()
    let lowered = try files.lowered()
    let circuit = lowered.circuit
    let executor = CircuitExecutor(circuit, weights: lowered.weights)
    let floats = try float.map { try circuit.floatNetwork($0) }
    shared.status("running the samples of \(data)")
    let evaluation = try evaluate(
      circuit.inputs.map { InputEncoding($0, circuit) }, circuit.outputs.map { NetworkOutput($0, circuit) }, float: floats,
      data: DataReference(data), labels: labels
    ) { samples in
      let count = samples.first?.count ?? 0
      let outputs = try executor.outputs(of: samples.map(\.values), batch: count, threads: shared.threadCount)
      return zip(circuit.outputs, outputs).map { port, integers in
        IntegerBatch(count: count, values: integers).scaled(by: circuit.scale(of: port))
      }
    }
    report(evaluation)
  }

  private func report(_ evaluation: Evaluation) {
    evaluation.notices.forEach(shared.note)
    shared.say("\(evaluation.sampleCount) samples")
    shared.say("integer accuracy \(decimal(100 * evaluation.integerAccuracy, places: 2)) %")
    if let accuracy = evaluation.floatAccuracy, let comparison = evaluation.comparison {
      shared.say("float accuracy   \(decimal(100 * accuracy, places: 2)) %")
      if let agreement = comparison.agreement { shared.say("same class       \(decimal(100 * agreement, places: 2)) %") }
    }
    shared.emit([
      "samples": .integer(evaluation.sampleCount), "integer_accuracy": .number(evaluation.integerAccuracy),
      "float_accuracy": JSON(evaluation.floatAccuracy), "agreement": JSON(evaluation.comparison?.agreement ?? nil),
      "max_error": JSON(evaluation.comparison?.largestError), "mean_error": JSON(evaluation.comparison?.meanError),
    ])
  }
}
