import ArgumentParser
import Circuit
import Model

/// What --input takes.
let inputHelp = ArgumentHelp(
  "The input, a batch: .npz, .npy or JSON; `file.npz:key[index]` names one array and one element, `[start:end]` some; "
    + "NAME=FILE is for one of several inputs. May be repeated.",
  valueName: "file")

/// Arrays as the integers of a circuit's ports.
struct QuantizedArrays {
  var batch: Int
  /// By port.
  var integers: [[Int64]]
  /// Values beyond a port's range, which were taken to its end.
  var saturated: [Double]
  /// How samples were matched to ports.
  var matches: [String] = []

  /// What to tell who gave the arrays.
  func notices(_ source: String) -> [String] { matches + (saturationNotice(source).map { [$0] } ?? []) }

  func saturationNotice(_ source: String) -> String? {
    guard !saturated.isEmpty else { return nil }
    let count = saturated.count == 1 ? "one value" : "\(grouped(saturated.count)) values"
    return "\(source): \(count) beyond the range of the network, taken to its end"
  }
}

extension ArithmeticCircuit {
  /// Reads one array for each port, by name or the only one there is, and quantizes it by the port's scale.
  func quantized(_ source: DataSource, _ ports: [Port]) throws -> QuantizedArrays {
    let text = source.description
    var batch: Int?
    var integers: [[Int64]] = []
    var saturated: [Double] = []
    var matches: [String] = []
    for (port, array) in zip(ports, try arrays(source, ports.map(\.name))) {
      let encoding = InputEncoding(port, self)
      let samples = try encoding.samples(array, source: text)
      array.flatteningNotice(for: encoding.port, source: text).map { matches.append($0) }
      guard samples.count == batch ?? samples.count else {
        throw Failure.unusable("\(text): has \(samples.count) samples for '\(port.name)', not \(batch ?? 0)")
      }
      guard (1...batchCap).contains(samples.count) else {
        throw Failure.unusable("\(text): has \(samples.count) samples; this circuit takes 1 to \(batchCap)")
      }
      guard port.classesOf == nil || samples.values.allSatisfy({ $0 == $0.rounded() }) else {
        throw Failure.unusable("\(text): '\(port.name)' shows indices of classes, which are integers")
      }
      batch = samples.count
      integers.append(encoding.quantize(samples).values)
      saturated += encoding.saturated(samples)
    }
    return QuantizedArrays(batch: batch ?? 1, integers: integers, saturated: saturated, matches: matches)
  }
}

extension ArithmeticCircuit {
  private func arrays(_ source: DataSource, _ names: [String]) throws -> [NumericArray] {
    do {
      return try source.arrays(names)
    } catch {
      guard isAnonymous, case .unusableFile(let file, let reason) = error else { throw error }
      let list = names.joined(separator: ", ")
      throw Failure.unusable("\(file): \(reason); names are left out of this circuit, so the arrays must be called \(list)")
    }
  }
}

extension OutputRows {
  /// What a port shows.
  init(_ port: Port, _ circuit: ArithmeticCircuit) {
    let classes = port.classesOf.map { _ in (shown: circuit.classCount(port), of: Int(circuit.shownColumn(port).upper) + 1) }
    self.init(name: port.name, shape: port.dimensions, classes: classes)
  }
}

extension ArithmeticCircuit {
  /// The float network that the circuit was compiled from, showing what the circuit shows.
  ///
  /// It is not to be proved, so that no number needs to be published.
  ///
  /// - Throws: When its inputs or outputs have other names or sizes. Those of an anonymous circuit are compared in order.
  func floatNetwork(_ path: String) throws -> Network {
    let shownNames = isAnonymous ? nil : outputs.map(\.name)
    let network = try importONNX(path: path, publish: nil, outputs: shownNames, mostOfMask: -.infinity) { name throws(ModelError) in
      inputs.first { $0.name == name }.map { [1] + $0.dimensions }
    }.simplified()
    let shown = Network(
      name: network.name, inputs: network.inputs,
      outputs: zip(network.outputs, outputs).map { output, port in
        NetworkOutput(
          name: output.name, value: output.value, classCount: port.classesOf.map { _ in classCount(port) }, dropsAxis: output.dropsAxis, leftOut: output.leftOut)
      }, nodes: network.nodes, delayed: network.delayed)
    let isNamed =
      isAnonymous || shown.inputs.map(\.name) == inputs.map(\.name) && shown.outputs.map(\.name) == outputs.map(\.name)
    let matches =
      isNamed && shown.inputs.map(\.shape) == inputs.map(\.dimensions) && network.outputs.count == outputs.count
      && zip(shown.outputs, outputs).allSatisfy { output, port in
        shown.shape(of: output).reduce(1, *) == port.dimensions.reduce(1, *)
      }
    guard matches else {
      throw Failure.unusable("\(path): is not the float network of this circuit: its inputs or outputs are others")
    }
    try shown.requireSteps()
    return shown
  }
}
