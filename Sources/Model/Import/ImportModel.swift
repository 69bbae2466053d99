import SwiftProtobuf

/// The network of an ONNX file.
///
/// - Parameters:
///   - publish: The initializers and computed constants whose numbers may be public although they may be trained; nil to refuse
///     none, for a network that is not to be proved.
///   - mostOfMask: What is added to scores is taken for a mask from this number down; −∞ to take all as numbers.
///   - shape: That of the data for an input, the batch first, from which its symbolic axes have their sizes; nil when there are
///     no data.
/// - Throws: `.unusableFile`, `.unusableModel`, or `.unsupportedNodes` with every unsupported node.
package func importONNX(
  path: String, publish: Set<String>? = [], mostOfMask: Float = usualMostOfMask,
  shape: (String) throws(ModelError) -> [Int]? = { _ in nil }
) throws(ModelError) -> Network {
  let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
  return try importONNX(
    readFile(path), publish: publish, mostOfMask: mostOfMask, file: path, folder: String(path.dropLast(name.count)), shape: shape)
}

/// - Parameters:
///   - file: The name that errors give to `bytes`.
///   - folder: Where data is that tensors keep in other files, with the slash at its end; nil to read none.
package func importONNX(
  _ bytes: [UInt8], publish: Set<String>? = [], mostOfMask: Float = usualMostOfMask, file: String, folder: String? = nil,
  shape: (String) throws(ModelError) -> [Int]? = { _ in nil }
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

  let (inputs, batch) = try graph.inputs(file: file, shape: shape)
  let constants = graph.initializer.map(\.name) + graph.node.filter(\.statesConstant).flatMap(\.output)
  var importer = try GraphImporter(
    graph, inputs: inputs, batch: batch, operatorSet: Int(version), publish: publish, mostOfMask: mostOfMask, file: file)
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
