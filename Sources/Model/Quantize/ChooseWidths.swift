/// The integer network of the given widths; with a target accuracy, of widths that reach it on the calibration data.
///
/// All widths grow together until the share of samples with the float network's class reaches the target; then the width
/// of one layer after the other shrinks as far as it stays reached. Given widths of layers are kept. Where no output has classes, a sample
/// counts whose outputs are as close to the float network's as `closeness` of the largest one.
///
/// - Parameter status: Is told what is tried.
/// - Returns: Also the widths by name that differ from the others.
/// - Throws: `.unusableData` when 16 bits do not reach the target.
package func chooseWidths(
  _ network: Network, _ calibration: Calibration, _ options: QuantizationOptions, status: (String) -> Void = { _ in }
) throws(ModelError) -> (IntegerNetwork, layerBits: [String: Int]) {
  guard let target = options.accuracy else {
    return (try quantize(network, calibration, options), options.layerBits)
  }
  var judge = WidthJudge(network, calibration, target)
  var options = options
  var bits = options.bits ?? (network.isSequence ? QuantizationOptions.widths.upperBound : options.usualBits)
  var best = try judge.attempt(options)
  while best.agreement < target {
    guard bits < QuantizationOptions.widths.upperBound else {
      throw .unusableData(
        source: calibration.source,
        reason: "activations of 16 bits reach \(judge.meaning) for at most \(best.agreement) of the samples")
    }
    bits += 1
    options.bits = bits
    status("trying activations of \(bits) bits")
    best = try judge.attempt(options)
  }
  let names = Set(best.network.layers.filter { $0.activationBits > 0 }.map(\.name)).subtracting(options.layerBits.keys).sorted()
  for (number, name) in names.enumerated() {
    for width in QuantizationOptions.widths.lowerBound..<max(bits, QuantizationOptions.widths.lowerBound) {
      guard judge.work < mostWork else { break }
      status("trying \(width) bits for layer \(number + 1) of \(names.count)")
      var narrower = options
      narrower.layerBits[name] = width
      let attempted = try judge.attempt(narrower)
      if attempted.agreement >= target {
        (options, best) = (narrower, attempted)
        break
      }
    }
  }
  return (best.network, options.layerBits.filter { $0.value != bits })
}

/// Multiplications after which layers keep their widths.
private let mostWork = 1 << 34
/// Samples that are compared at once.
private let chunk = 16
/// Of the largest number of an output without classes, how far a right one may be from the float network's.
private let closeness = 0.01

/// Runs integer networks on calibration data beside the float network.
private struct WidthJudge {
  let network: Network
  let calibration: Calibration
  let target: Double
  let expected: [FloatBatch]
  let hasClasses: Bool
  /// By output, the largest absolute number.
  let largest: [Double]
  /// Multiplications so far.
  var work = 0

  init(_ network: Network, _ calibration: Calibration, _ target: Double) {
    (self.network, self.calibration, self.target) = (network, calibration, target)
    expected = network.run(calibration.batch)
    hasClasses = zip(expected, network.outputs).contains { $0.hasClasses($1) }
    largest = expected.map { $0.values.reduce(0) { max($0, $1.magnitude) } }
  }

  var meaning: String { hasClasses ? "the float network's class" : "1 % of the largest output" }

  /// The share of samples that are right; of a network that cannot reach the target no less than that.
  mutating func attempt(_ options: QuantizationOptions) throws(ModelError) -> (network: IntegerNetwork, agreement: Double) {
    let integers = try quantize(network, calibration, options)
    let count = calibration.batch.first?.count ?? 0
    var wrong = 0.0
    for start in stride(from: 0, to: count, by: chunk) {
      let range = start..<min(start + chunk, count)
      let outputs = IntegerResults(integers, calibration.batch.map { $0.samples(range) }).outputs
      wrong += Double(range.count) * (1 - agreement(of: outputs, range, integers))
      work += range.count * max(network.multiplicationCount, 1)
      if 1 - wrong / Double(count) < target { break }
    }
    return (integers, 1 - wrong / Double(max(count, 1)))
  }

  private func agreement(of outputs: [FloatBatch], _ range: Range<Int>, _ integers: IntegerNetwork) -> Double {
    let float = expected.map { $0.samples(range) }
    guard !hasClasses else { return OutputComparison(float: float, integer: outputs, integers.outputs.map { integers.rows(of: $0) }).agreement ?? 0 }
    let close = range.indices.count { index in
      let sample = index - range.lowerBound
      return zip(zip(float, outputs), largest).allSatisfy { pair, largest in
        zip(pair.0.sample(sample), pair.1.sample(sample)).allSatisfy { abs($0 - $1) <= closeness * largest }
      }
    }
    return Double(close) / Double(range.count)
  }
}
