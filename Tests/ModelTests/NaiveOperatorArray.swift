import TestSupport

/// Numbers in a shape, the last axis fastest.
struct NaiveArray {
  let shape: [Int]
  var values: [Double]
  /// ONNX's code of the elements' type; 1 for floats.
  var type = 1

  init(_ shape: [Int], _ values: [Double]) {
    precondition(values.count == shape.reduce(1, *))
    self.shape = shape
    self.values = values
  }

  init(_ shape: [Int], _ element: ([Int]) -> Double) { self.init(shape, allIndices(shape).map(element)) }

  subscript(index: [Int]) -> Double {
    get { values[place(index)] }
    set { values[place(index)] = newValue }
  }

  /// The last Int stands for all beyond it: bounds of a Slice may be the ends of Int64.
  var integers: [Int] { values.map { Int(exactly: $0) ?? .max } }

  func contains(_ index: [Int]) -> Bool {
    index.count == shape.count && zip(index, shape).allSatisfy { (0..<$1).contains($0) }
  }

  /// 0 outside.
  func padded(_ index: [Int]) -> Double { contains(index) ? self[index] : 0 }

  /// The element that broadcasting puts at an index of at least as many axes.
  func repeated(_ index: [Int]) -> Double { self[zip(index.suffix(shape.count), shape).map { $1 == 1 ? 0 : $0 }] }

  func reshaped(_ shape: [Int]) -> NaiveArray { NaiveArray(shape, values) }

  private func place(_ index: [Int]) -> Int {
    precondition(contains(index))
    return zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }
}

/// Every index of a shape, the last axis fastest.
func allIndices(_ shape: [Int]) -> [[Int]] {
  shape.reduce([[]]) { indices, size in indices.flatMap { index in (0..<size).map { index + [$0] } } }
}

/// The shape that all broadcast to.
func naiveBroadcast(_ shapes: [[Int]]) -> [Int] {
  let rank = shapes.map(\.count).max() ?? 0
  let padded = shapes.map { Array(repeating: 1, count: rank - $0.count) + $0 }
  return (0..<rank).map { axis in padded.map { $0[axis] }.first { $0 != 1 } ?? 1 }
}

/// A node as a formula reads it. Floats are of Float32, the defaults of attributes too.
struct NaiveNode {
  let operands: [NaiveArray?]
  let attributes: [String: ONNXBuilder.Attribute]
  let outputCount: Int
  let operatorSet: Int

  subscript(index: Int) -> NaiveArray {
    guard let operand = optional(index) else { preconditionFailure("operand \(index) is missing") }
    return operand
  }

  /// Nil when the operand is left out.
  func optional(_ index: Int) -> NaiveArray? { index < operands.count ? operands[index] : nil }

  func float(_ name: String, _ value: Float) -> Double {
    if case .float(let stated)? = attributes[name] { Double(stated) } else { Double(value) }
  }

  func integer(_ name: String, _ value: Int) -> Int {
    if case .integer(let stated)? = attributes[name] { stated } else { value }
  }

  func integers(_ name: String) -> [Int]? {
    if case .integers(let stated)? = attributes[name] { stated } else { nil }
  }

  /// An operand or, in older operator sets, an attribute.
  func integers(_ index: Int, or name: String) -> [Int]? { optional(index)?.integers ?? integers(name) }

  func text(_ name: String, _ value: String) -> String {
    if case .text(let stated)? = attributes[name] { stated } else { value }
  }

  /// An attribute that names an axis of the first operand, from its end when negative.
  func axis(_ value: Int) -> Int { fromStart(integer("axis", value), self[0].shape.count) }
}

func fromStart(_ axis: Int, _ rank: Int) -> Int { axis < 0 ? axis + rank : axis }
