import Circuit
import Field
import Prover
import Verifier

/// Which secrets are drawn anew for each proof of a sample; all others are the same, as if a verifier knew them.
enum Stage: Sendable {
  /// All secrets, of the key too.
  case everything
  /// Y, up to the discharge.
  case messages
  /// The spare triple.
  case spare
  /// g.
  case quadraticMask
  /// What the opening draws.
  case opening
  case salts
}

/// Proofs of one statement under the same challenges, so that the fields of all of them are the same.
struct Sample: Sendable {
  static let coins = Digest(words: SIMD4(3, 14, 15, 92))

  let stage: Stage
  let plan: Plan
  let proofs: [[UInt8]]
  let fields: [ProofManifest.Field]
}

extension ProgrammedProver {
  /// Proofs with all secrets new, for both sets of weights.
  static let samples = both.map { $0.sample(.everything, count: 240) }
  static let rangeSamples = ranges.map { $0.sample(.everything, count: 240) }
  static let chainSamples = chains.map { $0.sample(.everything, count: 120) }
  static let classSamples = classes.map { $0.sample(.everything, count: 120) }
  static let committedSamples = committed.map { $0.sample(.everything, count: 120) }

  /// The fields of every proof under the sample's challenges.
  var fields: [ProofManifest.Field] { fields(of: proof(.everything, 0) { _, _ in }, coins: Sample.coins) }

  /// The fields of a proof under these challenges; those of an opening are named by what is opened.
  func fields(of proof: [UInt8], coins: Digest) -> [ProofManifest.Field] {
    let manifest = ProofManifest(plan, proof, Sponge(deafAt: coins))
    precondition(manifest.byteCount == proof.count, "the manifest is complete")
    let opened = ["model"] + prior.dropFirst().map { _ in "prior" } + ["witness", "level"]
    var (index, isAfterPaths) = (0, false)
    return manifest.fields.map { field in
      guard ["leaves", "paths"].contains(field.label) else { return field }
      if isAfterPaths, field.label == "leaves" { index += 1 }
      isAfterPaths = field.label == "paths"
      return .init(label: "\(opened[index]) \(field.label)", kind: field.kind, offset: field.offset)
    }
  }

  /// What is sent up to the discharge, less its pads.
  private var unpadded: [SecureField] {
    let proof = proof(.messages, 0) { draw, bytes in if draw == .pads { bytes = bytes.map { _ in 0 } } }
    return fields.padded.map { proof.element(at: $0.offset) }
  }

  /// Changes pads so that what is sent up to the discharge is what another prover sends.
  func sendingAs(_ other: ProgrammedProver) -> SecretChange {
    let (own, others) = (unpadded, other.unpadded)
    let ledger = padUses.ledger
    let products = Set(ledger.products.map(\.product))
    let sent = (0..<ledger.count).filter { !products.contains($0) }
    return { draw, bytes in
      guard draw == .pads else { return }
      for (pad, (own, other)) in zip(sent, zip(own, others)) {
        bytes.setElement(bytes.element(at: 16 * pad) + other - own, at: 16 * pad)
      }
    }
  }

  private func renewed(_ stage: Stage) -> [SecretDraw: Range<Int>] {
    let (ledger, layout) = padUses
    let (spare, mask) = (ledger.count, layout.quadratic(ledger).mask)
    let draws: [SecretDraw]
    switch stage {
    case .everything: draws = SecretDraw.allCases
    case .messages: draws = [.pads]
    case .spare: return [.pads: 16 * spare..<16 * mask]
    case .quadraticMask: return [.pads: 16 * mask..<16 * layout.entryCount]
    case .opening: draws = [.levelMasks, .levelTails, .levelSalts]
    case .salts: draws = [.modelSalts, .salts, .levelSalts]
    }
    return Dictionary(uniqueKeysWithValues: draws.map { ($0, 0..<Int.max) })
  }

