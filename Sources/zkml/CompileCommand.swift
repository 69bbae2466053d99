import ArgumentParser
import Circuit
import Model
import Prover
import Verifier

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Quantizes an ONNX network and writes its circuit (public) and weights (private).",
    discussion: """
      Writes NET.circuit and NET.weights; `zkml setup NET` goes on from there. Calibration data: a batch of typical
      inputs, .npz, .npy or JSON; `file.npz:key` names one array. Integers, such as pixels, need --input-scale.

        zkml compile model.onnx --calibrate samples.npz -o net
        zkml compile model.onnx --calibrate pixels.npy --input-scale 1/255 -o net
        zkml compile model.onnx --calibrate samples.npz --dry-run
      """)

  @Argument(help: "The float network, an ONNX file.") var model: String

  @Option(help: "Typical inputs, a batch.") var calibrate: String

  @Option(name: [.short, .customLong("output")], help: ArgumentHelp("Path without extension.", valueName: "net"))
  var output: String?

  @Option(help: "What one step of the input is worth, such as 1/255; recorded in the circuit.")
  var inputScale: String?

  @Flag(help: "Write nothing; report unsupported nodes, sizes and estimates.") var dryRun = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if output == nil, !dryRun { throw ValidationError("-o is needed, or --dry-run") }
    if let inputScale, parseScale(inputScale) == nil {
      throw ValidationError("--input-scale must be a positive number or a quotient of two")
    }
  }

  func run() throws {
    try shared.requireNoSeed()
    let options = QuantizationOptions(inputScale: inputScale.flatMap(parseScale))
    let compiled = try compile(model: model, calibration: DataReference(calibrate), options: options)
    let circuit = compiled.lowered.circuit
    let estimate = ProofEstimate(circuit)
    let files = output.map(NetworkFiles.init(path:))
    if let files, !dryRun {
      try write([
        OutputFile(path: files.circuitPath, bytes: circuit.file),
        OutputFile(
          path: files.weightsPath, bytes: circuit.weightsFile(compiled.lowered.weights), isSecret: true),
      ])
    }
    report(compiled, estimate, files: dryRun ? nil : files)
  }

  private func report(_ compiled: CompiledModel, _ estimate: ProofEstimate, files: NetworkFiles?) {
    let (network, layers, comparison) = (compiled.network, compiled.integers.layers, compiled.comparison)
    let sizes = (grouped(network.parameterCount), grouped(network.multiplicationCount))
    shared.say("\(network.name): \(sizes.0) parameters, \(sizes.1) multiplications")
    for layer in layers {
      let title = "\(padded(layer.name, to: 20)) \(padded(layer.operation, to: 15))"
      let bound = grouped(Int(layer.accumulatorBound))
      shared.say("  \(title) \(layer.weightBits) bits, shift \(layer.shift), bound \(bound)")
    }
    let errors = (decimal(comparison.largestError, places: 4), decimal(comparison.meanError, places: 4))
    shared.say("calibration data: largest error \(errors.0), mean error \(errors.1)")
    shared.say("calibration data: same class for \(decimal(100 * comparison.agreement, places: 1)) %")
    let bytes = (grouped(estimate.proofByteCount), grouped(estimate.memoryByteCount))
    let time = duration(estimate.proveSeconds)
    shared.say("one proof, about: \(bytes.0) bytes, \(time) on one core, \(bytes.1) bytes of memory")
    if let files { shared.say("wrote \(files.circuitPath) (public) and \(files.weightsPath) (private)") }
    shared.emit([
      "model": .string(compiled.network.name), "circuit_digest": .string(compiled.lowered.circuit.digest.hexadecimal),
      "parameters": .integer(compiled.network.parameterCount), "macs": .integer(compiled.network.multiplicationCount),
      "layers": .array(
        layers.map {
          [
            "name": .string($0.name), "operator": .string($0.operation), "bits": .integer($0.weightBits),
            "shift": .integer($0.shift), "bound": .integer(Int($0.accumulatorBound)),
            "table_bits": .integer($0.tableBits),
          ]
        }),
      "input_scale": .number(compiled.integers.input.scale), "output_scale": .number(compiled.integers.outputScale),
      "max_error": .number(comparison.largestError), "mean_error": .number(comparison.meanError),
      "top1_agreement": .number(comparison.agreement),
      "estimate": [
        "proof_bytes": .integer(estimate.proofByteCount), "prove_s": .number(estimate.proveSeconds),
        "memory_bytes": .integer(estimate.memoryByteCount),
      ],
      "files": .array(files.map { [.string($0.circuitPath), .string($0.weightsPath)] } ?? []),
    ])
  }
}
