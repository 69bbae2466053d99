import SwiftProtobuf

/// The network of an ONNX file.
///
/// - Parameter publish: The initializers and computed constants whose numbers may be public although they may be trained;
///   nil to refuse none, for a network that is not to be proved.
/// - Throws: `.unusableFile`, `.unusableModel`, or `.unsupportedNodes` with every unsupported node.
package func importONNX(path: String, publish: Set<String>? = []) throws(ModelError) -> Network {
  let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
  return try importONNX(readFile(path), publish: publish, file: path, folder: String(path.dropLast(name.count)))
}

/// - Parameters:
///   - file: The name that errors give to `bytes`.
///   - folder: Where data is that tensors keep in other files, with the slash at its end; nil to read none.
package func importONNX(
  _ bytes: [UInt8], publish: Set<String>? = [], file: String, folder: String? = nil
) throws(ModelError) -> Network {
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
  guard supportedOperatorSets.contains(Int(version)) else {
    throw refuse("operator set \(version) is not supported; \(supportedOperatorSets) are")
  }
  var graph = model.graph
  if let folder { try graph.loadExternalData(folder: folder, model: file) }
  guard graph.sparseInitializer.isEmpty else { throw refuse("sparse initializers are not supported") }

  let (inputs, batch) = try importInputs(graph, file: file)
  let constants = graph.initializer.map(\.name) + graph.node.filter(\.statesConstant).flatMap(\.output)
  var importer = try GraphImporter(
    graph, inputs: inputs, batch: batch, operatorSet: Int(version), publish: publish, file: file)
  for (index, node) in graph.node.enumerated() { try importer.add(node, index) }
  if let name = publish?.subtracting(constants).filter({ !importer.isComputed($0) }).min() {
    throw refuse("it has no constant '\(name.oneLine)' to publish; it has \(constants.prefix(20).map(\.oneLine))")
  }
  return try importer.finish(graph.output)
}

extension ONNXGraph {
  /// Reads the data that initializers and constants keep in other files.
  fileprivate mutating func loadExternalData(folder: String, model: String) throws(ModelError) {
    var limit = 1 << 30
    for index in initializer.indices {
      try initializer[index].loadExternalData(folder: folder, model: model, limit: &limit)
    }
    for index in node.indices where node[index].statesConstant {
      for attribute in node[index].attribute.indices where node[index].attribute[attribute].type == .tensor {
        try node[index].attribute[attribute].t.loadExternalData(folder: folder, model: model, limit: &limit)
      }
    }
  }
}

/// Versions in which the imported operators mean the same, or whose differences the importer knows.
let supportedOperatorSets = 7...28

func isDefaultDomain(_ domain: String) -> Bool { domain.isEmpty || domain == "ai.onnx" }

/// How the model states its leading axis.
enum BatchAxis { case one, symbolic }

/// Stands for the size of a symbolic batch axis in constants that were computed from shapes.
let symbolicBatch = -1 << 62 - 1

private func importInputs(_ graph: ONNXGraph, file: String) throws(ModelError) -> ([NamedShape], BatchAxis) {
  let constants = Set(graph.initializer.map(\.name))
  var inputs: [NamedShape] = []
  var batch: BatchAxis?
  for input in graph.input where !constants.contains(input.name) {
    do throws(DataProblem) {
      let (shape, own) = try sampleShape(of: input)
      if inputs.contains(where: { $0.name == input.name }) { throw DataProblem("is declared twice") }
      if let batch, batch != own { throw DataProblem("has another batch axis than the input before it") }
      inputs.append(NamedShape(name: input.name, shape: shape))
      batch = own
    } catch {
      throw .unusableModel(file: file, node: nil, reason: "the input '\(input.name.oneLine)' \(error.reason)")
    }
  }
  guard let batch else { throw .unusableModel(file: file, node: nil, reason: "the graph has no input") }
  return (inputs, batch)
}

private func sampleShape(of input: ONNXValue) throws(DataProblem) -> ([Int], BatchAxis) {
  let type = input.type.tensorType
  if input.name.isEmpty { throw DataProblem("has no name") }
  if input.name.utf8.count > maximumNameByteCount { throw DataProblem("has a name that is too long") }
  guard input.type.hasTensorType, ElementType(rawValue: type.elemType)?.isFloat == true else {
    throw DataProblem("has element type \(elementTypeName(type.elemType)); only floats are supported")
  }
  guard type.hasShape, let leading = type.shape.dim.first else { throw DataProblem("has no shape with a batch axis") }
  let batch: BatchAxis
  switch leading.value {
  case .dimValue(1): batch = .one
  case .dimValue(let size): throw DataProblem("has a batch axis of \(size); only 1 or a symbolic one is supported")
  case .dimParam, nil: batch = .symbolic
  }
  var shape: [Int] = []
  for dimension in type.shape.dim.dropFirst() {
    guard case .dimValue(let size) = dimension.value, size > 0 else {
      throw DataProblem("has an axis without a fixed size; only the batch axis may be symbolic")
    }
    shape.append(Int(size))
  }
  if shape.isEmpty { throw DataProblem("has a batch axis only") }
  if shape.count >= maximumAxisCount || elementCount(shape) == nil { throw DataProblem("is too large") }
  return (shape, batch)
}
