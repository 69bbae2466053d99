import Circuit
import Field
import Prover
import TestSupport
import Testing
import Verifier

@Suite struct LookupTests {
  @Test("a fingerprint is the extension of its rows'", arguments: [1, 2, 4, 8, 16, 256])
  func fingerprints(valueCount: Int) {
    var random = RepeatableRandom(seed: 71)
    var circuit = SmallNetwork.small.circuit
    let (lower, values) = (-3 as Int64, (0..<valueCount).map { _ in Int64.random(in: -1 << 40...1 << 40, using: &random) })
    for table in circuit.tables.indices { circuit.tables[table].content = .function(lower: lower, values: values) }
    let plan = Plan(circuit: circuit, batch: 1, modelCode: circuit.modelCode(proofCount: 0))
    let (point, lambda) = (random.secureFields(circuit.tables[1].bitCount), random.secureField())
    var expected = SecureField.zero
    for (row, weight) in Multilinear.equalityTable(point).enumerated() {
      expected += weight * (plan.tag(ofTable: 1)
        + lambda * (SecureField(BaseField(lower + Int64(row))) + lambda * SecureField(BaseField(values[row]))))
    }
    #expect(plan.fingerprint(ofTable: 1, at: point, lambda: lambda) == expected)
  }
}
