import Model
import TestSupport
import Testing

private let expected: [Double] = [0, 1, 2, 3, 100, 127]

private func read(_ reference: String, preferring name: String? = nil) throws -> NumericArray {
  try DataReference(fixtures + "data/" + reference).read(preferring: name)
}

@Suite struct DataTests {
  @Test(arguments: ["float32", "float64", "int8", "int16", "int32", "int64", "uint8"])
  func everyElementTypeIsRead(type: String) throws {
    let array = try read("\(type).npy")
    #expect(array == NumericArray(shape: [2, 3], values: expected, isInteger: type.contains("int")))
  }

  @Test(arguments: [
    "stored.npz:values", "deflated.npz:values", "single.npz", "zip64.npz", "nested.json", "named.json:values",
  ])
  func everyContainerIsRead(reference: String) throws {
    let array = try read(reference)
    #expect(array.shape == [2, 3])
    #expect(array.values == expected)
  }

  @Test func otherShapesAreRead() throws {
    #expect(try read("vector.npy") == NumericArray(shape: [3], values: [0, 1, 2], isInteger: false))
    #expect(try read("fortran.npy") == NumericArray(shape: [2, 3], values: expected, isInteger: false))
    #expect(try read("half.npy") == NumericArray(shape: [2, 3], values: expected, isInteger: false))
    #expect(try read("uint64.npy") == NumericArray(shape: [2, 3], values: expected, isInteger: true))
    #expect(try read("scalar.npy") == NumericArray(shape: [], values: [2.5], isInteger: false))
    #expect(try read("empty.npy") == NumericArray(shape: [0, 4], values: [], isInteger: false))
    #expect(try read("named.json:deep") == NumericArray(shape: [1, 2, 1], values: [0.01, -2.5], isInteger: false))
    #expect(try read("stored.npz:in0/x").values == [1, 2])
    #expect(try read("stored.npz", preferring: "in0/x").values == [1, 2])
    #expect(try read("nested.json[1]") == NumericArray(shape: [3], values: [3, 100, 127], isInteger: false))
    #expect(try read("stored.npz:values[0]").values == [0, 1, 2])
    #expect(try read("stored.npz:values[1:]") == NumericArray(shape: [1, 3], values: [3, 100, 127], isInteger: false))
    #expect(try read("stored.npz:values[:2]") == read("stored.npz:values"))
  }

  @Test func referencesAreParsed() {
    func parts(_ text: String) -> String {
      let reference = DataReference(text)
      return "\(reference.path)|\(reference.key ?? "-")|\(reference.part?.description ?? "-")"
    }
    #expect(parts("a/b.npz") == "a/b.npz|-|-")
    #expect(parts("a:b/c.npz:in0/x[12]") == "a:b/c.npz|in0/x|element 12")
    #expect(parts("c.json:k:l") == "c.json|k:l|-")
    #expect(parts("c.npy[3]") == "c.npy|-|element 3")
    #expect(parts("c[x].npy") == "c[x].npy|-|-")
    #expect(parts("c[-1]") == "c[-1]|-|-")
    #expect(parts("[1]") == "|-|element 1")
    #expect(parts("c.npz:k[0:8]") == "c.npz|k|elements 0:8")
    #expect(parts("c.npz:k[3:]") == "c.npz|k|elements 3:")
    #expect(parts("c.npy[:4]") == "c.npy|-|elements 0:4")
    #expect(parts("c[:]") == "c|-|elements 0:")
    for text in ["c[1:2:3]", "c[-1:2]", "c[+1]", "c[]", "c[a:b]", "c[0:99999999999999999999]"] { #expect(parts(text) == "\(text)|-|-") }
    #expect(parts("") == "|-|-")
  }

  @Test(arguments: [
    ("refused_uint64.npy", "has an integer of 2^63 or more"),
    ("refused_big_endian.npy", "has element type '>f4', which is not supported"),
    ("refused_complex.npy", "has element type '<c8', which is not supported"),
    ("refused_text.npy", "has element type '<U1', which is not supported"),
    ("refused_record.npy", "has a header that is not understood"),
    ("refused_nan.npy", "has values that are not finite"),
    ("refused_bzip2.npz", "the array 'values' has a member compressed by method 12, which is not supported"),
    ("stored.npz", "has 2 arrays; name one of: values, in0/x"),
    ("stored.npz:other", "has no array 'other'; it has: values, in0/x"),
    ("vector.npy:key", "is one array without a name, and has no 'key'"),
    ("named.json", "has 3 arrays; name one of: values, labels, deep"),
    ("missing.npz", "cannot be opened: No such file or directory"),
    ("../data", "is not a regular file"),
    ("../generate.py", "is not an .npz, .npy or JSON file"),
  ])
  func unusableFilesAreNamed(reference: String, reason: String) {
    let file = fixtures + "data/" + DataReference(reference).path
    #expect(throws: ModelError.unusableFile(file, reason: reason)) { try read(reference) }
  }

  @Test(arguments: [
    ("nested.json[2]", [2, 3], "element 2"), ("scalar.npy[0]", [], "element 0"), ("empty.npy[0]", [0, 4], "element 0"),
    ("nested.json[1:3]", [2, 3], "elements 1:3"), ("nested.json[1:1]", [2, 3], "elements 1:1"), ("nested.json[2:]", [2, 3], "elements 2:"),
    ("scalar.npy[0:1]", [], "elements 0:1"), ("empty.npy[:]", [0, 4], "elements 0:"),
  ])
  func missingElementsAreRefused(reference: String, shape: [Int], part: String) {
    #expect(
      throws: ModelError.unusableData(
        source: fixtures + "data/" + reference,
        reason: "an array of shape \(shape) has no \(part)")
    ) { try read(reference) }
  }

