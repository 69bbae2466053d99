import Circuit
import Model

/// Arrays as the integers of a circuit's ports.
extension ArithmeticCircuit {
  /// Reads one array for each port, by name or the only one there is, and quantizes it by the port's scale.
  ///
  /// - Parameter batch: The batch that is demanded; the arrays' own when nil.
  func quantized(_ text: String, _ ports: [Port], batch: Int? = nil) throws -> (batch: Int, integers: [[Int64]]) {
    let reference = DataReference(text)
    var batch = batch
    var integers: [[Int64]] = []
    for port in ports {
      let encoding = InputEncoding(port, self)
      let samples = try encoding.samples(try reference.read(preferring: port.name), source: text)
      guard samples.count == batch ?? samples.count else {
        throw Failure.unusable("\(text): has \(samples.count) samples for '\(port.name)', not \(batch ?? 0)")
      }
      guard (1...batchCap).contains(samples.count) else {
        throw Failure.unusable("\(text): has \(samples.count) samples; this circuit takes 1 to \(batchCap)")
      }
      batch = samples.count
      integers.append(encoding.quantize(samples).values)
    }
    return (batch ?? 1, integers)
  }
}
