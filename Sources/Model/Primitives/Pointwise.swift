import Glibc

/// A function of one real number, as an expression in x.
package indirect enum Pointwise: Sendable, Equatable {
  package enum Function: String, Sendable, CaseIterable {
    case erf, exp, tanh, sigmoid, relu, sqrt, log, abs, reciprocal, negate, sin, cos, atan
    /// 1 where x > 0, else 0.
    case step
    /// The nearest integer towards 0.
    case truncate
    /// The nearest integer, of two the even one.
    case round
  }

  case x
  case constant(Double)
  case function(Function, Pointwise)
  case sum(Pointwise, Pointwise)
  case product(Pointwise, Pointwise)
  case power(Pointwise, Double)
  case minimum(Pointwise, Pointwise)
  case maximum(Pointwise, Pointwise)
}

extension Pointwise: ExpressibleByFloatLiteral {
  package init(floatLiteral value: Double) { self = .constant(value) }

  package static func + (first: Pointwise, second: Pointwise) -> Pointwise { .sum(first, second) }

  package static func * (first: Pointwise, second: Pointwise) -> Pointwise { .product(first, second) }

  /// scale·x + shift
  package static func affine(scale: Double, shift: Double) -> Pointwise {
    let scaled = scale == 1 ? .x : .constant(scale) * .x
    return shift == 0 ? scaled : scaled + .constant(shift)
  }

  package func value(at x: Double) -> Double {
    switch self {
    case .x: x
    case .constant(let constant): constant
    case .function(let function, let argument): function.value(at: argument.value(at: x))
    case .sum(let first, let second): first.value(at: x) + second.value(at: x)
    case .product(let first, let second): first.value(at: x) * second.value(at: x)
    case .power(let base, let exponent): pow(base.value(at: x), exponent)
    case .minimum(let first, let second): min(first.value(at: x), second.value(at: x))
    case .maximum(let first, let second): max(first.value(at: x), second.value(at: x))
    }
  }

  /// The function of `inner`.
  package func of(_ inner: Pointwise) -> Pointwise {
    switch self {
    case .x: inner
    case .constant: self
    case .function(let function, let argument): .function(function, argument.of(inner))
    case .sum(let first, let second): .sum(first.of(inner), second.of(inner))
    case .product(let first, let second): .product(first.of(inner), second.of(inner))
    case .power(let base, let exponent): .power(base.of(inner), exponent)
    case .minimum(let first, let second): .minimum(first.of(inner), second.of(inner))
    case .maximum(let first, let second): .maximum(first.of(inner), second.of(inner))
    }
  }

  /// The scale and shift of a function that is written as scale·x + shift, else nil.
  package var affineForm: (scale: Double, shift: Double)? {
    switch self {
    case .x: return (1, 0)
    case .constant(let constant): return (0, constant)
    case .function(.negate, let argument): return argument.affineForm.map { (-$0.scale, -$0.shift) }
    case .sum(let first, let second):
      guard let first = first.affineForm, let second = second.affineForm else { return nil }
      return (first.scale + second.scale, first.shift + second.shift)
    case .product(let first, let second):
      guard let first = first.affineForm, let second = second.affineForm else { return nil }
      if first.scale == 0 { return (first.shift * second.scale, first.shift * second.shift) }
      if second.scale == 0 { return (second.shift * first.scale, second.shift * first.shift) }
      return nil
    case .power(let base, 1): return base.affineForm
    case .function, .power, .minimum, .maximum: return nil
    }
  }

  /// True when a larger argument never has a smaller result, as far as the expression shows.
  var keepsOrder: Bool {
    switch self {
    case .x, .constant: true
    case .function(let function, let argument):
      switch function {
      case .relu, .sigmoid, .tanh, .erf, .exp, .atan, .step, .truncate, .round: argument.keepsOrder
      case .sqrt, .log, .abs, .reciprocal, .negate, .sin, .cos: false
      }
    case .minimum(let first, let second), .maximum(let first, let second), .sum(let first, let second):
      first.keepsOrder && second.keepsOrder
    case .product(.constant(let factor), let argument), .product(let argument, .constant(let factor)):
      factor >= 0 && argument.keepsOrder
    case .product, .power: false
    }
  }

  /// The argument beside which the function is steep, as √x, log x, 1/x and x^p, p < 1, are beside 0; nil where no part of it is
  /// such a function of an argument whose zero the expression shows.
  package var steepPoint: Double? {
    switch self {
    case .x, .constant: nil
    case .function(let function, let argument):
      switch function {
      case .sqrt, .log, .reciprocal: argument.zero ?? argument.steepPoint
      case .erf, .exp, .tanh, .sigmoid, .relu, .abs, .negate, .sin, .cos, .atan, .step, .truncate, .round: argument.steepPoint
      }
    case .power(let base, let exponent): (exponent < 1 ? base.zero : nil) ?? base.steepPoint
    case .sum(let first, let second), .product(let first, let second), .minimum(let first, let second), .maximum(let first, let second):
      first.steepPoint ?? second.steepPoint
    }
  }

