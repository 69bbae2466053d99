/// An array that several contractions read, as integers: the first of them decides about its scale.
struct IntegerArray {
  let numbers: [Float]
  let shape: [Int]
  let integers: [Int64]
  /// What the integer 1 is worth.
  let scale: Double

  /// The integers with their axes in the order of other numbers; nil where these are not the same array.
  func integers(for other: [Float], _ target: [Int]) -> [Int64]? {
    guard let order = matrixOrder(numbers, shape, other, target) else { return nil }
    return order == [0, 1] ? integers : transposed(integers, shape, order: order)
  }
}

extension Quantizer {
  /// A constant's integers and what 1 of them is worth, where an array has them already.
  func knownIntegers(_ constant: Contraction<Double>.Constant, _ shape: [Int]) -> (integers: [Int64], scale: Double)? {
    guard let array = constant.array.flatMap({ arrays[$0] }) else { return nil }
    return array.integers(for: constant.values, shape).map { ($0, array.scale) }
  }
}

extension Contraction {
  func shape(of constant: Constant) -> [Int] { constant.loops.map { loops[$0] } }
}
