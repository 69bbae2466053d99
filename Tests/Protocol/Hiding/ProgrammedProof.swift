import Circuit
import Execution
import Field
import Prover
import TestSupport
import Verifier

/// Proofs of one statement, with secrets that a test chooses and, if it likes, challenges that do not depend on messages.
struct ProgrammedProver: Sendable {
  /// Two sets of weights of one network that give the same outputs: the hidden units are in another order, and one that
  /// no output depends on computes something else.
  static let both = [false, true].map { ProgrammedProver(.hidden(isPermuted: $0)) }
  /// The weight range proofs of both.
  static let ranges = [false, true].map { ProgrammedProver(SmallNetwork.hidden(isPermuted: $0).weightRange, batch: 1) }
  /// Of both, that another commitment holds the same weights.
  static let chains = [false, true].map { ProgrammedProver(chain: .hidden(isPermuted: $0)) }
  /// Of both, for an input that is committed to.
  static let committed = [false, true].map { ProgrammedProver(.hidden(isPermuted: $0), visibility: .committed) }

  /// Of other weights, whose outputs differ but have the same classes, which are all that is shown.
  static let classes = [false, true].map { ProgrammedProver(.hiddenClasses(isOther: $0)) }

  let circuit: ArithmeticCircuit
  /// By commitment that is made before, the model's first: its columns.
  let prior: [[[Int64]]]
  let plan: Plan
  /// Of the key and of a committed input.
  private let proofCount: Int
  /// The statement, for the roots of those commitments but the model's.
  let stated: @Sendable ([Digest]) -> Statement
  private let witness: Witness

  var weights: [[Int64]] { prior[0] }
  var statement: Statement { stated([]) }

  init(_ network: SmallNetwork, batch: Int = 2, proofCount: Int = 1, visibility: Visibility = .shown) {
    circuit = network.circuit
    self.proofCount = proofCount
    let core = WeightCommitment(circuit: circuit, proofCount: proofCount, root: .zero)
    let (inputs, isShown) = (network.inputs(batch), visibility == .shown)
    let shown = circuit.stating(inputs.map { _ in visibility }) ?? circuit
    var witness = Self.witness(CircuitExecutor(circuit, weights: network.weights), batch, inputs)
    if !isShown { witness.countMultiplicities(shown, batch: batch, threads: 1) }
    let (outputs, port) = (witness.outputs(circuit), circuit.inputs.first)
    stated = { roots in
      let commitment = isShown ? nil : port.flatMap { port in
        StatedCommitment(
          shown.columns[port.column], shape: shown.shape(ofColumn: port.column, batch: batch), proofCount: proofCount,
          root: roots.first ?? .zero)
      }
      return Statement(
        batch: batch, visibility: inputs.map { _ in visibility }, commitments: commitment.map { [$0] } ?? [],
        inputs: isShown ? inputs : [], outputs: outputs)
    }
    prior = [network.weights] + (isShown ? [] : [inputs])
    plan = Plan(shown, core, stated([]), .hiding)
    self.witness = witness
  }

  init(chain network: SmallNetwork, proofCount: Int = 1) {
    circuit = network.circuit
    self.proofCount = proofCount
    @Sendable func proof(_ root: Digest) -> WeightProof {
      WeightProof(
        network.circuit, WeightCommitment(circuit: network.circuit, proofCount: proofCount, root: .zero),
        after: WeightCommitment(circuit: network.circuit, proofCount: proofCount, root: root))
    }
    stated = { proof($0.first ?? .zero).statement }
    prior = [network.weights, network.weights]
    plan = proof(.zero).plan
    witness = Self.witness(CircuitExecutor(plan.circuit, weights: network.weights + network.weights), 1, [])
  }

  private static func witness(_ executor: CircuitExecutor, _ batch: Int, _ inputs: [[Int64]]) -> Witness {
    do {
      return try Witness(executor, batch: batch, inputs: inputs, threads: 1)
    } catch { preconditionFailure("the inputs are in range: \(error)") }
  }

  /// What the classes of the first class port are made from.
  var logits: [Int64] { circuit.outputs.compactMap(\.classesOf).first.map { witness.columns[$0] } ?? [] }

  func core(_ model: Commitment) -> WeightCommitment { WeightCommitment(circuit: circuit, proofCount: proofCount, root: model.root) }

  /// The commitments that are made before, with these tails and salts.
  func commit(_ secrets: (_ commitment: Int) -> StagedSecrets) -> [Commitment] {
    zip(plan.commitments, prior).enumerated().map { index, own in
      var random: any SecretSource = secrets(index)
      return Commitment(rows: own.0.layout.rows(of: own.1), code: own.0.code, random: &random, threads: 1)
    }
  }

  /// The uses of Y's entries.
  var padUses: (ledger: PadLedger, layout: PadPlan) {
    guard let layout = plan.pads else { preconditionFailure("the plan hides") }
    return (plan.padLedger(), layout)
  }