  private func proof(
    _ stage: Stage, _ number: Int, prior: [Commitment]? = nil, _ change: @escaping SecretChange
  ) -> [UInt8] {
    let renewed = renewed(stage)
    func secrets(_ first: SecretDraw, stream: Int = 0) -> StagedSecrets {
      StagedSecrets(from: first, stream: stream, number: UInt64(number), renewed: renewed, change: change)
    }
    let opens: Bool
    switch stage {
    case .everything, .opening, .salts: opens = true
    case .messages, .spare, .quadraticMask: opens = false
    }
    let prior = prior ?? commit { secrets(.modelTails, stream: $0) }
    return prove(prior, secrets(.pads), coins: Sample.coins, opens: opens)
  }

  func sample(_ stage: Stage, count: Int, _ change: @escaping SecretChange = { _, _ in }) -> Sample {
    let isNew = renewed(stage).keys.contains { [.modelTails, .modelSalts].contains($0) }
    let prior = isNew ? nil : commit { StagedSecrets(from: .modelTails, stream: $0, number: 0, renewed: [:], change: change) }
    let proofs = (0..<count).map { proof(stage, $0, prior: prior, change) }
    return Sample(stage: stage, plan: plan, proofs: proofs, fields: fields)
  }
}

extension [ProofManifest.Field] {
  /// Those that have pads.
  var padded: [ProofManifest.Field] { Array(filter { $0.kind == .secure }.prefix { $0.label != "mask.sum" }) }

  /// Those of each opened leaf.
  func leaves(_ opened: String) -> [[ProofManifest.Field]] {
    filter { $0.label == "\(opened) leaves" }.split { $0.kind == .salt }.map(Array.init)
  }
}

extension Sample {
  /// What has to look uniform: all but nonces, which anybody finds.
  private var revealed: [ProofManifest.Field] {
    let opening = fields.firstIndex { $0.label == "level" } ?? 0
    switch stage {
    case .everything: return fields.filter { $0.kind != .nonce }
    case .messages: return fields[..<opening].filter { $0.kind == .secure && !$0.label.hasPrefix("mask") }
    case .spare: return fields.filter { $0.label == "quadratic.ends" }
    case .quadraticMask: return fields.filter { ["mask.sum", "quadratic.round"].contains($0.label) }
    case .opening:
      return fields[opening...].filter {
        $0.kind != .nonce && !$0.label.hasPrefix("model ") && !$0.label.hasPrefix("witness ")
      }
    case .salts: return fields.filter { $0.kind == .digest || $0.kind == .salt }
    }
  }

  /// Fields between which there must be no linear relation that holds in all proofs.
  private var independent: [(name: String, fields: [ProofManifest.Field])] {
    switch stage {
    case .everything:
      let leaves = fields.leaves("witness")
      // Of Y more symbols than it has entries that are not sent.
      let pads = leaves.prefix((plan.pads?.entryCount ?? 0) - fields.padded.count + 1).map { leaf in
        ProofManifest.Field(label: "Y", kind: .secure, offset: leaf[plan.commitments.last?.layout.rowCount ?? 0].offset)
      }
      return [("messages and Y", fields.padded + pads)]
        + ["model", "prior", "witness", "level"].flatMap { opened -> [(String, [ProofManifest.Field])] in
          let leaves = fields.leaves(opened)
          guard !leaves.isEmpty else { return [] }
          return [("column of \(opened)", leaves[0]), ("row of \(opened)", leaves.map { $0[0] })]
        }
    case .messages:
      let sums = ["mask.sum", "quadratic.round"]
      return [("messages", revealed.filter { !sums.contains($0.label) })]
    case .spare, .quadraticMask: return [("discharge", revealed)]
    case .opening:
      guard case .committed(let code, let rowCount, _) = plan.levels[0] else { return [] }
      let rounds = fields.prefix { $0.label != "mask.value" }.filter { ["level.mask", "fold.round"].contains($0.label) }
      let first = (OpeningBlock.blocks(of: [code])[0].tail ?? 0) * code.tailCount
      let tail = fields.filter { $0.label == "final" }.dropFirst(first).prefix(code.tailCount)
      let leaf = fields.leaves("level")[0]
      return [
        ("rounds", rounds + tail + fields.filter { $0.label == "mask.value" }),
        ("H and h'", Array(leaf.prefix(rowCount) + tail)),
      ]
    case .salts: return []
    }
  }

