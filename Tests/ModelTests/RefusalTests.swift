import Model
import TestSupport
import Testing

/// Models that the importer refuses, with what it says after the file's name.
private let refusedModels: [(name: String, reason: String)] = [
  ("constant_with_two_values", "node both (Constant): a Constant has exactly one attribute"),
  ("empty_weights", "node fc (Gemm): its weights of shape [0, 4] do not fit an input of 4 features"),
  ("float_shape", "node reshape (Reshape): its shape is not of integers"),
  ("huge_input", "the input 'x' is too large"),
  ("integer_bias", "node fc (Gemm): its constant is not of floats"),
  ("left_out_operand", "node relu (Relu): operand 0 is missing"),
  ("long_input_name", "the input '\(String(repeating: "x", count: 120))…' has a name that is too long"),
  ("long_output_name", "the output '\(String(repeating: "y", count: 120))…' has a name that is too long"),
  ("missing_operand", "node fc (Gemm): operand 1 is missing"),
  ("attribute_type", "node fc (Gemm): the attribute 'alpha' is not of type float"),
  ("batch_only", "node fc (Gemm): an operand of shape [1] is no matrix"),
  ("computed_shape", "1 unsupported node: reshape (Reshape): operand 1 is not a constant"),
  ("constant_input", "the output 'y' is not computed from the input; name the others by --outputs"),
  ("data_twice", "node fc (Gemm): the tensor 'w' stores its data twice"),
  (
    "dropout_training",
    "1 unsupported node: drop (Dropout): it is for training; export the model for inference"
  ),
  ("duplicate_initializer", "two initializers have the name 'w'"),
  ("external_absolute", "the tensor 'w' keeps its data at '/etc/hostname', which is not in the model's folder, or not of its size"),
  (
    "external_outside",
    "the tensor 'w' keeps its data at '../operators/MatMul_external.weights', which is not in the model's folder, or not of its size"
  ),
  (
    "external_short",
    "the tensor 'w' keeps its data at 'external_outside.onnx', which is not in the model's folder, or not of its size"
  ),
  ("foreign_domain", "1 unsupported node: fc (Gemm): operators of the domain 'com.example' are not supported"),
  ("future_operator_set", "operator set 1000 is not supported; 7...28 are, and onnx.version_converter makes one of another"),
  ("huge_shape", "node fc (Gemm): the tensor 'w' has shape [4294967296, 4294967296], which is negative or too large"),
  ("infinite_weights", "node fc (Gemm): its weights are not all finite"),
  ("integer_weights", "node fc (Gemm): operand 1 is not of floats"),
  ("later_operand", "node relu (Relu): its operand 'g' is not defined before it"),
  ("misfit_bias", "node fc (Gemm): operand 2 of shape [2] does not broadcast to [1, 3]"),
  ("misfit_weights", "node fc (Gemm): its weights of shape [3, 5] do not fit an input of 4 features"),
  ("missing_initializer", "node fc (Gemm): its operand 'w' is not defined before it"),
  ("negative_shape", "node fc (Gemm): the tensor 'w' has shape [-3, 4], which is negative or too large"),
  ("no_graph", "is not an ONNX model: it has no graph"),
  ("no_operator_set", "the model names no version of the standard operator set"),
  ("no_output_name", "node silent (Relu): it has no output"),
  ("old_operator_set", "operator set 6 is not supported; 7...28 are, and onnx.version_converter makes one of another"),
  ("overflowing_weights", "node fc (Gemm): its weights are not all finite"),
  ("redefined_name", "node again (Relu): the name 'y' is defined twice"),
  (
    "reshape_elements",
    "1 unsupported node: reshape (Reshape): it reshapes to [1, 5], which does not keep the 4 elements of a sample"
  ),
  ("reshape_empty", "1 unsupported node: reshape (Reshape): it reshapes to [], which does not keep the 4 elements of a sample"),
  (
    "reshape_fixed_batch",
    "1 unsupported node: reshape (Reshape): it reshapes to [1, 4], which does not keep the batch axis"
  ),
  (
    "reshape_huge",
    "1 unsupported node: reshape (Reshape): it reshapes to [0, 4611686018427387904, "
      + "4611686018427387904], which does not keep the 4 elements of a sample"
  ),
  (
    "reshape_into_batch",
    "node y (Gemm): its weights of shape [3, 4] do not fit an input of 2 features"
  ),
  ("reshape_missing_axis", "node reshape (Reshape): it reshapes to [0, 2, 2, 0], which is not a shape"),
  ("reshape_negative", "node reshape (Reshape): it reshapes to [0, -4], which is not a shape"),
  ("reshape_two_unknown", "node reshape (Reshape): it reshapes to [-1, -1], which is not a shape"),
  ("reshape_without_batch", "node y (Gemm): an operand of shape [4] is no matrix"),
  ("scalar_input", "node fc (Gemm): an operand of shape [] is no matrix"),
  ("segmented_data", "1 unsupported node: fc (Gemm): the tensor 'w' is stored in segments"),
  ("short_data", "node fc (Gemm): the tensor 'w' of shape [3, 4] holds 47 bytes, not 48"),
  ("sparse_initializer", "sparse initializers are not supported"),
  ("string_constant", "1 unsupported node: text (Constant): its value is given as 'value_string'"),
  ("symbolic_features", "the input 'x' has an axis without a fixed size; only the batch axis may be symbolic where there are no data of 2 axes"),
  ("unknown_output", "the output 'q' is not computed from the input"),
  (
    "unsupported_operators",
    "2 unsupported nodes: det (Det): the operator is not supported; bernoulli (Bernoulli): the operator is not supported"
  ),
]

