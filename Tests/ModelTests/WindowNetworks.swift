import Model

extension LoweringTests {
  /// Networks whose windows slide in every way that lowering tells apart.
  static let windowNetworks: [(name: String, network: Network)] = {
    let three = WindowSide(size: 3, before: 1, after: 1)
    let two = WindowSide(size: 2, stride: 2)
    return [
      build("convolution", [2, 5, 6]) { b in
        let hidden = b.relu(b.convolution(0, 3, three, three))
        return b.network(b.linear(b.flattened(hidden), 4), hidden)
      },
      build("a single place", [2, 1, 1]) { b in
        let hidden = b.relu(b.convolution(0, 4, three, three))
        let deep = b.relu(b.convolution(hidden, 4, WindowSide(size: 5, before: 2, after: 2), three, groups: 4))
        return b.network(b.linear(b.flattened(deep), 3), b.maximum(hidden, three, WindowSide()))
      },
      build("convolution shown", [2, 5, 6]) { b in
        b.network(b.convolution(0, 3, WindowSide(size: 3), WindowSide(size: 2)))
      },
      build("strides, dilations, one-sided padding", [2, 7, 6]) { b in
        let rows = WindowSide(size: 3, stride: 2, before: 0, after: 2)
        let columns = WindowSide(size: 2, stride: 1, dilation: 2, before: 1, after: 2)
        let hidden = b.relu(b.convolution(0, 4, rows, columns))
        return b.network(b.linear(b.flattened(b.relu(b.convolution(hidden, 2, two, two))), 3))
      },
      build("many places", [2, 9, 11]) { b in
        let wide = WindowSide(size: 11, stride: 2, before: 4, after: 3)
        let hidden = b.relu(b.convolution(0, 3, WindowSide(size: 9, before: 4, after: 4), wide))
        return b.network(b.linear(b.flattened(hidden), 3))
      },
      build("spread", [2, 3, 2]) { b in
        let rows = b.linear(b.transposed(b.relu(b.convolution(0, 2, three, three)), [0, 2, 1]), 5)
        let image = b.transposed(rows, [0, 2, 1])
        let cut = WindowSide(size: 3, before: -1, after: 2)
        return b.network(b.linear(b.flattened(b.relu(b.convolution(image, 3, cut, WindowSide(size: 2, before: 2, after: -1)))), 2))
      },
      build("points", [3, 4, 5]) { b in
        let hidden = b.relu(b.convolution(0, 6, WindowSide(), WindowSide()))
        let sparse = b.relu(b.convolution(hidden, 2, WindowSide(stride: 2), WindowSide(stride: 3)))
        return b.network(b.linear(b.flattened(sparse), 3))
      },
      build("groups", [4, 5, 5]) { b in
        let groups = b.relu(b.convolution(0, 6, three, three, groups: 2))
        let deep = b.relu(b.convolution(groups, 12, three, WindowSide(size: 2), groups: 6))
        let points = b.relu(b.convolution(deep, 12, WindowSide(), WindowSide(), groups: 12))
        return b.network(b.linear(b.flattened(points), 3))
      },
      build("lines", [3, 1, 8]) { b in
        let hidden = b.relu(b.convolution(0, 2, WindowSide(), WindowSide(size: 3, before: 1, after: 1)))
        let grown = b.relu(b.convolution(hidden, 2, WindowSide(size: 2, before: 1, after: 1), two))
        return b.network(b.linear(b.flattened(grown), 3))
      },
      build("one window", [2, 3, 4]) { b in
        let hidden = b.relu(b.convolution(b.relu(b.convolution(0, 3, three, three)), 1, WindowSide(size: 3), WindowSide(size: 4)))
        return b.network(b.linear(b.flattened(hidden), 3))
      },
      build("one row", [2, 3, 4]) { b in
        let hidden = b.relu(b.convolution(0, 3, WindowSide(size: 3), three))
        return b.network(b.linear(b.flattened(b.maximum(hidden, WindowSide(), two)), 3))
      },
      build("means", [2, 6, 7]) { b in
        let hidden = b.relu(b.convolution(0, 3, three, three))
        let means = b.mean(b.mean(hidden, two, WindowSide(size: 3, stride: 2, before: 1, after: 1)), three, WindowSide())
        let total = b.reduced(axes: [1, 2], factor: 1 / 12, means, shape: [3, 1, 1])
        return b.network(b.linear(b.flattened(total), 3), b.reduced(axes: [0, 2], factor: 1, hidden, shape: [1, 6, 1]))
      },
      build("largest", [2, 6, 6]) { b in
        let hidden = b.maximum(b.relu(b.convolution(0, 3, three, three)), two, two)
        return b.network(b.linear(b.flattened(b.relu(b.convolution(hidden, 2, three, three))), 3), hidden)
      },
      build("largest of signed numbers", [2, 5, 6]) { b in
        let wide = WindowSide(size: 3, stride: 2, before: 1, after: 1)
        let hidden = b.maximum(b.convolution(0, 3, three, three), wide, WindowSide(size: 3, dilation: 2, before: 2, after: 1))
        return b.network(b.linear(b.flattened(hidden), 3), hidden)
      },
      build("largest of all", [2, 3, 5]) { b in
        let hidden = b.maximum(0, WindowSide(size: 3), WindowSide(size: 5))
        return b.network(b.linear(b.flattened(hidden), 3))
      },
      build("residual image", [4, 4, 4]) { b in
        let hidden = b.relu(b.convolution(0, 4, three, three))
        let inner = b.convolution(b.relu(b.convolution(hidden, 4, three, three, groups: 4)), 4, WindowSide(), WindowSide(), seed: 4)
        let sum = b.relu(b.sum([1, 1], inner, hidden, shape: [4, 4, 4]))
        return b.network(b.linear(b.flattened(b.relu(b.convolution(sum, 2, two, two))), 3))
      },
      build("excited", [4, 4, 5]) { b in
        let hidden = b.relu(b.convolution(0, 4, three, three))
        let mean = b.reduced(axes: [1, 2], factor: 1 / 20, hidden, shape: [4, 1, 1])
        let gate = b.apply(.function(.sigmoid, .x), b.convolution(mean, 4, WindowSide(), WindowSide()))
        let scaled = b.product(hidden, gate, shape: [4, 4, 5])
        return b.network(b.linear(b.flattened(b.relu(b.convolution(scaled, 2, two, two))), 3))
      },
      build("parts of an image", [4, 5, 6]) { b in
        let hidden = b.relu(b.convolution(0, 4, three, three))
        let channels = b.sliced(hidden, axis: 0, start: 1, stride: 2, count: 2)
        let rows = b.sliced(channels, axis: 1, start: 1, stride: 1, count: 3)
        let joined = b.joined(axis: 0, hidden, channels, shape: [6, 5, 6])
        return b.network(
          b.linear(b.flattened(b.relu(b.convolution(rows, 2, three, three))), 3),
          b.linear(b.flattened(b.maximum(b.relu(b.convolution(joined, 2, two, two)), two, two)), 2))
      },
    ]
  }()
}
