import ReferenceVerifier
import Testing

@Suite struct ReferenceCircuitTests {
  @Test func sampleIsValid() throws { try SampleCircuit().validate() }

  @Test func rulesRefuse() {
    func expect(rule: Int, _ circuit: SampleCircuit) {
      #expect(throws: ReferenceRejection.invalidCircuit(rule: rule)) { try circuit.validate() }
    }
    expect(rule: 8, SampleCircuit(virtualBound: 81919 - 256))
    expect(rule: 8, SampleCircuit(weightUpper: 126))
    expect(rule: 6, SampleCircuit(limbLower: 0))
    expect(rule: 6, SampleCircuit(limbCoefficient: -2))
    expect(rule: 3, SampleCircuit(loopOfInput: 2))
    expect(rule: 3, SampleCircuit(outputAxisOfWeight: 3))
    expect(rule: 2, SampleCircuit(outputAxisOfWeight: 0))
    expect(rule: 3, SampleCircuit(biasOperand: 6))
    expect(rule: 9, SampleCircuit(outputPort: 0))
    expect(rule: 9, SampleCircuit(inputPorts: []))
    expect(rule: 9, SampleCircuit(inputPorts: [2, 2]))
  }

  @Test func thresholdsAreChecked() throws {
    try ThresholdCircuit().validate()
    func expect(rule: Int, _ circuit: ThresholdCircuit) {
      #expect(throws: ReferenceRejection.invalidCircuit(rule: rule)) { try circuit.validate() }
    }
    expect(rule: 7, ThresholdCircuit(digitUpper: 65534))
    expect(rule: 7, ThresholdCircuit(thresholds: 0))
    expect(rule: 7, ThresholdCircuit(digits: [3]))
    expect(rule: 7, ThresholdCircuit(thresholds: 2))
    expect(rule: 10, ThresholdCircuit(digits: [4, 3]))
    expect(rule: 10, ThresholdCircuit(digitOfSecondTerm: 1 << 15))
    expect(rule: 10, ThresholdCircuit(function: [9, 9, 8, 9, 6, 8, 3, 6, 1, 3, 0, 0]))
    expect(rule: 10, ThresholdCircuit(function: [8, 9, 8, 8, 6, 8, 3, 6, 9, 3, 0, 1, 0, 0]))
    expect(rule: 10, ThresholdCircuit(function: [8, 9, 6, 8, 3, 6, 9, 3, 0, 9, 0, 0]))
    try ThresholdCircuit(function: [9, 0, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0], offset: 0).validate()
    expect(rule: 10, ThresholdCircuit(function: [9, 0, 8, 9, 6, 8, 3, 6, 1, 3, 0, 1, 0, 0], offset: 1))
    expect(rule: 10, ThresholdCircuit(leastBefore: 22))
    expect(rule: 10, ThresholdCircuit(maskOfSumBefore: 2))
    expect(rule: 10, ThresholdCircuit(sumCoefficient: -1))
    expect(rule: 10, ThresholdCircuit(maskLower: -1, isIndexPort: 0))
  }

  @Test func remaindersRampsConstantsAndIndexPortsAreChecked() throws {
    func expect(rule: Int, _ circuit: ThresholdCircuit) {
      #expect(throws: ReferenceRejection.invalidCircuit(rule: rule)) { try circuit.validate() }
    }
    expect(rule: 7, ThresholdCircuit(keptUpper: 6))
    expect(rule: 6, ThresholdCircuit(keptCoefficient: -4))
    expect(rule: 6, ThresholdCircuit(keptCoefficient: -3))
    expect(rule: 6, ThresholdCircuit(keptCoefficient: 2))
    expect(rule: 1, ThresholdCircuit(ramp: (-9, 5)))
    expect(rule: 1, ThresholdCircuit(ramp: (5, 4)))
    expect(rule: 7, ThresholdCircuit(ramp: (-2, 6)))
    expect(rule: 7, ThresholdCircuit(rampUpper: 6))
    expect(rule: 1, ThresholdCircuit(constants: [0, 1, 2, 0]))
    expect(rule: 8, ThresholdCircuit(constants: [0, 1, 2, 0, 3]))
    expect(rule: 9, ThresholdCircuit(isIndexPort: 0))
    #expect(throws: ReferenceRejection.malformedCircuit) { try ThresholdCircuit(isIndexPort: 2).validate() }
  }

