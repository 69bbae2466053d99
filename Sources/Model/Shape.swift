/// The number of elements of a shape, or nil when a size is negative or the product exceeds `limit`.
///
/// The product of any of its sizes is within the limit too: those of an empty shape are multiplied as if 0 were 1.
func elementCount(_ shape: some Sequence<Int>, limit: Int = maximumElementCount) -> Int? {
  var (count, isEmpty) = (1, false)
  for size in shape {
    guard size >= 0 else { return nil }
    if size == 0 {
      isEmpty = true
      continue
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow, product <= limit else { return nil }
    count = product
  }
  return isEmpty ? 0 : count
}

/// The longest name of a circuit, its columns, inputs and outputs.
let maximumNameByteCount = 255

/// The largest number of elements of one array, of all weights of a network, and of all values of one sample.
let maximumElementCount = 1 << 27

/// The largest number of elements of a constant that the importer makes itself, larger than those that it is made from.
let maximumMadeElementCount = 1 << 24

/// The largest number of operators of a network.
let maximumNodeCount = 1 << 15

/// The largest number of elements of a window.
let maximumTapCount = 1 << 16

/// The most multiplications and comparisons of one sample.
let maximumStepCount = 1 << 40

/// The largest number of axes of a value, the batch axis included.
let maximumAxisCount = 16
