import Circuit
import Execution
import FoundationEssentials
import Glibc
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// 300 networks of random operators, shapes and weights, with residuals, branches and several inputs.
@Suite struct RandomGraphTests {
  /// Graphs that a view makes impossible, by cutting an axis that another one cuts elsewhere, are left out and counted.
  private static let generated: (graphs: [RandomGraph], refusedCount: Int) = {
    var generator = RandomGraphGenerator(seed: 2026)
    var (graphs, refusedCount) = ([RandomGraph](), 0)
    while graphs.count < 300 {
      let graph = generator.next()
      if isRefused(graph) { refusedCount += 1 } else { graphs.append(graph) }
    }
    return (graphs, refusedCount)
  }()

  private static func isRefused(_ graph: RandomGraph) -> Bool {
    do {
      let network = try importONNX(graph.bytes, file: "graph").simplified()
      let batch = network.inputs.map { FloatBatch(count: 1, values: [Double](repeating: 0.5, count: $0.width)) }
      _ = try lower(quantize(network, Calibration(network, batch, source: "samples")))
      return false
    } catch ModelError.unusableLayer(_, let reason) {
      return reason.contains("splits the axis") || reason.contains("do not nest")
    } catch {
      return false
    }
  }

  private static let chunks = stride(from: 0, to: 300, by: 30).map { $0..<$0 + 30 }

  @Test("every operator stands in at least five places of each class of shapes")
  func histogram() {
    let counts = Self.generated.graphs.flatMap(\.uses).reduce(into: [RandomGraph.Use: Int]()) { $0[$1, default: 0] += 1 }
    print("\(Self.generated.refusedCount) graphs refused for axes that do not nest")
    #expect(Self.generated.refusedCount < 30)
    let classes = RandomGraph.ShapeClass.allCases
    print("operator × shape", classes.map(\.rawValue))
    for operation in RandomGraphGenerator.operations {
      let row = classes.map { counts[RandomGraph.Use(operation: operation, shape: $0)] ?? 0 }
      print(operation, row)
      #expect(row.allSatisfy { $0 == 0 || $0 >= 5 }, "\(operation)")
      #expect(row.contains { $0 > 0 }, "\(operation)")
    }
  }

  @Test("plain run = slow semantics; proofs verify; a changed advice value is rejected", arguments: chunks)
  func graphsAreProved(chunk: Range<Int>) throws {
    var forgedCount = 0
    for index in chunk {
      let compiled = try Self.compiled(index)
      let (circuit, weights, integers) = (compiled.lowered.circuit, compiled.lowered.weights, compiled.integers)
      let batch = Self.samples(index, count: 2, limit: 1.3, seed: 9)
      let inputs = zip(integers.inputs, batch).map { $0.quantize($1) }
      let expected = integers.run(inputs).map(\.values)
      let executor = CircuitExecutor(circuit, weights: weights)
      #expect(try executor.run(batch: 2, inputs: inputs.map(\.values), threads: 1) == expected, "graph \(index)")

      let mode = ProofMode.both[index % 2]
      let seed = [UInt8](repeating: UInt8(index % 256), count: SecretStream.seedByteCount)
      let key = ProvingKey(circuit: circuit, weights: weights, proofCount: mode.proofCount, threads: 1)
      let verifying = try key.verifyingKey(threads: 1)
      let (proof, details) = try key.prove(batch: 2, inputs: inputs.map(\.values), mode: mode, seed: seed, threads: 1)
      try verifying.verify(proof)
      #expect(proof.statement.outputs == expected, "graph \(index)")

      var prover = MaliciousProver(
        plan: Plan(circuit: circuit, batch: 2, modelCode: key.core.code, isHiding: mode == .hiding), core: key.core,
        model: key.commitment, statement: proof.statement,
        witness: try Witness(executor, batch: 2, inputs: inputs.map(\.values), threads: 1),
        secrets: key.core.secrets(.inference, proof.statement, circuit, inputs.map(\.values), seed: seed))
      prover.recompute()
      #expect(prover.prove() == details.bytes, "graph \(index): the harness is honest")
      let advice = circuit.columns(of: .advice)
      guard !advice.isEmpty else { continue }
      forgedCount += 1
      let column = advice[index % advice.count]
      let position = index % prover.witness.columns[column].count
      let isLast = prover.witness.columns[column][position] == circuit.columns[column].upper
      prover.witness.columns[column][position] += isLast ? -1 : 1
      prover.recompute()
      let forged = Proof(core: key.core, mode: mode, statement: prover.statement, bytes: prover.prove())
      #expect(throws: VerificationError.self, "graph \(index)") { try verifying.verify(forged) }
    }
    #expect(forgedCount >= chunk.count * 3 / 4)
  }

