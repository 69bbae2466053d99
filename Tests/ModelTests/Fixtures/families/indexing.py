# Operators that move, pick, scatter and resample elements.

operator("DepthToSpace", [node("DepthToSpace", ["x"], ["y"], blocksize=2)], {}, {"x": [8, 2, 3]})
operator("DepthToSpace_crd", [node("DepthToSpace", ["x"], ["y"], blocksize=2, mode="CRD")], {}, {"x": [8, 2, 3]})
operator("SpaceToDepth", [node("SpaceToDepth", ["x"], ["y"], blocksize=2)], {}, {"x": [2, 4, 6]})
operator("DepthToSpace_constant", [node("DepthToSpace", ["c"], ["d"], blocksize=2), node("Add", ["x", "d"], ["y"])],
         {"c": array(1, 4, 1, 2)}, {"x": [1, 2, 4]})

operator("Trilu_value", [node("Trilu", ["x"], ["y"])], {}, {"x": [2, 3, 4]})
operator("Trilu_lower_value", [node("Trilu", ["x", "k"], ["y"], upper=0)], {"k": np.int64(-1)}, {"x": [3, 4]})

for mode in ["edge", "reflect", "wrap"]:
    operator(f"Pad_{mode}", [node("Pad", ["x", "p"], ["y"], mode=mode)], {"p": i(0, 0, 2, 1, 0, 0, 1, 3)}, {"x": [2, 3, 4]})
    operator(f"Pad_{mode}_of_axes", [node("Pad", ["x", "p", "", "a"], ["y"], mode=mode)], {"p": i(1, 2), "a": i(-1)}, {"x": [2, 3]})
    operator(f"Pad_{mode}_cut", [node("Pad", ["x", "p"], ["y"], mode=mode)], {"p": i(0, 2, 0, -1)}, {"x": [5]})
operator("Pad_number", [node("Pad", ["x", "p", "c"], ["y"])], {"p": i(0, 1, 0, 0, 0, 2, 1, 3), "c": np.float32(1.5)}, {"x": [2, 1, 3]})
operator("Pad_number_trained", [node("Pad", ["x", "p", "c"], ["y"])], {"p": i(0, 1, 0, 2), "c": np.float32(0.7123456)}, {"x": [3]})
operator("Pad_number_attribute", [node("Pad", ["x"], ["y"], pads=[0, 1, 0, 2], value=-0.5)], {}, {"x": [3]}, opset=10)
operator("Pad_cut", [node("Pad", ["x", "p", "c"], ["y"])], {"p": i(0, -1, 2, 0, 2, -1), "c": np.float32(1.5)}, {"x": [3, 4]})
operator("Pad_batch_of_one", [node("Pad", ["x", "p", "c"], ["y"])], {"p": i(1, 0, 0, 1), "c": np.float32(2)}, {"x": [3]}, batch=1)
operator("Pad_constant", [node("Pad", ["k", "p", "c"], ["d"]), node("Add", ["x", "d"], ["y"])],
         {"k": array(2), "p": i(1, 1), "c": np.float32(1.5)})
operator("Pad_constant_reflect", [node("Pad", ["k", "p"], ["d"], mode="reflect"), node("Add", ["x", "d"], ["y"])], {"k": array(2), "p": i(1, 1)})

operator("CenterCropPad", [node("CenterCropPad", ["x", "s"], ["y"], axes=[1, 2, -1])], {"s": i(2, 8, 3)}, {"x": [5, 5, 3]})
operator("CenterCropPad_odd", [node("CenterCropPad", ["x", "s"], ["y"], axes=[-1, 1])], {"s": i(4, 2)}, {"x": [5, 1]})

operator("Compress", [node("Compress", ["x", "c"], ["y"], axis=1)], {"c": np.bool_([0, 1, 1, 0, 1])}, {"x": [5, 2]})
operator("Compress_short", [node("Compress", ["x", "c"], ["y"], axis=-1)], {"c": np.bool_([1, 0, 0, 1])}, {"x": [2, 6]})
operator("Compress_flat", [node("Compress", ["x", "c"], ["y"])], {"c": np.bool_([0, 1, 1, 0, 1])}, {"x": [2, 3]}, batch=1)
operator("ReverseSequence", [node("ReverseSequence", ["x", "l"], ["y"], time_axis=1, batch_axis=0)], {"l": i(4)}, {"x": [5, 2]}, batch=1)
operator("ReverseSequence_default", [node("ReverseSequence", ["c", "l"], ["d"]), node("Add", ["x", "d"], ["y"])],
         {"c": array(3, 2), "l": i(3, 2)}, {"x": [3, 2]})
