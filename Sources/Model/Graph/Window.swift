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

  /// The place of element `tap` of the first window.
  package func start(of tap: Int) -> Int { dilation * tap - before }

  /// Whether every window has an element within an axis of `length`.
  func isNeverEmpty(over length: Int) -> Bool {
    (0..<count(over: length)).allSatisfy { window in
      let first = stride * window - before
      let tap = first < 0 ? (dilation - 1 - first) / dilation : 0
      return tap < size && first + dilation * tap < length
    }
  }
}