  @Test("float and integer results are onnxruntime's within the stated error")
  func onnxruntime() throws {
    guard system("python3 -c 'import onnxruntime' 2>/dev/null") == 0 else {
      print("SKIPPED: python3 with onnxruntime is missing; pip install onnxruntime")
      return
    }
    let folder = FileManager.default.temporaryDirectory.path + "/zkml-graphs-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (index, graph) in Self.generated.graphs.enumerated() {
      try Data(graph.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(index).onnx"))
      for (input, batch) in zip(graph.inputs, Self.samples(index, count: 16)) {
        let file = encodeNPY(batch.values, shape: [16] + input.shape)
        try Data(file).write(to: URL(fileURLWithPath: "\(folder)/\(index).\(input.name).npy"))
      }
    }
    try Data(script.utf8).write(to: URL(fileURLWithPath: "\(folder)/run.py"))
    #expect(system("python3 \(folder)/run.py \(folder) 300 2>/dev/null") == 0)
    var largest = 0.0
    for (index, graph) in Self.generated.graphs.enumerated() {
      let samples = Self.samples(index, count: 16)
      // Classes are compared as values.
      let network = try Self.imported(index)
      let compiled = try compile(network, Calibration(network, samples, source: "samples"), Self.options(index))
      let inputs = zip(compiled.integers.inputs, samples).map { $0.quantize($1) }
      let (floats, integers) = (network.run(samples), compiled.integers.run(inputs))
      for (number, name) in graph.outputs.enumerated() {
        let theirs = try DataReference("\(folder)/\(index).\(name).npy").read().values
        let hasSoftmax = number == 0 && graph.uses.contains { $0.operation == "Softmax" }
        let shape = network.shape(of: network.outputs[number].value)
        let ours = hasSoftmax ? softmax(floats[number].values, width: shape.last ?? 1) : floats[number].values
        let size = theirs.reduce(1) { max($0, $1.magnitude) }
        #expect(ours.count == theirs.count, "graph \(index)")
        #expect(zip(ours, theirs).allSatisfy { abs($0 - $1) <= 2e-5 * size }, "graph \(index), \(name)")
        guard !hasSoftmax else { continue }
        let scaled = integers[number].scaled(by: compiled.integers.scale(of: compiled.integers.outputs[number].value))
        let error = zip(scaled.values, theirs).map { abs($0 - $1) }.max() ?? 0
        #expect(error <= compiled.comparison.largestError + 2e-5 * size, "graph \(index), \(name)")
        largest = max(largest, error / size)
      }
    }
    print("300 graphs: largest difference from onnxruntime, relative to the largest output: \(largest)")
  }

  // MARK: Graphs

  private static func options(_ index: Int) -> QuantizationOptions {
    var options = QuantizationOptions()
    options.bits = [8, 8, 10, 12, 16][index % 5]
    return options
  }

  private static func samples(_ index: Int, count: Int, limit: Double = 1, seed: UInt64 = 1) -> [FloatBatch] {
    var random = RepeatableRandom(seed: UInt64(index) << 8 | seed)
    return generated.graphs[index].inputs.map { input in
      FloatBatch(
        count: count,
        values: (0..<count * input.shape.reduce(1, *)).map { _ in
          Double(Float.random(in: Float(-limit)...Float(limit), using: &random))
        })
    }
  }

  private static func compiled(_ index: Int) throws -> CompiledModel {
    var network = try imported(index)
    let widths = network.outputs.map { network.shape(of: $0.value) }
    if index % 7 == 0, widths.allSatisfy({ $0.count == 1 && $0[0] > 1 }) {
      network = network.showing(classes: 1 + index % 2 * (widths[0][0] > 2 ? 1 : 0))
    }
    return try compile(
      network, Calibration(network, samples(index, count: 16), source: "samples"), options(index))
  }
}

extension RandomGraphTests {
  private static func imported(_ index: Int) throws -> Network {
    try importONNX(generated.graphs[index].bytes, file: "graph \(index)").simplified()
  }
}

private func softmax(_ values: [Double], width: Int) -> [Double] {
  stride(from: 0, to: values.count, by: width).flatMap { start in
    let row = values[start..<start + width].map { exp($0) }
    let sum = row.reduce(0, +)
    return row.map { $0 / sum }
  }
}

private let script = """
  import sys
  import numpy as np
  import onnxruntime as ort
  folder = sys.argv[1]
  options = ort.SessionOptions()
  options.intra_op_num_threads = options.inter_op_num_threads = 1
  options.log_severity_level = 4
  for index in range(int(sys.argv[2])):
      session = ort.InferenceSession(f"{folder}/{index}.onnx", options, providers=["CPUExecutionProvider"])
      feeds = {port.name: np.load(f"{folder}/{index}.{port.name}.npy").astype(np.float32)
               for port in session.get_inputs()}
      for port, value in zip(session.get_outputs(), session.run(None, feeds)):
          np.save(f"{folder}/{index}.{port.name}.npy", value)
  """
