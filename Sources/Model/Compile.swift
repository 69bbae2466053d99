/// What compiling a model gives.
package struct CompiledModel: Sendable {
  package let network: Network
  package let integers: IntegerNetwork
  package let lowered: LoweredNetwork
  /// On the calibration data.
  package let comparison: OutputComparison
}

/// Imports, quantizes and lowers a model. The result is the same on every machine.
///
/// Calibration data of integers are taken as steps of the input: of `options.inputScale`, or of 1 without it.
///
/// - Parameters:
///   - model: The path of an ONNX file.
///   - calibration: A batch of inputs.
/// - Throws: `ModelError`, every case.
package func compile(
  model: String, calibration: DataReference, options: QuantizationOptions = QuantizationOptions()
) throws(ModelError) -> CompiledModel {
  let network = try importONNX(path: model)
  let array = try calibration.read(preferring: network.input.name)
  var options = options
  if array.isInteger, options.inputScale == nil { options.inputScale = 1 }
  let batch = try FloatBatch(
    array, for: network.input, integerScale: options.inputScale ?? 1, source: calibration.description)
  let integers = try quantize(network, Calibration(network, batch, source: calibration.description), options)
  let outputs = integers.run(integers.input.quantize(batch)).scaled(by: integers.outputScale)
  return CompiledModel(
    network: network, integers: integers, lowered: try lower(integers),
    comparison: OutputComparison(float: network.run(batch), integer: outputs))
}
