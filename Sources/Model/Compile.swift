/// What compiling a model gives.
package struct CompiledModel: Sendable {
  package let network: Network
  package let integers: IntegerNetwork
  package let lowered: LoweredNetwork
  /// On the calibration data.
  package let comparison: OutputComparison
  /// On the calibration data, by value.
  package let layerErrors: [LayerError]
  /// The bits of the activations by node, where they are not `options.bits`.
  package let layerBits: [String: Int]
  /// What to tell who gave the data: how it was taken.
  package let notices: [String]
}

/// Imports, quantizes and lowers a model. The result is the same on every machine.
///
/// Calibration data of integers are taken as steps of the input: of `options.inputScale`, or of 1 without it.
///
/// - Parameters:
///   - model: The path of an ONNX file.
///   - calibration: A batch of inputs.
///   - status: Is told what is tried for `options.accuracy`.
/// - Throws: `ModelError`, every case.
package func compile(
  model: String, calibration: DataSource, options: QuantizationOptions = QuantizationOptions(), status: (String) -> Void = { _ in }
) throws(ModelError) -> CompiledModel {
  func imported(publish: Set<String>?, mostOfMask: Float) throws(ModelError) -> Network {
    try importONNX(path: model, publish: publish, outputs: options.outputs, mostOfMask: mostOfMask) { input throws(ModelError) in
      if let shape = options.inputShapes[input] { return shape }
      return try calibration.array(preferring: input).shape
    }.boundingExponentials().simplified().showing(classes: options.classCount)
  }
  var network = try imported(publish: options.publish, mostOfMask: usualMostOfMask)
  try options.requireShapes(of: network)
  let arrays = try calibration.arrays(network.inputs.map(\.name))
  let scales = zip(arrays, network.inputs).map { $1.kind != .real ? 1 : options.inputScale ?? ($0.isInteger ? 1 : nil) }
  let batch = try FloatBatch.batches(
    arrays, for: network.ports, integerScales: scales.map { $0 ?? 1 }, source: calibration.description)
  let integers = options.inputScale == nil ? zip(arrays, network.inputs).filter { $0.isInteger && $1.kind == .real }.map(\.1.name) : []
  let notices =
    zip(arrays, network.ports).compactMap { $0.flatteningNotice(for: $1, source: calibration.description) }
    + integers.map {
      "\(calibration.description): the integers for '\($0)' are taken as they are; a network that was trained on fractions of "
        + "them, such as pixels / 255, needs --input-scale"
    }
  func calibrated(_ network: Network) throws(ModelError) -> Calibration {
    try Calibration(network, batch, inputScales: scales, source: calibration.description)
  }
  var ranges = try calibrated(network)
  while let most = network.mostOfMask(ranges) {
    network = try imported(publish: options.publish, mostOfMask: most)
    ranges = try calibrated(network)
  }
  try options.requireKnownLayers(network)
  // With all that is added to scores.
  let expected = network.maskNumbers.isEmpty ? nil : try imported(publish: nil, mostOfMask: -.infinity).run(batch)
  // Features of unlike sizes are divided outside the proof.
  let steps = network.featureSteps(ranges, options)
  var options = options
  if !steps.isEmpty || network.isClassical || network.hasUnlikeFeatures(ranges) || network.comparesFeatures { options.usualBits = QuantizationOptions.widths.upperBound }
  guard !steps.isEmpty else { return try compileBalanced(network, ranges, options, notices, expected: expected, status) }
  let divided = network.dividingFeatures(steps)
  let features = batch.enumerated().map { $0.element.divided(by: steps[$0.offset]) }
  let roomy = scales.enumerated().map { index, scale in
    steps[index] != nil && (options.layerBits[network.inputs[index].name] ?? options.bits ?? 16) == 16 ? features[index].scaleWithRoom : scale
  }
  let calibration = try Calibration(divided, features, inputScales: roomy, source: calibration.description)
  return try compileBalanced(divided, calibration, options, notices, expected: expected, status).with(steps, network)
}

/// Of the network, and of the same with large channels divided, what is nearer to it.
private func compileBalanced(
  _ network: Network, _ ranges: Calibration, _ options: QuantizationOptions, _ notices: [String], expected: [FloatBatch]?,
  _ status: (String) -> Void
) throws(ModelError) -> CompiledModel {
  let plain = Result { () throws(ModelError) in try compile(network, ranges, options, notices, expected: expected, status: status) }
  guard options.usesAllBits, let balanced = network.balanced(ranges, keeping: Set(options.layerBits.keys)) else { return try plain.get() }
  let divided = try? compile(
    balanced, Calibration(balanced, ranges.batch, inputScales: ranges.inputScales, source: ranges.source), options, notices, float: network,
    expected: expected)
  guard let divided else { return try plain.get() }
  guard let whole = try? plain.get(), !whole.comparison.isFarther(than: divided.comparison) else { return divided }
  return whole
}

