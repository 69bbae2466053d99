extension ImportedOperator {
  static let attention: [ImportedOperator] = [
    ImportedOperator(
      "Attention", since: 23, "masks of booleans, or that are added; rows that booleans, constants or numbers of keys mask wholly are 0"
    ) { importer, node, label throws(NodeProblem) in
      importer.showAttributes(of: node, label)
      let counts = (try node.integer("q_num_heads"), try node.integer("kv_num_heads"))
      let query = try importer.attended(node, 0, counts.0, label)
      var memory = [try importer.attended(node, 1, counts.1, label), try importer.attended(node, 2, counts.1, label)]
      var past = 0
      for index in 0..<2 where try importer.operand(node, 4 + index) != nil {
        let earlier = try importer.attended(node, 4 + index, nil, label)
        (memory[index], past) = try importer.joined(earlier, memory[index], "operand \(4 + index)", label)
      }
      let mask = try importer.operand(node, 3) == nil ? nil : try importer.tensor(node, 3)
      var allowed = AllowedKeys(
        isCausal: try node.integer("is_causal", default: 0) != 0, left: try node.integer("left_window_size", default: -1),
        right: try node.integer("right_window_size", default: -1), past: past)
      if try importer.operand(node, 6) != nil {
        guard past == 0 else { throw .malformed("it has operand 6, the number of keys of each row, and past keys") }
        allowed.lengths = try importer.tensor(node, 6)
      }
      let softcap = try node.float("softcap", default: 0)
      guard softcap.isFinite, softcap >= 0 else { throw .malformed("softcap is \(softcap)") }
      let attended = try importer.attend(
        query, memory[0], memory[1], mask, scale: try node.float("scale", default: 0), softcap: Double(softcap), allowed, emptiesRows: true,
        label)
      var results: [Definition] = [.value(counts.0 == nil ? attended.value : try importer.joined(attended.value, label))]
      results += memory.map { .value($0) }
      if node.output.count > 3 {
        switch try node.integer("qk_matmul_output_mode", default: 0) {
        case 0: results.append(.value(attended.products))
        case 1: results.append(.value(attended.scores))
        case 2 where allowed.isAll: results.append(.tensor(try mask.map { mask throws(NodeProblem) in
            guard importer.kind(of: mask) != .boolean else { throw .unsupported("its output 3 shows masked scores, which are −∞") }
            return try importer.combine(.value(attended.scores), mask, .add, label)
          } ?? .value(attended.scores)))
        case 3: results.append(.value(attended.shares))
        case let mode: throw .unsupported("its output 3 shows masked scores, which are −∞, or is of mode \(mode)")
        }
      }
      return results
    },
    ImportedOperator(
      "\(fusedDomain).MultiHeadAttention", "of queries, keys and values of three axes, a bias, a mask of two axes, and what is added to scores"
    ) { importer, node, label throws(NodeProblem) in
      importer.showAttributes(of: node, label)
      for index in [6, 7] where try importer.operand(node, index) != nil { throw .unsupported("operand \(index), of past tokens, is given") }
      let count = try node.integer("num_heads", default: 1)
      var parts: [Int] = []
      for index in 0..<3 { parts.append(try importer.value(node, index)) }
      if try importer.operand(node, 3) != nil {
        let bias = try importer.constant(node, 3)
        var start = 0
        for index in 0..<3 {
          guard let width = importer.shape(of: parts[index]).last, start + width <= bias.count else { throw .malformed("its bias is too short") }
          let own = bias.picking(Array(start..<start + width), shape: [width])
          start += width
          let sum = try importer.combine(.value(parts[index]), .constant(own), .add, label)
          if case .value(let value) = sum { parts[index] = value }
        }
      }
      let added = try importer.operand(node, 5) == nil ? nil : try importer.tensor(node, 5)
      return [.value(try importer.attend(node, parts, count, added, padding: 4, label))]
    },
    ImportedOperator(
      "\(fusedDomain).Attention", "constant weights and bias, a mask of two axes, and what is added to scores"
    ) { importer, node, label throws(NodeProblem) in
      for index in [4, 6] where try importer.operand(node, index) != nil { throw .unsupported("operand \(index), of past tokens, is given") }
      guard try node.integers("qkv_hidden_sizes") == nil else { throw .unsupported("its queries, keys and values differ in size") }
      importer.showAttributes(of: node, label)
      let value = try importer.value(node, 0)
      let (weights, shape) = try importer.floats(node, 1)
      let source = importer.shape(of: value)
      guard source.count == 2, shape.count == 2, shape[0] == source[1], shape[1] % 3 == 0 else {
        throw .malformed("its weights of shape \(shape) do not fit an input of batch × \(source)")
      }
      let bias = try importer.operand(node, 2) == nil ? nil : try importer.floats(node, 2).values
      guard bias.map({ $0.count == shape[1] }) ?? true else { throw .malformed("its bias does not fit its weights of shape \(shape)") }
      let (width, matrix) = (shape[1] / 3, transposed(weights, shape, order: [1, 0]))
      var parts: [Int] = []
      for part in 0..<3 {
        let own = Array(matrix[part * width * shape[0]..<(part + 1) * width * shape[0]])
        let shift = bias.map { Array($0[part * width..<(part + 1) * width]) }
        parts.append(try importer.linear(value, axis: 1, width, own, bias: shift, label))
      }
      let added = try importer.operand(node, 5) == nil ? nil : try importer.tensor(node, 5)
      return [.value(try importer.attend(node, parts, try node.integer("num_heads", default: 1), added, padding: 3, label))]
    },
    ImportedOperator(
      "\(fusedDomain).GroupQueryAttention", "causal, without past tokens; constant cosines and sines"
    ) { importer, node, label throws(NodeProblem) in
      importer.showAttributes(of: node, label)
      for index in [3, 4] where try importer.operand(node, index) != nil { throw .unsupported("operand \(index), of past tokens, is given") }
      for index in 9..<max(node.input.count, 9) where try importer.operand(node, index) != nil {
        throw .unsupported("operand \(index) is given")
      }
      let (cap, smooth) = (try node.float("softcap", default: 0), try node.integer("smooth_softmax", default: 0))
      guard cap == 0, smooth <= 0, try node.integer("local_window_size", default: -1) == -1 else {
        throw .unsupported("it has a softcap, a smooth softmax or a local window")
      }
      let counts = (query: try node.integer("num_heads", default: 0), key: try node.integer("kv_num_heads", default: 0))
      var parts = [try importer.value(node, 0)]
      if try importer.operand(node, 1) == nil {
        parts = try importer.unpacked(parts[0], [counts.query, counts.key, counts.key], label)
      } else {
        for index in 1...2 { parts.append(try importer.value(node, index)) }
      }
      let tokens = importer.shape(of: parts[0])[0]
      // Of rows that are shorter, only places behind their end would see others.
      if case .constant(let lengths) = try importer.tensor(node, 5), lengths.integers?.allSatisfy({ $0 == tokens - 1 }) != true {
        throw .unsupported("operand 5, the length of each row less 1, is not \(tokens - 1)")
      }
      var heads: [Int] = []
      for (part, count) in zip(parts, [counts.query, counts.key, counts.key]) {
        var part = part
        if try node.integer("do_rotary", default: 0) != 0, heads.count < 2 { part = try importer.rotatedFromStart(node, part, count, label) }
        heads.append(try importer.heads(part, count, "operand \(heads.count)"))
      }
      let attended = try importer.attend(heads[0], heads[1], heads[2], nil, scale: try node.float("scale", default: 0), AllowedKeys(isCausal: true), label).value
      return [.value(try importer.joined(attended, label)), .value(heads[1]), .value(heads[2])]
    },
    ImportedOperator("RotaryEmbedding", since: 23, "all") { importer, node, label throws(NodeProblem) in
      var value = try importer.value(node, 0, keepsPlace: true)
      let isOfSamples = importer.batch == .one && importer.fullShape(.value(value)).first ?? 1 != 1
      value = isOfSamples
        ? try importer.reshaped(value, importer.fullShape(.value(value)), .alone, label) : try importer.batchFirst(value, "operand 0")
      let (shape, place) = (importer.fullShape(.value(value)), importer.place(of: value))
      let count = try node.integer("num_heads", default: 0)
      // Tokens × heads × size where it is flat, else heads × tokens × size, the batch first.
      let isFlat = shape.count == 3
      guard isFlat ? count > 0 && shape[2] % count == 0 : shape.count == 4 else {
        throw .malformed("its input of shape \(shape) does not make heads")
      }
      let tokens = isFlat ? try importer.reshaped(value, [shape[0], shape[1], count, shape[2] / count], place, label) : value
      let size = importer.fullShape(.value(tokens))[3]
      let given = try node.integer("rotary_embedding_dim", default: 0)
      let turned = given == 0 ? size : given
      guard (2...size).contains(turned), turned % 2 == 0 else { throw .malformed("it turns \(turned) of \(size) elements") }
      var angles: [Tensor] = []
      for index in 1...2 {
        let table = try importer.tensor(node, index)
        var rows = table
        if try importer.operand(node, 3) != nil {
          switch (table, try importer.tensor(node, 3)) {
          case (.constant(let constant), .value(let ids)): rows = .value(try importer.rows(of: constant, axis: 0, ids, label))
          case (.value, .value(let ids)):
            rows = try importer.tensor(try importer.gathered(table, ids, axis: 0, shared: 0, label), "operand \(index)")
          case (_, .constant(let ids)): rows = try importer.picked(table, [(0, ids)], ids.shape, at: 0, ids.batch, label)
          }
        }
        // An axis for the heads.
        var sizes = importer.fullShape(rows)
        guard sizes.count == 3 else { throw .malformed("its cosines or sines have \(sizes.count) axes, not 3") }
        sizes.insert(1, at: isFlat ? 2 : 1)
        angles.append(try importer.reshaped(rows, sizes, importer.place(of: rows), label))
      }
      let rotated = try importer.rotated(tokens, turned, angles, interleaved: try node.integer("interleaved", default: 0) != 0, label)
      return [.value(try importer.reshaped(rotated, shape, place, label))]
    },
  ]
}

