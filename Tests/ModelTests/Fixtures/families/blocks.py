"""Models as exporters write them."""
random = np.random.default_rng(20261203)

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
