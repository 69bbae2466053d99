import ArgumentParser
import Circuit
import Model
import Prover
import Verifier

struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Times plain inference, proving by phase and verifying, and counts bytes; medians.",
    discussion: """
      Reads NET.circuit, NET.weights, NET.pk and NET.vk. Proving is timed with the key loaded, verifying with the key
      loaded and its weights known to be in range. Overheads are against the plain integer executor of this tool, and
      against onnxruntime on one thread with --onnxruntime (needs python3 with onnxruntime).

        zkml measure net --input test.npz:input[0]
        zkml measure net --input test.npz:input[0] --onnxruntime model.onnx --repeat 21 --json
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: "The input, a batch.") var input: String

  @Option(help: ArgumentHelp("Time this network with onnxruntime too.", valueName: "model.onnx"))
  var onnxruntime: String?

  @Option(name: [.customLong("repeat")], help: "Runs of which medians are taken.") var runCount = 9

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if !(1...10_000).contains(runCount) { throw ValidationError("--repeat must be 1 to 10000") }
  }

  func run() throws {
    try shared.requireNoSeed()
    let files = NetworkFiles(path: network)
    let lowered = try files.lowered()
    let (key, keyByteCount) = try files.provingKey()
    let (verifyingKey, _) = try VerifyingKey.trusted(files.verifyingKeyPath)
    let circuit = lowered.circuit
    guard key.core == verifyingKey.core, key.circuit == circuit else {
      throw Failure.unusable("\(network): the files are not of one setup; run zkml setup \(network)")
    }
    let (batch, inputs) = try circuit.quantized(input, circuit.inputs)
    var figures = Figures(
      circuit: circuit, key: verifyingKey, batch: batch, threads: shared.threadCount, provingKeyByteCount: keyByteCount,
      verifyingKeyByteCount: verifyingKey.file.count)
    let executor = IntegerNetwork(lowered).map(PlainExecutor.init)
    for run in 0...runCount {
      let start = ContinuousClock.now
      let (proof, details) = try key.proof(batch: batch, inputs: inputs, source: input, threads: shared.threadCount)
      let proved = ContinuousClock.now
      let bytes = proof.file(circuit)
      let encoded = ContinuousClock.now
      do throws(VerificationError) {
        try verifyingKey.verify(try Proof(file: bytes, key: verifyingKey))
      } catch {
        throw Failure(status: .internalError, message: "a proof just made does not hold: it \(error.reason)")
      }
      let verified = ContinuousClock.now
      let outputs = executor?.run(IntegerBatch(count: batch, values: inputs[0]))
      let ended = ContinuousClock.now
      if let outputs, [outputs.values] != proof.statement.outputs {
        throw Failure(status: .internalError, message: "the plain executor and the proof have different outputs")
      }
      guard run > 0 else { continue }
      figures.add(
        details, prove: proved - start, verify: verified - encoded, plain: executor == nil ? nil : ended - verified,
        byteCount: bytes.count)
    }
    let onnx = try onnxruntime.map { model in
      guard let port = circuit.inputs.first, circuit.inputs.count == 1 else {
        throw Failure.unusable("--onnxruntime needs a network with one input")
      }
      let samples = encodeNPY(inputs[0].map { Double($0) * circuit.scale(of: port) }, shape: [batch] + port.dimensions)
      return try timeONNXRuntime(model: model, input: samples, runCount: runCount)
    }
    for line in figures.lines(onnxruntime: onnx) { shared.say(line) }
    shared.emit(figures.json(onnxruntime: onnx))
  }
}
