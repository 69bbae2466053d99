import Circuit
import Synchronization

/// One term of a contraction with its kernel.
enum TermKernel: Sendable {
  case matrix(MatrixProduct, columns: [Int])
  case strided(AffineTerm)

  var columns: [Int] {
    switch self {
    case .matrix(_, let columns): columns
    case .strided(let term): term.columns
    }
  }

  /// - Parameter offset: By which reads are moved, in lanes as those of `AffineTerm.Loop`.
  func add(to output: inout [Int64], _ columns: [[Int64]], at offset: SIMD4<Int> = .zero, batch: Int, threads: Int) {
    let operands = self.columns
    let (a, b, c) = (columns[operands[0]], columns[operands[operands.count / 2]], columns[operands[operands.count - 1]])
    output.withUnsafeMutableBufferPointer { output in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          c.withUnsafeBufferPointer { c in
            guard let output = output.baseAddress, let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress
            else { return }
            let read = (a + offset[1], b + offset[1 + operands.count / 2], c + offset[operands.count])
            switch self {
            case .matrix(let product, _): product.add(to: output, (read.0, read.1), batch: batch, threads: threads)
            case .strided(let term): term.add(to: output, read, batch: batch, threads: threads)
            }
          }
        }
      }
    }
  }
}

/// The first form of a lookup, or the quotient of a remainder: round((constant + source) / 2^shift), halves up.
struct Rounding: Sendable {
  let source: Int
  let shift: Int64
  /// The constant, and half of 2^shift.
  let addend: Int64

  init(_ form: AffineForm) {
    source = form.parts[0].column
    shift = Int64(form.remainderShift ?? form.shift)
    addend = form.constant + (shift == 0 ? 0 : 1 << (shift - 1))
  }
}

/// A column of values of a table: a coordinate of the rows that an argument names.
struct TableFunction: Sendable {
  let lookup: Int
  let argument: Rounding
  /// The arguments that the table has.
  let (lower, upper): (Int64, Int64)
  /// Those from the entry's row on; the first and the last one hold beyond.
  private let values: [Int64]
  private let firstRow: Int64
  /// The results of a table that is min(max(argument, lower), upper).
  private let clamp: ClosedRange<Int64>?

  /// - Parameter coordinate: 0 for the argument itself.
  init(lookup: Int, _ form: AffineForm, _ table: Table, coordinate: Int) {
    self.lookup = lookup
    argument = Rounding(form)
    (lower, upper) = table.domain
    switch table.content {
    case .function(let lower, _, let width, let offset, let values) where coordinate > 0:
      self.values = stride(from: coordinate - 1, to: values.count, by: width).map { values[$0] }
      (firstRow, clamp) = (lower + Int64(offset), nil)
    default:
      let (least, most) = table.range(ofCoordinate: coordinate)
      (values, firstRow, clamp) = ([], 0, least...most)
    }
  }

  /// The argument itself, in a range.
  init(lookup: Int, _ form: AffineForm, _ range: (lower: Int64, upper: Int64)) {
    self.lookup = lookup
    argument = Rounding(form)
    (lower, upper) = range
    (values, firstRow, clamp) = ([], 0, range.lower...range.upper)
  }

  /// The value at an argument, that of the nearest one outside the table.
  func value(at argument: Int64) -> Int64 {
    if let clamp { return min(max(argument, clamp.lowerBound), clamp.upperBound) }
    return values[Int(min(max(argument &- firstRow, 0), Int64(values.count - 1)))]
  }

  func apply(to source: [Int64], threads: Int) throws(ExecutionError) -> [Int64] {
    let (shift, addend, lower, upper) = (argument.shift, argument.addend, lower, upper)
    let results = elementwise(source, threads: threads) { source, results, range in
      // Negative once an argument is outside the table.
      var distances: Int64 = 0
      if let clamp {
        let (least, most) = (clamp.lowerBound, clamp.upperBound)
        for index in range {
          let argument = (source[index] &+ addend) >> shift
          distances |= (argument &- lower) | (upper &- argument)
          results[index] = min(max(argument, least), most)
        }
      } else {
        values.withUnsafeBufferPointer { [firstRow, last = Int64(values.count - 1)] values in
          for index in range {
            let argument = (source[index] &+ addend) >> shift
            distances |= (argument &- lower) | (upper &- argument)
            results[index] = values[Int(min(max(argument &- firstRow, 0), last))]
          }
        }
      }
      return distances >= 0
    }
    if let results { return results }
    for (index, integer) in source.enumerated() {
      let argument = (integer &+ addend) >> shift
      if argument < lower || argument > upper {
        throw .outsideTable(lookup: lookup, index: index, value: argument)
      }
    }
    return []
  }
}

/// A column of some bits of the remainder of a rounding: bits offset ..< offset + width of constant + source in two's
/// complement, the last limb signed.
struct Limb: Sendable {
  let source: Int
  let constant: Int64
  let offset: Int
  let width: Int
  let isLast: Bool

  func apply(to source: [Int64], threads: Int) -> [Int64] {
    let (left, right) = (Int64(64 - offset - width), Int64(64 - width))
    let results = elementwise(source, threads: threads) { source, results, range in
      if isLast {
        for index in range { results[index] = ((source[index] &+ constant) << left) >> right }
      } else {
        for index in range {
          results[index] = Int64(bitPattern: UInt64(bitPattern: (source[index] &+ constant) << left) >> UInt64(right))
        }
      }
      return true
    }
    return results ?? []
  }
}

/// An array as long as `source`, `body` setting the entries of one range after the other; nil when it fails for one.
private func elementwise(
  _ source: [Int64], threads: Int, _ body: (Integers, UnsafeMutablePointer<Int64>, Range<Int>) -> Bool
) -> [Int64]? {
  let failed = Atomic<Bool>(false)
  let results = [Int64](unsafeUninitializedCapacity: source.count) { buffer, initialized in
    initialized = source.count
    guard let results = buffer.baseAddress else { return }
    source.withUnsafeBufferPointer { source in
      guard let source = source.baseAddress else { return }
      let threads = buffer.count < 1 << 16 ? 1 : threads
      Parallel.forEachRange(buffer.count, size: 1 << 14, threads: threads) { range in
        if !body(source, results, range) { failed.store(true, ordering: .relaxed) }
      }
    }
  }
  return failed.load(ordering: .relaxed) ? nil : results
}