operator("ReverseSequence_batch_of_one", [node("ReverseSequence", ["x", "l"], ["y"], time_axis=1, batch_axis=0)], {"l": i(2)}, {"x": [4]}, batch=1)

depth = {"d": np.int64(4)}
operator("OneHot", [node("OneHot", ["x", "d", "v"], ["y"])], depth | {"v": f(0, 1)}, {"x": [3]}, type=INT64, low=-6, high=7)
operator("OneHot_values", [node("OneHot", ["x", "d", "v"], ["y"], axis=1)], depth | {"v": f(0.7123456, -1.5)}, {"x": [2, 3]}, type=INT64, low=-6, high=7)
operator("OneHot_first", [node("OneHot", ["x", "d", "v"], ["y"], axis=0), node("Transpose", ["y"], ["z"], perm=[1, 2, 0])], depth | {"v": f(0, 1)},
         {"x": [3]}, outputs=("z",), type=INT64, low=-6, high=7)
operator("OneHot_constant", [node("OneHot", ["c", "d", "v"], ["h"], axis=0), node("Add", ["x", "h"], ["y"])],
         depth | {"c": i(-1, 0, 3, 4, -5), "v": f(0.5, 2)}, {"x": [4, 5]})
operator("EyeLike", [node("EyeLike", ["c"], ["e"]), node("Add", ["x", "e"], ["y"])], {"c": array(3, 4)}, {"x": [3, 4]})
operator("EyeLike_offset", [node("EyeLike", ["c"], ["e"], k=-1, dtype=FLOAT), node("Add", ["x", "e"], ["y"])], {"c": np.zeros((3, 4), np.int64)}, {"x": [3, 4]})
operator("NonZero", [node("NonZero", ["c"], ["k"]), node("Cast", ["k"], ["f"], to=FLOAT), node("Add", ["x", "f"], ["y"])],
         {"c": f(0, 1, 0, 2, 3, 0).reshape(2, 3)}, {"x": [2, 3]})
operator("Size", [node("Size", ["x"], ["s"]), node("Cast", ["s"], ["f"], to=FLOAT), node("Mul", ["x", "f"], ["y"])], {}, {"x": [2, 3]}, batch=1)
operator("Size_batch", [node("Size", ["x"], ["s"]), node("Div", ["s", "k"], ["b"]), node("Unsqueeze", ["b", "a"], ["u"]), node("Concat", ["u", "m"], ["t"], axis=0),
                        node("Reshape", ["x", "t"], ["y"])], {"k": np.int64(6), "a": i(0), "m": i(-1)}, {"x": [2, 3]})

operator("ScatterND_rows", [node("ScatterND", ["x", "k", "u"], ["y"])], {"k": i(0, 2, 0, 0).reshape(2, 2), "u": array(2, 3)}, {"x": [4, 3]}, batch=1)
operator("ScatterND_values", [node("ScatterND", ["x", "k", "u"], ["y"])], {"k": i(0, 2, 1, 0, -1, 0).reshape(1, 2, 3)}, {"x": [3, 3], "u": [2]}, batch=1)
for reduction in ["add", "mul", "min", "max"]:
    operator(f"ScatterND_{reduction}", [node("ScatterND", ["x", "k", "u"], ["y"], reduction=reduction)], {"k": i(0, 2, 0, 0, 0, 2).reshape(1, 3, 2)},
             {"x": [4, 3], "u": [3, 3]}, batch=1)
    operator(f"ScatterElements_{reduction}", [node("ScatterElements", ["x", "k", "u"], ["y"], axis=2, reduction=reduction)],
             {"k": i(0, 2, 0, 1, 1, 1).reshape(1, 2, 3), "u": array(1, 2, 3)}, {"x": [3, 4]}, batch=1, opset=18)
    operator(f"ScatterElements_{reduction}_constant",
             [node("ScatterElements", ["c", "k", "u"], ["d"], axis=-1, reduction=reduction), node("Add", ["x", "d"], ["y"])],
             {"c": array(2, 4), "k": i(0, 2, 0, 1, 1, 1).reshape(2, 3), "u": array(2, 3)}, {"x": [2, 4]}, opset=18)
operator("ScatterElements", [node("ScatterElements", ["x", "k", "u"], ["y"], axis=1)], {"k": i(0, 2, 1, 1, 2, -1).reshape(1, 2, 3)},
         {"x": [3, 4], "u": [2, 3]}, batch=1)
