import Circuit
import Prover
import ReferenceVerifier
import TestSupport
import Testing

/// The two readings of docs/protocol.md §3 agree about which bytes are a valid circuit.
@Suite struct ReferenceValidityTests {
  private func isValid(_ bytes: [UInt8]) -> Bool {
    guard let circuit = try? ArithmeticCircuit(encoded: bytes[...]) else { return false }
    return (try? circuit.validate()) != nil
  }

  private func isValidByReference(_ bytes: [UInt8]) -> Bool {
    guard let circuit = try? CircuitDescription(encoding: bytes) else { return false }
    return (try? circuit.checkValidity()) != nil
  }

  @Test("rows 6, 7, 8, 13, 16: both accept and reject the same changes of every circuit", arguments: SmallNetwork.all)
  func verifiersAgree(_ network: SmallNetwork) {
    var random = RepeatableRandom(seed: 41)
    let bytes = network.circuit.encoded
    #expect(isValid(bytes) && isValidByReference(bytes))
    var validCount = 0
    for _ in 0..<400 {
      var copy = bytes
      for _ in 0...Int.random(in: 0...1, using: &random) {
        let index = Int.random(in: 18..<copy.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: copy[index] = UInt8.random(in: 0...9, using: &random)
        case 1: copy[index] &+= Bool.random(using: &random) ? 1 : 255
        case _: copy[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
      }
      let isValid = isValid(copy)
      #expect(isValid == isValidByReference(copy), "\(copy)")
      if isValid { validCount += 1 }
    }
    #expect(validCount > 0)
  }
}
