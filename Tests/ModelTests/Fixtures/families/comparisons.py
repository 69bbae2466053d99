# What is found by comparisons of many elements, and squares of features of unlike sizes.

operator("TopK_of_many", [node("TopK", ["x", "k"], ["y", "n"])], {"k": i(3)}, {"x": [2, 300]})
operator("TopK_smallest_of_many", [
    node("TopK", ["x", "k"], ["v", "n"], largest=0), node("Cast", ["n"], ["c"], to=FLOAT), node("Concat", ["v", "c"], ["y"], axis=1)],
    {"k": i(5)}, {"x": [270]})
operator("Dropout_mask", [
    node("Dropout", ["x"], ["d", "mask"]), node("Cast", ["mask"], ["c"], to=FLOAT), node("Add", ["d", "c"], ["y"])], {}, {"x": [3]})
operator("Div_of_a_square", [node("Pow", ["x", "e"], ["s"]), node("Div", ["s", "v"], ["y"])], {"e": np.float32(2), "v": f(0.01, 3, 250)}, {"x": [2, 3]})
