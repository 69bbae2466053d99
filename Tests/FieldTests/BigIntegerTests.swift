import TestSupport
import Testing

@Suite struct BigIntegerTests {
  @Test func bytesRoundTrip() {
    let bytes: [UInt8] = [1, 2, 3, 0, 0, 6, 7, 8, 9, 10, 11]
    #expect(BigInteger(littleEndian: bytes).littleEndianBytes(11) == bytes)
    #expect(BigInteger(littleEndian: [UInt8]()) == .zero)
    #expect(BigInteger(littleEndian: [0, 1]).uint64 == 256)
  }

  @Test func decimalNotation() {
    #expect(BigInteger.goldilocks.description == "18446744069414584321")
    #expect(BigInteger(decimal: "-12345678901234567890123")?.description == "-12345678901234567890123")
    #expect(BigInteger(decimal: "12x") == nil)
  }

  @Test func divisionRoundsDown() {
    #expect(BigInteger(-7) % BigInteger(3) == BigInteger(2))
    #expect(BigInteger(-7).dividedRoundingDown(by: BigInteger(3)) == BigInteger(-3))
    #expect(BigInteger(-7).uint64 == nil && BigInteger.one.shiftedLeft(64).uint64 == nil)
  }
}
