import Circuit
import Execution
import Model
import Prover
import TestSupport
import Testing
import Verifier

/// Channels of residual streams that are far larger than the others, as in trained language models.
@Suite struct LargeChannelTests {
  private struct Trained {
    let network: Network
    let calibration, test: [FloatBatch]
  }

  /// A trained network of this folder in which constants are other numbers.
  private func model(_ name: String, samples count: Int, change: (inout Model.Contraction<Double>.Constant, [Int]) -> Void) throws -> Trained {
    let folder = CircuitFolder(name: name, inputScale: nil).path
    let imported = try importONNX(path: folder + "model.onnx", publish: []) { input throws(ModelError) in
      try DataReference("\(folder)calibration.npz:\(input)").read().shape
    }.simplified()
    let nodes = imported.nodes.map { node in
      guard case .contraction(var contraction) = node.operation else { return node }
      for index in contraction.constants.indices {
        let shape = contraction.constants[index].loops.map { contraction.loops[$0] }
        change(&contraction.constants[index], shape)
      }
      return Node(name: node.name, operands: node.operands, operation: .contraction(contraction), shape: node.shape)
    }
    let network = Network(name: name, inputs: imported.inputs, outputs: imported.outputs, nodes: nodes)
    func batches(_ file: String, _ range: Range<Int>) throws -> [FloatBatch] {
      try network.ports.map { port in
        try FloatBatch(DataReference("\(folder)\(file).npz:\(port.name)").read(), for: port, source: file).samples(range)
      }
    }
    return Trained(network: network, calibration: try batches("calibration", 0..<24), test: try batches("test", 0..<count))
  }

  /// nanogpt of which the first position has two channels in the thousands.
  private func massive(_ size: Float, samples: Int) throws -> Trained {
    var isDone = false
    return try model("nanogpt", samples: samples) { constant, shape in
      guard shape == [64, 64], !isDone else { return }
      isDone = true
      constant.values[5] += size
      constant.values[17] -= size / 3
    }
  }

  private func agreement(_ compiled: CompiledModel, _ model: Trained) throws -> Double {
    let executor = CircuitExecutor(compiled.lowered.circuit, weights: compiled.lowered.weights)
    let count = model.test[0].count
    let inputs = zip(compiled.integers.inputs, model.test).map { $0.quantize($1).values }
    let outputs = try executor.run(batch: count, inputs: inputs, threads: 2)[0]
    let floats = model.network.run(model.test)[0].values
    let width = model.network.outputs[0].shape(of: model.network.shape(of: model.network.outputs[0])).last ?? 1
    let rows = stride(from: 0, to: floats.count, by: width)
    let same = rows.count { largestIndex(floats[$0..<$0 + width]) == largestIndex(outputs[$0..<$0 + width]) }
    return Double(same) / Double(floats.count / width)
  }

  @Test func channelsHaveStepsOfTheirOwn() throws {
    let model = try massive(3000, samples: 16)
    let calibration = try Calibration(model.network, model.calibration, source: "calibration")
    let balanced = try #require(model.network.balanced(calibration))
    // The same function.
    let (one, other) = (model.network.run(model.test)[0].values, balanced.run(model.test)[0].values)
    #expect(zip(one, other).allSatisfy { abs($0 - $1) < 1e-4 })
    let compiled = try compile(balanced, Calibration(balanced, model.calibration, source: "calibration"))
    let own = try agreement(compiled, model)
    let plain = try agreement(try compile(model.network, calibration), model)
    print("large channels: same class \(own), with one scale for all channels \(plain)")
    #expect(own >= 0.99 && own > plain)
    // A layer that a width is asked for keeps its steps.
    let names = Set(model.network.nodes.map(\.name))
    #expect(model.network.balanced(calibration, keeping: names) == nil)
  }

  /// What is no norm, layer or place of the stream would read other numbers.
  @Test func otherReadersKeepSteps() throws {
    let model = try massive(3000, samples: 1)
    let network = model.network
    let (place, shape) = (network.inputs.count, network.nodes[0].shape)
    let square = Node(name: "square", operands: [place], operation: .map(.expression(.x * .x)), shape: shape)
    let reading = shape.indices.map { Index($0) }
    let product = Model.Contraction<Double>(loops: shape, terms: [.init(1, [.operand(0, reading), .operand(1, reading)])])
    let gate = Node(name: "gate", operands: [place, place + 1], operation: .contraction(product), shape: shape)
    for (node, output) in [(square, false), (gate, false), (nil, true)] as [(Node<Double>?, Bool)] {
      let changed = Network(
        name: "changed", inputs: network.inputs,
        outputs: network.outputs + (output ? [NetworkOutput(name: "place", value: place)] : []), nodes: network.nodes + [node].compactMap { $0 })
      #expect(changed.balanced(try Calibration(changed, model.calibration, source: "calibration")) == nil)
    }
  }

  @Test func usualChannelsHaveNone() throws {
    let model = try massive(0, samples: 1)
    #expect(model.network.balanced(try Calibration(model.network, model.calibration, source: "calibration")) == nil)
  }

  @Test func proofsOfLargeChannels() throws {
    let model = try massive(3000, samples: 1)
    let calibration = try Calibration(model.network, model.calibration, source: "calibration")
    let balanced = try #require(model.network.balanced(calibration))
    let compiled = try compile(balanced, Calibration(balanced, model.calibration, source: "calibration"))
    let report = PrivacyReport(compiled.lowered.circuit)
    #expect(report.entries.contains { $0.kind == .constant && $0.numbers.first == .integer(1) && $0.numbers.count > 1 })
    let key = ProvingKey(circuit: compiled.lowered.circuit, weights: compiled.lowered.weights, proofCount: 4, threads: 2)
    let verifying = try key.verifyingKey(threads: 2)
    try verifying.verifyWeights()
    let inputs = zip(compiled.integers.inputs, model.test).map { $0.quantize($1).values }
    let (proof, _) = try key.prove(batch: 1, inputs: inputs, visibility: [.shown], mode: .hiding, threads: 2)
    try verifying.verify(proof)
    #expect(verifying.soundness(of: proof).isSufficient)
  }

  /// Norms behind sums: what reads a place is a layer, and the place itself a norm's gain and shift.
  @Test func normsBehindSums() throws {
    let model = try self.model("encoder", samples: 32) { constant, shape in
      // Gains.
      if shape.count == 1, constant.values.allSatisfy({ $0 > 0.05 }) { constant.values[3] *= 300 }
    }
    let calibration = try Calibration(model.network, model.calibration, source: "calibration")
    let balanced = try #require(model.network.balanced(calibration))
    let (one, other) = (model.network.run(model.test)[0].values, balanced.run(model.test)[0].values)
    let largest = one.reduce(0) { max($0, $1.magnitude) }
    #expect(zip(one, other).allSatisfy { abs($0 - $1) < 1e-5 * largest })
    let own = try agreement(try compile(balanced, Calibration(balanced, model.calibration, source: "calibration")), model)
    print("large channels behind norms: same class \(own)")
    #expect(own >= 0.9)
  }
}
