/// The ONNX operators that the importer knows.
package enum OperatorName: String, CaseIterable {
  case abs = "Abs"
  case add = "Add"
  case argMax = "ArgMax"
  case averagePool = "AveragePool"
  case batchNormalization = "BatchNormalization"
  case cast = "Cast"
  case celu = "Celu"
  case clip = "Clip"
  case concat = "Concat"
  case constant = "Constant"
  case constantOfShape = "ConstantOfShape"
  case conv = "Conv"
  case convTranspose = "ConvTranspose"
  case dequantizeLinear = "DequantizeLinear"
  case div = "Div"
  case dropout = "Dropout"
  case elu = "Elu"
  case erf = "Erf"
  case exp = "Exp"
  case expand = "Expand"
  case flatten = "Flatten"
  case gather = "Gather"
  case gelu = "Gelu"
  case gemm = "Gemm"
  case globalAveragePool = "GlobalAveragePool"
  case globalMaxPool = "GlobalMaxPool"
  case hardSigmoid = "HardSigmoid"
  case hardSwish = "HardSwish"
  case identity = "Identity"
  case leakyRelu = "LeakyRelu"
  case log = "Log"
  case logSoftmax = "LogSoftmax"
  case matMul = "MatMul"
  case max = "Max"
  case maxPool = "MaxPool"
  case mean = "Mean"
  case min = "Min"
  case mish = "Mish"
  case mul = "Mul"
  case neg = "Neg"
  case pad = "Pad"
  case pow = "Pow"
  case pRelu = "PRelu"
  case quantizeLinear = "QuantizeLinear"
  case reciprocal = "Reciprocal"
  case reduceMax = "ReduceMax"
  case reduceMean = "ReduceMean"
  case reduceSum = "ReduceSum"
  case relu = "Relu"
  case reshape = "Reshape"
  case resize = "Resize"
  case selu = "Selu"
  case shape = "Shape"
  case sigmoid = "Sigmoid"
  case slice = "Slice"
  case softmax = "Softmax"
  case softplus = "Softplus"
  case softsign = "Softsign"
  case split = "Split"
  case sqrt = "Sqrt"
  case squeeze = "Squeeze"
  case sub = "Sub"
  case sum = "Sum"
  case tanh = "Tanh"
  case topK = "TopK"
  case transpose = "Transpose"
  case unsqueeze = "Unsqueeze"
  case upsample = "Upsample"

  /// What of the operator is supported, for docs/operators.md.
  var support: String {
    switch self {
    case .abs, .erf, .exp, .log, .neg, .reciprocal, .relu, .sigmoid, .sqrt, .tanh, .softplus, .softsign, .hardSwish,
      .mish, .celu, .elu, .selu, .leakyRelu, .hardSigmoid:
      "all"
    case .add, .sub, .mul: "a value and a constant, or two values; broadcasting leaves the batch axis alone"
    case .argMax: "over the last axis, before an output: only the class is shown"
    case .averagePool: "1-D and 2-D"
    case .batchNormalization: "for inference"
    case .cast: "between floats; of constants and of classes also integers"
    case .clip: "constant bounds, either may be missing"
    case .concat: "not along the batch axis; only values or only constants"
    case .constant: "numbers and tensors"
    case .constantOfShape: "a constant shape"
    case .conv, .convTranspose: "1-D and 2-D with constant weights"
    case .dequantizeLinear:
      "of constants of up to 32 bits, with one scale or one for each index of an axis; of values after a QuantizeLinear with the same scale and zero point"
    case .div: "by a constant, or a constant by a value"
    case .dropout: "for inference: left out"
    case .expand: "not along the batch axis"
    case .flatten: "keeping the batch axis"
    case .gather: "constant indices; of a value one index of an axis other than the batch axis"
    case .gelu: "both approximations"
    case .gemm: "constant matrix and bias, transA = 0"
    case .globalAveragePool: "all"
    case .globalMaxPool: "1-D and 2-D"
    case .identity: "all"
    case .logSoftmax, .softmax: "before an output, or an ArgMax or TopK before an output: left out, with a notice"
    case .matMul: "one operand a constant matrix, on the right or on the left"
    case .max, .min: "a value and constants"
    case .maxPool: "1-D and 2-D, without the indices"
    case .mean, .sum: "any number of operands"
    case .pad: "with zeros, not of the batch axis"
    case .pow: "a constant exponent that is one number, with --publish where it may be trained"
    case .pRelu: "constant slopes"
    case .quantizeLinear:
      "8 or 16 bits; of constants as DequantizeLinear; of values with one scale, followed by its DequantizeLinear or an output"
    case .reduceMax: "over neighbouring axes other than the batch axis"
    case .reduceMean, .reduceSum: "not over the batch axis"
    case .reshape: "a constant or computed shape that keeps the batch axis"
    case .resize, .upsample: "nearest and linear, by constant scales or to constant sizes, not of the batch axis"
    case .shape: "all"
    case .slice: "constant bounds and steps, not along the batch axis"
    case .split: "not along the batch axis"
    case .squeeze, .unsqueeze: "constant axes, not the batch axis"
    case .topK: "the indices, over the last axis, before an output: shown in ascending order"
    case .transpose: "keeping the batch axis first"
    }
  }

  /// The operator set that introduced the operator, when it is later than the first supported one.
  var firstOperatorSet: Int {
    switch self {
    case .erf, .constantOfShape, .upsample: 9
    case .dequantizeLinear, .quantizeLinear, .resize: 10
    case .celu: 12
    case .hardSwish: 14
    case .mish: 18
    case .gelu: 20
    case .abs, .add, .argMax, .averagePool, .batchNormalization, .cast, .clip, .concat, .constant, .conv, .convTranspose,
      .div, .dropout, .elu, .exp, .expand, .flatten, .gather, .gemm, .globalAveragePool, .globalMaxPool, .hardSigmoid,
      .identity, .leakyRelu, .log, .logSoftmax, .matMul, .max, .maxPool, .mean, .min, .mul, .neg, .pad, .pow, .pRelu,
      .reciprocal, .reduceMax, .reduceMean, .reduceSum, .relu, .reshape, .selu, .shape, .sigmoid, .slice, .softmax,
      .softplus, .softsign, .split, .sqrt, .squeeze, .sub, .sum, .tanh, .topK, .transpose, .unsqueeze:
      supportedOperatorSets.lowerBound
    }
  }

  /// The text of docs/operators.md.
  package static var table: String {
    let last = supportedOperatorSets.upperBound
    let rows = allCases.map { "| \($0.rawValue) | \($0.firstOperatorSet)–\(last) | \($0.support) |\n" }
    return """
      # Operators

      The ONNX operators that `zkml compile` takes, printed from `Sources/Model/ONNX/OperatorName.swift`; a test compares.
      A value is what depends on the model's inputs, a constant what does not. Every value has the batch as its first axis:
      symbolic or 1 in the model, any number of samples in use. Operators of constants alone are computed at import. Inputs
      are floats of any width; tensors are floats, integers of 8 to 64 bits without unsigned ones of 32 and 64, and booleans,
      inside the file. All else is refused, every node by name at once.

      | operator | operator sets | supported |
      |---|---|---|

      """ + rows.joined()
  }
}
