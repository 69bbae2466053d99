import SwiftProtobuf

/// The network of an ONNX file.
///
/// - Throws: `.unusableFile`, `.unusableModel`, or `.unsupportedNodes` with every unsupported node.
package func importONNX(path: String) throws(ModelError) -> Network {
  try importONNX(readFile(path), file: path)
}

/// - Parameter file: The name that errors give to `bytes`.
package func importONNX(_ bytes: [UInt8], file: String) throws(ModelError) -> Network {
  func refuse(_ reason: String) -> ModelError { .unusableModel(file: file, node: nil, reason: reason) }
  let model: ONNXModel
  do {
    model = try ONNXModel(serializedBytes: bytes)
  } catch {
    throw .unusableFile(file, reason: "is not an ONNX model, or is damaged")
  }
  guard model.hasGraph else { throw .unusableFile(file, reason: "is not an ONNX model: it has no graph") }
  guard model.functions.isEmpty else { throw refuse("the model defines functions of its own, which are not supported") }
  guard let version = model.opsetImport.first(where: { isDefaultDomain($0.domain) })?.version else {
    throw refuse("the model names no version of the standard operator set")
  }
  guard supportedOperatorSets.contains(version) else {
    throw refuse("operator set \(version) is not supported; \(supportedOperatorSets) are")
  }
  let graph = model.graph
  guard graph.sparseInitializer.isEmpty else { throw refuse("sparse initializers are not supported") }

  let (input, batch) = try importInput(graph, file: file)
  guard graph.output.count == 1, let output = graph.output.first else {
    throw refuse("the graph has \(graph.output.count) outputs; exactly one is supported")
  }

  var importer = try GraphImporter(graph, input: input, batch: batch, file: file)
  for (index, node) in graph.node.enumerated() { try importer.add(node, index) }
  return try importer.finish(output: output)
}

/// Versions in which the imported operators mean the same.
private let supportedOperatorSets: ClosedRange<Int64> = 7...28

func isDefaultDomain(_ domain: String) -> Bool { domain.isEmpty || domain == "ai.onnx" }

/// How the model states its leading axis.
enum BatchAxis { case one, symbolic }

private func importInput(_ graph: ONNXGraph, file: String) throws(ModelError) -> (NamedShape, BatchAxis) {
  let constants = Set(graph.initializer.map(\.name))
  let inputs = graph.input.filter { !constants.contains($0.name) }
  guard inputs.count == 1, let input = inputs.first else {
    throw .unusableModel(
      file: file, node: nil, reason: "the graph has \(inputs.count) inputs; exactly one is supported")
  }
  func refuse(_ reason: String) -> ModelError {
    .unusableModel(file: file, node: nil, reason: "the input '\(input.name.oneLine)' \(reason)")
  }
  guard !input.name.isEmpty else { throw refuse("has no name") }
  guard input.name.utf8.count <= maximumNameByteCount else { throw refuse("has a name that is too long") }
  guard input.type.hasTensorType, input.type.tensorType.elemType == 1 else {
    throw refuse("has element type \(elementTypeName(input.type.tensorType.elemType)); only FLOAT is supported")
  }
  guard input.type.tensorType.hasShape, let leading = input.type.tensorType.shape.dim.first else {
    throw refuse("has no shape with a batch axis")
  }
  let batch: BatchAxis
  switch leading.value {
  case .dimValue(1): batch = .one
  case .dimValue(let size): throw refuse("has a batch axis of \(size); only 1 or a symbolic one is supported")
  case .dimParam, nil: batch = .symbolic
  }
  var shape: [Int] = []
  for dimension in input.type.tensorType.shape.dim.dropFirst() {
    guard case .dimValue(let size) = dimension.value, size > 0 else {
      throw refuse("has an axis without a fixed size; only the batch axis may be symbolic")
    }
    shape.append(Int(size))
  }
  guard !shape.isEmpty else { throw refuse("has a batch axis only") }
  guard elementCount(shape) != nil else { throw refuse("is too large") }
  return (NamedShape(name: input.name, shape: shape), batch)
}