extension GraphImporter {
  /// Heads × tokens × size of a value that is that, or tokens × (heads · size).
  fileprivate mutating func heads(_ value: Int, _ count: Int?, _ what: String) throws(NodeProblem) -> Int {
    let shape = shape(of: value)
    if shape.count == 3, count == nil { return value }
    guard shape.count == 2, let count, count > 0, shape[1] % count == 0 else {
      throw .malformed("\(what) of batch × \(shape) does not make heads")
    }
    let parted = try reshaped(value, [shape[0], count, shape[1] / count], "")
    return try append("", .contraction(.view([count, shape[0], shape[1] / count], [Index(1), Index(0), Index(2)])), [parted], shape: [count, shape[0], shape[1] / count])
  }

  /// Parts of tokens × (heads · size), of so many heads each.
  fileprivate mutating func unpacked(_ value: Int, _ counts: [Int], _ label: String) throws(NodeProblem) -> [Int] {
    let shape = shape(of: value)
    let total = counts.reduce(0, +)
    guard shape.count == 2, counts.allSatisfy({ $0 > 0 }), shape[1] % total == 0 else {
      throw .malformed("operand 0 of batch × \(shape) does not make \(total) heads")
    }
    var (start, parts) = (0, [Int]())
    for count in counts {
      let result = [shape[0], count * (shape[1] / total)]
      parts.append(try append(label, .contraction(.view(result, [Index(0), Index(1, start: start)])), [value], shape: result))
      start += result[1]
    }
    return parts
  }

