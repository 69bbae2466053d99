import ArgumentParser
import Circuit
import Model

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Accuracy of the integer network on labelled data, and of the float network beside it.",
    discussion: """
      Reads NET.circuit and NET.weights. --labels names an array of the data file, or another file.

        zkml evaluate net --data test.npz:input --labels labels
        zkml evaluate net --data images.npy --labels labels.npy --float model.onnx
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: "The samples, a batch.") var data: String

  @Option(help: "The labels: an array of the data file by name, or `file:key`.") var labels: String

  @Option(help: ArgumentHelp("The float network, to compare with.", valueName: "model.onnx")) var float: String?

  @OptionGroup var shared: SharedOptions

  func run() throws {
    try shared.requireNoSeed()
    let lowered = try NetworkFiles(path: network).lowered()
    let circuit = lowered.circuit
    guard circuit.inputs.count == 1, circuit.outputs.count == 1 else {
      throw Failure.unusable("\(network): evaluate needs a network with one input and one output")
    }
    let reference = DataReference(data)
    let encoding = InputEncoding(circuit.inputs[0], circuit)
    let samples = try encoding.samples(try reference.read(preferring: circuit.inputs[0].name), source: data)
    let labels = try labelArray(reference).labels(count: samples.count, source: labels)
    let integers = try lowered.outputs(
      of: [encoding.quantize(samples).values], batch: samples.count, threads: shared.threadCount)
    let outputs = IntegerBatch(count: samples.count, values: integers[0]).scaled(by: circuit.outputs[0].scale)
    let floats = try float.map { path in
      let network = try importONNX(path: path)
      let expected = circuit.inputs[0].dimensions.reduce(1, *)
      guard network.input.width == expected, network.output.width * samples.count == outputs.values.count else {
        throw Failure.unusable("\(path): is not the float network of \(self.network): its sizes are others")
      }
      return network.run(samples)
    }
    report(labels, outputs, floats)
  }

  private func labelArray(_ data: DataReference) throws -> NumericArray {
    let reference = DataReference(labels)
    let isFile = reference.key != nil || [".npz", ".npy", ".json"].contains { reference.path.hasSuffix($0) }
    return try isFile ? reference.read() : DataReference("\(data.path):\(labels)").read()
  }

  private func report(_ labels: [Int], _ outputs: FloatBatch, _ floats: FloatBatch?) {
    let accuracy = outputs.accuracy(labels: labels)
    let comparison = floats.map { OutputComparison(float: $0, integer: outputs) }
    shared.say("\(labels.count) samples")
    shared.say("integer accuracy \(decimal(100 * accuracy, places: 2)) %")
    if let floats, let comparison {
      shared.say("float accuracy   \(decimal(100 * floats.accuracy(labels: labels), places: 2)) %")
      shared.say("same class       \(decimal(100 * comparison.agreement, places: 2)) %")
    }
    shared.emit([
      "samples": .integer(labels.count), "integer_accuracy": .number(accuracy),
      "float_accuracy": JSON(floats?.accuracy(labels: labels)), "agreement": JSON(comparison?.agreement),
      "max_error": JSON(comparison?.largestError), "mean_error": JSON(comparison?.meanError),
    ])
  }
}
