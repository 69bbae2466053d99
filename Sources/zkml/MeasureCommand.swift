import ArgumentParser
import Circuit
import Execution
import Model
import Prover
import Verifier

struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Times plain inference, proving by phase and verifying, and counts bytes; medians.",
    discussion: """
      Reads NET.circuit, NET.pk and NET.vk. Proving is timed with the key loaded, verifying with the key
      loaded and its weights known to be in range. Overheads are against the plain integer executor of this tool, and
      with --onnxruntime (needs python3 with onnxruntime) also against onnxruntime: all of them on the same number of
      threads, with the same batch. The proofs are thrown away, so they do not count in NET.spent.

        zkml measure net --input test.npz:input[0]
        zkml measure net --input test.npz:input[0] --onnxruntime model.onnx --repeat 21 --json
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: inputHelp) var input: [String]

  @Option(help: ArgumentHelp("Time this network with onnxruntime too.", valueName: "model.onnx"))
  var onnxruntime: String?

  @Option(name: [.customLong("repeat")], help: "Runs of which medians are taken.") var runCount = 9

  @Flag(help: "Measure proofs that hide nothing.") var transparent = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if !(1...10_000).contains(runCount) { throw ValidationError("--repeat must be 1 to 10000") }
  }

  func run() throws {
    try shared.requireNoSeed(transparent: transparent)
    let files = NetworkFiles(path: network)
    shared.noteFiles(secret: [files.provingKeyPath])
    shared.noteLeftFolders()
    let circuit = try files.circuit()
    let (key, keyByteCount) = try files.provingKey()
    let (verifyingKey, _) = try VerifyingKey.trusted(files.verifyingKeyPath)
    guard key.core == verifyingKey.core, key.circuit == circuit else {
      throw Failure.unusable("\(network): the files are not of one setup; run zkml setup \(network)")
    }
    files.staleKeyNotice().map(shared.note)
    let mode: ProofMode = transparent ? .transparent : .hiding
    try key.core.require(mode, files.provingKeyPath)
    let source = try DataSource(input)
    let arrays = try circuit.quantized(source, circuit.inputs)
    let (batch, inputs) = (arrays.batch, arrays.integers)
    arrays.notices(source.description).forEach(shared.note)
    var figures = Figures(
      circuit: circuit, key: verifyingKey, mode: mode, batch: batch, threads: shared.threadCount, provingKeyByteCount: keyByteCount,
      verifyingKeyByteCount: verifyingKey.file.count)
    figures.isHidingGivenUp = files.isHidingGivenUp(key.core) == true
    for run in 0...runCount {
      shared.status("measuring, run \(run) of \(runCount)")
      let start = ContinuousClock.now
      let (proof, details) = try key.proof(
        batch: batch, inputs: inputs, mode: mode, source: source.description, threads: shared.threadCount)
      let proved = ContinuousClock.now
      let bytes = proof.file(circuit)
      let encoded = ContinuousClock.now
      do throws(VerificationError) {
        try verifyingKey.verify(try Proof(file: bytes, key: verifyingKey))
      } catch {
        throw Failure(status: .internalError, message: "a proof just made does not hold: it \(error.reason)")
      }
      let verified = ContinuousClock.now
      // The plain run is timed as onnxruntime is: with warm caches.
      _ = try key.executor.outputs(of: inputs, batch: batch, threads: shared.threadCount)
      let warm = ContinuousClock.now
      let outputs = try key.executor.outputs(of: inputs, batch: batch, threads: shared.threadCount)
      let ended = ContinuousClock.now
      if outputs != proof.statement.outputs {
        throw Failure(status: .internalError, message: "the plain executor and the proof have different outputs")
      }
      guard run > 0 else { continue }
      figures.add(
        details, prove: proved - start, verify: verified - encoded, plain: ended - warm,
        byteCount: bytes.count)
    }
    let onnx = try onnxruntime.map { model in
      shared.status("measuring onnxruntime")
      let files = zip(circuit.inputs, inputs).map { port, integers in
        let values = integers.map { Double($0) * circuit.scale(of: port) }
        return (name: port.name, file: encodeNPY(values, shape: [batch] + port.dimensions))
      }
      return try timeONNXRuntime(model: model, inputs: files, threads: shared.threadCount, repetitions: runCount)
    }
    if let onnxruntime {
      figures.layerErrors = try layerErrors(circuit.floatNetwork(onnxruntime), key.executor, batch, inputs)
    }
    for line in figures.lines(onnxruntime: onnx) { shared.say(line) }
    shared.emit(figures.json(onnxruntime: onnx))
  }

  /// How far activations and outputs are from the float network's on this input.
  private func layerErrors(
    _ network: Network, _ executor: CircuitExecutor, _ batch: Int, _ inputs: [[Int64]]
  ) throws -> [LayerError] {
    let circuit = executor.circuit
    let columns: [[Int64]]
    do throws(ExecutionError) {
      columns = try executor.columns(batch: batch, inputs: inputs, threads: shared.threadCount)
    } catch {
      throw Failure.unusable(error.reason(circuit))
    }
    let shown = Set(circuit.outputs.map { $0.classesOf ?? $0.column })
    let results = circuit.columns.indices.compactMap { index -> NamedIntegers? in
      let column = circuit.columns[index]
      guard column.kind == .advice || shown.contains(index) else { return nil }
      return [".activation", ".accumulator"].first(where: column.plainName.hasSuffix).map { suffix in
        NamedIntegers(
          name: String(column.plainName.dropLast(suffix.count)), scale: column.scale,
          axes: Array(circuit.shape(ofColumn: index, batch: batch).dropFirst()), values: columns[index])
      }
    }
    let samples = zip(circuit.inputs, inputs).map { port, integers in
      IntegerBatch(count: batch, values: integers).scaled(by: circuit.scale(of: port))
    }
    return network.layerErrors(samples, results)
  }
}
