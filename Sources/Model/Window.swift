import Circuit

/// Windows that slide over the last two axes of a value of three: channels × rows × columns.
package struct Window: Sendable, Equatable {
  package var rows: WindowSide
  package var columns: WindowSide

  package init(rows: WindowSide, columns: WindowSide) {
    self.rows = rows
    self.columns = columns
  }

  /// The number of elements of a window.
  package var tapCount: Int { rows.size * columns.size }

  /// Row and column of each element of a window, row-major.
  package var taps: [(row: Int, column: Int)] {
    (0..<rows.size).flatMap { row in (0..<columns.size).map { (row, $0) } }
  }
}

/// Windows along one axis: window o has the places stride·o + dilation·k − before, k < size, of an axis that is 0 beyond
/// both ends.
package struct WindowSide: Sendable, Equatable {
  package var size: Int
  package var stride: Int
  package var dilation: Int
  /// Places before the first and after the last element that windows may cover.
  package var before: Int
  package var after: Int

  package init(size: Int = 1, stride: Int = 1, dilation: Int = 1, before: Int = 0, after: Int = 0) {
    self.size = size
    self.stride = stride
    self.dilation = dilation
    self.before = before
    self.after = after
  }

  /// The number of windows over an axis of `length`; not positive when there is none.
  package func count(over length: Int) -> Int {
    let room = length + before + after - (dilation * (size - 1) + 1)
    return room < 0 ? 0 : room / stride + 1
  }

  /// Whether each window is one element, in order.
  package var isTrivial: Bool { size == 1 && stride == 1 && before == 0 && after == 0 }

  /// The place of element `tap` of the first window.
  package func start(of tap: Int) -> Int { dilation * tap - before }

  /// The windows below `count` whose element `tap` is within an axis of `length`.
  package func inside(_ tap: Int, length: Int, count: Int) -> Range<Int> {
    Binding.Slice(start: start(of: tap), stride: stride).inside(loopSize: count, size: length)
  }

  /// Whether every window has an element within an axis of `length`.
  func isNeverEmpty(over length: Int) -> Bool {
    (0..<count(over: length)).allSatisfy { window in
      let first = stride * window - before
      let tap = first < 0 ? (dilation - 1 - first) / dilation : 0
      return tap < size && first + dilation * tap < length
    }
  }
}

extension Window {
  /// The result's planes: for each output plane the sum, over input planes and taps in order, of weight · input.
  ///
  /// - Parameters:
  ///   - planes: For each output plane the input planes that it reads.
  ///   - weights: Output planes × input planes read × taps.
  ///   - multiplyAdd: sum + weight · input
  @inline(__always)
  func sums<Weight, Element>(
    _ input: [Element], rows height: Int, columns width: Int, planes: [Range<Int>], weights: [Weight], zero: Element,
    multiplyAdd: (Element, Weight, Element) -> Element
  ) -> [Element] {
    let (resultHeight, resultWidth) = (rows.count(over: height), columns.count(over: width))
    let plane = resultHeight * resultWidth
    // Planes that are read as they are count as one row.
    let isFlat = rows.isTrivial && columns.isTrivial
    if !isFlat, resultWidth < 16, planes.count > 16, planes.allSatisfy({ $0 == planes[0] }) {
      return sumsOfAllPlanes(
        input, rows: height, columns: width, channels: planes[0], count: planes.count, weights: weights, zero: zero,
        multiplyAdd: multiplyAdd)
    }
    var result = [Element](repeating: zero, count: planes.count * plane)
    result.withUnsafeMutableBufferPointer { result in
      input.withUnsafeBufferPointer { input in
        var position = 0
        for (output, range) in planes.enumerated() {
          for channel in range {
            for (row, column) in taps {
              let weight = weights[position]
              position += 1
              let insideRows = isFlat ? 0..<1 : rows.inside(row, length: height, count: resultHeight)
              let insideColumns = isFlat ? 0..<plane : columns.inside(column, length: width, count: resultWidth)
              let (first, step) = (columns.start(of: column), columns.stride)
              for index in insideRows {
                let target = output * plane + index * resultWidth
                let source = channel * height * width + (rows.start(of: row) + rows.stride * index) * width + first
                if step == 1 {
                  for x in insideColumns {
                    result[target + x] = multiplyAdd(result[target + x], weight, input[source + x])
                  }
                } else {
                  for x in insideColumns {
                    result[target + x] = multiplyAdd(result[target + x], weight, input[source + x * step])
                  }
                }
              }
            }
          }
        }
      }
    }
    return result
  }

  /// The same sums, where all output planes read the same input planes, with the loop over output planes inside.
  @inline(__always)
  private func sumsOfAllPlanes<Weight, Element>(
    _ input: [Element], rows height: Int, columns width: Int, channels: Range<Int>, count: Int, weights: [Weight],
    zero: Element, multiplyAdd: (Element, Weight, Element) -> Element
  ) -> [Element] {
    let (resultHeight, resultWidth) = (rows.count(over: height), columns.count(over: width))
    let plane = resultHeight * resultWidth
    let turned = transposed(weights, [count, weights.count / count], order: [1, 0])
    var sums = [Element](repeating: zero, count: plane * count)
    sums.withUnsafeMutableBufferPointer { sums in
      turned.withUnsafeBufferPointer { turned in
        var position = 0
        for channel in channels {
          for (row, column) in taps {
            for y in rows.inside(row, length: height, count: resultHeight) {
              let line = (channel * height + rows.start(of: row) + rows.stride * y) * width + columns.start(of: column)
              for x in columns.inside(column, length: width, count: resultWidth) {
                let element = input[line + columns.stride * x]
                let target = (y * resultWidth + x) * count
                for output in 0..<count {
                  sums[target + output] = multiplyAdd(sums[target + output], turned[position + output], element)
                }
              }
            }
            position += count
          }
        }
      }
    }
    return transposed(sums, [plane, count], order: [1, 0])
  }

  /// For each plane and window the largest element within the plane.
  func maxima<Element: Comparable>(_ input: [Element], rows height: Int, columns width: Int, lowest: Element) -> [Element]
  {
    let (resultHeight, resultWidth) = (rows.count(over: height), columns.count(over: width))
    let planeCount = input.count / (height * width)
    var result = [Element](repeating: lowest, count: planeCount * resultHeight * resultWidth)
    for plane in 0..<planeCount {
      for (row, column) in taps {
        for y in rows.inside(row, length: height, count: resultHeight) {
          let line = (plane * height + rows.start(of: row) + rows.stride * y) * width + columns.start(of: column)
          for x in columns.inside(column, length: width, count: resultWidth) {
            let target = (plane * resultHeight + y) * resultWidth + x
            result[target] = max(result[target], input[line + columns.stride * x])
          }
        }
      }
    }
    return result
  }
}
