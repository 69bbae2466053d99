"""Blocks of models as people write them."""
# Grids that depend on the input.
image = {"x": [2, 5, 6], "g": [3, 4, 2]}
for mode, padding in [("linear", "zeros"), ("linear", "border"), ("linear", "reflection"), ("nearest", "zeros"), ("nearest", "border"),
                      ("nearest", "reflection"), ("cubic", "zeros")]:
    for aligned in [0, 1]:
        operator(f"GridSample_computed_{mode}_{padding}_{aligned}",
                 [node("GridSample", ["x", "g"], ["y"], mode=mode, padding_mode=padding, align_corners=aligned)], {}, image)
operator("GridSample_computed_volume", [node("GridSample", ["x", "g"], ["y"])], {}, {"x": [2, 3, 2, 4], "g": [2, 3, 2, 3]})
operator("GridSample_computed_line", [node("GridSample", ["x", "g"], ["y"], padding_mode="border")], {}, {"x": [2, 1, 5], "g": [3, 4, 2]})
operator("GridSample_transformer", [node("Reshape", ["t", "m"], ["a"]), node("AffineGrid", ["a", "s"], ["g"]), node("GridSample", ["x", "g"], ["y"])],
         {"m": i(-1, 2, 3), "s": i(1, 2, 5, 6)}, {"x": [2, 5, 6], "t": [6]}, batch=1)

# Probabilities whose values are asked for.
operator("TopK_probabilities", [node("Softmax", ["x"], ["p"]), node("TopK", ["p", "k"], ["y", "label"])], {"k": i(2)}, {"x": [3, 4]}, outputs=("y", "label"))
operator("Softmax_largest", [node("Softmax", ["x"], ["p"]), node("ReduceMax", ["p", "a"], ["y"], keepdims=0)], {"a": i(-1)}, {"x": [3, 4]})
# The largest of all elements of one sample.
operator("ArgMax_flat", [node("Reshape", ["x", "s"], ["f"]), node("ArgMax", ["f"], ["label"], keepdims=0)], {"s": i(-1)}, {"x": [3, 4]}, outputs=("label",), batch=1)
# All of the batch, as some exporters write it.
operator("Slice_batch", [node("Slice", ["x", "a", "b", "c"], ["y"])], {"a": i(0, 1), "b": i(1000000000, 3), "c": i(0, 1)}, {"x": [4]})
