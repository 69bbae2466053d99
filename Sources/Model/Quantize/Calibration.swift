/// The real numbers that each value of a network takes on calibration data; indexed like the network's values.
package struct Calibration: Sendable {
  package let ranges: [ClosedRange<Double>]
  /// By value, whether it takes integers alone.
  let isIntegral: [Bool]
  /// By input.
  package let batch: [FloatBatch]
  /// What one step of each input is worth, where that is given.
  package let inputScales: [Double?]
  let streams: Streams
  /// By group of streams of which norms are taken along the last axis, the largest absolute numbers by place along it.
  let channels: [Int: [Double]]
  /// By value that is a steep function of another one, or a power of it.
  let steep: [Int: SteepFunction]
  /// The name that errors give to the data.
  package let source: String

  /// - Parameter batch: One batch an input, all with the same number of samples.
  /// - Throws: `.unusableData` when there is no sample or a value is not finite.
  package init(
    _ network: Network, _ batch: [FloatBatch], inputScales: [Double?]? = nil, source: String
  ) throws(ModelError) {
    let count = batch.first?.count ?? 0
    guard count > 0 else { throw .unusableData(source: source, reason: "has no sample to calibrate with") }
    var lowest = [Double](repeating: .infinity, count: network.inputs.count + network.nodes.count)
    var highest = lowest.map { -$0 }
    var isIntegral = lowest.map { _ in true }
    let streams = Streams(network)
    var channels: [Int: [Double]] = [:]
    try network.requireSteps()
    var steep = network.steepFunctions
    let steepReaders = steep.keys.sorted().reduce(into: [Int: [Int]]()) { $0[steep[$1]?.source ?? 0, default: []].append($1) }
    let runner = Runner(network)
    for index in 0..<count {
      var isFinite = true
      runner.forEachValue(of: batch.map { $0.sample(index) }) { value, elements in
        if isIntegral[value] { isIntegral[value] = elements.allSatisfy { $0 == $0.rounded() } }
        for element in elements {
          isFinite = isFinite && element.isFinite
          lowest[value] = min(lowest[value], element)
          highest[value] = max(highest[value], element)
        }
        for reader in steepReaders[value] ?? [] { steep[reader]?.see(arguments: elements) }
        steep[value]?.see(results: elements)
        let group = streams.groups[value]
        guard streams.normsAlongLast[group] == true, let width = network.shape(of: value).last else { return }
        var own = channels[group] ?? [Double](repeating: 0, count: width)
        for (place, element) in elements.enumerated() { own[place % width] = max(own[place % width], element.magnitude) }
        channels[group] = own
      }
      guard isFinite else {
        throw .unusableData(source: source, reason: "sample \(index) makes values that are not finite")
      }
    }
    (self.streams, self.channels, self.steep) = (streams, channels, steep)
    self.source = source
    self.inputScales = inputScales ?? network.inputs.map { _ in nil }
    self.batch = batch
    self.isIntegral = isIntegral
    ranges = zip(lowest, highest).map { $0...$1 }
  }
}
