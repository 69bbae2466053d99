/// Support vector machines: vectors, coefficients and the numbers of kernels are weights.
extension ImportedOperator {
  static let kernels: [ImportedOperator] = [
    ImportedOperator("\(classicalDomain).SVMRegressor", "all but SOFTMAX_ZERO and PROBIT") { importer, node, label throws(NodeProblem) in
      let (value, count) = try importer.features(node)
      let rho = try node.floats("rho") ?? []
      guard rho.count == 1 else { throw .malformed("it has \(rho.count) numbers rho") }
      let weights = try node.floats("coefficients") ?? []
      let vectors = try node.floats("support_vectors") ?? []
      let vectorCount = try node.integer("n_supports", default: 0)
      let sums: Int
      if vectorCount == 0 {
        sums = try importer.kernel(node, value, weights, count: weights.count / count, coefficients: [1], rows: 1, bias: rho, label)
      } else {
        guard vectors.count == vectorCount * count else { throw .malformed("its vectors do not fit \(count) features") }
        sums = try importer.kernel(node, value, vectors, count: vectorCount, coefficients: weights, rows: 1, bias: rho, label)
      }
      guard try node.integer("one_class", default: 0) == 0 else {
        let sign = try importer.truth(of: sums, label)
        return [.value(try importer.apply(.affine(scale: 2, shift: -1), to: sign, label))]
      }
      return [try importer.transformed(sums, try node.text("post_transform", default: "NONE"), label)]
    },
    ImportedOperator(
      "\(classicalDomain).SVMClassifier", "the label before an output; probabilities of two classes; all but SOFTMAX_ZERO and PROBIT"
    ) { importer, node, label throws(NodeProblem) in
      let (value, count) = try importer.features(node)
      let classCount = try node.labelCount("classlabels_strings", "classlabels_ints")
      let sizes = try node.integers("vectors_per_class") ?? []
      let (weights, rho) = (try node.floats("coefficients") ?? [], try node.floats("rho") ?? [])
      let transform = try node.text("post_transform", default: "NONE")
      guard classCount > 1, sizes.count == classCount, sizes.allSatisfy({ (0...1 << 24).contains($0) }) else {
        throw .unsupported("it has no vectors of each class")
      }
      let (vectorCount, vectors) = (sizes.reduce(0, +), try node.floats("support_vectors") ?? [])
      let pairCount = classCount * (classCount - 1) / 2
      guard classCount <= 1 << 10, vectorCount > 0, vectors.count == vectorCount * count, weights.count == (classCount - 1) * vectorCount,
        rho.count == pairCount, elementCount([pairCount, vectorCount], limit: maximumElementCount) != nil
      else { throw .malformed("its numbers do not fit \(classCount) classes of \(count) features") }
      // A pair of classes is decided by the vectors of both.
      var (rows, votes, pair) = ([Float](repeating: 0, count: pairCount * vectorCount), [Float](repeating: 0, count: classCount * pairCount), 0)
      var shifts = [Float](repeating: 0, count: classCount)
      let starts = sizes.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
      for first in 0..<classCount {
        for second in (first + 1)..<max(classCount, first + 1) {
          for vector in starts[first]..<starts[first + 1] { rows[pair * vectorCount + vector] = weights[(second - 1) * vectorCount + vector] }
          for vector in starts[second]..<starts[second + 1] { rows[pair * vectorCount + vector] = weights[first * vectorCount + vector] }
          (votes[first * pairCount + pair], votes[second * pairCount + pair]) = (1, -1)
          shifts[second] += 1
          pair += 1
        }
      }
      let sums = try importer.kernel(node, value, vectors, count: vectorCount, coefficients: rows, rows: pairCount, bias: rho, label)
      let axis = importer.shape(of: sums).count - 1
      let (slopes, offsets) = (try node.floats("prob_a") ?? [], try node.floats("prob_b") ?? [])
      if !slopes.isEmpty {
        guard classCount == 2, slopes.count == 1, offsets.count == 1 else {
          throw .unsupported("it gives probabilities of \(classCount) classes; those of two are supported, or export its decisions")
        }
        let scaled = try importer.linear(sums, axis: axis, 2, [-slopes[0], slopes[0]], bias: [-offsets[0], offsets[0]], label)
        let shares = try importer.apply(.function(.sigmoid, .x), to: scaled, label)
        let decided = try importer.linear(sums, axis: axis, 2, [1, -1], bias: nil, isPublic: true, label)
        return [try importer.label(of: decided, node, 2, label), try importer.transformed(shares, transform, label)]
      }
      if classCount == 2 {
        let scores = try importer.pair(sums, shift: 0, label)
        let decided = try importer.linear(sums, axis: axis, 2, [1, -1], bias: nil, isPublic: true, label)
        return [try importer.label(of: decided, node, 2, label), try importer.transformed(scores, transform, label)]
      }
      let signs = try importer.truth(of: sums, label)
      let counts = try importer.linear(signs, axis: axis, classCount, votes, bias: shifts, isPublic: true, label)
      return [try importer.label(of: counts, node, classCount, label), try importer.transformed(sums, transform, label)]
    },
  ]
}