  /// Tokens × (heads · size), turned by the first rows of operands 7 and 8.
  fileprivate mutating func rotatedFromStart(_ node: ONNXNode, _ value: Int, _ count: Int, _ label: String) throws(NodeProblem) -> Int {
    let shape = shape(of: value)
    guard shape.count == 2, count > 0, shape[1] % count == 0 else {
      throw .malformed("its input of batch × \(shape) does not make heads")
    }
    var (angles, half) = ([Tensor](), 0)
    for index in 7...8 {
      let table = try constant(node, index)
      half = table.shape.last ?? 0
      guard table.shape.count == 2, table.shape[0] >= shape[0], half > 0, 2 * half <= shape[1] / count else {
        throw .malformed("its cosines or sines of shape \(table.shape.prefix(8)) do not fit \(shape[0]) tokens")
      }
      angles.append(.constant(table.picking(Array(0..<shape[0] * half), shape: [shape[0], 1, half])))
    }
    let tokens = try reshaped(value, [shape[0], count, shape[1] / count], label)
    let turned = try rotated(tokens, 2 * half, angles, interleaved: try node.integer("rotary_interleaved", default: 0) != 0, label)
    return try reshaped(turned, shape, label)
  }

  /// Tokens × (heads · size) of heads × tokens × size; samples may be before both.
  fileprivate mutating func joined(_ value: Int, _ label: String) throws(NodeProblem) -> Int {
    let (shape, place) = (shape(of: value), place(of: value))
    let first = shape.count - 3
    let samples = Array(shape[..<first])
    let order = samples + [shape[first + 1], shape[first], shape[first + 2]]
    let reading = samples.indices.map { Index($0) } + [Index(first + 1), Index(first), Index(first + 2)]
    let turned = try append(label, .contraction(.view(order, reading)), [value], shape: order, place: place)
    return try reshaped(turned, samples + [shape[first + 1], shape[first] * shape[first + 2]], place: place, label)
  }

