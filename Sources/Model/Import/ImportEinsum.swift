extension ImportedOperator {
  static let einsum: [ImportedOperator] = [
    ImportedOperator("Einsum", since: 12, "of values, and at most one constant, or of constants") { importer, node, label throws(NodeProblem) in
      let text = try node.text("equation", default: "").filter { $0 != " " }
      let sides = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let parts = sides[0].split(separator: ",", omittingEmptySubsequences: false).map { EinsumAxes($0) }
      let stated = sides.count == 2 ? EinsumAxes(sides[1].dropFirst()) : nil
      let axes = parts.compactMap { $0 }
      guard axes.count == parts.count, parts.count == node.input.count, sides.count == 1 || sides[1].hasPrefix(">") && stated != nil else {
        throw .unsupported("its equation is '\(text.oneLine)'")
      }
      var (tensors, names, width) = ([Tensor](), [[Int]](), 0)
      for (index, axes) in axes.enumerated() {
        let tensor = try importer.tensor(node, index)
        let others = importer.fullShape(tensor).count - axes.letters.count
        guard others == 0 || others > 0 && axes.hasOthers else {
          throw .malformed("operand \(index) has \(importer.fullShape(tensor).count) axes, which '\(text.oneLine)' does not name")
        }
        width = max(width, others)
        let (diagonal, own) = try importer.diagonal(tensor, axes.names(others: others), label)
        tensors.append(diagonal)
        names.append(own)
      }
      let known = axes.flatMap(\.letters)
      let single = Set(known).filter { axis in known.count { $0 == axis } == 1 }.sorted()
      let result = (stated ?? EinsumAxes(others: 0, letters: single)).names(others: width)
      guard Set(result).count == result.count, Set(result).isSubset(of: names.joined()), stated?.hasOthers ?? true || width == 0 else {
        throw .malformed("the result of '\(text.oneLine)' names an axis twice, or one of no operand")
      }
      return [try importer.product(tensors, names, result, label)]
    }
  ]
}

/// The axes that an equation names.
private struct EinsumAxes {
  var letters: [Int] = []
  /// How many letters stand before the others, which have no names; nil where there are none.
  var others: Int?

  var hasOthers: Bool { others != nil }

  init(others: Int, letters: [Int]) { (self.others, self.letters) = (others, letters) }

  /// Nil where it is none.
  init?(_ text: Substring) {
    var rest = text
    while let letter = rest.utf8.first {
      if rest.hasPrefix("..."), others == nil {
        others = letters.count
        rest = rest.dropFirst(3)
      } else {
        guard (0x61...0x7a).contains(letter | 0x20) else { return nil }
        letters.append(Int(letter))
        rest = rest.dropFirst()
      }
    }
  }

  /// Axes that have no letters have numbers from the last one on, by which they broadcast.
  func names(others count: Int) -> [Int] {
    guard let others else { return letters }
    return letters[..<others] + (0..<count).reversed().map { 0x100 + $0 } + letters[others...]
  }
}

extension GraphImporter {
  /// A tensor whose axes of one name are one.
  fileprivate mutating func diagonal(
    _ tensor: Tensor, _ names: [Int], _ label: String
  ) throws(NodeProblem) -> (Tensor, [Int]) {
    let full = fullShape(tensor)
    let own = names.indices.filter { names[..<$0].contains(names[$0]) == false }
    if own.count == names.count { return (tensor, names) }
    guard names.indices.allSatisfy({ axis in names.firstIndex(of: names[axis]).map { full[$0] == full[axis] } ?? false }) else {
      throw .malformed("its operand of shape \(full) has no diagonal along axes of one name")
    }
    let kept = own.map { names[$0] }
    let reading = names.map { name in Index(kept.firstIndex(of: name)) }
    return (try view(tensor, own.map { full[$0] }, reading, label), kept)
  }
}
