import Circuit
import Execution
import FoundationEssentials
import Glibc
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// Networks of random operators, shapes and weights, with residuals, branches and several inputs.
@Suite struct RandomGraphTests {
  @Test("every operator stands in several places of each class of shapes", arguments: GraphFamily.all)
  func histogram(family: GraphFamily) {
    let counts = family.graphs.flatMap(\.uses).reduce(into: [RandomGraph.Use: Int]()) { $0[$1, default: 0] += 1 }
    print("\(family): \(family.refusedCount) graphs refused")
    #expect(family.refusedCount < family.graphs.count / 10)
    print("operator × shape", family.classes.map(\.rawValue))
    for operation in family.operations {
      let row = family.classes.map { counts[RandomGraph.Use(operation: operation, shape: $0)] ?? 0 }
      print(operation, row)
      #expect(row.allSatisfy { $0 == 0 || $0 >= family.leastCount }, "\(operation)")
      #expect(row.reduce(0, +) >= 2, "\(operation)")
    }
  }

  /// A new operator needs a recipe in Tests/TestSupport/RandomOperators, or a reason.
  @Test func allOperatorsStandInGraphs() {
    let used = GraphFamily.all.flatMap(\.graphs).reduce(into: Set<String>()) { $0.formUnion($1.operators) }
    #expect(Set(ImportedOperator.all.map(\.name)).subtracting(used) == Set(RandomOperatorGraphGenerator.reasons.keys))
  }

