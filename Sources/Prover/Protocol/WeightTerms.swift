import Circuit
import Field

/// A weight over some bits of an axis's index: all of a weight's, or a slice of one.
struct AxisPart: Hashable {
  private let weight: AxisWeight
  private let slice: Int?
  let table: [SecureField]

  init(_ weight: AxisWeight, count: Int) { (self.weight, slice, table) = (weight, nil, weight.table(count)) }

  /// The entries that a slice of the weight has.
  fileprivate init(_ weight: AxisWeight, slice: Int, _ table: [SecureField]) {
    (self.weight, self.slice, self.table) = (weight, slice, table)
  }

  /// True for a single entry 1.
  fileprivate var isOne: Bool { table.count == 1 && table[0] == .one }

  /// The point of eq, for a whole weight that is eq.
  fileprivate var equalityPoint: [SecureField]? {
    guard slice == nil, weight.isContiguous, let point = weight.point, weight.window.count == table.count,
      table.count == 1 << point.count
    else { return nil }
    return point
  }

  static func == (left: AxisPart, right: AxisPart) -> Bool {
    left.weight == right.weight && left.slice == right.slice && left.table.count == right.table.count
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(weight)
    hasher.combine(slice)
    hasher.combine(table.count)
  }
}

/// What makes weights equal: where they begin, what they are made of, parts that are eq next to each other as one.
struct WeightKey: Hashable {
  private var places: [Int]
  private var parts: [AxisPart] = []
  private var equality: [SecureField] = []

  init(places: [Int]) { self.places = places }

  mutating func append(_ part: AxisPart) {
    if let point = part.equalityPoint {
      equality += point
    } else {
      // The number of parts before tells where the points stand.
      places.append(equality.count)
      parts.append(part)
    }
  }
}

/// A part of a claim's weight: coefficient·rows(row)·high(hi)·low(lo), (hi, lo) being the two parts of an entry's index.
struct WeightTerm {
  var coefficient: SecureField
  let firstRow: Int
  /// By row of the column, from its first row on.
  var rows: [SecureField]
  /// Tables whose products the weights are, the last one running fastest; they begin at an offset.
  var high: [AxisPart] = []
  let highOffset: Int
  var low: [AxisPart] = []
  let lowOffset: Int
  var rowKey: WeightKey
  var highKey: WeightKey
  var lowKey: WeightKey

  /// Multiplies by the weight of an axis that runs faster than those before.
  fileprivate mutating func multiply(_ factor: AxisProduct) {
    if let part = factor.rows {
      rows = outer(rows, part.table)
      rowKey.append(part)
    }
    if !factor.high.isOne {
      high.append(factor.high)
      highKey.append(factor.high)
    }
    if !factor.low.isOne {
      low.append(factor.low)
      lowKey.append(factor.low)
    }
  }
}

/// What an axis contributes to a term.
private struct AxisProduct {
  /// Of the split axis.
  var rows: AxisPart?
  let high: AxisPart
  let low: AxisPart
}

extension AxisWeight {
  /// A sum of products: weights of an index's high part, which has `extent` values, times parts over its low bits.
  ///
  /// Whole slices of a window make one product, two where it begins within a slice; each other slice that is not zero makes
  /// its own.
  fileprivate func divided(extent: Int, lowBits: Int) -> [(high: AxisWeight, low: AxisPart)] {
    let size = 1 << lowBits
    var products: [(high: AxisWeight, low: AxisPart)] = []
    let whole = start == 0 && stride == 1 ? min(window.count / size, extent) : 0
    if whole > 0 {
      let highBits = max(0, (point?.count ?? 0) - lowBits)
      let (first, skipped) = (window.lowerBound >> lowBits, window.lowerBound & (size - 1))
      func append(_ first: Int, _ window: Range<Int>, start: Int) {
        let high = AxisWeight(point: point.map { Array($0.prefix(highBits)) }, window: first..<first + whole)
        let low = AxisWeight(point: point.map { Array($0.dropFirst(highBits)) }, window: window, start: start)
        products.append((high, AxisPart(low, count: size)))
      }
      append(first, skipped..<size, start: 0)
      if skipped > 0 { append(first + 1, 0..<skipped, start: size - skipped) }
    }
    let table = whole < extent ? table(extent << lowBits) : []
    for slice in whole..<extent {
      let entries = Array(table[slice * size..<(slice + 1) * size])
      guard entries.contains(where: { $0 != .zero }) else { continue }
      products.append((AxisWeight(point: nil, count: 1, start: slice), AxisPart(self, slice: slice, entries)))
    }
    return products
  }
}

extension Placement {
  /// A product of axis weights as a sum of terms; an entry's index has `lowBits` low bits.
  func terms(_ weights: [AxisWeight], coefficient: SecureField, lowBits: Int) -> [WeightTerm] {
    var rest = min(lowBits, inRowBits)
    let lows = weights.indices.reversed().map { axis in
      let own = axis < splitAxis ? 0 : min(axis == splitAxis ? splitBits : bits[axis], rest)
      rest -= own
      return own
    }.reversed() as [Int]
    var leading = [SecureField.one]
    for axis in 0..<splitAxis { leading = outer(leading, weights[axis].table(shape[axis])) }
    var rowKey = WeightKey(places: [firstRow, rowCount, offset])
    for axis in 0..<splitAxis { rowKey.append(AxisPart(weights[axis], count: shape[axis])) }
    let (highOffset, lowOffset) = (offset >> lowBits, offset & (1 << lowBits - 1))
    let first = WeightTerm(
      coefficient: coefficient, firstRow: firstRow, rows: leading, highOffset: highOffset, lowOffset: lowOffset, rowKey: rowKey,
      highKey: WeightKey(places: [highOffset]), lowKey: WeightKey(places: [lowOffset]))
    var terms = [first]
    for axis in weights.indices.dropFirst(splitAxis) {
      let isSplit = axis == splitAxis
      let highBits = (isSplit ? splitBits : bits[axis]) - lows[axis]
      let extent = (isSplit ? leadingExtent : 1) << highBits
      let products = weights[axis].divided(extent: extent, lowBits: lows[axis]).flatMap { high, low -> [AxisProduct] in
        guard isSplit else { return [AxisProduct(high: AxisPart(high, count: 1 << highBits), low: low)] }
        return high.divided(extent: leadingExtent, lowBits: highBits).map { rows, high in
          AxisProduct(rows: AxisPart(rows, count: leadingExtent), high: high, low: low)
        }
      }
      if products.count == 1 {
        for index in terms.indices { terms[index].multiply(products[0]) }
      } else {
        terms = terms.flatMap { term in
          products.map { product in
            var term = term
            term.multiply(product)
            return term
          }
        }
      }
    }
    return terms
  }
}