  /// Attention of onnxruntime's operators, of tokens × (heads · size).
  ///
  /// - Parameters:
  ///   - parts: Queries, keys and values.
  ///   - added: What is added to scores.
  ///   - padding: The operand that is 0 where a key is left out.
  fileprivate mutating func attend(
    _ node: ONNXNode, _ parts: [Int], _ count: Int, _ added: Tensor?, padding: Int, _ label: String
  ) throws(NodeProblem) -> Int {
    var heads: [Int] = []
    for (index, part) in parts.enumerated() { heads.append(try self.heads(part, count, "operand \(index)")) }
    var masks: [Tensor] = []
    if try operand(node, padding) != nil {
      let mask = try value(node, padding)
      guard shape(of: mask).count == 1 else { throw .unsupported("operand \(padding), its mask, has not two axes") }
      let truth = try cast(mask, to: .bool, label)
      masks.append(.value(try reshaped(truth, [1, 1, shape(of: mask)[0]], label)))
    }
    let attended = try attend(
      heads[0], heads[1], heads[2], added, masks, scale: try node.float("scale", default: 0),
      AllowedKeys(isCausal: try node.integer("unidirectional", default: 0) != 0), label)
    return try joined(attended.value, label)
  }

  /// Queries, keys or values as heads × tokens × size; several samples of a model for one are before them.
  ///
  /// - Parameter count: Of heads, where they are given as tokens × (heads · size).
  mutating func attended(_ node: ONNXNode, _ index: Int, _ count: Int?, _ label: String) throws(NodeProblem) -> Int {
    let value = try value(node, index, keepsPlace: true)
    let full = fullShape(.value(value))
    guard batch == .one, let samples = full.first, samples != 1 else {
      return try heads(try batchFirst(value, "operand \(index)"), count, "operand \(index)")
    }
    let whole = try reshaped(value, full, .alone, label)
    if full.count == 4, count == nil { return whole }
    guard full.count == 3, let count, count > 0, full[2] % count == 0 else {
      throw .malformed("operand \(index) of shape \(full) does not make heads")
    }
    let parted = try reshaped(whole, [samples, full[1], count, full[2] / count], .alone, label)
    let order = [samples, count, full[1], full[2] / count]
    return try append(label, .contraction(.view(order, [Index(0), Index(2), Index(1), Index(3)])), [parted], shape: order, place: .alone)
  }

