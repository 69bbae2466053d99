import Circuit
import Prover
import Verifier

/// One kind of work of a proof; each belongs to a phase, which its name begins with.
enum WorkKind: String, CaseIterable {
  case witnessProducts = "witness.products"
  case witnessValues = "witness.values"
  case witnessColumns = "witness.columns"
  case witnessPads = "witness.pads"
  case commitStatement = "commit.statement"
  case commitSymbols = "commit.symbols"
  case lookupLeaves = "lookups.leaves"
  case contractionElements = "contractions.elements"
  case contractionTables = "contractions.tables"
  case mergePasses = "merge.passes"
  case mergeTables = "merge.tables"
  case dischargePads = "discharge.pads"
  case openElements = "open.elements"
  case openPads = "open.pads"
  case openNonces = "open.nonces"
  case openSymbols = "open.symbols"

  var phase: Substring { rawValue.prefix { $0 != "." } }
}

/// How much of each kind of work a proof takes, from the plan alone.
struct ProofWork {
  private(set) var counts: [WorkKind: Int] = [:]

  init(_ plan: Plan) {
    let circuit = plan.circuit
    let shape = { circuit.shape(ofColumn: $0, batch: plan.batch) }
    let size = { shape($0).reduce(1, *) }
    for contraction in circuit.contractions {
      for term in contraction.terms {
        let axes = Set(circuit.columns[contraction.output].axes + term.operands.flatMap { $0.bindings.map(\.loopAxis) })
        add(.witnessProducts, axes.reduce(1) { $0 * plan.columns.size(ofAxis: $1) })
      }
    }
    add(.witnessValues, circuit.columns(of: .advice).reduce(0) { $0 + size($1) })
    add(.witnessColumns, circuit.columns.count)
    add(.commitStatement, (circuit.inputs + circuit.outputs).reduce(0) { $0 + $1.dimensions.reduce(plan.batch, *) })
    if plan.openings.hasWitness, let witness = plan.commitments.last {
      add(.commitSymbols, witness.symbolCount)
    }
    if let pads = plan.pads { for kind in [WorkKind.witnessPads, .dischargePads, .openPads] { add(kind, pads.entryCount) } }
    if !circuit.lookups.isEmpty {
      add(.lookupLeaves, plan.columns.lookupBlocks.leafCount + plan.columns.tableBlocks.leafCount)
    }
    var contracted: Set<Int> = []
    for term in plan.reductions.terms {
      switch term.remainder {
      case .simple(let operand, _):
        add(.contractionElements, size(operand.column))
        contracted.insert(operand.column)
      case .instance(let instance):
        for operand in instance.operands {
          // A slice along an axis of size 1 reads one index.
          let reads = zip(shape(operand.column), operand.bindings).map { min($0, plan.columns.size(ofAxis: $1.loopAxis)) }
          add(.contractionElements, reads.reduce(1, *))
          contracted.insert(operand.column)
        }
        add(.contractionTables, instance.degree << instance.variableCount)
      }
    }
    for columns in [contracted, Set(circuit.lookups.flatMap { $0.columns }), Set(plan.paddedColumns)] { addClaims(columns, plan) }
    addOpening(plan)
  }

  private mutating func add(_ kind: WorkKind, _ count: Int) { counts[kind, default: 0] += count }

  /// The merge's passes over columns that claims are about, one for claims of one kind, and its tables.
  private mutating func addClaims(_ columns: Set<Int>, _ plan: Plan) {
    for slot in columns.compactMap({ plan.slots[$0] }) {
      let (rowCount, variableCount) = (plan.placement(slot).rowCount, plan.commitments[slot.commitment].layout.variableCount)
      add(.mergePasses, rowCount << variableCount)
      add(.mergeTables, (1 + rowCount) << GroupedWeights.lowBits(variableCount))
    }
  }

  private mutating func addOpening(_ plan: Plan) {
    for commitment in plan.commitments {
      add(.mergePasses, commitment.elementCount)
      add(.openElements, commitment.elementCount)
    }
    for level in plan.levels {
      add(.openNonces, 1 << Code.grindingBits)
      switch level {
      case .clear: break
      case .committed(let code, let rowCount, _): add(.openSymbols, 2 * (rowCount + (code.isTailed ? 1 : 0)) << code.domainBits)
      }
    }
  }
}

extension CommitmentPlan {
  /// Rows of the committed matrix.
  var rowCount: Int { layout.rowCount + 2 * padRowCount }

  /// Its entries, without tails.
  var elementCount: Int { rowCount << layout.variableCount }

  /// Symbols of its code.
  var symbolCount: Int { rowCount << code.domainBits }
}