  @Test("plain run = slow semantics; proofs verify; a changed advice value is rejected", arguments: GraphFamily.all, 0..<10)
  func graphsAreProved(family: GraphFamily, part: Int) throws {
    let size = family.graphs.count / 10
    let chunk = part * size..<(part + 1) * size
    var forgedCount = 0
    for index in chunk {
      let compiled = try family.compiled(index)
      let (circuit, weights, integers) = (compiled.lowered.circuit, compiled.lowered.weights, compiled.integers)
      let batch = family.samples(index, of: compiled.network, count: 2, limit: 1.3, seed: 9)
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
        plan: Plan(circuit: circuit.withClassRelations, batch: 2, modelCode: key.core.code, isHiding: mode == .hiding), core: key.core,
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

  @Test("float and integer results are onnxruntime's within the stated error", arguments: GraphFamily.all)
  func onnxruntime(family: GraphFamily) throws {
    guard system("python3 -c 'import onnxruntime' 2>/dev/null") == 0 else {
      print("SKIPPED: python3 with onnxruntime is missing; pip install onnxruntime")
      return
    }
    let folder = FileManager.default.temporaryDirectory.path + "/zkml-\(family)-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (index, graph) in family.graphs.enumerated() {
      try Data(graph.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(index).onnx"))
      for (input, batch) in zip(graph.inputs, family.samples(index, count: 16)) {
        let file = encodeNPY(batch.values, shape: [16] + input.shape)
        try Data(file).write(to: URL(fileURLWithPath: "\(folder)/\(index).\(input.name).npy"))
      }
    }
    try Data(script.utf8).write(to: URL(fileURLWithPath: "\(folder)/run.py"))
    #expect(system("python3 \(folder)/run.py \(folder) \(family.graphs.count) 2>/dev/null") == 0)
    var errors: [Double] = []
    for (index, graph) in family.graphs.enumerated() {
      // Classes are compared as values.
      let network = try family.imported(index)
      let samples = family.samples(index, of: network, count: 16)
      let compiled = try compile(network, Calibration(network, samples, source: "samples"), family.options(index))
      let inputs = zip(compiled.integers.inputs, samples).map { $0.quantize($1) }
      let (floats, integers) = (network.run(samples), compiled.integers.run(inputs))
      for (number, name) in graph.outputs.enumerated() {
        let theirs = try DataReference("\(folder)/\(index).\(name).npy").read().values
        let hasSoftmax = network.outputs[number].leftOut == "Softmax"
        let shape = network.shape(of: network.outputs[number].value)
        let ours = hasSoftmax ? softmax(floats[number].values, width: shape.last ?? 1) : floats[number].values
        let size = theirs.reduce(1) { max($0, $1.magnitude) }
        #expect(ours.count == theirs.count, "graph \(index)")
        #expect(zip(ours, theirs).allSatisfy { abs($0 - $1) <= 2e-5 * size }, "graph \(index), \(name)")
        guard !hasSoftmax else { continue }
        let scaled = integers[number].scaled(by: compiled.integers.quantum(of: compiled.integers.outputs[number].value).scale)
        let error = zip(scaled.values, theirs).map { abs($0 - $1) }.max() ?? 0
        #expect(error <= compiled.comparison.largestError + 2e-5 * size, "graph \(index), \(name)")
        errors.append(error / size)
      }
    }
    // Where a comparison or a rounding inside falls on the other side, results are others, and compile says so.
    let nearCount = errors.count { $0 <= 0.05 }
    print("\(family): \(nearCount) of \(errors.count) outputs are within 5 % of onnxruntime's; largest difference \(errors.max() ?? 0)")
    #expect(nearCount * 5 >= errors.count * 4)
  }
}

/// Graphs of one generator. Those that a view makes impossible, by cutting an axis that another one cuts elsewhere, are left
/// out and counted.
final class GraphFamily: CustomTestStringConvertible, CustomStringConvertible, Sendable {
  let description: String
  let operations: [String]
  let classes: [RandomGraph.ShapeClass]
  let graphs: [RandomGraph]
  let refusedCount: Int
  /// Of the places that an operator has with a class of shapes, if it has any; in all it has two.
  let leastCount: Int

  static let dense = GraphFamily(
    "dense", RandomGraphGenerator.operations, RandomGraph.ShapeClass.dense, RandomGraphGenerator(seed: 2026), count: 300)
  static let images = GraphFamily(
    "images", RandomImageGraphGenerator.operations, RandomGraph.ShapeClass.images, RandomImageGraphGenerator(seed: 2026),
    count: 300)
  static let operators = GraphFamily(
    "operators", RandomOperatorGraphGenerator.operations, RandomGraph.ShapeClass.any, RandomOperatorGraphGenerator(seed: 2026), count: 300,
    leastCount: 1)
  static let all = [dense, images, operators]

  var testDescription: String { description }

  private init(
    _ description: String, _ operations: [String], _ classes: [RandomGraph.ShapeClass], _ generator: some GraphGenerator,
    count: Int, leastCount: Int = 5
  ) {
    (self.description, self.operations, self.classes, self.leastCount) = (description, operations, classes, leastCount)
    var generator = generator
    var (graphs, refusedCount) = ([RandomGraph](), 0)
    while graphs.count < count {
      let graph = generator.next()
      if Self.isRefused(graph, graphs.count) { refusedCount += 1 } else { graphs.append(graph) }
    }
    (self.graphs, self.refusedCount) = (graphs, refusedCount)
  }

  /// Classes along an axis that another operator splits are refused.
  private static func isRefused(_ graph: RandomGraph, _ index: Int) -> Bool {
    do {
      let network = showingClasses(try importONNX(graph.bytes, file: "graph").simplified(), index)
      let batch = network.inputs.map { FloatBatch(count: 1, values: [Double](repeating: 0.5, count: $0.width)) }
      _ = try lower(quantize(network, Calibration(network, batch, source: "samples")))
      return false
    } catch ModelError.unusableLayer(_, let reason) {
      return ["in pieces", "do not fit", "more than three factors"].contains { reason.contains($0) }
    } catch {
      return false
    }
  }

  func options(_ index: Int) -> QuantizationOptions {
    var options = QuantizationOptions()
    options.bits = [8, 8, 10, 12, 16][index % 5]
    return options
  }

  /// - Parameter network: Whose inputs to give: a graph's that no output needs are left out of its network; nil for all of the graph.
  func samples(_ index: Int, of network: Network? = nil, count: Int, limit: Double = 1, seed: UInt64 = 1) -> [FloatBatch] {
    var random = RepeatableRandom(seed: UInt64(index) << 8 | seed)
    let all = graphs[index].inputs.map { input in
      let values = (0..<count * input.shape.reduce(1, *)).map { _ in
        input.idCount.map { Double(Int.random(in: 0..<$0, using: &random)) }
          ?? Double(Float.random(in: Float(-limit)...Float(limit), using: &random))
      }
      return (input.name, FloatBatch(count: count, values: values))
    }
    return all.filter { name, _ in network?.inputs.contains { $0.name == name } ?? true }.map(\.1)
  }

  func compiled(_ index: Int) throws -> CompiledModel {
    let network = Self.showingClasses(try imported(index), index)
    return try compile(
      network, Calibration(network, samples(index, of: network, count: 16), source: "samples"), options(index))
  }

  /// Some networks show one or two classes.
  private static func showingClasses(_ network: Network, _ index: Int) -> Network {
    let widths = network.outputs.map { network.shape(of: $0.value) }
    guard index % 7 == 0, let least = widths.map({ $0.last ?? 1 }).min(), least > 1 else { return network }
    return network.showing(classes: 1 + index % 2 * (least > 2 ? 1 : 0))
  }

  func imported(_ index: Int) throws -> Network {
    try importONNX(graphs[index].bytes, file: "graph \(index)").simplified()
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
  # What the optimizer fuses behind DequantizeLinear is less exact.
  options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
  types = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}
  for index in range(int(sys.argv[2])):
      session = ort.InferenceSession(f"{folder}/{index}.onnx", options, providers=["CPUExecutionProvider"])
      ports = session.get_inputs()
      feeds = {port.name: np.load(f"{folder}/{index}.{port.name}.npy").astype(types[port.type]) for port in ports}
      calls = [feeds]
      if ports[0].shape[0] == 1:
          calls = [{name: value[sample:sample + 1] for name, value in feeds.items()} for sample in range(16)]
      results = zip(*(session.run(None, call) for call in calls))
      for port, parts in zip(session.get_outputs(), results):
          np.save(f"{folder}/{index}.{port.name}.npy", np.concatenate(parts))
  """