  /// The argument where a square or another power above 1 is 0; nil for another function.
  var powerPoint: Double? {
    switch self {
    case .product(let first, let second): first == second ? first.zero : nil
    case .power(let base, let exponent): exponent > 1 ? base.zero : nil
    case .x, .constant, .function, .sum, .minimum, .maximum: nil
    }
  }

  /// Where the expression is 0, or nearest to it but for a bound and what is added to one.
  private var zero: Double? {
    if let form = affineForm { return form.scale == 0 ? nil : -form.shift / form.scale }
    switch self {
    case .function(let function, let argument):
      switch function {
      case .relu, .abs, .sqrt, .negate: return argument.zero
      case .erf, .exp, .tanh, .sigmoid, .log, .reciprocal, .sin, .cos, .atan, .step, .truncate, .round: return nil
      }
    case .power(let base, let exponent): return exponent > 0 ? base.zero : nil
    case .sum(let argument, .constant), .sum(.constant, let argument), .product(let argument, .constant), .product(.constant, let argument),
      .minimum(let argument, .constant), .minimum(.constant, let argument), .maximum(let argument, .constant),
      .maximum(.constant, let argument):
      return argument.zero
    case .product(let first, let second): return first == second ? first.zero : nil
    case .x, .constant, .sum, .minimum, .maximum: return nil
    }
  }

  /// The range that the function clamps its argument to, when it does nothing else.
  var clamp: ClosedRange<Double>? {
    switch self {
    case .x: -.infinity ... .infinity
    case .function(.relu, let inner): inner.clamp?.clamped(to: 0 ... .infinity)
    case .maximum(let inner, .constant(let bound)), .maximum(.constant(let bound), let inner):
      inner.clamp?.clamped(to: bound ... .infinity)
    case .minimum(let inner, .constant(let bound)), .minimum(.constant(let bound), let inner):
      inner.clamp?.clamped(to: -.infinity ... bound)
    case .constant, .function, .sum, .product, .power, .minimum, .maximum: nil
    }
  }

  /// True when the result cannot be negative, as far as the expression shows.
  var isNeverNegative: Bool {
    switch self {
    case .x: false
    case .constant(let value): value >= 0
    case .function(let function, _):
      switch function {
      case .exp, .sigmoid, .relu, .sqrt, .abs, .step: true
      case .erf, .tanh, .log, .reciprocal, .negate, .sin, .cos, .atan, .truncate, .round: false
      }
    case .sum(let left, let right): left.isNeverNegative && right.isNeverNegative
    case .product(let left, let right): left == right || (left.isNeverNegative && right.isNeverNegative)
    case .power(let base, let exponent): base.isNeverNegative || exponent.truncatingRemainder(dividingBy: 2) == 0
    case .minimum(let left, let right): left.isNeverNegative && right.isNeverNegative
    case .maximum(let left, let right): left.isNeverNegative || right.isNeverNegative
    }
  }

  /// The number of nodes of the expression.
  package var size: Int {
    switch self {
    case .x, .constant: 1
    case .function(_, let argument), .power(let argument, _): 1 + argument.size
    case .sum(let first, let second), .product(let first, let second), .minimum(let first, let second),
      .maximum(let first, let second):
      1 + first.size + second.size
    }
  }

  var isFinite: Bool {
    switch self {
    case .x: true
    case .constant(let constant): constant.isFinite
    case .function(_, let argument): argument.isFinite
    case .power(let base, let exponent): base.isFinite && exponent.isFinite
    case .sum(let first, let second), .product(let first, let second), .minimum(let first, let second),
      .maximum(let first, let second):
      first.isFinite && second.isFinite
    }
  }
}

extension Pointwise.Function {
  package func value(at x: Double) -> Double {
    switch self {
    case .erf: Glibc.erf(x)
    case .exp: Glibc.exp(x)
    case .tanh: Glibc.tanh(x)
    case .sigmoid: 1 / (1 + Glibc.exp(-x))
    case .relu: max(x, 0)
    case .sqrt: x.squareRoot()
    case .log: Glibc.log(x)
    case .abs: x.magnitude
    case .reciprocal: 1 / x
    case .negate: -x
    case .sin: Glibc.sin(x)
    case .cos: Glibc.cos(x)
    case .atan: Glibc.atan(x)
    case .step: x > 0 ? 1 : 0
    case .truncate: x.rounded(.towardZero)
    case .round: x.rounded(.toNearestOrEven)
    }
  }
}
