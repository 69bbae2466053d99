import Circuit

/// A value as it is read from a column.
struct View {
  struct Axis {
    /// Of the column's axes.
    let position: Int
    let size: Int
    var start = 0
    var stride = 1
  }

  let column: Int
  /// The value's axes, outermost first.
  var axes: [Axis]
  /// Column axes of which the value has one index only, by position.
  var fixed: [Int: Int] = [:]

  /// Another column with the same axes.
  func with(column: Int) -> View { View(column: column, axes: axes, fixed: fixed) }

  /// The entries start + stride·i of axis `index`, i < size.
  func sliced(axis index: Int, start: Int, stride: Int, size: Int) -> View {
    var view = self
    let axis = axes[index]
    let first = axis.start + axis.stride * start
    if size == 1 {
      view.axes.remove(at: index)
      view.fixed[axis.position] = first
    } else {
      view.axes[index] = Axis(position: axis.position, size: size, start: first, stride: axis.stride * stride)
    }
    return view
  }
}