  @Test(arguments: [
    ("{}", "not an array"), ("1", "not an array"), ("[[1],[2,3]]", "arrays of unequal length side by side, at [1]"),
    ("[[],[1]]", "arrays of unequal length side by side, at [1]"), ("[[1],2]", "not an array, at [1]"),
    ("[1,[2]]", "not a number, at [1]"), ("[null]", "not a number, at [0]"), ("[true]", "not a number, at [0]"),
    ("{\"a\":1}", "not an array, at a"), ("{\"a\":\"b\"}", "not an array, at a"),
    ("{\"a\":{\"b\":[1]}}", "not an array, at a"), ("{\"a\":[[1,2],[3,\"\"]]}", "not a number, at a[1][1]"),
    ("{\"a\":[1],\"a\":[1]}", "two arrays of the name 'a'"), ("{\"a\\n\":[1]}", "a name that has escapes"),
    (String(repeating: "[", count: 33) + String(repeating: "]", count: 33), "arrays nested too deeply"),
  ])
  func unusableJSONIsExplained(text: String, reason: String) {
    #expect(throws: DataProblem("is not usable JSON: \(reason)")) { try readJSON(Array(text.utf8)) }
  }

  @Test(arguments: [
    "", "[", "[1", "[01]", "[1.]", "[1e]", "[+1]", "[-]", "[NaN]", "[Infinity]", "[1e999]", "[1,,2]", "[1 2]", "[1] 2", "[1]]",
    "{", "{\"a", "{\"a\" [1]}", "{\"a\":[1] \"b\":[1]}", "[" + String(repeating: "9", count: 1_000) + "]",
    String(repeating: "[", count: 1_000_000), String(repeating: "{\"a\":", count: 1_000_000),
  ])
  func whatIsNotJSONIsRefused(text: String) {
    #expect(throws: DataProblem("is not JSON, is cut off, or has a number that is not finite")) {
      try readJSON(Array(text.utf8))
    }
  }

  @Test func shapesOfJSONAreThoseOfItsBrackets() throws {
    let arrays = try readJSON(Array("{\"b\": [[], []], \"a\": [[[-1e-300]], [[2.5E+1]]], \"c\": []}".utf8))
    #expect(arrays.map(\.name) == ["b", "a", "c"])
    #expect(arrays.map(\.array.shape) == [[2, 0], [2, 1, 1], [0]])
    #expect(arrays[1].array.values == [-1e-300, 25])
  }

  @Test func writtenArraysAreReadBack() throws {
    let real = try readNPY(encodeNPY([0.1, -2, 1e300], shape: [3, 1]))
    #expect(real == NumericArray(shape: [3, 1], values: [0.1, -2, 1e300], isInteger: false))
    let integer = try readNPY(encodeNPY([Int64(-5), 1 << 40], shape: [2]))
    #expect(integer == NumericArray(shape: [2], values: [-5, 0x1p40], isInteger: true))
    #expect(encodeNPY([1.0], shape: []).count == 128 + 8)
  }

  private func zeros(_ shape: [Int]) -> NumericArray {
    NumericArray(shape: shape, values: [Double](repeating: 0, count: shape.reduce(1, *)), isInteger: false)
  }

  @Test(arguments: [
    ([2, 3], false, [2, 3], 1), ([2, 3], false, [5, 2, 3], 5), ([2, 3], false, [5, 1, 2, 1, 3], 5),
    ([1, 2, 3], false, [2, 3], 1), ([1, 2, 3], false, [5, 2, 3], 5), ([3, 4, 5], false, [7, 3, 4, 5], 7),
    ([6], false, [6], 1), ([6], false, [5, 6], 5), ([6], false, [1, 6], 1), ([1], false, [5], 5), ([1], false, [], 1),
    ([1, 1], false, [5, 1], 5),
  ] as [([Int], Bool, [Int], Int)])
  func sizesAreComparedInOrder(port: [Int], isReadFlat: Bool, shape: [Int], count: Int) throws {
    let port = NamedShape(name: "x", shape: port, isReadFlat: isReadFlat)
    #expect(try zeros(shape).batchCount(of: port, source: "a") == count)
    #expect(zeros(shape).flatteningNotice(for: port, source: "a") == nil)
  }

  /// A port that is flat takes any sample; a flat sample goes where its order is known.
  @Test(arguments: [
    ([6], false, [2, 3], 1, "2 × 3"), ([6], false, [5, 2, 3], 5, "2 × 3"), ([24], false, [5, 2, 3, 4], 5, "2 × 3 × 4"),
    ([2, 3], false, [6], 1, "6"), ([1, 2, 3], false, [5, 6], 5, "6"), ([2, 3, 4], true, [24], 1, "24"),
    ([2, 3, 4], true, [5, 24], 5, "24"),
  ] as [([Int], Bool, [Int], Int, String)])
  func flatSamplesAreTakenAndSaid(port: [Int], isReadFlat: Bool, shape: [Int], count: Int, sizes: String) throws {
    let port = NamedShape(name: "x", shape: port, isReadFlat: isReadFlat)
    #expect(try zeros(shape).batchCount(of: port, source: "a") == count)
    let wanted = port.shape.map(String.init).joined(separator: " × ")
    let notice = "a: samples of \(sizes) are taken in their order as \(wanted), which 'x' is"
    #expect(zeros(shape).flatteningNotice(for: port, source: "a") == notice)
  }

  /// As many elements in another order: channels last, rows for columns, flat channels; and other numbers of them.
  @Test(arguments: [
    ([3, 8, 8], false, [5, 8, 8, 3]), ([3, 8, 8], false, [8, 8, 3]), ([3, 8, 8], true, [5, 8, 8, 3]),
    ([2, 3], false, [3, 2]), ([2, 3], false, [5, 3, 2]), ([2, 3, 4], false, [24]), ([2, 3, 4], false, [5, 24]),
    ([2, 3, 4], false, [5, 6, 4]), ([2, 3, 4], true, [5, 6, 4]), ([6], false, [5, 7]), ([6], false, [0, 6]), ([6], false, []),
    ([2, 3], false, [12]), ([2, 3], false, [7]), ([6], false, [1, 5, 6]),
  ] as [([Int], Bool, [Int])])
  func otherAxesAreRefused(port: [Int], isReadFlat: Bool, shape: [Int]) throws {
    let named = NamedShape(name: "x", shape: port, isReadFlat: isReadFlat)
    #expect(throws: ModelError.shapeMismatch(source: "a", found: shape, expected: port)) {
      try zeros(shape).batchCount(of: named, source: "a")
    }
    #expect(zeros(shape).flatteningNotice(for: named, source: "a") == nil)
  }

  /// Whether a network flattens its input is seen in the model and in its circuit.
  @Test(arguments: [true, false]) func networksThatFlattenFirstAreKnown(flattens: Bool) throws {
    var builder = ONNXBuilder()
    builder.input("x", [nil, 3, 4, 4])
    if flattens {
      builder.initializer("w", .floats([Float](repeating: 0.5, count: 96), [48, 2]))
      builder.node("MatMul", [builder.node("Flatten", ["x"]), "w"], ["y"])
    } else {
      builder.initializer("w", .floats([Float](repeating: 0.5, count: 54), [2, 3, 3, 3]))
      builder.node("Conv", ["x", "w"], ["y"])
    }
    builder.output("y")
    let network = try importONNX(builder.bytes, file: "model").simplified()
    #expect(network.ports[0].isReadFlat == flattens)
    let values = (0..<96).map { Double($0 % 7) }
    let calibration = try Calibration(network, [FloatBatch(count: 2, values: values)], source: "data")
    let circuit = try compile(network, calibration).lowered.circuit
    #expect(InputEncoding(circuit.inputs[0], circuit).port.isReadFlat == flattens)
  }
}