extension GraphImporter {
  /// 1 where a number is positive, else 0.
  mutating func truth(of value: Int, _ label: String) throws(NodeProblem) -> Int {
    let step = try apply(.function(.step, .x), to: value, label)
    return try append(
      label, .map(.quantize(Quantum(scale: 1, range: 0...1))), [step], shape: shape(of: value), place: place(of: value), kind: .boolean)
  }

  /// coefficients · kernel(x, vectors) + bias, along the last axis.
  ///
  /// - Parameters:
  ///   - vectors: `count` of as many features as x has.
  ///   - coefficients: `rows` × `count`.
  fileprivate mutating func kernel(
    _ node: ONNXNode, _ value: Int, _ vectors: [Float], count: Int, coefficients: [Float], rows: Int, bias: [Float], _ label: String
  ) throws(NodeProblem) -> Int {
    let shape = shape(of: value)
    let (axis, width) = (shape.count - 1, shape[shape.count - 1])
    guard count > 0, vectors.count == count * width, coefficients.count == rows * count else {
      throw .malformed("its coefficients do not fit \(count) vectors of \(width) features")
    }
    let parameters = (try node.floats("kernel_params") ?? []) + [0, 0, 0]
    let (gamma, shift, degree) = (Double(parameters[0]), parameters[1], parameters[2])
    let kind = try node.text("kernel_type", default: "LINEAR")
    if kind == "LINEAR" {
      // Rows times vectors.
      guard elementCount([rows, count, width], limit: 1 << 32) != nil else { throw .unsupported("it has too many vectors") }
      var weights = [Double](repeating: 0, count: rows * width)
      for row in 0..<rows {
        for vector in 0..<count where coefficients[row * count + vector] != 0 {
          let factor = Double(coefficients[row * count + vector])
          for feature in 0..<width { weights[row * width + feature] += factor * Double(vectors[vector * width + feature]) }
        }
      }
      return try linear(value, axis: axis, rows, weights.map { Float($0) }, bias: bias, label)
    }
    let results: Int
    switch kind {
    case "POLY", "SIGMOID":
      let products = try linear(
        value, axis: axis, count, vectors.map { Float(Double($0) * gamma) }, bias: shift == 0 ? nil : [Float](repeating: shift, count: count), label)
      guard kind == "SIGMOID" || (degree == degree.rounded() && (1...16).contains(degree)) else { throw .unsupported("its degree is \(degree)") }
      results = try apply(kind == "SIGMOID" ? .function(.tanh, .x) : .power(.x, Double(degree)), to: products, label)
    case "RBF":
      // exp(2γ·x·v − γ·v² − γ·x²)
      let leading = Array(shape.dropLast())
      let squares = (0..<count).map { vector in
        Float(-gamma * vectors[vector * width..<(vector + 1) * width].reduce(0) { $0 + Double($1) * Double($1) })
      }
      let norm = try append(label, .contraction(.squares(shape, over: [axis])), [value], shape: leading + [1], place: place(of: value))
      let exponents = Contraction<Double>(
        loops: leading + [count, width],
        constants: [
          .init(loops: [axis, axis + 1], vectors.map { Float(2 * gamma * Double($0)) }), .init(loops: [axis], squares), .init(loops: [], [Float(-gamma)]),
        ],
        terms: [
          .init(1, [.constant(0), .operand(0, leading.indices.map { Index($0) } + [Index(axis + 1)])]), .init(1, [.constant(1)]),
          .init(1, [.constant(2), .operand(1, leading.indices.map { Index($0) } + [Index()])]),
        ])
      let sums = try append(label, .contraction(exponents), [value, norm], shape: leading + [count], place: place(of: value))
      results = try apply(.function(.exp, .x), to: sums, label)
    case let other: throw .malformed("its kernel is '\(other.oneLine)'")
    }
    return try linear(results, axis: axis, rows, coefficients, bias: bias, label)
  }
}
