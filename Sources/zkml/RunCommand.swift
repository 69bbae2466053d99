import ArgumentParser
import Circuit
import Execution
import Model
import Prover

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Computes the exact integer inference that a proof would be about, and prints its real values.",
    discussion: """
      Reads NET.circuit and NET.weights. Nothing is proved.

        zkml run net --input test.npz:input[3]
        zkml run encoder --input ids=ids.npy --input mask=masks.npz:mask[0:8]
        zkml run net --input batch.npy --output logits.npy
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: inputHelp)
  var input: [String]

  @Option(help: ArgumentHelp("Write the real values of the output to this .npy file.", valueName: "file"))
  var output: String?

  @OptionGroup var shared: SharedOptions

  func run() throws {
    try shared.requireNoSeed()
    let files = NetworkFiles(path: network)
    let input = try DataSource(input)
    shared.noteFiles(secret: [files.weightsPath])
    let lowered = try files.lowered()
    let circuit = lowered.circuit
    files.staleKeyNotice().map(shared.note)
    if let output {
      try requireWritable(output, for: encodeNPY([Double](), shape: [0]))
      try SourceFiles([files.circuitPath, files.weightsPath] + input.paths).requireOther(output)
    }
    let arrays = try circuit.quantized(input, circuit.inputs)
    let (batch, inputs) = (arrays.batch, arrays.integers)
    arrays.notices(input.description).forEach(shared.note)
    shared.status("running \(grouped(batch)) samples")
    let outputs = try CircuitExecutor(circuit, weights: lowered.weights).outputs(
      of: inputs, batch: batch, threads: shared.threadCount)
    if let output {
      guard let port = circuit.outputs.first, circuit.outputs.count == 1 else {
        throw Failure.unusable("--output needs a network with one output; \(network) has \(circuit.outputs.count)")
      }
      let values = outputs[0].map { Double($0) * circuit.scale(of: port) }
      try write([OutputFile(path: output, bytes: encodeNPY(values, shape: [batch] + port.dimensions))])
    }
    for (port, integers) in zip(circuit.outputs, outputs) { port.lines(integers, circuit).forEach(shared.say) }
    shared.emit([
      "batch": .integer(batch), "saturated": .integer(arrays.saturated.count),
      "outputs": circuit.outputs.json(outputs, circuit, batch: batch),
    ])
  }
}

extension CircuitExecutor {
  /// The outputs by port.
  func outputs(of inputs: [[Int64]], batch: Int, threads: Int) throws -> [[Int64]] {
    do throws(ExecutionError) {
      return try run(batch: batch, inputs: inputs, threads: threads)
    } catch {
      throw Failure.unusable(error.reason(circuit))
    }
  }
}

extension ExecutionError {
  func reason(_ circuit: ArithmeticCircuit) -> String {
    switch self {
    case .outsideTable(let lookup, let index, _):
      let column = circuit.columns[circuit.lookups[lookup].forms[0].parts[0].column]
      return "the input takes column '\(column.name)' at \(index) outside its table"
    }
  }
}
