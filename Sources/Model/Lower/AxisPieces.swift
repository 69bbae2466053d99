import Circuit

/// An axis of a plan: its place among those of a value, and its size.
struct PlannedAxis: Equatable {
  let number: Int
  let size: Int
}

/// Some axes of a dimension, and those of the loop that reads it at start + stride · loop there, outermost first.
///
/// Where both have a cut, and a read begins at a multiple of it, what lies below is a block of its own. So all blocks but the
/// outermost one are the same axis on both sides.
struct AxisBlock: Equatable {
  let axes: [PlannedAxis]
  let loops: [PlannedAxis]
  let start: Int
  let stride: Int

  /// Innermost first.
  static func blocks(_ axes: [PlannedAxis], _ loops: [PlannedAxis], start: Int, stride: Int) -> [AxisBlock] {
    var (axes, loops, start) = (axes, loops, start)
    var blocks: [AxisBlock] = []
    while stride == 1, let (own, other) = commonEnd(axes, loops, start: start), own < axes.count || other < loops.count {
      let (inner, outer) = (Array(axes.suffix(own)), Array(loops.suffix(other)))
      blocks.append(AxisBlock(axes: inner, loops: outer, start: 0, stride: 1))
      start /= inner.elementCount
      (axes, loops) = (axes.dropLast(own), loops.dropLast(other))
    }
    return blocks + [AxisBlock(axes: axes, loops: loops, start: start, stride: stride)]
  }

  /// How many of the innermost axes of both make up the same number of elements, the least that `start` is a multiple of.
  private static func commonEnd(_ axes: [PlannedAxis], _ loops: [PlannedAxis], start: Int) -> (Int, Int)? {
    for own in axes.indices.map({ $0 + 1 }) {
      let count = Array(axes.suffix(own)).elementCount
      guard start % count == 0 else { continue }
      if let other = loops.indices.map({ $0 + 1 }).first(where: { Array(loops.suffix($0)).elementCount == count }) { return (own, other) }
    }
    return nil
  }

  /// How the element that is read is a sum over the places of all axes but the innermost ones; nil for more pieces than a
  /// circuit has terms.
  var pieces: [AxisPiece]? {
    let (size, length) = (axes.last?.size ?? 1, loops.last?.size ?? 1)
    let (outer, places) = (Array(axes.dropLast()), Array(loops.dropLast()))
    guard outer.elementCount <= ArithmeticCircuit.maximumTermCount, places.elementCount <= ArithmeticCircuit.maximumTermCount else { return nil }
    var pieces: [AxisPiece] = []
    for place in 0..<places.elementCount {
      let first = start + stride * length * place
      let last = first + stride * (length - 1)
      guard last >= 0 else { continue }
      for block in max(first, 0) / size..<max(min(last / size + 1, outer.elementCount), max(first, 0) / size) {
        let slice = Binding.Slice(start: first - block * size, stride: stride)
        let inside = slice.inside(loopSize: length, size: size)
        guard !inside.isEmpty else { continue }
        var piece = AxisPiece(
          reads: outer.indices(of: block).map { AxisPiece.Read(axis: $0, start: $1, stride: 1, target: nil) }, places: places.indices(of: place))
        if let axis = axes.last {
          piece.reads.append(AxisPiece.Read(axis: axis.number, start: slice.start, stride: stride, target: loops.last?.number))
        } else if let loop = loops.last {
          piece.places.append((loop.number, inside.lowerBound))
        }
        pieces.append(piece)
        guard pieces.count <= ArithmeticCircuit.maximumTermCount else { return nil }
      }
    }
    return pieces
  }
}

/// A part of how an operand is read: at all but the places that it names it is 0.
struct AxisPiece {
  /// Where an axis of the operand is read: at start + stride · the index of the axis `target` of the loops, if there is one.
  struct Read {
    let axis: Int
    let start: Int
    let stride: Int
    let target: Int?
  }

  var reads: [Read] = []
  /// Of axes of the loops that have one index.
  var places: [(axis: Int, index: Int)] = []

  /// The sum of products of one piece of each block; nil for more than a circuit has terms.
  static func pieces(of blocks: [AxisBlock]) -> [AxisPiece]? {
    var products = [AxisPiece()]
    for block in blocks {
      guard let pieces = block.pieces, products.count * pieces.count <= ArithmeticCircuit.maximumTermCount else { return nil }
      products = products.flatMap { product in pieces.map { AxisPiece(reads: product.reads + $0.reads, places: product.places + $0.places) } }
    }
    return products
  }
}

extension [PlannedAxis] {
  fileprivate var elementCount: Int { reduce(1) { $0 * $1.size } }

  /// The index along each axis of an element, counted row-major.
  func indices(of element: Int) -> [(axis: Int, index: Int)] {
    zip(self, rowStrides(map(\.size))).map { axis, stride in (axis.number, element / stride % axis.size) }
  }
}