  /// Earlier and own keys or values of heads × tokens × size, and the number of the earlier ones.
  fileprivate mutating func joined(
    _ earlier: Int, _ own: Int, _ what: String, _ label: String
  ) throws(NodeProblem) -> (value: Int, count: Int) {
    let (first, second) = (shape(of: earlier), shape(of: own))
    let axis = first.count - 2
    guard first.count == second.count, axis > 0, first.indices.allSatisfy({ $0 == axis || first[$0] == second[$0] }) else {
      throw .malformed("\(what) of batch × \(first) does not fit keys of batch × \(second)")
    }
    var shape = first
    shape[axis] += second[axis]
    let joined = Contraction<Double>.concatenation(of: [first, second], [1, 1], axis: axis, shape: shape)
    return (try append(label, .contraction(joined), [earlier, own], shape: shape, place: place(of: own)), first[axis])
  }

  /// What an attention is computed from: heads × tokens × size, and thrice heads × tokens × keys.
  struct Attended {
    let value: Int
    /// Scaled.
    let products: Int
    /// After a cap.
    let scores: Int
    let shares: Int
  }

  /// Attention of heads × tokens × size; keys and values may have fewer heads, which groups of queries share. Samples may be before all.
  ///
  /// - Parameters:
  ///   - mask: Booleans, or what is added to scores.
  ///   - known: Other masks.
  ///   - scale: 0 for 1/√size.
  ///   - softcap: 0 for none.
  ///   - emptiesRows: Whether a query has shares of 0 where booleans leave out all keys.
  ///   - modifiers: What else is done with scores and shares.
  mutating func attend(
    _ query: Int, _ key: Int, _ value: Int, _ mask: Tensor?, _ known: [Tensor] = [], scale: Float, softcap: Double = 0,
    _ allowed: AllowedKeys, emptiesRows: Bool = false, modifiers: AttentionModifiers = AttentionModifiers(), _ label: String
  ) throws(NodeProblem) -> Attended {
    let (q, k, v, place) = (shape(of: query), shape(of: key), shape(of: value), place(of: query))
    let first = q.count - 3
    guard first == 0 || first == 1, k.count == q.count, v.count == q.count, q[..<first] == k[..<first], k[..<(first + 2)] == v[..<(first + 2)],
      q[first + 2] == k[first + 2], q[first] % k[first] == 0
    else { throw .malformed("its queries, keys and values of shapes \([q, k, v]) do not fit each other") }
    let samples = Array(q[..<first])
    let (heads, group, tokens, memory) = (q[first], q[first] / k[first], q[first + 1], k[first + 1])
    let factor = scale == 0 ? 1 / Double(q[first + 2]).squareRoot() : Double(scale)
    // Axes: heads of keys 0, queries of a group 1, tokens 2, keys 3, sizes 4 and 5, samples 6. Without groups there is no axis 1.
    let lead = (first == 0 ? [] : [6]) + (group == 1 ? [0] : [0, 1])
    let ofKeys = (first == 0 ? [] : [6]) + [0, 3]
    let sizes = samples + (group == 1 ? [heads] : [k[first], group])
    let grouped = try reshaped(query, sizes + [tokens, q[first + 2]], place: place, label)
    let queries = NamedFactor<Double>(axes: lead + [2, 4], shape: sizes + [tokens, q[first + 2]])
    let products = Contraction.product([queries, NamedFactor(axes: ofKeys + [4], shape: k)], result: lead + [2, 3])
    let shares = NamedFactor<Double>(axes: lead + [2, 3], shape: sizes + [tokens, memory])
    let sums = Contraction.product([shares, NamedFactor(axes: ofKeys + [5], shape: v)], result: lead + [2, 5])
    guard case (var product, let shape)? = products, case (let sum, let result)? = sums else { throw .malformed("its operands do not fit each other") }
    product.terms[0].coefficient = factor
    var scores = try append(label, .contraction(product), [grouped, key], shape: shape, place: place)
    let raw = scores
    if softcap > 0 {
      scores = try apply(.constant(softcap) * .function(.tanh, .constant(1 / softcap) * .x), to: scores, label)
    }
    let capped = scores
    var (masks, booleans) = (known, [Tensor]())
    if let graph = modifiers.scores {
      let modified = try self.result(of: graph, reshaped(scores, samples + [heads, tokens, memory], place: place, label), "\(label)/score_mod/")
      let (own, added) = try unmasked(modified, label)
      scores = try reshaped(own, shape, place: place, label)
      for mask in added { masks.append(try spread(mask, heads, group, label)) }
    }
    var constant = allowed.mask(tokens, memory)
    if let lengths = allowed.lengths {
      let known = try self.allowed(allowed, lengths, tokens, memory, axisCount: fullShape(.value(scores)).count, label)
      constant = known.constant
      booleans = known.masks
    }
    if let mask {
      var mask = try spread(mask, heads, group, label)
      let width = fullShape(mask).last ?? 1
      if width < memory, width > 1 || memory == 1 || kind(of: mask) != .boolean && width > 1 {
        // Keys beyond the mask are left out.
        let own = Constant.floats((0..<memory).map { $0 < width ? 1 : 0 }, shape: [memory])
        constant = try constant.map { constant throws(NodeProblem) in try constant.combined(own, .multiply) } ?? own
        var full = fullShape(mask)
        full[full.count - 1] = memory
        mask = try view(mask, full, full.indices.map { Index($0) }, label)
      }
      switch mask {
      case .constant(let own) where kind(of: mask) == .boolean:
        let number = try own.cast(to: .float)
        constant = try constant.map { constant throws(NodeProblem) in try constant.combined(number, .multiply) } ?? number
      case _ where kind(of: mask) == .boolean: booleans.append(mask)
      case _:
        let sum = try combine(.value(scores), mask, .add, label)
        guard case .value(let value) = sum else { throw .malformed("its mask does not fit its scores") }
        let (own, added) = try unmasked(value, label)
        scores = own
        masks += added
      }
    }
    masks += booleans
    if let constant { masks.append(.constant(constant)) }
    var shared = try softmax(scores, axis: sizes.count + 1, masks: masks, label)
    if emptiesRows, let rows = try filledRows(constant, booleans, label) {
      guard case .value(let value) = try combine(.value(shared), rows, .multiply, label) else { throw .malformed("its mask does not fit its scores") }
      shared = value
    }
    if let graph = modifiers.shares {
      shared = try self.result(of: graph, reshaped(shared, samples + [heads, tokens, memory], place: place, label), "\(label)/prob_mod/")
    }
    let attended = try append(
      label, .contraction(sum), [reshaped(shared, shape, place: place, label), value], shape: result, place: place)
    func shown(_ value: Int, _ last: Int, _ importer: inout GraphImporter) throws(NodeProblem) -> Int {
      try importer.reshaped(value, samples + [heads, tokens, last], place: place, label)
    }
    return Attended(
      value: try shown(attended, v[first + 2], &self), products: try shown(raw, memory, &self), scores: try shown(capped, memory, &self),
      shares: try shown(shared, memory, &self))
  }

