# Questions about infinities, orders of all elements, and what filters leave out.

operator("IsInf", [node("IsInf", ["x"], ["m"]), node("Where", ["m", "zero", "x"], ["y"])], {"zero": f(0)}, {"x": [3, 4]})
operator("IsInf_positive", [node("IsInf", ["x"], ["m"], detect_negative=0), node("Where", ["m", "zero", "x"], ["y"])], {"zero": f(0)}, {"x": [3, 4]})
operator("IsInf_constants", [node("IsInf", ["k"], ["m"], detect_positive=0), node("Where", ["m", "zero", "x"], ["y"])],
         {"zero": f(0), "k": np.float32([np.inf, -np.inf, 1, np.nan])}, {"x": [4]})
operator("TopK_all", [node("TopK", ["x", "k"], ["v", "p"]), node("Cast", ["p"], ["y"], to=FLOAT)], {"k": i(5)}, {"x": [3, 5]})
operator("Where_integers", [node("Greater", ["x", "zero"], ["m"]), node("Where", ["m", "a", "b"], ["w"]), node("Sub", ["w", "b"], ["d"]),
                            node("Cast", ["d"], ["y"], to=FLOAT)], {"zero": f(0), "a": i(3, 3, 3, 3), "b": i(1, 1, 1, 1)}, {"x": [4]})
operator("Resize_linear_filtered_inside", [node("Resize", scaled, ["y"], mode="linear", antialias=1, exclude_outside=1)],
         shrunk, image)
