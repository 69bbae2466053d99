/// Why a model or a data file cannot be used. Descriptions are one line each.
package enum ModelError: Error, Equatable {
  /// The file cannot be read, or its content is not of its format.
  case unusableFile(String, reason: String)
  /// An ONNX model that is malformed or outside the importer's limits; `node` is nil for the graph as a whole.
  case unusableModel(file: String, node: String?, reason: String)
  /// Every node that the importer does not support, in graph order.
  case unsupportedNodes(file: String, [UnsupportedNode])
  /// An array that is not a batch of samples of the expected shape.
  case shapeMismatch(source: String, found: [Int], expected: [Int])
  /// Data whose values or arrays cannot be used.
  case unusableData(source: String, reason: String)
  /// A layer that has no exact integer form within the limits of the circuit.
  case unusableLayer(String, reason: String)
}

/// One node that the importer refuses.
package struct UnsupportedNode: Equatable, Sendable {
  package let name: String
  package let operation: String
  package let reason: String
}

extension ModelError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unusableFile(let source, let reason), .unusableModel(let source, nil, let reason),
      .unusableData(let source, let reason):
      "\(source.oneLine(4096)): \(reason)"
    case .unusableModel(let file, let node?, let reason):
      "\(file.oneLine(4096)): node \(node.oneLine): \(reason)"
    case .unsupportedNodes(let file, let nodes):
      "\(file.oneLine(4096)): \(nodes.count) unsupported node\(nodes.count == 1 ? "" : "s"): "
        + nodes.map { "\($0.name.oneLine) (\($0.operation.oneLine)): \($0.reason)" }.joined(separator: "; ")
    case .shapeMismatch(let source, let found, let expected):
      "\(source.oneLine(4096)): shape \(found) is not a batch of samples of shape \(expected)"
    case .unusableLayer(let layer, let reason):
      "layer \(layer.oneLine): \(reason)"
    }
  }
}

extension String {
  /// The string with `?` for each character that is not seen, ends a line or changes how others are seen: names in files
  /// and of files are other people's.
  package var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.isUnseen ? "?" : $0 }))
  }

  /// At most 120 characters of the string, printable.
  var oneLine: String { oneLine(120) }

  func oneLine(_ limit: Int) -> String {
    let end = unicodeScalars.index(startIndex, offsetBy: limit, limitedBy: endIndex) ?? endIndex
    return String(self[..<end]).printable + (end < endIndex ? "…" : "")
  }
}

extension Unicode.Scalar {
  /// True for controls, marks of direction and joining, ends of lines, and what has no meaning of its own.
  package var isUnseen: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }
}
