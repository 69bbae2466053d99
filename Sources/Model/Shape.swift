/// The number of elements of a shape, or nil when a dimension is negative or the product exceeds `limit`.
func elementCount(_ shape: [Int], limit: Int = maximumElementCount) -> Int? {
  guard shape.allSatisfy({ $0 >= 0 }) else { return nil }
  if shape.contains(0) { return 0 }
  var count = 1
  for dimension in shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
    guard !overflow, product <= limit else { return nil }
    count = product
  }
  return count
}

/// The longest name of a circuit, its columns, inputs and outputs.
let maximumNameByteCount = 255

/// The largest number of elements of one array or of all weights of a network.
let maximumElementCount = 1 << 27

/// The largest number of axes of a value, the batch axis included.
let maximumAxisCount = 16
