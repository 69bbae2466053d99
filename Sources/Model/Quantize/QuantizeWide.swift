import Glibc

/// A steep function of accumulators whose steps are finer than those of a table's 2^16 arguments.
struct WideFunction {
  /// Of results, at least.
  let bits: Int
  let point: Double
  /// From the point to arguments, on calibration data: those of the nearest twentieth, and the farthest.
  let (near, far): (Double, Double)

  init(_ steep: SteepFunction, bits: Int, _ arguments: ClosedRange<Double>) {
    (self.bits, point, near) = (bits, steep.point, steep.nearDistance)
    far = max(arguments.upperBound - point, point - arguments.lowerBound)
  }
}

/// Integers that products of two, and sums of the integers themselves, hold beside weights.
private let (mostFactorBits, mostSummandBits) = (20, 30)
/// Of results that only layers and products read, where 16 bits are usual.
private let mostResultBits = 24
/// Of an input that wide functions alone read.
private let wideInputBits = 24
/// Bits that small results have at least.
private let smallResultBits = 6
/// Bits of the row of arguments that are near the point.
private let nearBits = 10
/// Of the largest result, what the row at the steep point may be away from there.
private let smallestPart = 0x1p-10
/// How much farther than on calibration data arguments are told apart.
private let farRoom = 16.0

/// Steep functions of operands that span orders of magnitude: a table of 2^16 arguments, all as far apart, tells small ones
/// no more apart. docs/arithmetic.md §3.
extension Quantizer {
  /// By value: steep functions of accumulators, or of an input that nothing else reads, of which an argument near the steep point
  /// is wrong by more than 1/128 in a table, if that moves results by more than two steps, or small ones by more than 1/16 of them; and
  /// those that half a step moves from the steep point by more than 1/128 of the largest result, as higher roots, if an argument is there.
  func foundWideFunctions() -> [Int: WideFunction] {
    calibration.steep.reduce(into: [:]) { found, entry in
      let (value, steep) = entry
      let isInput = steep.source < network.inputs.count
      guard steep.isSteep, !delayedValues.contains(value) else { return }
      guard isInput ? isReadBySteepFunctions(steep.source) : makesAccumulators(steep.source), comparison(value) == nil else { return }
      let target = target(value)
      let (near, small, step) = (steep.nearDistance, steep.smallResult, target.quantum.scale)
      let half = (isInput ? inputStep(steep.source) : target.quotientScale) / 2
      guard target.source == steep.source, !target.isFixed, target.quantum.range.count > 1, near > 0 else { return }
      let results = calibration.ranges[value]
      let largest = max(-results.lowerBound, results.upperBound)
      let error = target.change(from: steep.point, at: near, by: half)
      let isUnresolved = half > near / 128 && (error > 2 * step || (8 * step > small && error > small / 16))
      let first = target.function.value(at: steep.point + half) - target.function.value(at: steep.point)
      guard isUnresolved || (steep.leastDistance < half && first.isFinite && first.magnitude > largest / 128) else { return }
      let span = small > 0 ? log2(largest / small).rounded(.up) : 0
      let usual = QuantizationOptions.widths.upperBound
      let most = bits < usual || isComparedOrShared(value) ? usual : mostResultBits
      found[value] = WideFunction(steep, bits: min(Int(min(span, 64)) + smallResultBits, most), target.arguments)
    }
  }

  /// By value that the argument of a wide function is a sum of, or of products of, the bits that it has at least.
  func operands(of functions: [Int: WideFunction]) -> [Int: Int] {
    functions.keys.reduce(into: [:]) { found, value in
      guard let node = network.node(of: value) else { return }
      if node.operands[0] < network.inputs.count {
        found[node.operands[0]] = wideInputBits
        return
      }
      guard let sum = made(node.operands[0]), case .contraction(let contraction) = sum.operation else { return }
      for term in contraction.terms {
        let operands = term.factors.compactMap { if case .operand(let index, _) = $0 { sum.operands[index] } else { nil } }
        for operand in operands {
          let usual = QuantizationOptions.widths.upperBound
          let own = operands.count == 1 ? mostSummandBits : operands.count == 2 ? mostFactorBits : usual
          widen(operand, to: own, &found)
        }
      }
    }
  }

