extension Linear {
  /// The layer and then `affine`, when its constants differ along the last axis only; nil otherwise.
  func folded(before affine: Affine) -> Linear? {
    guard let (scale, shift) = affine.alongLastAxis(count: outputCount) else { return nil }
    var result = self
    for output in 0..<outputCount {
      let factor = Double(scale[output])
      for index in output * inputCount..<(output + 1) * inputCount {
        result.weights[index] = Float(Double(weights[index]) * factor)
      }
      result.bias[output] = Float(Double(bias[output]) * factor + Double(shift[output]))
    }
    return result.isFinite ? result : nil
  }

  /// First `affine` and then the layer, when its constants differ along the last axis only; nil otherwise.
  func folded(after affine: Affine) -> Linear? {
    guard let (scale, shift) = affine.alongLastAxis(count: inputCount) else { return nil }
    var result = self
    for output in 0..<outputCount {
      var sum = Double(bias[output])
      for input in 0..<inputCount {
        let weight = Double(weights[output * inputCount + input])
        result.weights[output * inputCount + input] = Float(weight * Double(scale[input]))
        sum += weight * Double(shift[input])
      }
      result.bias[output] = Float(sum)
    }
    return result.isFinite ? result : nil
  }

  private var isFinite: Bool { Operation.linear(self).isFinite }
}

extension Convolution {
  /// The layer and then `affine`, when its constants differ along the channels only; nil otherwise.
  func folded(before affine: Affine) -> Convolution? {
    guard let (scale, shift) = affine.alongChannels(count: outputCount) else { return nil }
    var result = self
    let width = weights.count / outputCount
    for index in weights.indices { result.weights[index] = Float(Double(weights[index]) * Double(scale[index / width])) }
    for output in bias.indices {
      result.bias[output] = Float(Double(bias[output]) * Double(scale[output]) + Double(shift[output]))
    }
    return Operation.convolution(result).isFinite ? result : nil
  }

  /// First `affine` and then the layer, when its constants differ along the channels only and windows see no zero that
  /// it would shift; nil otherwise.
  ///
  /// - Parameter isPublic: Whether others may learn whether it shifts, which is not looked at otherwise.
  func folded(after affine: Affine, isPublic: Bool) -> Convolution? {
    guard let (scale, shift) = affine.alongChannels(count: inputCount) else { return nil }
    let isPadded = [window.rows, window.columns].contains { $0.before > 0 || $0.after > 0 }
    guard !isPadded || isPublic && shift.allSatisfy({ $0 == 0 }) else { return nil }
    var result = self
    var sums = bias.map(Double.init)
    var position = 0
    for (output, channels) in channels.enumerated() {
      for channel in channels {
        for _ in 0..<window.tapCount {
          let weight = Double(weights[position])
          result.weights[position] = Float(weight * Double(scale[channel]))
          sums[output] += weight * Double(shift[channel])
          position += 1
        }
      }
    }
    result.bias = sums.map { Float($0) }
    return Operation.convolution(result).isFinite ? result : nil
  }
}

extension Contraction<Double> {
  /// The zeros that it puts around each plane of a value of three axes, when it does nothing else.
  func zeros(_ source: [Int]) -> Window? {
    guard source.count == 3, loops.count == 3, terms.count == 1, terms[0].coefficient == 1, terms[0].factors.count == 1,
      case .operand(_, let reading) = terms[0].factors[0], reading[0].isWhole(source[0], loops)
    else { return nil }
    let sides = [1, 2].map { axis -> WindowSide? in
      let before = -reading[axis].start
      guard reading[axis].steps == Index(axis).steps else { return nil }
      return WindowSide(before: before, after: loops[axis] - source[axis] - before)
    }
    guard let rows = sides[0], let columns = sides[1] else { return nil }
    return Window(rows: rows, columns: columns)
  }
}

extension Convolution {
  /// First zeros around each plane and then the layer; nil when the windows do more.
  func folded(after zeros: Window) -> Convolution? {
    guard [zeros.rows, zeros.columns].allSatisfy({ $0.size == 1 && $0.stride == 1 }) else { return nil }
    var result = self
    result.window.rows.before += zeros.rows.before
    result.window.rows.after += zeros.rows.after
    result.window.columns.before += zeros.columns.before
    result.window.columns.after += zeros.columns.after
    return result
  }
}

extension Affine {
  fileprivate func alongChannels(count: Int) -> (scale: [Float], shift: [Float])? {
    let shape = [Int](repeating: 1, count: 3 - min(shape.count, 3)) + shape
    guard shape.count == 3, shape[1] == 1, shape[2] == 1 else { return nil }
    return (broadcast(scale, [scale.count], to: [count]), broadcast(shift, [shift.count], to: [count]))
  }

  fileprivate func alongLastAxis(count: Int) -> (scale: [Float], shift: [Float])? {
    guard shape.dropLast().allSatisfy({ $0 == 1 }) else { return nil }
    return (broadcast(scale, [scale.count], to: [count]), broadcast(shift, [shift.count], to: [count]))
  }

  /// First `inner`, then this.
  func composed(after inner: Affine) -> Affine? {
    guard let result = broadcastShape(shape, inner.shape) else { return nil }
    let (outerScale, outerShift) = (broadcast(scale, shape, to: result), broadcast(shift, shape, to: result))
    let (innerScale, innerShift) = (
      broadcast(inner.scale, inner.shape, to: result), broadcast(inner.shift, inner.shape, to: result)
    )
    let composed = Affine(
      shape: result, scale: zip(outerScale, innerScale).map { Float(Double($0) * Double($1)) },
      shift: outerScale.indices.map {
        Float(Double(outerScale[$0]) * Double(innerShift[$0]) + Double(outerShift[$0]))
      })
    return Operation.affine(composed).isFinite ? composed : nil
  }
}

extension Pointwise {
  /// The function as one scale and one shift; nil when it is not written so, or they exceed Float32.
  var affine: Affine? {
    guard let (scale, shift) = affineForm else { return nil }
    let affine = Affine(shape: [], scale: [Float(scale)], shift: [Float(shift)])
    return Operation.affine(affine).isFinite ? affine : nil
  }
}
