/// The integer network of the given widths; with a target accuracy, of widths that reach it on the calibration data.
///
/// All widths grow together until the share of samples with the float network's class reaches the target; then the width
/// of one layer after the other shrinks as far as it stays reached. Given widths of layers are kept.
///
/// - Returns: Also the widths by name that differ from the others.
/// - Throws: `.unusableData` when 16 bits do not reach the target, or no output has classes; as `quantize` else.
package func chooseWidths(
  _ network: Network, _ calibration: Calibration, _ options: QuantizationOptions
) throws(ModelError) -> (IntegerNetwork, layerBits: [String: Int]) {
  guard let target = options.accuracy else {
    return (try quantize(network, calibration, options), options.layerBits)
  }
  let expected = network.run(calibration.batch)
  guard zip(expected, network.outputs).contains(where: { $0.hasClasses($1) }) else {
    throw .unusableData(
      source: network.name, reason: "no output has several values, so that there is no class to be accurate about")
  }
  func attempt(_ options: QuantizationOptions) throws(ModelError) -> (network: IntegerNetwork, agreement: Double) {
    let integers = try quantize(network, calibration, options)
    let outputs = IntegerResults(integers, calibration.batch).outputs
    return (integers, OutputComparison(float: expected, integer: outputs, integers.outputs.map { integers.rows(of: $0) }).agreement ?? 0)
  }
  var options = options
  var best = try attempt(options)
  var bits = options.bits ?? (network.isSequence ? QuantizationOptions.widths.upperBound : options.usualBits)
  while best.agreement < target {
    guard bits < QuantizationOptions.widths.upperBound else {
      throw .unusableData(
        source: calibration.source,
        reason: "activations of 16 bits reach the float network's class for \(best.agreement) of the samples only")
    }
    bits += 1
    options.bits = bits
    best = try attempt(options)
  }
  let names = Set(best.network.layers.filter { $0.activationBits > 0 }.map(\.name)).subtracting(options.layerBits.keys)
  for name in names.sorted() {
    for bits in QuantizationOptions.widths.lowerBound..<max(bits, QuantizationOptions.widths.lowerBound) {
      var narrower = options
      narrower.layerBits[name] = bits
      let attempted = try attempt(narrower)
      if attempted.agreement >= target {
        (options, best) = (narrower, attempted)
        break
      }
    }
  }
  return (best.network, options.layerBits.filter { $0.value != bits })
}