  /// Powers of accumulators that the arguments of wide functions are made of, of which arguments near 0 are wrong by more than
  /// 1/128 in a table.
  func widePowers(among operands: [Int: Int]) -> [Int: WideFunction] {
    operands.reduce(into: [:]) { found, entry in
      let (value, bits) = entry
      guard let power = calibration.steep[value], !power.isSteep, bits > QuantizationOptions.widths.upperBound,
        makesAccumulators(power.source)
      else { return }
      let target = target(value)
      guard target.source == power.source, !target.isFixed, power.nearDistance > 0, target.quotientScale / 2 > power.nearDistance / 128
      else { return }
      found[value] = WideFunction(power, bits: bits, target.arguments)
    }
  }

  /// The value itself, or what it is a view of; no input.
  private func widen(_ value: Int, to bits: Int, _ found: inout [Int: Int]) {
    guard let node = network.node(of: value), !delayedValues.contains(value) else { return }
    switch node.operation {
    case .map(.expression(let function)):
      let isLong = function.clamp == nil && !isComparedOrShared(value)
      found[value] = max(found[value] ?? 0, isLong ? bits : QuantizationOptions.widths.upperBound)
    case .contraction where !network.isView(node): found[value] = max(found[value] ?? 0, QuantizationOptions.widths.upperBound)
    case .reshape, .contraction: widen(node.operands[0], to: bits, &found)
    case .map, .maximum, .softmax, .delay: return
    }
  }

  /// The node that makes a value, reshapes aside.
  private func made(_ value: Int) -> Node<Double>? {
    guard let node = network.node(of: value), case .reshape = node.operation else { return network.node(of: value) }
    return made(node.operands[0])
  }

  /// Whether elements of a value are compared with one another, or shares made of them.
  private func isComparedOrShared(_ value: Int) -> Bool {
    readers[value].contains { reader in
      let node = network.nodes[reader]
      switch node.operation {
      case .maximum, .softmax: return true
      case .reshape: return isComparedOrShared(network.inputs.count + reader)
      case .contraction: return network.isView(node) && isComparedOrShared(network.inputs.count + reader)
      case .map, .delay: return false
      }
    }
  }

  private func isReadBySteepFunctions(_ input: Int) -> Bool {
    network.inputs[input].indexCount == nil && options.layerBits[network.inputs[input].name] == nil
      && calibration.inputScales[input] == nil && !network.outputs.contains { $0.value == input }
      && readers[input].allSatisfy { calibration.steep[network.inputs.count + $0]?.isSteep == true }
  }

  private func inputStep(_ input: Int) -> Double {
    let range = calibration.ranges[input]
    return activationScale(range, activationRange(bits: bits, isSigned: range.lowerBound < 0)) ?? 0
  }

  /// The target's function of accumulators in windows; nil where these are too long.
  ///
  /// The first window's rows have 10 bits where arguments are near the steep point, and its first row is worth no more than a small
  /// part of the largest result; the last one ends at 16 times what calibration data reach.
  func windowed(_ target: QuantizationTarget, _ accumulators: Int) -> WindowedFunction? {
    guard let wide = wideFunctions[target.name] else { return nil }
    let unit = scale(of: accumulators)
    let offset = (-wide.point / unit).rounded()
    guard offset.magnitude < 0x1p57 else { return nil }
    let least = target.function.value(at: wide.point)
    let results = calibration.ranges[target.name]
    var shift = Int(min(max(log2(max(wide.near / unit, 1)).rounded(.down) - Double(nearBits), 1), 40))
    // A root of numbers nearer than that is no small one.
    let small = max(-results.lowerBound, results.upperBound) * smallestPart
    while shift > 1, least.isFinite, abs(target.function.value(at: wide.point + unit * Double(1 << shift)) - least) > small { shift -= 1 }
    let reach = Int64(min(farRoom * wide.far / unit, 0x1p57)) >> Int64(shift)
    let isKnown = results.contains(least) || least == 0
    return WindowedFunction(
      offset: Int64(offset), shift: shift, reach: reach, domain: range(of: accumulators), quantum: target.quantum,
      least: isKnown ? least : nil
    ) { target.function.value(at: $0 * unit) }
  }
}

extension QuantizationTarget {
  /// How far the function moves at most where an argument at this distance of a point moves, though not nearer than half of it.
  fileprivate func change(from point: Double, at distance: Double, by step: Double) -> Double {
    var most = 0.0
    for sign in [1.0, -1] {
      // The distance is a quarter too small at most.
      let own = (min(max(point + sign * distance, arguments.lowerBound), arguments.upperBound) - point) * sign
      guard own > 0, own <= 2 * distance else { continue }
      for other in [own + step, max(own - step, own / 2)] {
        let change = (function.value(at: point + sign * other) - function.value(at: point + sign * own)).magnitude
        if change.isFinite { most = max(most, change) }
      }
    }
    return most
  }
}