/// Models that declare another shape for an output than they compute, with that, as onnxruntime takes them with a warning.
private let misdeclaredOutputs: [(name: String, shape: String)] = [
  ("bias_of_rank_3", "[1, 3]"), ("computed_weights", "[1, 1]"), ("transposed_input", "[4, 4]"), ("weights_of_rank_3", "[1, 3]"),
  ("wrong_output_shape", "[3]"),
]

/// Models whose weights are in another file, with what is said about that.
private let misplacedWeights: [(name: String, file: String, reason: String)] = [
  ("external_data", "weights.bin", "cannot be opened: No such file or directory"),
  ("external_long", "external_outside.onnx", "has 161 bytes, too few for 48 from byte 200 on"),
  ("external_negative", "external_outside.onnx", "has 161 bytes, too few for 48 from byte -8 on"),
]

@Suite struct RefusalTests {
  @Test(arguments: refusedModels)
  func modelIsRefused(name: String, reason: String) {
    let path = fixtures + "refused/\(name).onnx"
    #expect(errorDescription { _ = try importONNX(readFile(path), file: path, folder: fixtures + "refused/") } == "\(path): \(reason)")
  }

  @Test(arguments: misplacedWeights)
  func misplacedWeightsAreRefused(name: String, file: String, reason: String) {
    let error = errorDescription { _ = try importONNX(path: fixtures + "refused/\(name).onnx") }
    #expect(error == "\(fixtures)refused/\(file): \(reason)")
  }

  @Test(arguments: misdeclaredOutputs)
  func outputsOfAnotherShapeAreNoted(name: String, shape: String) throws {
    let network = try importONNX(path: fixtures + "refused/\(name).onnx")
    #expect(network.notices.contains("the output 'y' is shown with shape \(shape), which the graph computes; it is declared with another one"))
  }

  @Test func everyFixtureIsTested() throws {
    let tested = refusedModels.map(\.name) + misplacedWeights.map(\.name) + misdeclaredOutputs.map(\.name)
    #expect(try fixtureNames("refused") == tested.map { $0 + ".onnx" }.sorted())
  }

  @Test func foreignFilesAreRefused() {
    let file = fixtures + "generate.py"
    #expect(
      throws: ModelError.unusableFile(file, reason: "is not an ONNX model, or is damaged")
    ) { try importONNX(path: file) }
    #expect(
      throws: ModelError.unusableFile("empty", reason: "is not an ONNX model: it has no graph")
    ) { try importONNX([], file: "empty") }
    #expect(
      throws: ModelError.unusableFile("missing", reason: "cannot be opened: No such file or directory")
    ) { try importONNX(path: "missing") }
  }

  @Test(arguments: [[0, 1], [0, 1, 2, 3], [], [0, 1, 1], [0, 1, 3], [0, -1, 1], [0, -2, -1], [0, 1, .min], [0, 1, .max]])
  func ordersThatAreNoPermutationsAreRefused(order: [Int]) {
    for operand in ["x", "c"] {
      var builder = ONNXBuilder()
      builder.input("x", [nil, 2, 3])
      builder.initializer("c", .floats([1, 2, 3, 4, 5, 6], [1, 2, 3]))
      builder.node("Transpose", [operand], ["t"], ["perm": .integers(order)])
      builder.node("Add", ["x", "t"], ["y"])
      builder.output("y")
      #expect(
        errorDescription { _ = try importONNX(builder.bytes, file: "model") }
          == "model: node transpose1 (Transpose): \(order) is no permutation of 3 axes")
    }
  }

  @Test func namesOfFilesCannotBreakLines() {
    let error = ModelError.unusableModel(file: "a\nb", node: String(repeating: "n", count: 500), reason: "r")
    #expect(!error.description.contains("\n"))
    #expect(error.description.count < 150)
  }
}