  /// A mask of samples, heads, queries and keys, of which the first may be left out, with heads in groups as scores have them.
  private mutating func spread(_ mask: Tensor, _ heads: Int, _ group: Int, _ label: String) throws(NodeProblem) -> Tensor {
    let own = fullShape(mask)
    guard own.count <= 4 else { throw .malformed("its mask has \(own.count) axes") }
    if group == 1 || own.count < 3 { return mask }
    var full = [Int](repeating: 1, count: 4 - own.count) + own
    guard full[1] == 1 || full[1] == heads else { throw .malformed("its mask of shape \(own) does not fit \(heads) heads") }
    full.replaceSubrange(1..<2, with: full[1] == 1 ? [1, 1] : [heads / group, group])
    let place = place(of: mask).map { isWhole($0) ? .alone : $0.shifted(by: 4 - own.count) }
    guard place.map({ isWhole($0) || $0.axis == 0 }) ?? true else { throw .unsupported("its mask has the batch at another axis than the first") }
    return try reshaped(mask, full, place, label)
  }

  /// 1 for each row along the last axis that masks leave something of, else 0; nil where constants alone decide, and leave something of each.
  private mutating func filledRows(_ constant: Constant?, _ booleans: [Tensor], _ label: String) throws(NodeProblem) -> Tensor? {
    guard var left = booleans.first else { return constant?.filledRows.map { .constant($0) } }
    for mask in booleans.dropFirst() { left = try combine(left, mask, .multiply, label) }
    if let constant { left = try combine(left, .constant(constant), .multiply, label) }
    guard case .value(let value) = left, let width = shape(of: value).last else { return nil }
    let (shape, axis) = (shape(of: value), shape(of: value).count - 1)
    if width == 1 { return left }
    return .value(
      try append(
        label, .maximum(Maximum(over: [axis], of: shape)), [value], shape: shape.dropLast() + [1], place: place(of: value), kind: .boolean))
  }

