# What sums over axes of one operand is no copy of it.
operator("Einsum_rows", [node("Einsum", ["x"], ["y"], equation="bij->bi")], {}, {"x": [3, 4]})
operator("Einsum_all", [node("Einsum", ["x"], ["y"], equation="bij->b")], {}, {"x": [3, 4]})
