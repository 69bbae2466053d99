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
      inputs, .npz, .npy or JSON; `file.npz:key[0:64]` names one array, 64 samples of it. An array of integers, such as pixels, is taken as it is,
      unless --input-scale says what a step of it is worth to the network.

        zkml compile model.onnx --calibrate samples.npz -o net
        zkml compile model.onnx --calibrate pixels.npy --input-scale 1/255 -o net
        zkml compile model.onnx --calibrate samples.npz --accuracy 0.999 -o net
        zkml compile model.onnx --calibrate ids=ids.npy --calibrate mask=mask.npy -o net
        zkml compile model.onnx --calibrate samples.npz --input-shape x=1,3,224,224 -o net
        zkml compile model.onnx --calibrate samples.npz --bits 12 --layer-bits /fc2/Gemm=16 --classes 1 -o net
        zkml compile model.onnx --calibrate samples.npz --outputs logits,/block.3/Add_output_0 -o net
        zkml compile model.onnx --calibrate samples.npz --dry-run --batch 64
        zkml compile model.onnx --calibrate samples.npz --dry-run --privacy-report

      The circuit is public. Weights are not in it; a number of the file that may be trained and can be no weight is
      refused unless --publish names it. What this command prints is for who has the weights: bounds and errors follow from them.
      """)

  @Argument(help: "The float network, an ONNX file.") var model: String

  @Option(help: ArgumentHelp(
    "Typical inputs, a batch; `file.npz:key[start:end]` names some; NAME=FILE is for one of several inputs. May be repeated.", valueName: "file"))
  var calibrate: [String]

  @Option(
    help: ArgumentHelp(
      "The shape of an input, the batch first: the sizes of its symbolic axes (default: those of the calibration data). May be repeated.",
      valueName: "name=sizes"))
  var inputShape: [String] = []

  @Option(name: [.short, .customLong("output")], help: ArgumentHelp("Path without extension.", valueName: "net"))
  var output: String?

  @Option(help: "What one step of the input is worth, such as 1/255; recorded in the circuit.")
  var inputScale: String?

  @Option(help: "Bits of the activations, 8 to 16 (default: 8; 16 for classical models, and for features that have unlike sizes or are compared; for networks with a Softmax or a norm as many as each value needs).")
  var bits: Int?

  @Option(help: ArgumentHelp("Other bits for the result of one node; may be repeated.", valueName: "name=bits"))
  var layerBits: [String] = []

  @Option(help: "At most so many bits for the weights of layers, 8 to 16. Integers of a quantized model stay as they are.")
  var weightBits = QuantizationOptions.widths.upperBound

  @Option(
    help: ArgumentHelp(
      "Widen activations until this share of the calibration samples gets the float network's class; without classes, outputs within 1 % of the largest.",
      valueName: "share"))
  var accuracy: Double?

  @Option(help: ArgumentHelp(
      "Show these values alone, outputs or others; what they do not need is left out and may be of any kind.", valueName: "names"))
  var outputs: String?

  @Option(help: ArgumentHelp("Let proofs show only the k most likely classes, not the outputs.", valueName: "k"))
  var classes: Int?

  @Option(
    help: ArgumentHelp(
      "Let the numbers of this initializer stand in public tables and coefficients; may be repeated.",
      valueName: "name"))
  var publish: [String] = []

  @Flag(help: "Leave the names of network, layers and ports out of the circuit: ports are input0, output0 and so on.")
  var anonymous = false

  @Flag(help: "List every public number that depends on weights or calibration data, and every public name.")
  var privacyReport = false

  @Flag(help: "Write nothing; report unsupported nodes, sizes and estimates.") var dryRun = false

  @Option(help: "The batch that the estimates are for.") var batch = 1

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if !(1...defaultBatchCap).contains(batch) { throw ValidationError("--batch must be 1 to \(defaultBatchCap)") }
    let widths = QuantizationOptions.widths
    if let bits, !widths.contains(bits) { throw ValidationError("--bits must be 8 to 16") }
    if !inputShape.allSatisfy({ parseInputShape($0) != nil }) {
      throw ValidationError("--input-shape must be NAME=SIZES, such as x=1,3,224,224")
    }
    if !layerBits.allSatisfy({ parseLayerBits($0).map { widths.contains($0.bits) } ?? false }) {
      throw ValidationError("--layer-bits must be NAME=BITS, with 8 to 16 bits")
    }
    if !widths.contains(weightBits) { throw ValidationError("--weight-bits must be 8 to 16") }
    if let accuracy, !(0...1).contains(accuracy) { throw ValidationError("--accuracy must be 0 to 1") }
    if let classes, classes < 1 { throw ValidationError("--classes must be at least 1") }
    if output == nil, !dryRun { throw ValidationError("-o is needed, or --dry-run") }
    if let outputs, outputs.split(separator: ",").isEmpty { throw ValidationError("--outputs names no value") }
    if let inputScale, parseScale(inputScale) == nil {
      throw ValidationError("--input-scale must be a positive number or a quotient of two")
    }
  }

  func run() throws {
    try shared.requireNoSeed()
    var options = QuantizationOptions(inputScale: inputScale.flatMap(parseScale))
    options.bits = bits
    options.layerBits = Dictionary(layerBits.compactMap(parseLayerBits)) { $1 }
    options.inputShapes = Dictionary(inputShape.compactMap(parseInputShape)) { $1 }
    options.weightBits = weightBits
    options.accuracy = accuracy
    options.classCount = classes
    options.publish = Set(publish)
    options.outputs = outputs?.split(separator: ",").map(String.init)
    let calibration = try DataSource(calibrate)
    let files = dryRun ? nil : output.map(NetworkFiles.init(path:))
    if let files {
      try requireWritable(files.circuitPath, for: ArithmeticCircuit.magic)
      try requireWritable(files.weightsPath, for: FileKind.weights.rawValue.utf8)
      let sources = SourceFiles([model] + calibration.paths)
      for path in [files.circuitPath, files.weightsPath] { try sources.requireOther(path) }
    }
    shared.status("calibrating with \(calibration)")
    let compiled: CompiledModel
    do {
      compiled = try compile(model: model, calibration: calibration, options: options) { shared.status($0) }
    } catch {
      throw refusal(error)
    }
    let lowered = anonymous ? compiled.lowered.anonymous() : compiled.lowered
    let circuit = lowered.circuit
    shared.status("estimating")
    let estimate = ProofEstimate(
      circuit, proofCount: circuit.defaultProofCount, batch: batch, threads: shared.threadCount)
    if let files {
      shared.noteFiles(written: [files.weightsPath])
      let weights = OutputFile(path: files.weightsPath, bytes: circuit.weightsFile(lowered.weights), isSecret: true)
      try alone(besides: files.circuitPath) {
        try write([OutputFile(path: files.circuitPath, bytes: circuit.file), weights])
      }
    }
    report(compiled, circuit, estimate, files: files)
    files?.staleKeyNotice().map(shared.note)
  }

  private func parseLayerBits(_ text: String) -> (name: String, bits: Int)? {
    guard let sign = text.lastIndex(of: "="), let bits = Int(text[text.index(after: sign)...]) else { return nil }
    return (String(text[..<sign]), bits)
  }

  /// What the command ends with; every node that is not supported is listed.
  private func refusal(_ error: ModelError) -> Failure {
    guard case .unsupportedNodes(let file, let nodes) = error else {
      return error.hint.map { Failure(status: .unusable, message: "\(error); \($0)") } ?? Failure(error)
    }
    let count = nodes.count == 1 ? "one unsupported node" : "\(nodes.count) unsupported nodes"
    Output.showError("zkml: \(file): \(count)")
    for node in nodes {
      Output.showError("  \(node.name) (\(node.operation)): \(node.reason)\(node.hint.map { "; \($0)" } ?? "")")
    }
    let unsupported = nodes.map { node -> JSON in
      ["name": .string(node.name), "operator": .string(node.operation), "reason": .string(node.reason), "hint": node.hint.map { JSON.string($0) } ?? .null]
    }
    return Failure(
      status: .unusable, message: "\(file): \(count)", isShown: true,
      members: [Member("unsupported", .array(unsupported))])
  }

  private func report(
    _ compiled: CompiledModel, _ circuit: ArithmeticCircuit, _ estimate: ProofEstimate, files: NetworkFiles?
  ) {
    let privacy = privacyReport ? PrivacyReport(circuit, published: compiled.network.publicNumbers) : nil
    let (network, layers, comparison) = (compiled.network, compiled.integers.layers, compiled.comparison)
    let sizes = (grouped(network.parameterCount), grouped(network.multiplicationCount))
    shared.say("\(network.name): \(sizes.0) parameters, \(sizes.1) multiplications")
    for layer in layers {
      let title = "\(padded(layer.name, to: 20)) \(padded(layer.operation, to: 15))"
      let bound = grouped(Int(layer.accumulatorBound))
      let width = layer.activationBits == 0 ? "" : ", activations of \(layer.activationBits) bits"
      shared.say("  \(title) \(layer.weightBits) bits, shift \(layer.shift), bound \(bound)\(width)")
    }
    for notice in network.notices { shared.say(notice) }
    compiled.notices.forEach(shared.note)
    for line in compiled.layerErrors.lines { shared.detail(line) }
    let errors = (decimal(comparison.largestError, places: 4), decimal(comparison.meanError, places: 4))
    shared.say("calibration data: largest error \(errors.0), mean error \(errors.1)")
    if let agreement = comparison.agreement {
      shared.say("calibration data: same class for \(decimal(100 * agreement, places: 1)) %")
    }
    shared.say(estimate.line)
    for line in privacy?.lines ?? [] { shared.say(line) }
    if let files { shared.say("wrote \(files.circuitPath) (public) and \(files.weightsPath) (private)") }
    shared.emit([
      "model": .string(compiled.network.name), "circuit_digest": .string(circuit.digest.hexadecimal),
      "parameters": .integer(compiled.network.parameterCount), "macs": .integer(compiled.network.multiplicationCount),
      "layers": .array(
        layers.map {
          [
            "name": .string($0.name), "operator": .string($0.operation), "bits": .integer($0.weightBits),
            "shift": .integer($0.shift), "bound": .integer(Int($0.accumulatorBound)),
            "quotient_bits": .integer($0.quotientBits), "activation_bits": .integer($0.activationBits),
          ]
        }),
      "input_scales": .object(compiled.integers.inputs.map { Member($0.port.name, .number($0.scale)) }),
      "input_steps": .object(
        compiled.integers.inputs.filter { !$0.steps.isEmpty }.map { Member($0.port.name, .array($0.steps.map { .number($0) })) }),
      "output_scales": .object(
        compiled.integers.outputs.map { Member($0.name, .number(compiled.integers.quantum(of: $0.value).scale)) }),
      "notices": .array((network.notices + compiled.notices).map { .string($0) }), "layer_errors": compiled.layerErrors.json,
      "max_error": .number(comparison.largestError), "mean_error": .number(comparison.meanError),
      "top1_agreement": JSON(comparison.agreement),
      "estimate": estimate.json, "privacy": privacy?.json ?? .null,
      "files": .array(files.map { [.string($0.circuitPath), .string($0.weightsPath)] } ?? []),
    ])
  }
}
