import TestSupport
import Testing

/// A model of a few hundred bytes costs the tool neither its life nor much memory.
@Suite struct HostileModelTests {
  private func model(_ build: (inout ONNXBuilder) -> Void) -> [UInt8] {
    var builder = ONNXBuilder(operatorSet: 18)
    builder.input("x", [1, 2, 4, 4])
    build(&builder)
    builder.output("y")
    return builder.bytes
  }

  @Test func sizesAreRefusedBeforeMemoryIsTaken() throws {
    let place = try Workplace()
    let sample = "[[" + Array(repeating: "[[1,2,3,4],[1,2,3,4],[1,2,3,4],[1,2,3,4]]", count: 2).joined(separator: ",") + "]]"
    try place.write(Array(sample.utf8), to: "x.json")
    var models = [1 << 27, 1 << 40, 1 << 62].map { size in
      model {
        $0.initializer("s", .integers([1, 2, size, 4]))
        $0.node("Resize", ["x", "", "", "s"], ["y"])
      }
    }
    models.append(
      model {
        $0.initializer("s", .floats([1, 1, 1e30, 1], [4]))
        $0.node("Resize", ["x", "", "s"], ["y"])
      })
    models += ["AveragePool", "MaxPool"].map { operation in
      model {
        let sides = ONNXBuilder.Attribute.integers([65535, 65535, 65535, 65535])
        $0.node(operation, ["x"], ["y"], ["kernel_shape": .integers([65536, 65536]), "pads": sides])
      }
    }
    for bytes in models {
      try place.write(bytes, to: "m.onnx")
      let command = "\(built("zkml")) compile \(place.path)/m.onnx --calibrate \(place.path)/x.json --dry-run"
      let logs = (place.path + "/.output", place.path + "/.errors")
      let process = try ChildProcess(
        ["/bin/bash", "-c", "ulimit -v 2000000; exec timeout 60 \(command)"], output: logs.0, errors: logs.1)
      #expect(process.wait() == 2)
      let lines = String(decoding: try place.bytes(".errors"), as: UTF8.self).split(separator: "\n")
      #expect(lines.count == 2 && lines[0].hasSuffix("one unsupported node"), "\(lines)")
    }
  }
}
