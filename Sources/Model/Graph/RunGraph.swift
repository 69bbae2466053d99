/// A network made ready to run sample by sample.
struct Runner<Number: GraphNumber> {
  private let inputs: [NamedShape]
  private let stages: [Stage]
  /// By stage, what makes its values of all.
  private let runs: [([[Number]]) -> [[Number]]]

  init(_ graph: Graph<Number>) {
    inputs = graph.inputs.map(\.port)
    stages = graph.stages
    runs = stages.map { stage in
      if graph.isScan(stage) {
        guard let scan = ScanRun(graph, stage.nodes) else { preconditionFailure("Graph.requireSteps") }
        return { scan.run($0) }
      }
      let node = graph.nodes[stage.nodes[0]]
      let run = graph.run(node.operation.primitive, of: node.operands, node.shape)
      return { values in [run(node.operands.map { values[$0] })] }
    }
  }

  /// All values of one sample: the inputs, then the result of each node. Each is kept until nothing reads it any more.
  ///
  /// - Parameter sample: The elements of each input; of one of ids the ids.
  /// - Precondition: `sample` has the inputs' numbers of elements.
  func forEachValue(of sample: [[Number]], _ body: (_ value: Int, _ elements: [Number]) -> Void) {
    precondition(sample.map(\.count) == inputs.map(\.width))
    Model.forEachValue(
      of: sample, stages: stages, results: { stage, values in runs[stage](values) }, body)
  }
}

extension Graph {
  /// What makes a result of this shape of these values, of those of ids from the ids.
  func run(_ primitive: any Primitive<Number>, of operands: [Int], _ shape: [Int]) -> ([[Number]]) -> [Number] {
    let (sources, indexed) = (operands.map { self.shape(of: $0) }, operands.indices.filter { isOneHot(operands[$0]) })
    return indexed.isEmpty ? primitive.run(sources, shape) : primitive.run(sources, shape, indexed: indexed)
  }

  /// Appends what outputs show of a value of one sample, to each output's results.
  func show(_ value: Int, _ elements: [Number], in results: inout [[Number]]) {
    for (number, output) in outputs.enumerated() where output.value == value {
      results[number] += output.classes(elements, shape: shape(of: value))?.map { Number($0) } ?? elements
    }
  }

  /// The outputs of a batch, each batch × output: values, or for an output of classes their indices, ascending.
  ///
  /// - Parameter inputs: One batch for each input.
  /// - Precondition: The batches have the same number of samples.
  package func run(_ inputs: [Batch<Number>]) -> [Batch<Number>] {
    let count = inputs.first?.count ?? 0
    precondition(inputs.allSatisfy { $0.count == count })
    var results = [[Number]](repeating: [], count: outputs.count)
    let runner = Runner(self)
    for index in 0..<count {
      runner.forEachValue(of: inputs.map { $0.sample(index) }) { show($0, $1, in: &results) }
    }
    return results.map { Batch(count: count, values: $0) }
  }
}
