extension ONNXNode {
  /// Refuses attributes that ONNX does not name for the operator: they may change what it means.
  func requireKnownAttributes() throws(NodeProblem) {
    guard domain != fusedDomain else { return }
    let known = knownAttributes[isDefaultDomain(domain) ? opType : "\(domain).\(opType)"]?.split(separator: " ") ?? []
    for attribute in attribute where !known.contains(where: { $0 == attribute.name }) {
      throw .unsupported("ONNX has no attribute '\(attribute.name.oneLine)' of it; export without it")
    }
  }
}

/// By operator that has attributes, their names from operator set 7 on.
private let knownAttributes = [
  "\(previewDomain).FlexAttention": "prob_mod scale score_mod softmax_precision",
  "AffineGrid": "align_corners",
  "\(classicalDomain).Binarizer": "threshold",
  "\(classicalDomain).FeatureVectorizer": "inputdimensions",
  "\(classicalDomain).Imputer": "imputed_value_floats imputed_value_int64s replaced_value_float replaced_value_int64",
  "\(classicalDomain).LabelEncoder":
    "classes_strings default_float default_int64 default_string default_tensor keys_floats keys_int64s keys_strings "
      + "keys_tensor values_floats values_int64s values_strings values_tensor",
  "\(classicalDomain).LinearClassifier": "classlabels_ints classlabels_strings coefficients intercepts multi_class post_transform",
  "\(classicalDomain).LinearRegressor": "coefficients intercepts post_transform targets",
  "\(classicalDomain).Normalizer": "norm",
  "\(classicalDomain).OneHotEncoder": "cats_int64s cats_strings zeros",
  "\(classicalDomain).Scaler": "offset scale",
  "\(classicalDomain).SVMClassifier":
    "classlabels_ints classlabels_strings coefficients kernel_params kernel_type post_transform prob_a prob_b rho "
      + "support_vectors vectors_per_class",
  "\(classicalDomain).SVMRegressor": "coefficients kernel_params kernel_type n_supports one_class post_transform rho support_vectors",
  "\(classicalDomain).TreeEnsemble":
    "aggregate_function leaf_targetids leaf_weights membership_values n_targets nodes_falseleafs nodes_falsenodeids "
      + "nodes_featureids nodes_hitrates nodes_missing_value_tracks_true nodes_modes nodes_splits nodes_trueleafs "
      + "nodes_truenodeids post_transform tree_roots",
  "\(classicalDomain).TreeEnsembleClassifier":
    "base_values base_values_as_tensor class_ids class_nodeids class_treeids class_weights class_weights_as_tensor "
      + "classlabels_int64s classlabels_strings nodes_falsenodeids nodes_featureids nodes_hitrates nodes_hitrates_as_tensor "
      + "nodes_missing_value_tracks_true nodes_modes nodes_nodeids nodes_treeids nodes_truenodeids nodes_values "
      + "nodes_values_as_tensor post_transform",
  "\(classicalDomain).TreeEnsembleRegressor":
    "aggregate_function base_values base_values_as_tensor n_targets nodes_falsenodeids nodes_featureids nodes_hitrates "
      + "nodes_hitrates_as_tensor nodes_missing_value_tracks_true nodes_modes nodes_nodeids nodes_treeids nodes_truenodeids "
      + "nodes_values nodes_values_as_tensor post_transform target_ids target_nodeids target_treeids target_weights "
      + "target_weights_as_tensor",
  "\(classicalDomain).ZipMap": "classlabels_int64s classlabels_strings",
  "ArgMax": "axis keepdims select_last_index",
  "ArgMin": "axis keepdims select_last_index",
  "Attention":
    "is_causal kv_num_heads left_window_size q_num_heads qk_matmul_output_mode right_window_size scale softcap "
      + "softmax_precision",
  "AveragePool": "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides",
  "BatchNormalization": "epsilon momentum spatial training_mode",
  "BitShift": "direction",
  "Cast": "round_mode saturate to",
  "CastLike": "round_mode saturate",
  "Celu": "alpha",
  "CausalConvWithState": "activation",
  "CenterCropPad": "axes",
  "Clip": "max min",
  "Col2Im": "dilations pads strides",
  "Compress": "axis",
  "Concat": "axis",
  "Constant": "sparse_value value value_float value_floats value_int value_ints value_string value_strings",
  "ConstantOfShape": "value",
  "Conv": "auto_pad dilations group kernel_shape pads strides",
  "ConvInteger": "auto_pad dilations group kernel_shape pads strides",
  "ConvTranspose": "auto_pad dilations group kernel_shape output_padding output_shape pads strides",
  "CumSum": "exclusive reverse",
  "DepthToSpace": "blocksize mode",
  "DequantizeLinear": "axis block_size output_dtype",
  "Dropout": "ratio seed",
  "Einsum": "equation",
  "Elu": "alpha",
  "EyeLike": "dtype k",
  "Flatten": "axis",
  "Gather": "axis",
  "GatherElements": "axis",
  "GatherND": "batch_dims",
  "Gelu": "approximate",
  "Gemm": "alpha beta transA transB",
  "GlobalLpPool": "p",
  "GridSample": "align_corners mode padding_mode",
  "GroupNormalization": "epsilon num_groups stash_type",
  "GRU": "activation_alpha activation_beta activations clip direction hidden_size layout linear_before_reset",
  "Hardmax": "axis",
  "HardSigmoid": "alpha beta",
  "If": "else_branch then_branch",
  "InstanceNormalization": "epsilon",
  "IsInf": "detect_negative detect_positive",
  "LayerNormalization": "axis epsilon stash_type",
  "LeakyRelu": "alpha",
  "LogSoftmax": "axis",
  "Loop": "body",
  "LpNormalization": "axis p",
  "LpPool": "auto_pad ceil_mode dilations kernel_shape p pads strides",
  "LRN": "alpha beta bias size",
  "LSTM": "activation_alpha activation_beta activations clip direction hidden_size input_forget layout",
  "MaxPool": "auto_pad ceil_mode dilations kernel_shape pads storage_order strides",
  "MeanVarianceNormalization": "axes",
  "Mod": "fmod",
  "OneHot": "axis",
  "Pad": "mode pads value",
  "QLinearConv": "auto_pad dilations group kernel_shape pads strides",
  "QuantizeLinear": "axis block_size output_dtype precision saturate",
  "Range": "stash_type",
  "ReduceL1": "axes keepdims noop_with_empty_axes",
  "ReduceL2": "axes keepdims noop_with_empty_axes",
  "ReduceLogSum": "axes keepdims noop_with_empty_axes",
  "ReduceLogSumExp": "axes keepdims noop_with_empty_axes",
  "ReduceMax": "axes keepdims noop_with_empty_axes",
  "ReduceMean": "axes keepdims noop_with_empty_axes",
  "ReduceMin": "axes keepdims noop_with_empty_axes",
  "ReduceProd": "axes keepdims noop_with_empty_axes",
  "ReduceSum": "axes keepdims noop_with_empty_axes",
  "ReduceSumSquare": "axes keepdims noop_with_empty_axes",
  "Reshape": "allowzero",
  "Resize":
    "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value "
      + "keep_aspect_ratio_policy mode nearest_mode",
  "ReverseSequence": "batch_axis time_axis",
  "RMSNormalization": "axis epsilon stash_type",
  "RNN": "activation_alpha activation_beta activations clip direction hidden_size layout",
  "RotaryEmbedding": "interleaved num_heads rotary_embedding_dim",
  "Scan": "body directions num_scan_inputs scan_input_axes scan_input_directions scan_output_axes scan_output_directions",
  "Scatter": "axis",
  "ScatterElements": "axis reduction",
  "ScatterND": "reduction",
  "Selu": "alpha gamma",
  "Shape": "end start",
  "Shrink": "bias lambd",
  "SimplifiedLayerNormalization": "axis epsilon stash_type",
  "Slice": "axes ends starts",
  "Softmax": "axis",
  "SpaceToDepth": "blocksize mode",
  "Split": "axis num_outputs split",
  "Squeeze": "axes",
  "Swish": "alpha",
  "ThresholdedRelu": "alpha",
  "TopK": "axis k largest sorted",
  "Transpose": "perm",
  "Trilu": "upper",
  "Unsqueeze": "axes",
  "Upsample": "mode scales",
]
