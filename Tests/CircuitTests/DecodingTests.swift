import Circuit
import Prover
import TestSupport
import Testing

/// Whatever the bytes, decoding and validation throw or succeed; they never trap.
@Suite struct DecodingTests {
  private let circuits = [SmallNetwork.small, SmallNetwork.all[5], SmallNetwork.all[14]].map(\.circuit)

  private func decode(_ bytes: [UInt8]) -> ArithmeticCircuit? {
    guard let circuit = try? ArithmeticCircuit(encoded: bytes[...]) else { return nil }
    try? circuit.validate()
    return circuit
  }

  @Test("row 13: decoding is the inverse of encoding, also from the middle of other bytes", arguments: SmallNetwork.all)
  func roundTrip(_ network: SmallNetwork) throws {
    let bytes = network.circuit.encoded
    #expect(try ArithmeticCircuit(encoded: bytes[...]) == network.circuit)
    let padded = [1, 2, 3] + bytes + [4]
    #expect(try ArithmeticCircuit(encoded: padded[3..<3 + bytes.count]) == network.circuit)
  }

  @Test("row 16: no list is read that is longer than docs/protocol.md §3.3 allows, and no longer encoding")
  func longLists() {
    let operand = Operand(column: 0, bindings: [])
    let changes: [(inout ArithmeticCircuit, Int) -> Void] = [
      { $0.axes = Array(repeating: 1, count: 4_096 + $1) },
      { $0.columns = Array(repeating: Column(name: "", kind: .advice, axes: [], lower: 0, upper: 0), count: 65_536 + $1) },
      { $0.tables = Array(repeating: Table(name: "", content: .range(lower: 0, bits: 0)), count: 1_024 + $1) },
      { $0.tables = [Table(name: "", content: .function(lower: 0, values: Array(repeating: 0, count: 131_072 + $1)))] },
      { $0.columns = [Column(name: "", kind: .constant, axes: [], lower: 0, upper: 0, values: Array(repeating: 0, count: 1 << 22 + $1))] },
      { $0.thresholds = Array(repeating: Threshold(digits: [], exponent: 0, lookup: 0, sum: 0, sumBefore: 0), count: 65_536 + $1) },
      {
        // 2^19 bytes and 15 each: 128 are more than 64 MiB.
        let table = Table(name: "", content: .function(lower: 0, values: Array(repeating: 0, count: 65_536)))
        $0.tables = Array(repeating: table, count: 127 + $1)
      },
      { $0.contractions = Array(repeating: Contraction(output: 0, terms: []), count: 65_536 + $1) },
      { circuit, more in
        circuit.columns = [Column(name: "", kind: .advice, axes: [], lower: 0, upper: 0)]
        let terms = Array(repeating: Term(operands: [operand]), count: 32_767)
        circuit.contractions = [terms, terms, Array(terms.prefix(1 + more))].map { Contraction(output: 0, terms: $0) }
      },
      { $0.lookups = Array(repeating: Lookup(table: 0, forms: []), count: 65_536 + $1) },
      { $0.inputs = Array(repeating: Port(column: 0, name: "", dimensions: []), count: 255 + $1) },
      { $0.outputs = Array(repeating: Port(column: 0, name: "", dimensions: []), count: 255 + $1) },
    ]
    for (index, change) in changes.enumerated() {
      for more in 0...1 {
        var circuit = ArithmeticCircuit(name: "", batchCap: 1, axes: [])
        change(&circuit, more)
        #expect(((try? ArithmeticCircuit(encoded: circuit.encoded[...])) != nil) == (more == 0), "\(index)")
      }
    }
  }

  @Test("row 16: every truncation and every appended byte throws") func truncations() {
    for circuit in circuits {
      let bytes = circuit.encoded
      for length in bytes.indices { #expect(decode(Array(bytes.prefix(length))) == nil) }
      #expect(decode(bytes + [0]) == nil)
      #expect(decode([0] + bytes) == nil)
    }
  }

  @Test("row 17: a changed byte gives another circuit or none, never the same one") func changedBytes() {
    for circuit in circuits {
      let bytes = circuit.encoded
      for index in bytes.indices {
        for flip in [1, 0x80, 0xFF] as [UInt8] {
          var copy = bytes
          copy[index] ^= flip
          if let decoded = decode(copy) {
            #expect(decoded != circuit)
            #expect(decoded.encoded == copy)
          }
        }
      }
    }
  }

  @Test("row 16: random changes, insertions and deletions never trap") func randomChanges() {
    var random = RepeatableRandom(seed: 3)
    for round in 0..<6_000 {
      var bytes = circuits[round % circuits.count].encoded
      for _ in 0...Int.random(in: 0...4, using: &random) {
        let index = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes.remove(at: index)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
        case 2: bytes[index] = [0, 1, 0x7F, 0x80, 0xFF][Int.random(in: 0..<5, using: &random)]
        case 3: for i in index..<min(index + 8, bytes.count) { bytes[i] = 0xFF }
        case _: bytes[index] = UInt8.random(in: 0...255, using: &random)
        }
      }
      if let decoded = decode(bytes) { #expect(decoded.encoded == bytes) }
    }
  }

  @Test("row 16: every 4- and 8-byte window set to an extreme count or integer never traps") func extremeWindows() {
    for circuit in circuits {
      let bytes = circuit.encoded
      for index in bytes.indices.dropLast(8) {
        for window in [
          [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80], [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0x7F],
          [0, 0, 0, 0, 0, 0, 0, 0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
          [0, 0, 0, 0, 0, 0, 0, 0x40], [0, 0, 0, 0, 0, 0, 0, 0xC0],
        ] as [[UInt8]] {
          var copy = bytes
          copy.replaceSubrange(index..<index + window.count, with: window)
          if let decoded = decode(copy) { #expect(decoded.encoded == copy) }
        }
      }
    }
  }

  @Test("row 16: counts beyond the bytes are refused before anything is allocated") func allocationBombs() {
    // Without axes, columns, tables, contractions, lookups, thresholds and ports: 32 bytes of counts.
    let empty = ArithmeticCircuit(name: "", batchCap: 1, axes: []).encoded
    #expect((try? ArithmeticCircuit(encoded: empty[...])) != nil)
    let header = Array(empty.dropLast(32))
    for list in 0..<8 {
      for count in [0xFFFF_FFFF, 0x7FFF_FFFF, 1 << 24, 255] as [UInt32] {
        var writer = ByteWriter()
        writer.append(header + [UInt8](repeating: 0, count: 4 * list))
        writer.append(count)
        #expect(decode(writer.bytes) == nil)
        writer.append([UInt8](repeating: 0, count: 1000))
        #expect(decode(writer.bytes) == nil)
      }
    }
    #expect(decode([UInt8](repeating: 0, count: ArithmeticCircuit.encodedByteCap + 1)) == nil)
  }

  @Test("row 17: names are valid UTF-8; versions, kinds and binding types are known") func formats() throws {
    let bytes = SmallNetwork.small.circuit.encoded
    let name = ArithmeticCircuit.magic.count + 2 + 2
    for invalid in [0x80, 0xC0, 0xFF] as [UInt8] {
      var copy = bytes
      copy[name] = invalid
      #expect(decode(copy) == nil)
    }
    for index in 0..<ArithmeticCircuit.magic.count + 2 {
      var copy = bytes
      copy[index] ^= 1
      #expect(decode(copy) == nil)
    }
  }
}
