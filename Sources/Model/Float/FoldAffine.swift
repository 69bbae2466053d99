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

extension Affine {
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
    let affine = Affine(shape: [1], scale: [Float(scale)], shift: [Float(shift)])
    return Operation.affine(affine).isFinite ? affine : nil
  }
}