  /// What tells these proofs from proofs without secrets: messages that are not uniform, relations between them, and
  /// words that come twice.
  var leaks: Set<String> {
    var leaks: Set<String> = []
    var (total, count) = (0.0, 0.0)
    for field in revealed {
      for bins in bins(field) {
        let statistic = bins.uniformity
        total += statistic
        count += 1
        if statistic > Bins.limit { leaks.insert(field.label) }
      }
    }
    if total > count * 7 + 8 * (count * 14).squareRoot() { leaks.insert("all") }
    for group in independent where rank(group.fields) < min(group.fields.count, proofs.count - 1) {
      leaks.insert("relation in \(group.name)")
    }
    guard stage == .everything else { return leaks }
    for proof in proofs.prefix(4) {
      let words = stride(from: 0, to: proof.count, by: 8).map { proof.word(at: $0) }
      if Set(words).count < words.count { leaks.insert("repetition") }
    }
    return leaks
  }

  /// The kinds of messages whose distributions differ, and relations that hold with other constants.
  func differences(from other: Sample) -> Set<String> {
    var labels: Set<String> = []
    for field in revealed {
      for (own, others) in zip(bins(field), other.bins(field)) where own.distance(others) > Bins.limit {
        labels.insert(field.label)
      }
    }
    for group in independent {
      let rank = rank(group.fields)
      guard rank < min(group.fields.count, proofs.count - 1) else { continue }
      let both = Sample(stage: stage, plan: plan, proofs: proofs + other.proofs, fields: fields)
      if both.rank(group.fields) > max(rank, other.rank(group.fields)) { labels.insert("relation in \(group.name)") }
    }
    return labels
  }

  /// The low and the high bits of each word of a field.
  private func bins(_ field: ProofManifest.Field) -> [Bins] {
    stride(from: field.offset, to: field.offset + field.kind.byteCount, by: 8).flatMap { offset in
      let words = proofs.map { $0.word(at: offset) }
      return [Bins(words.map { Int($0 & 7) }), Bins(words.map { Int($0 >> 61) })]
    }
  }

  /// The dimension of the affine space that the proofs span in these fields.
  func rank(_ fields: [ProofManifest.Field]) -> Int {
    var rows = proofs.map { proof in
      fields.map { field in
        switch field.kind {
        case .symbol: SecureField(BaseField(reducing: proof.word(at: field.offset)))
        case .secure, .digest, .salt, .nonce: proof.element(at: field.offset)
        }
      }
    }
    let origin = rows.removeFirst()
    for row in rows.indices { for column in origin.indices { rows[row][column] -= origin[column] } }
    return rows.rank
  }
}

extension [[SecureField]] {
  /// Of the matrix of these rows.
  var rank: Int {
    var (rows, rank) = (self, 0)
    for column in rows.first?.indices ?? 0..<0 {
      guard let pivot = rows[rank...].firstIndex(where: { $0[column] != .zero }) else { continue }
      rows.swapAt(rank, pivot)
      let inverse = rows[rank][column].inverseOrZero()
      for row in rank + 1..<rows.count {
        let factor = rows[row][column] * inverse
        guard factor != .zero else { continue }
        for entry in column..<rows[row].count { rows[row][entry] -= factor * rows[rank][entry] }
      }
      rank += 1
      if rank == rows.count { break }
    }
    return rank
  }
}

/// Counts of eight values.
private struct Bins {
  /// Exceeded by χ² with 7 degrees of freedom once in 10^11 times.
  static let limit = 65.0
  private var counts = [Int](repeating: 0, count: 8)

  init(_ values: [Int]) { for value in values { counts[value] += 1 } }

  /// χ² against the uniform distribution.
  var uniformity: Double {
    let expected = Double(counts.reduce(0, +)) / 8
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  /// χ² of two samples of the same size.
  func distance(_ other: Bins) -> Double {
    zip(counts, other.counts).reduce(0) { sum, pair in
      let (difference, total) = (Double(pair.0 - pair.1), Double(pair.0 + pair.1))
      return total == 0 ? sum : sum + difference * difference / total
    }
  }
}
