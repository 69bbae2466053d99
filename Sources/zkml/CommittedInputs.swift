import Circuit
import Model
import Prover
import Verifier

/// The inputs of a network that files of commit-input hold.
struct CommittedInputs {
  /// By input port.
  let files: [(path: String, input: CommittedInput)?]

  /// - Parameter options: FILE or NAME=FILE.
  init(_ options: [String], _ circuit: ArithmeticCircuit, threads: Int) throws {
    var files = [(path: String, input: CommittedInput)?](repeating: nil, count: circuit.inputs.count)
    for option in options {
      let name = circuit.inputs.map(\.name).filter { option.hasPrefix($0 + "=") }.max { $0.utf8.count < $1.utf8.count }
      let path = name.map { String(option.dropFirst($0.count + 1)) } ?? option
      let port = try circuit.input(named: name, option: "--committed-input")
      let index = circuit.inputs.firstIndex(of: port) ?? 0
      guard files[index] == nil else { throw Failure.unusable("\(path): is the second one for input '\(port.name)'") }
      let input = try CommittedInput(path: path, threads: threads)
      guard input.fits(port, of: circuit) else {
        throw Failure.unusable("\(path): is an input of another shape, range or scale than '\(port.name)' (\(port.shapeText))")
      }
      files[index] = (path, input)
    }
    self.files = files
  }

  var inputs: [CommittedInput] { files.compactMap { $0?.input } }

  var ledgers: [PositionLedger] { files.compactMap { file in file.map { $0.input.ledger(of: $0.path) } } }

  func visibility(others: Visibility) -> [Visibility] { files.map { $0 == nil ? others : .committed } }

  /// The integers of all ports, with those of `source` for the ones that are not committed.
  func completed(_ source: DataSource?, _ circuit: ArithmeticCircuit) throws -> QuantizedArrays {
    let others = zip(circuit.inputs, files).filter { $1 == nil }.map(\.0)
    var arrays =
      try source.map { try circuit.quantized($0, others) } ?? QuantizedArrays(batch: inputs[0].batch, integers: [], saturated: [])
    for (port, file) in zip(circuit.inputs.indices, files) {
      guard let (path, input) = file else { continue }
      guard input.batch == arrays.batch else {
        throw Failure.unusable("\(path): holds a batch of \(input.batch), the other inputs have \(arrays.batch)")
      }
      arrays.integers.insert(circuit.integers(of: circuit.inputs[port], input.integers), at: port)
    }
    return arrays
  }
}
