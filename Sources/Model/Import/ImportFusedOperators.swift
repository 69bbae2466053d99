extension ImportedOperator {
  /// Two operators of ONNX in one, as onnxruntime's optimizer writes them.
  static let fused: [ImportedOperator] = [
    ImportedOperator("\(fusedDomain).FusedConv", "all") { importer, node, label throws(NodeProblem) in
      var operands: [Tensor] = []
      for index in 0..<3 where try importer.operand(node, index) != nil { operands.append(try importer.tensor(node, index)) }
      let own = node.attribute.filter { !$0.name.hasPrefix("activation") }
      var result = try importer.applied("Conv", operands, node, attributes: own, label)
      if try importer.operand(node, 3) != nil { result = try importer.combine(result, try importer.tensor(node, 3), .add, label) }
      return [.tensor(try importer.activated(result, node, try node.floats("activation_params") ?? [], label))]
    },
    ImportedOperator("\(fusedDomain).FusedGemm", "all") { importer, node, label throws(NodeProblem) in
      var operands: [Tensor] = []
      for index in 0..<3 where try importer.operand(node, index) != nil { operands.append(try importer.tensor(node, index)) }
      let own = node.attribute.filter { !$0.name.hasPrefix("activation") }
      let result = try importer.applied("Gemm", operands, node, attributes: own, label)
      let numbers = try ["activation_alpha", "activation_beta"].map { name throws(NodeProblem) in try node.float(name, default: .nan) }
      return [.tensor(try importer.activated(result, node, numbers.filter { !$0.isNaN }, label))]
    },
    ImportedOperator("\(fusedDomain).FusedMatMul", "all") { importer, node, label throws(NodeProblem) in
      var operands: [Tensor] = []
      for (index, side) in ["A", "B"].enumerated() {
        var tensor = try importer.tensor(node, index)
        let full = importer.fullShape(tensor)
        var order = Array(full.indices)
        // The first axis moves behind those of the batch, then the last two axes change places.
        if try node.integer("transBatch\(side)", default: 0) != 0, full.count > 2 { order.insert(order.removeFirst(), at: full.count - 2) }
        if try node.integer("trans\(side)", default: 0) != 0, full.count > 1 { order.swapAt(full.count - 2, full.count - 1) }
        if order != Array(full.indices) {
          tensor = try importer.view(tensor, order.map { full[$0] }, full.indices.map { Index(order.firstIndex(of: $0)) }, label)
        }
        operands.append(tensor)
      }
      let product = try importer.applied("MatMul", operands, node, attributes: [], label)
      let alpha = try node.float("alpha", default: 1)
      if alpha == 1 { return [.tensor(product)] }
      importer.showAttributes(of: node, label)
      return [.tensor(try importer.apply(.affine(scale: Double(alpha), shift: 0), to: product, label))]
    },
    ImportedOperator("\(fusedDomain).QuantizeLinear", "as QuantizeLinear") { importer, node, label throws(NodeProblem) in
      [try importer.quantized(try importer.tensor(node, 0), node, scale: 1, zero: 2, label)]
    },
    ImportedOperator("\(fusedDomain).DequantizeLinear", "as DequantizeLinear") { importer, node, label throws(NodeProblem) in
      [.tensor(try importer.dequantized(node, 0, scale: 1, zero: 2, label))]
    },
  ]
}

extension GraphImporter {
  /// What the activation of a fused node makes of a tensor; its numbers are public.
  fileprivate mutating func activated(
    _ tensor: Tensor, _ node: ONNXNode, _ numbers: [Float], _ label: String
  ) throws(NodeProblem) -> Tensor {
    func number(_ index: Int, default value: Double) -> Double { index < numbers.count ? Double(numbers[index]) : value }
    let function: Pointwise
    switch try node.text("activation", default: "") {
    case "": return tensor
    case "Relu": function = .relu
    case "Sigmoid": function = .function(.sigmoid, .x)
    case "Tanh": function = .function(.tanh, .x)
    case "LeakyRelu": function = .leakyRelu(number(0, default: 0.01))
    case "HardSigmoid": function = .hardSigmoid(number(0, default: 0.2), number(1, default: 0.5))
    case "Clip":
      guard numbers.count == 2, numbers[0] <= numbers[1] else { throw .malformed("its bounds are missing, or in no order") }
      function = .minimum(.maximum(.x, .constant(Double(numbers[0]))), .constant(Double(numbers[1])))
    case let other: throw .unsupported("its activation is \(other.oneLine)")
    }
    if !numbers.isEmpty { showAttributes(of: node, label) }
    return try apply(function, to: tensor, label)
  }
}
