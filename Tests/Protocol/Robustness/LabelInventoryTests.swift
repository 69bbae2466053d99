import FoundationEssentials
import Testing

/// Every label that a transcript absorbs or draws under, as the sources of both sides name them.
@Suite struct LabelInventoryTests {
  /// Label, places in `Sources/Verifier`, places in `Sources/Prover`. A schedule that both sides call is the verifier's.
  private static let inventory = """
    batch 1 0, beta 1 0, combine 1 1, commitments 1 0, constraints 1 1, context 1 0, contraction 1 1,
    contraction.round 1 1, final 1 1, fold.round 1 1, grind 1 1, input 1 0, inverse 1 1, key 1 0, lambda 1 0, layer 1 1,
    layer.ends 1 1, layer.line 1 1, layer.round 2 2, leaves 1 1, level 1 1, level.mask 1 1, lookup.values 1 1,
    mask.fold 1 1, mask.scale 1 1, mask.sum 1 1, mask.value 1 1, merge 1 1, merge.round 1 1, mode 1 0, operands 1 1,
    output 2 0, padding 1 0, positions 1 1, product 1 1, protocol 1 0, purpose 1 0, quadratic 1 1, quadratic.ends 1 1,
    quadratic.round 1 1, roots 1 1, terms 1 1, visibility 1 0, witness 1 1
    """

  private static let root = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }

  private static func text(_ path: String) throws -> String {
    let data = try #require(FileManager.default.contents(atPath: root + "/" + path), "\(path)")
    return String(decoding: data, as: UTF8.self)
  }

  /// The labels of the calls in a target that absorb, draw or receive, once for each call.
  private static func labels(_ target: String) throws -> [String] {
    let call = /\b(?:observe|challenges?|positions|receive\w*|reduce\w*|send\w*)\(\s*"([^"]*)"/.wordBoundaryKind(.simple)
    let folder = "Sources/" + target
    let files = try FileManager.default.subpathsOfDirectory(atPath: root + "/" + folder).filter { $0.hasSuffix(".swift") }
    return try files.flatMap { try text(folder + "/" + $0).matches(of: call).map { String($0.output.1) } }
  }

  @Test("every label is in the inventory, as often as it is used, and in docs/protocol.md") func labels() throws {
    let (verifier, prover) = (try Self.labels("Verifier"), try Self.labels("Prover"))
    let used = Set(verifier + prover).sorted().map { label in
      "\(label) \(verifier.count { $0 == label }) \(prover.count { $0 == label })"
    }
    let inventory = Self.inventory.split(whereSeparator: { ",\n".contains($0) }).map { $0.drop { $0 == " " } }
    #expect(used == inventory.map { String($0) })
    let text = try Self.text("docs/protocol.md")
    for label in Set(verifier) { #expect(text.contains("\"\(label)\""), "\(label)") }
  }
}
