import Glibc

extension NaiveOperators {
  static let shapes: [String: @Sendable (NaiveNode) -> NaiveArray] = [
    "Shape": { node in
      let rank = node[0].shape.count
      func bound(_ name: String, _ value: Int) -> Int { min(max(fromStart(node.integer(name, value), rank), 0), rank) }
      let sizes = node[0].shape[bound("start", 0)..<bound("end", rank)]
      return NaiveArray([sizes.count], sizes.map(Double.init))
    },
    "Trilu": { node in
      let (isUpper, diagonal) = (node.integer("upper", 1) != 0, Int(node.optional(1)?.values[0] ?? 0))
      return NaiveArray(node[0].shape) { at in
        let distance = at[at.count - 1] - at[at.count - 2] - diagonal
        return distance == 0 || (distance > 0) == isUpper ? node[0][at] : 0
      }
    },
    "Range": { node in
      let (start, limit, step) = (node[0].values[0], node[1].values[0], node[2].values[0])
      let values = sequence(first: start) { $0 + step }.prefix { step > 0 ? $0 < limit : $0 > limit }
      return NaiveArray([Array(values).count], Array(values))
    },
    "CumSum": { node in
      let axis = fromStart(Int(node[1].values[0]), node[0].shape.count)
      return NaiveArray(node[0].shape) { at in
        (0...at[axis]).reduce(0) { sum, place in
          var other = at
          other[axis] = place
          return sum + node[0][other]
        }
      }
    },
    "Flatten": { node in
      let axis = node.integer("axis", 1)
      let shape = node[0].shape
      let split = axis == shape.count ? axis : fromStart(axis, shape.count)
      return node[0].reshaped([shape[..<split].reduce(1, *), shape[split...].reduce(1, *)])
    },
    "Reshape": { node in
      var shape = node[1].integers
      for (axis, size) in shape.enumerated() where size == 0 && node.integer("allowzero", 0) == 0 {
        shape[axis] = node[0].shape[axis]
      }
      let known = shape.filter { $0 != -1 }.reduce(1, *)
      return node[0].reshaped(shape.map { $0 == -1 ? node[0].values.count / known : $0 })
    },
    "Squeeze": { node in
      let shape = node[0].shape
      let axes = node.integers(1, or: "axes")?.map { fromStart($0, shape.count) }
      return node[0].reshaped(shape.indices.filter { !(axes?.contains($0) ?? (shape[$0] == 1)) }.map { shape[$0] })
    },
    "Unsqueeze": { node in
      let given = node.integers(1, or: "axes") ?? []
      var shape = node[0].shape
      let axes = given.map { fromStart($0, shape.count + given.count) }
      for axis in axes.sorted() { shape.insert(1, at: axis) }
      return node[0].reshaped(shape)
    },
    "Transpose": { node in
      let order = node.integers("perm") ?? node[0].shape.indices.reversed()
      return NaiveArray(order.map { node[0].shape[$0] }) { at in
        var index = at
        for (axis, source) in order.enumerated() { index[source] = at[axis] }
        return node[0][index]
      }
    },
    "Expand": { node in NaiveArray(naiveBroadcast([node[0].shape, node[1].integers]), node[0].repeated) },
    "Slice": { node in
      let shape = node[0].shape
      let (starts, ends) = (node.integers(1, or: "starts") ?? [], node.integers(2, or: "ends") ?? [])
      let axes = node.integers(3, or: "axes") ?? Array(starts.indices)
      let steps = node.optional(4)?.integers ?? starts.map { _ in 1 }
      var chosen = shape.map { Array(0..<$0) }
      for (number, given) in axes.enumerated() {
        let axis = fromStart(given, shape.count)
        let (size, step) = (shape[axis], steps[number])
        let (start, end) = (fromStart(starts[number], size), fromStart(ends[number], size))
        chosen[axis] = Array(
          step > 0
            ? stride(from: min(max(start, 0), size), to: min(max(end, 0), size), by: step)
            : stride(from: min(max(start, 0), size - 1), to: min(max(end, -1), size - 1), by: step))
      }
      return NaiveArray(chosen.map(\.count)) { at in node[0][zip(chosen, at).map { $0[$1] }] }
    },
    "Gather": { node in
      let (data, indices) = (node[0], node[1])
      let (axis, rank) = (node.axis(0), indices.shape.count)
      return NaiveArray(data.shape[..<axis] + indices.shape + data.shape[(axis + 1)...]) { at in
        let index = Int(indices[Array(at[axis..<axis + rank])])
        return data[at[..<axis] + [fromStart(index, data.shape[axis])] + at[(axis + rank)...]]
      }
    },
    "Concat": { node in
      let parts = node.operands.indices.map { node[$0] }
      let axis = node.axis(0)
      var shape = parts[0].shape
      shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
      return NaiveArray(shape) { at in
        var index = at
        for part in parts {
          if part.contains(index) { return part[index] }
          index[axis] -= part.shape[axis]
        }
        return .nan
      }
    },
  ]