  /// Pairs of the first elements along the last axis, turned by angles.
  ///
  /// - Parameters:
  ///   - angles: Cosines and sines.
  ///   - interleaved: Whether a pair is two neighbours; else it is an element of the first half and one of the second.
  fileprivate mutating func rotated(
    _ value: Int, _ turned: Int, _ angles: [Tensor], interleaved: Bool, _ label: String
  ) throws(NodeProblem) -> Int {
    let full = fullShape(.value(value))
    let (last, half) = (full.count - 1, turned / 2)
    func part(_ start: Int, _ count: Int, stride: Int = 1, _ importer: inout GraphImporter) throws(NodeProblem) -> Tensor {
      let reading = full.indices.map { $0 == last ? Index(last, start: start, stride: stride) : Index($0) }
      return try importer.view(.value(value), Array(full[..<last]) + [count], reading, label)
    }
    let first = try part(0, half, stride: interleaved ? 2 : 1, &self)
    let second = try part(interleaved ? 1 : half, half, stride: interleaved ? 2 : 1, &self)
    func product(_ part: Tensor, _ angle: Int, _ importer: inout GraphImporter) throws(NodeProblem) -> Tensor {
      try importer.combine(part, angles[angle], .multiply, label)
    }
    let x = try combine(product(first, 0, &self), product(second, 1, &self), .subtract, label)
    let y = try combine(product(first, 1, &self), product(second, 0, &self), .add, label)
    var result = x
    let lead = Array(full[..<last])
    if interleaved {
      var pair: [Tensor] = []
      for tensor in [x, y] { pair.append(try reshaped(tensor, lead + [half, 1], place(of: tensor), label)) }
      let joined = try concatenated(pair, axis: last + 1, lead + [half, 2], label)
      result = try reshaped(joined, lead + [turned], place(of: joined), label)
    } else {
      result = try concatenated([x, y], axis: last, lead + [turned], label)
    }
    if turned < full[last] { result = try concatenated([result, part(turned, full[last] - turned, &self)], axis: last, full, label) }
    guard case .value(let number) = result else { return value }
    return number
  }
}

extension Constant {
  /// 1 for each row along the last axis that is not 0 everywhere; nil where all are not.
  fileprivate var filledRows: Constant? {
    guard let numbers, let width = shape.last, width > 0 else { return nil }
    let rows = stride(from: 0, to: numbers.count, by: width).map { numbers[$0..<$0 + width].contains { $0 != 0 } ? Float(1) : 0 }
    return rows.contains(0) ? .floats(rows, shape: shape.dropLast() + [1]) : nil
  }
}
