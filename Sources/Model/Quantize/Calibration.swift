/// The real numbers that each value of a network takes on calibration data; indexed like the network's values.
package struct Calibration: Sendable {
  package let ranges: [ClosedRange<Double>]
  /// The name that errors give to the data.
  package let source: String

  /// - Throws: `.unusableData` when there is no sample or a value is not finite.
  package init(_ network: Network, _ batch: FloatBatch, source: String) throws(ModelError) {
    guard batch.count > 0 else { throw .unusableData(source: source, reason: "has no sample to calibrate with") }
    var lowest = [Double](repeating: .infinity, count: network.nodes.count + 1)
    var highest = [Double](repeating: -.infinity, count: network.nodes.count + 1)
    for index in 0..<batch.count {
      for (value, elements) in network.values(of: batch.sample(index)).enumerated() {
        guard elements.allSatisfy(\.isFinite), let low = elements.min(), let high = elements.max() else {
          throw .unusableData(source: source, reason: "sample \(index) makes values that are not finite")
        }
        lowest[value] = min(lowest[value], low)
        highest[value] = max(highest[value], high)
      }
    }
    self.source = source
    ranges = zip(lowest, highest).map { $0...$1 }
  }
}