  /// The steps of `Plan.prove`; without `coins` under the challenges of Fiat and Shamir.
  ///
  /// - Parameter opens: False for all that comes before the opening.
  func prove(_ prior: [Commitment], _ secrets: some SecretSource, coins: Digest?, opens: Bool = true) -> [UInt8] {
    guard let layout = plan.pads, let own = plan.commitments.last else { preconditionFailure("the plan hides") }
    var transcript = ProverTranscript()
    let (core, statement) = (core(prior[0]), stated(prior.dropFirst().map(\.root)))
    transcript.sponge = plan.sponge(coins, core, statement)
    var masks = ProofMasks(plan, layout, plan.padLedger(), random: secrets)
    let columns = plan.columns.witness.map { witness.columns[$0] } + witness.multiplicities
    let rows = own.layout.rows(of: columns)
    let commitment = masks.commit(PackedRows(rows, width: 1 << own.code.variableCount), own.code, threads: 1)
    transcript.sendBytes("witness", commitment.root.bytes)
    transcript.pads = masks.sentPads
    var claims: [Claim] = []
    let virtuals = transcript.reduceLookups(plan, witness, &claims, threads: 1)
    transcript.reduceContractions(plan, statement, witness, virtuals, &claims, threads: 1)
    claims += plan.paddingClaims(&transcript.sponge)
    _ = transcript.mergeClaims(plan, claims, prior + [commitment], threads: 1)
    transcript.dischargeProducts(layout, masks)
    guard opens else { return transcript.proof }
    var verifier = VerifierTranscript(.hiding, proof: transcript.proof)
    do throws(VerificationError) {
      _ = try verifier.receiveRoots(plan, core, statement, coins: coins)
      let opening = try verifier.reduce(plan, statement)
      _ = transcript.sponge.challenge("constraints")
      transcript.openAll(plan, prior + [commitment], opening, random: masks.random)
    } catch { preconditionFailure("a verifier reads what was sent: \(error)") }
    return transcript.proof
  }
}

extension Plan {
  /// A sponge before the first message: with the challenges that `coins` give, or bound to key and statement.
  func sponge(_ coins: Digest?, _ core: WeightCommitment, _ statement: Statement) -> Sponge {
    if let coins { return Sponge(deafAt: coins) }
    var sponge = Sponge()
    sponge.absorb(.inference, mode, keyCore: core.digest, statement, circuit)
    return sponge
  }

  /// The checks of `Plan.verify` under programmed challenges.
  func verify(
    _ core: WeightCommitment, _ statement: Statement, _ proof: [UInt8], coins: Digest
  ) throws(VerificationError) {
    var transcript = VerifierTranscript(mode, proof: proof)
    let roots = try transcript.receiveRoots(self, core, statement, coins: coins)
    let opening = try transcript.reduce(self, statement)
    try transcript.open(self, roots: roots, opening)
    try transcript.finish()
  }
}

extension VerifierTranscript {
  /// The roots of an inference, with the challenges that `coins` give or those that are bound to key and statement.
  mutating func receiveRoots(
    _ plan: Plan, _ core: WeightCommitment, _ statement: Statement, coins: Digest?
  ) throws(VerificationError) -> [Digest] {
    sponge = plan.sponge(coins, core, statement)
    let prior = (plan.columns.hasWeights ? [core.root] : []) + statement.commitments.map(\.root)
    return prior + (plan.openings.hasWitness ? [try receiveRoot("witness")] : [])
  }
}

extension SmallNetwork {
  /// Lookups, both commitments, and a product of three committed columns.
  static func hidden(isPermuted: Bool) -> SmallNetwork {
    let unitCount = 4
    var b = CircuitBuilder("hidden units", axes: [3, unitCount, 2], seed: 4)
    let x = b.input([1])
    let (w1, b1) = (b.weight([2, 1]), b.weight([2], bits: 8))
    let a = b.contraction([2], [b.term(1, w1, x), b.term(1, b1)])
    let y = b.apply(to: a, limbs: [2, 3], CircuitBuilder.relu)
    let (w2, w3) = (b.weight([3, 2]), b.weight([3, 2], bits: 3))
    b.output(b.contraction([3], [b.term(1, w2, y), b.term(1, w3, y, y)]))
    let network = SmallNetwork(b, batches: [2])
    var weights = network.weights
    for unit in [unitCount - 1, 2 * unitCount - 1] { (weights[2][unit], weights[3][unit]) = (0, 0) }
    if isPermuted {
      weights[1][unitCount - 1] = ~weights[1][unitCount - 1]
      for index in 3 * (unitCount - 1)..<3 * unitCount { weights[0][index] = ~weights[0][index] }
      weights = zip(weights, [3, 1, 0, 0]).map { weights, size in
        let entries = size == 0 ? unitCount : size
        let groups = stride(from: 0, to: weights.count, by: entries).map { Array(weights[$0..<$0 + entries]) }
        return size == 0 ? groups.flatMap { $0.reversed() } : groups.reversed().flatMap(\.self)
      }
    }
    return SmallNetwork(circuit: network.circuit, weights: weights, batches: [2], inputs: network.inputs)
  }

  /// One layer with a Relu and one of whose outputs only the classes are shown; the other weights give other outputs and
  /// the same classes.
  static func hiddenClasses(isOther: Bool) -> SmallNetwork {
    var b = CircuitBuilder("hidden classes", axes: [3, 4, 3, 2], seed: 8)
    let x = b.input([1])
    let a = b.contraction([2], [b.term(1, b.weight([2, 1]), x), b.term(1, b.weight([2], bits: 8))])
    let y = b.apply(to: a, limbs: [2, 3], CircuitBuilder.relu)
    _ = b.classes(4, of: b.contraction([3], [b.term(1, b.weight([3, 2], bits: 6), y)]))
    let network = SmallNetwork(b, batches: [2])
    var weights = network.weights
    weights[2] = weights[2].map { $0 / 2 * (isOther ? 2 : 1) }
    return SmallNetwork(circuit: network.circuit, weights: weights, batches: [2], inputs: network.inputs)
  }

  var weightRange: SmallNetwork {
    SmallNetwork(circuit: circuit.weightRangeCircuit, weights: weights, batches: [1]) { _ in [] }
  }
}