extension CompiledModel {
  /// The same for inputs whose features have these steps.
  fileprivate func with(_ steps: [Int: [Double]], _ network: Network) -> CompiledModel {
    var integers = integers
    for (input, own) in steps { integers.inputs[input].steps = own }
    return CompiledModel(
      network: network, integers: integers, lowered: lowered.withSteps(steps), comparison: comparison, layerErrors: layerErrors,
      layerBits: layerBits, notices: notices)
  }
}

extension Network {
  /// The largest number that is a mask for all scores in calibration, where others were taken for masks: e^(spread of scores + number)
  /// is at most e^−12, so that what is left out has next to no share. Nil where all are.
  fileprivate func mostOfMask(_ calibration: Calibration) -> Float? {
    let others = nodes.compactMap { node -> Double? in
      guard let number = maskNumbers[node.name], case .softmax = node.operation else { return nil }
      let scores = calibration.ranges[node.operands[0]]
      return number <= scores.lowerBound - scores.upperBound - 12 ? nil : number
    }
    return others.min().map { Float($0).nextDown }
  }
}

/// Quantizes and lowers an imported network that shows what it is to show.
///
/// - Parameters:
///   - float: The network as imported, where this one computes the same in another way.
///   - expected: The outputs that its own are compared with; nil for those of `float`.
/// - Throws: `.unusableLayer`, `.unusableData`.
package func compile(
  _ network: Network, _ calibration: Calibration, _ options: QuantizationOptions = QuantizationOptions(),
  _ notices: [String] = [], float: Network? = nil, expected: [FloatBatch]? = nil,
  status: (String) -> Void = { _ in }
) throws(ModelError) -> CompiledModel {
  let (integers, layerBits) = try chooseWidths(network, calibration, options, status: status)
  let results = IntegerResults(integers, calibration.batch, float: float ?? network)
  return CompiledModel(
    network: float ?? network, integers: integers, lowered: try lower(integers),
    comparison: OutputComparison(
      float: expected ?? results.floatOutputs, integer: results.outputs, integers.outputs.map { integers.rows(of: $0) }),
    layerErrors: results.layerErrors, layerBits: layerBits,
    notices: notices)
}

extension Network {
  /// The network that shows so many classes of every output; itself for nil.
  package func showing(classes count: Int?) -> Network {
    guard let count else { return self }
    var network = self
    network.outputs = outputs.map { NetworkOutput(name: $0.name, value: $0.value, classCount: count) }
    return network
  }
}

extension OutputComparison {
  /// By errors of values; where all outputs show classes, by these.
  fileprivate func isFarther(than other: OutputComparison) -> Bool {
    meanError == other.meanError ? (agreement ?? 0) < (other.agreement ?? 0) : meanError > other.meanError
  }
}

extension QuantizationOptions {
  /// Whether activations and weights have as many bits as they need.
  fileprivate var usesAllBits: Bool { bits == nil && accuracy == nil && weightBits == QuantizationOptions.widths.upperBound }

  /// - Throws: `.unusableData` for the shape of what is no input, or has another one.
  fileprivate func requireShapes(of network: Network) throws(ModelError) {
    for (name, shape) in inputShapes.sorted(by: { $0.key < $1.key }) {
      let source = "--input-shape \(name.oneLine)"
      guard let port = network.ports.first(where: { $0.name == name }) else {
        let names = network.ports.map(\.name.oneLine).joined(separator: ", ")
        throw .unusableData(source: source, reason: "the network has no such input; it has \(names)")
      }
      guard port.shape == shape || port.shape == Array(shape.dropFirst()) else {
        throw .unusableData(source: source, reason: "shape \(shape) is not a batch of samples of shape \(port.shape), which the model says")
      }
    }
  }

  /// - Throws: `.unusableLayer` for a width that goes to no layer.
  fileprivate func requireKnownLayers(_ network: Network) throws(ModelError) {
    let names = Set(network.inputs.map(\.name) + network.nodes.map(\.name))
    for name in layerBits.keys.sorted() where !names.contains(name) {
      throw .unusableLayer(name, reason: "the network has no layer of that name; it has \(names.sorted().prefix(20))")
    }
  }
}