  @Test func everyTruncationIsRefused() {
    for encoding in [SampleCircuit().encoding, ThresholdCircuit().encoding] {
      for count in 0..<encoding.count {
        #expect(throws: ReferenceRejection.self) { try CircuitDescription(encoding: Array(encoding[..<count])) }
      }
      #expect(throws: ReferenceRejection.malformedCircuit) { try CircuitDescription(encoding: encoding + [0]) }
    }
  }

  /// No changed byte may trap; only those of names, scales and table values may leave the circuit valid.
  @Test func changedBytesNeverTrap() {
    let encoding = SampleCircuit().encoding
    for position in encoding.indices where !(500..<8000).contains(position) {
      for value in [UInt8(0), 1, 0x7F, 0x80, 0xFF] {
        var changed = encoding
        changed[position] = value
        _ = try? CircuitDescription(encoding: changed).checkValidity()
      }
    }
    let other = ThresholdCircuit().encoding
    for position in other.indices {
      for value in [UInt8(0), 1, 0x7F, 0x80, 0xFF, other[position] ^ 1] {
        var changed = other
        changed[position] = value
        _ = try? CircuitDescription(encoding: changed).checkValidity()
      }
    }
  }

  @Test func filesAreCheckedBeforeTheirContent() {
    func file(_ body: [UInt8]) -> [UInt8] { body + hash("file", body) }
    let start: [UInt8] = Array("zkml.vk\n".utf8) + [4, 0, 0]
    for body in [[], start, start + [255, 255, 255, 255], start + [0, 0, 0, 0] + [UInt8](repeating: 0, count: 37)] {
      #expect(throws: ReferenceRejection.malformedFile) { try referenceCheckKey(verifyingKey: file(body)) }
      #expect(throws: ReferenceRejection.malformedFile) { try referenceVerify(verifyingKey: body, proof: []) }
    }
    let empty = file(start + [0, 0, 0, 0] + [UInt8](repeating: 0, count: 43))
    #expect(throws: ReferenceRejection.malformedFile) { try referenceCheckKey(verifyingKey: empty) }
  }

  @Test(arguments: [0, 1, 40])
  func parametersAndRangeProofAreChecked(hidingProofs: Int) throws {
    func key(_ proofs: Int, _ code: [UInt8], mode: UInt8, rangeProof: [UInt8]) -> [UInt8] {
      let circuit = SampleCircuit().encoding
      var body: [UInt8] = Array("zkml.vk\n".utf8) + [4, 0, mode]
      body += littleEndian(UInt32(circuit.count)) + circuit + [1] + littleEndian(UInt32(proofs)) + code
      body += [UInt8](repeating: 7, count: 32)
      body += littleEndian(UInt32(rangeProof.count)) + rangeProof
      return body + hash("file", body)
    }
    func rejects(_ rejection: ReferenceRejection, _ key: [UInt8]) {
      #expect(throws: rejection) { try referenceCheckKey(verifyingKey: key) }
    }
    let shapes = [ColumnShape(sizes: [5, 3]), ColumnShape(sizes: [5])]
    let right = try modelParameters(shapes, proofs: hidingProofs).encoded
    let mode: UInt8 = hidingProofs == 0 ? 0 : 1
    for index in right.indices {
      var wrong = right
      wrong[index] += 1
      rejects(.wrongParameters, key(hidingProofs, wrong, mode: mode, rangeProof: []))
    }
    rejects(.malformedFile, key(hidingProofs, right, mode: 1 - mode, rangeProof: []))
    rejects(.malformedFile, key(hidingProofs, right, mode: 2, rangeProof: []))
    rejects(.wrongParameters, key(1 << 16 + 1, right, mode: 1, rangeProof: []))
    rejects(.truncatedProof, key(hidingProofs, right, mode: mode, rangeProof: []))
    let zeros = [UInt8](repeating: 0, count: 1 << 18)
    rejects(hidingProofs == 0 ? .fractionalSum : .grinding, key(hidingProofs, right, mode: mode, rangeProof: zeros))
  }
}
