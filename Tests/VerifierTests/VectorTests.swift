import Circuit
import Field
import Prover
import Testing
import Verifier

/// Known answers computed by scripts/tools/print-vectors, which shares no code with the package.
@Suite struct VectorTests {
  @Test("BLAKE2b with the personalization of each purpose, of nothing and of \"zkml\"", arguments: [
    ("absorb", "9f9d47404f9e81adb0c2baca178bb9696f2c3e26449ba91306eb06f046437cc3", "5462bc98dc40e99a2ac6b10028385d629ea9eae6a8e82a5f1ed8faff64aba704"),
    ("squeeze", "9c2bec48b7cf77040241de34412c3d4847cf98be02a2f78ff664ab4281ae9a6f", "033bf7e23649a9996bd51c680fb04258ca02649e9beb7ef10a2f3d5c42a8dd59"),
    ("grind", "8b14ffbd31234657531033904609beb1ae4ceebc1c3c4e01abfe2fb86f02f884", "33d85e531516136d244e0cb63a158cf0984605acada13d28755e6627f7c7c77d"),
    ("leaf", "62c67bf9f78b2b5d89bcba678f26826dfa234175ad3224e3ba94cd88cbd82fba", "80632bebc1a949548daf760283d056d0aaa980bf2a90a8efb55c838c1a94405b"),
    ("node", "519b304ca94eb516e53340605ca30b77c6e83bcd42652375cc04cbb0083941dc", "bb5830cb6351d6af28185f36648db69ac637b4fb5e9a8a0dd5e2fa87dc8d61a0"),
    ("circuit", "3f16c76962f9967b11faad26dcffedd19664d4dc20c614537b4a99a5325590f0", "ceac9291263250240bc3564aa134d3659707ee8b9fb8b27cd3faae609b2a4542"),
    ("model", "30be3bc0ab38db7acea56ac4da8d2e1deb668458aa3c0926a54ff0c2c69a9e43", "4c20be3c880064fa5de0c4e36708b8e97f022d35f40a3816fcfa9ebbb8759a4b"),
    ("key", "1a91952ae853f7edcba8d82963ff838765b52849f47c7196746a37eea88f19f8", "fe971f6c3b19b2f7ccf79e9c99917f5b8171cd20772f30c950e5db5ebdeaa81b"),
    ("input", "34d40826e4bbb44225c012278d39f55423ec285c1b4f1c064f9c69371f530777", "0f130aaf81a68a3db0b7697fdc657e4d2e3db4ff61b9c5f8850e8b4bf81bb63a"),
    ("file", "76175c2abce8a9bb226cda07f8d39ca5b0c68c4b7f21e92b55c9b5f5f0d5df1d", "a21de58380518bf3546cba9fba5af772fa9ad72f9411ca1af957a95d341a1bc7"),
  ])
  func hashes(purpose: String, empty: String, zkml: String) throws {
    let hash = Hash(try #require(HashPurpose(rawValue: purpose)))
    #expect(hash.digest([]).hexadecimal == empty)
    #expect(hash.digest(Array("zkml".utf8)).hexadecimal == zkml)
  }

  @Test("every purpose has a vector") func purposes() {
    #expect(HashPurpose.allCases.count == 10)
  }

  @Test("absorbing, challenges, positions and the grinding nonce") func transcript() {
    func element(_ c0: UInt64, _ c1: UInt64) -> SecureField {
      SecureField(c0: BaseField(reducing: c0), c1: BaseField(reducing: c1))
    }
    var sponge = Sponge()
    sponge.observe("protocol", Array("zkml 4".utf8)[...])
    #expect(sponge.challenge("lambda") == element(0xd22b917ae7d4c668, 0x2c5237dc099e077d))
    sponge.observe("empty", [])
    #expect(sponge.challenge("beta") == element(0x279eaf12dd724672, 0x53ae42df7258c432))
    #expect(sponge.positions("positions", count: 10, domainBits: 7) == [14, 22, 33, 53, 61, 65, 70, 97, 102, 117])
    #expect(sponge.challenge("combine") == element(0x5e111e0ed7058662, 0x3a09a04751b53ae8))
    let nonce = (0..<20_000).first { nonce in
      sponge.isGround((0..<8).map { UInt8(truncatingIfNeeded: nonce >> (8 * $0)) }[...], bits: 12)
    }
    #expect(nonce == 5421)
  }

  @Test("a tree of four leaves, each one element of F") func tree() throws {
    let leaves = (0..<4).map { index in (index, Hash(.leaf).digest([UInt8(index)] + [UInt8](repeating: 0, count: 7))) }
    let root = Merkle.root(of: leaves, depth: 2) { _, _ -> Digest in .zero }
    #expect(root?.hexadecimal == "e0f9b7dd0a0bbb5a46840d2d1d29015d8b1e17b9940355cb6801338f27ed0217")
  }

  @Test("the encoding of a circuit with every kind of part, and the digests of its key") func circuit() {
    let slice = Binding.Slice(start: -1, stride: 1)
    let circuit = ArithmeticCircuit(
      name: "vector", batchCap: 4, axes: [0, 2, 1],
      columns: [
        Column(name: "x", kind: .public, axes: [0, 1], lower: 0, upper: 1, scale: 0.5),
        Column(name: "w", kind: .weight, axes: [1], lower: -2, upper: 1),
        Column(name: "a", kind: .virtual, axes: [0, 1], lower: -4, upper: 3),
        Column(name: "y", kind: .advice, axes: [0, 1], lower: 0, upper: 3, scale: 2),
        Column(name: "c", kind: .public, axes: [0, 2, 1], lower: 0, upper: 1),
        Column(name: "k", kind: .constant, axes: [1], lower: -1, upper: 5, values: [-1, 5]),
        Column(name: "i", kind: .public, axes: [0, 1], lower: 0, upper: 1),
      ],
      tables: [
        Table(name: "relu", content: .function(lower: -4, bits: 3, width: 1, offset: 4, values: [0, 1, 2, 3])),
        Table(name: "range", content: .range(lower: 0, bits: 2)),
        Table(name: "ramp", content: .ramp(lower: -4, bits: 4, low: -2, high: 3)),
        Table(name: "pairs", content: .function(lower: 0, bits: 2, width: 2, offset: 1, values: [7, 7, 3, 7])),
      ],
      contractions: [
        Contraction(
          output: 2,
          terms: [
            Term(operands: [
              Operand(column: 0, bindings: [Binding(0), Binding(1)]), Operand(column: 1, bindings: [Binding(1)]),
            ]),
            Term(coefficient: -1, operands: [Operand(column: 1, bindings: [Binding(1, slice: slice)])]),
          ])
      ],
      lookups: [Lookup(table: 0, forms: [AffineForm(bare: 2), AffineForm(bare: 3)])],
      thresholds: [Threshold(digits: [3, 4], exponent: 2, lookup: 0, sum: 1, sumBefore: 6)],
      inputs: [
        Port(column: 0, name: "input", dimensions: [2]), Port(column: 6, name: "index", dimensions: [], isIndex: true),
      ],
      outputs: [
        Port(column: 3, name: "output", dimensions: [2]),
        Port(column: 4, name: "class", dimensions: [1], classesOf: 2),
      ])
    #expect(circuit.encoded.count == 718)
    let root = Digest(bytes: Array(0..<32)[...])
    let code = Code(variableCount: 6, rateBits: 2, tailCount: 64)
    let core = WeightCommitment(circuit: circuit, proofCount: 5, code: code, root: root)
    #expect(core.circuitDigest.hexadecimal == "7678b218eb29e3e9590b016372eb493861484487909d5a6546736cf417ddd21f")
    #expect(core.modelID.hexadecimal == "03080eaabb2bb8e1d1e730b27796bf16556da1b00db4ee25a1acdd72e08e4494")
    #expect(core.digest.hexadecimal == "2bec6f64a6fb62987fde9cd98bb8734c09debb2da3332be435d171a71fe22369")
    let next = WeightCommitment(
      circuit: circuit, proofCount: 7, code: Code(variableCount: 6, rateBits: 3, tailCount: 128),
      root: Digest(bytes: Array(32..<64)[...]), modelID: core.modelID)
    #expect(next.modelID == core.modelID)
    #expect(next.digest.hexadecimal == "11516a81b43ee61348aea510b09861ac40672740b07f754bc51437016036c123")
  }

  @Test("symbol i is the row's polynomial at ω^rev(i)", arguments: [
    (0, 0x1 as UInt64, 0x1f as UInt64),
    (1, 0xffffffff00000000 as UInt64, 0xfffffffefffffffe as UInt64),
    (2, 0x1000000000000 as UInt64, 0x3000000000002 as UInt64),
    (5, 0x1000000 as UInt64, 0x1fafff80004fe as UInt64),
    (16, 0x3fffffffc000 as UInt64, 0xc02043e6fadfc25c as UInt64),
    (31, 0xfffffffefffc0001 as UInt64, 0xdbc00540a3fbdb04 as UInt64)
  ])
  func symbols(position: Int, point: UInt64, symbol: UInt64) {
    let z = Code(variableCount: 3, rateBits: 2).points(at: [position])[0]
    #expect(z.value == point)
    let row: [Int64] = [3, 1, 4, 1, 5, 9, 2, 6]
    #expect(row.reversed().reduce(BaseField.zero) { $0 * z + BaseField($1) }.value == symbol)
  }
}