operator("ScatterElements_default", [node("ScatterElements", ["c", "k", "u"], ["y"])], {"c": array(1, 2), "k": i(0, 0).reshape(1, 2)}, {"u": [2]}, batch=1)
operator("Scatter", [node("Scatter", ["x", "k", "u"], ["y"], axis=1)], {"k": i(1, 3).reshape(1, 2), "u": f(1.5, 2.5).reshape(1, 2)}, {"x": [5]}, batch=1, opset=10)
cast = node("Cast", ["j"], ["k"], to=INT64)
ids = dict(batch=1, low=0, high=2.999)
operator("ScatterElements_ids", [cast, node("ScatterElements", ["x", "k", "u"], ["y"], axis=1, reduction="add")], {}, {"x": [3], "j": [4], "u": [4]}, **ids)
operator("ScatterElements_id", [cast, node("ScatterElements", ["x", "k", "u"], ["y"], axis=1)], {"u": f(1.5).reshape(1, 1)}, {"x": [3], "j": [1]}, **ids)

operator("GatherND_columns", [node("GatherND", ["x", "k"], ["y"])], {"k": i(0, 1, 2, 0, 0, 0, 0, 1, 1).reshape(3, 3)}, {"x": [2, 3]}, batch=1)
operator("GatherND_batch", [node("GatherND", ["x", "k"], ["y"], batch_dims=2)], {"k": i(2, 0, 1, -1).reshape(1, 2, 2, 1)}, {"x": [2, 3]}, batch=1)
operator("GatherND_constant", [node("GatherND", ["c", "k"], ["d"], batch_dims=1), node("Add", ["x", "d"], ["y"])],
         {"c": array(2, 3, 2), "k": i(2, 0).reshape(2, 1)}, {"x": [2, 2]})
operator("Gather_ids", [cast, node("Gather", ["x", "k"], ["y"], axis=1)], {}, {"x": [3, 2], "j": [4]}, batch=1, low=-2.999, high=2.999)
operator("GatherElements_ids", [cast, node("GatherElements", ["x", "k"], ["y"], axis=1)], {}, {"x": [3, 2], "j": [4, 1]}, low=-2.999, high=2.999)
operator("GatherElements_ids_of_constants", [cast, node("GatherElements", ["c", "k"], ["y"], axis=1)], {"c": array(1, 3)}, {"j": [4]}, **ids)
operator("GatherND_ids", [cast, node("GatherND", ["x", "k"], ["y"], batch_dims=1)], {}, {"x": [3, 3, 2], "j": [4, 2]}, low=0, high=2.999)

image, grown, shrunk = {"x": [2, 4, 5]}, {"s": f(1, 1, 1.5, 2)}, {"s": f(1, 1, 0.6, 0.8)}
wanted = {"s": i(1, 1, 7, 3)}
scaled = ["x", "", "s"]
sized = ["x", "", "", "s"]
for name, constants in [("", grown), ("_shrunk", shrunk)]:
    for mode in ["linear", "cubic"]:
        operator(f"Resize_{mode}{name}_filtered", [node("Resize", scaled, ["y"], mode=mode, antialias=1)], constants, image)
    operator(f"Resize_cubic{name}", [node("Resize", scaled, ["y"], mode="cubic")], constants, image)
    operator(f"Resize_cubic{name}_inside", [node("Resize", scaled, ["y"], mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1)], constants, image)
    for places in ["half_pixel_symmetric", "align_corners", "asymmetric", "pytorch_half_pixel"]:
        # Runtimes differ where corners are of no whole size.
        own = {"s": f(1, 1, 0.5, 0.8)} if name and places == "align_corners" else constants
        for mode in ["linear", "cubic", "nearest"]:
            operator(f"Resize_{mode}{name}_{places}", [node("Resize", scaled, ["y"], mode=mode, coordinate_transformation_mode=places)], own, image)
operator("Resize_filtered_inside", [node("Resize", scaled, ["y"], mode="cubic", antialias=1, exclude_outside=1)], shrunk, image)
for mode in ["linear", "cubic", "nearest"]:
    operator(f"Resize_{mode}_region", [node("Resize", ["x", "r", "", "s"], ["y"], mode=mode, axes=[2, 3], coordinate_transformation_mode="tf_crop_and_resize")],
             {"r": f(0.4, 0.6, 0.6, 0.8), "s": i(3, 3)}, image)
    operator(f"Resize_{mode}_beyond", [node("Resize", ["x", "r", "", "s"], ["y"], mode=mode, axes=[2, 3], coordinate_transformation_mode="tf_crop_and_resize",
                                            extrapolation_value=1.5)], {"r": f(0.4, 0.6, 1.2, 1.7), "s": i(3, 3)}, image)