  @Sendable static func split(_ node: NaiveNode) -> [NaiveArray] {
    let (axis, count) = (node.axis(0), node.outputCount)
    let size = node[0].shape[axis]
    // The last of equal parts is what remains.
    let part = (size + count - 1) / count
    let sizes = node.integers(1, or: "split") ?? (0..<count).map { $0 < count - 1 ? part : size - part * (count - 1) }
    return sizes.indices.map { number in
      var shape = node[0].shape
      shape[axis] = sizes[number]
      return NaiveArray(shape) { at in
        var index = at
        index[axis] += sizes[..<number].reduce(0, +)
        return node[0][index]
      }
    }
  }

  static let classes: [String: @Sendable (NaiveNode) -> NaiveArray] = [
    "ArgMax": { node in
      let axis = node.axis(0)
      let kept = ranked(node[0], axis, count: 1).indices
      let shape = kept.shape.enumerated().filter { $0.offset != axis }.map(\.element)
      return node.integer("keepdims", 1) != 0 ? kept : kept.reshaped(shape)
    },
    "Softmax": softmax,
    "LogSoftmax": { node in
      let probabilities = softmax(node)
      return NaiveArray(probabilities.shape, probabilities.values.map { log($0) })
    },
  ]

  @Sendable static func topK(_ node: NaiveNode) -> [NaiveArray] {
    let (values, indices) = ranked(node[0], node.axis(-1), count: node.optional(1)?.integers[0] ?? node.integer("k", 0))
    return [values, indices]
  }

  /// The largest elements along an axis, and their indices; of equal ones the first is first.
  private static func ranked(_ x: NaiveArray, _ axis: Int, count: Int) -> (values: NaiveArray, indices: NaiveArray) {
    var shape = x.shape
    shape[axis] = count
    func element(_ at: [Int]) -> (value: Double, index: Double) {
      let line = (0..<x.shape[axis]).map { place in
        var index = at
        index[axis] = place
        return (value: x[index], index: Double(place))
      }
      return line.sorted { ($0.value, $1.index) > ($1.value, $0.index) }[at[axis]]
    }
    return (NaiveArray(shape) { element($0).value }, NaiveArray(shape) { element($0).index })
  }

  /// Before operator set 13 over all axes from the given one on.
  @Sendable private static func softmax(_ node: NaiveNode) -> NaiveArray {
    let x = node[0]
    let axis = node.axis(node.operatorSet < 13 ? 1 : -1)
    let axes = node.operatorSet < 13 ? Array(axis..<x.shape.count) : [axis]
    return NaiveArray(x.shape) { at in
      let together = allIndices(x.shape).filter { index in
        x.shape.indices.allSatisfy { axes.contains($0) || index[$0] == at[$0] }
      }
      return exp(x[at]) / together.reduce(0) { $0 + exp(x[$1]) }
    }
  }
}
