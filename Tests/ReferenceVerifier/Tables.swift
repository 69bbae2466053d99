/// ⌈log₂ value⌉, 0 for 1 (and for 0).
func ceilLog(_ value: Int) -> Int {
  var bits = 0
  while bits < 62 && (1 << bits) < value { bits += 1 }
  return bits
}

/// ⌊log₂ value⌋ for value ≥ 1.
func floorLog(_ value: Int) -> Int { Int.bitWidth - 1 - value.leadingZeroBitCount }

func ceilDivide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }

/// eq(point, i) for every index i, variable 1 being the most significant bit (§1).
package func eqTable(_ point: ArraySlice<Extension>) -> [Extension] {
  var table = [Extension.one]
  for coordinate in point {
    var next: [Extension] = []
    next.reserveCapacity(2 * table.count)
    for entry in table {
      let upper = entry * coordinate
      next.append(entry - upper)
      next.append(upper)
    }
    table = next
  }
  return table
}

/// eq(point, index) (§1).
package func eq(_ point: ArraySlice<Extension>, index: Int) -> Extension {
  var product = Extension.one
  for (i, coordinate) in point.enumerated() {
    let bit = (index >> (point.count - 1 - i)) & 1
    product *= bit == 1 ? coordinate : .one - coordinate
  }
  return product
}

/// eq(point, i) for the indices i of a range, one of {0,1}^n at least.
package func eqTable(_ point: ArraySlice<Extension>, over range: Range<Int>) -> [Extension] {
  var table = [Extension.one]
  var first = 0
  for (i, coordinate) in point.enumerated() {
    let shift = point.count - 1 - i
    let next = range.lowerBound >> shift
    table = (next...(range.upperBound - 1) >> shift).map { index in
      table[index >> 1 - first] * (index & 1 == 1 ? coordinate : .one - coordinate)
    }
    first = next
  }
  return table
}

/// Σ_{i < count} eq(point, i) and Σ_{i < count} i·eq(point, i).
package struct PrefixSum {
  package private(set) var weight = Extension.zero
  package private(set) var index = Extension.zero

  package init(_ point: ArraySlice<Extension>, count: Int) {
    if count <= 0 { return }
    guard let x = point.first else {
      weight = .one
      return
    }
    let half = 1 << (point.count - 1)
    let lower = PrefixSum(point.dropFirst(), count: min(count, half))
    weight = (.one - x) * lower.weight
    index = (.one - x) * lower.index
    if count > half {
      let upper = PrefixSum(point.dropFirst(), count: count - half)
      weight += x * upper.weight
      index += x * (upper.weight * UInt64(half) + upper.index)
    }
  }
}

/// Σ eq(point, i) over the indices i of a range.
package func eqSum(_ point: ArraySlice<Extension>, over range: Range<Int>) -> Extension {
  PrefixSum(point, count: range.upperBound).weight - PrefixSum(point, count: range.lowerBound).weight
}

func innerProduct(_ a: [Extension], _ b: [Extension]) -> Extension {
  var sum = Extension.zero
  for (x, y) in zip(a, b) { sum += x * y }
  return sum
}

/// Σ over the row-major indices of Π weights[axis](index) · values(index); `weights[axis].count` are the sizes.
func contract(_ values: [Extension], _ weights: [[Extension]]) -> Extension {
  var values = values
  for weight in weights.reversed() {
    var next: [Extension] = []
    next.reserveCapacity(values.count / max(1, weight.count))
    var start = 0
    while start + weight.count <= values.count && weight.count > 0 {
      var sum = Extension.zero
      for i in 0..<weight.count { sum += values[start + i] * weight[i] }
      next.append(sum)
      start += weight.count
    }
    values = next
  }
  return values.first ?? .zero
}

/// c0 + c1·x + c2·x² + … .
package func evaluate(_ coefficients: [Extension], at x: Extension) -> Extension {
  var value = Extension.zero
  for coefficient in coefficients.reversed() { value = value * x + coefficient }
  return value
}