operator("Resize_axes", [node("Resize", sized, ["y"], axes=[3, 2], mode="linear")], {"s": i(7, 3)}, image)
for policy in ["not_larger", "not_smaller"]:
    operator(f"Resize_axes_{policy}", [node("Resize", sized, ["y"], axes=[2, 3], keep_aspect_ratio_policy=policy)], {"s": i(7, 8)}, image)

points = random.uniform(-1.3, 1.3, [1, 3, 4, 2]).astype(np.float32)
for mode in ["linear", "nearest", "cubic"]:
    for padding in ["zeros", "border", "reflection"]:
        for aligned in [0, 1]:
            operator(f"GridSample_{mode}_{padding}_{aligned}", [node("GridSample", ["x", "g"], ["y"], mode=mode, padding_mode=padding, align_corners=aligned)],
                     {"g": points}, image, batch=1)
for mode in ["linear", "nearest"]:
    operator(f"GridSample_{mode}_volume", [node("GridSample", ["x", "g"], ["y"], mode=mode)],
             {"g": random.uniform(-1.3, 1.3, [1, 2, 3, 2, 3]).astype(np.float32)}, {"x": [2, 3, 2, 4]}, batch=1)
operator("GridSample_old", [node("GridSample", ["x", "g"], ["y"], mode="bicubic")], {"g": points}, image, batch=1, opset=16)
for aligned in [0, 1]:
    operator(f"AffineGrid_{aligned}", [node("AffineGrid", ["t", "s"], ["g"], align_corners=aligned), node("GridSample", ["x", "g"], ["y"])],
             {"t": f(1, 0.2, 0.1, -0.3, 0.8, 0).reshape(1, 2, 3), "s": i(1, 2, 3, 4)}, image, batch=1)
operator("AffineGrid_value", [node("AffineGrid", ["x", "s"], ["y"])], {"s": i(1, 2, 2, 3, 4)}, {"x": [3, 4]}, batch=1)

for p in [1, 2, 3]:
    operator(f"LpPool_{p}", [node("LpPool", ["x"], ["y"], kernel_shape=[2, 3], strides=[1, 2], pads=[1, 0, 0, 1], p=p)], {}, {"x": [2, 4, 5]})
operator("LpPool_lines", [node("LpPool", ["x"], ["y"], kernel_shape=[3])], {}, {"x": [2, 6]})
operator("GlobalLpPool", [node("GlobalLpPool", ["x"], ["y"])], {}, {"x": [2, 3, 4]})
operator("GlobalLpPool_cubes", [node("GlobalLpPool", ["x"], ["y"], p=3)], {}, {"x": [2, 3, 4]})
operator("LRN", [node("LRN", ["x"], ["y"], size=3)], {}, {"x": [5, 2, 3]})
operator("LRN_numbers", [node("LRN", ["x"], ["y"], size=5, alpha=0.5, beta=0.6, bias=1.7)], {}, {"x": [5, 2, 3]})
operator("Col2Im", [node("Col2Im", ["x", "s", "b"], ["y"])], {"s": i(5, 4), "b": i(2, 3)}, {"x": [12, 8]})
operator("Col2Im_padded", [node("Col2Im", ["x", "s", "b"], ["y"], strides=[2, 1], dilations=[1, 2], pads=[1, 0, 0, 1])],
         {"s": i(5, 4), "b": i(2, 2)}, {"x": [8, 9]})
operator("Einsum_diagonal", [node("Einsum", ["x"], ["y"], equation="bijj->bji")], {}, {"x": [2, 3, 3]})
operator("Einsum_trace", [node("Einsum", ["x"], ["y"], equation="bkii->bk")], {}, {"x": [2, 3, 3]})
operator("Einsum_others", [node("Einsum", ["x", "w"], ["y"], equation="...ij,jk->...ik")], {"w": array(4, 2)}, {"x": [2, 3, 4]})
operator("Einsum_others_between", [node("Einsum", ["x", "z"], ["y"], equation="b...j,b...j->b...")], {}, {"x": [2, 3, 4], "z": [1, 3, 4]})
operator("Einsum_diagonal_of_constants", [node("Einsum", ["c"], ["d"], equation="...ii->...i"), node("Add", ["x", "d"], ["y"])], {"c": array(2, 3, 3)}, {"x": [2, 3]})
