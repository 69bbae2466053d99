import SwiftProtobuf

/// The network of an ONNX file.
///
/// Where nodes mix the samples of a symbolic batch, one sample is one call of the model with a batch of 1, or of the size that
/// data with one axis more give it; a notice says so.
///
/// - Parameters:
///   - publish: The initializers and computed constants whose numbers may be public although they may be trained; nil to refuse
///     none, for a network that is not to be proved.
///   - outputs: The values to show, in this order; nil for the outputs of the graph. What they do not need is left out.
///   - mostOfMask: What is added to scores is taken for a mask from this number down; −∞ to take all as numbers.
///   - shape: That of the data for an input, the batch first, from which its symbolic axes have their sizes; nil when there are
///     no data.
/// - Throws: `.unusableFile`, `.unusableModel`, or `.unsupportedNodes` with every unsupported node.
package func importONNX(
  path: String, publish: Set<String>? = [], outputs: [String]? = nil, mostOfMask: Float = usualMostOfMask,
  shape: (String) throws(ModelError) -> [Int]? = { _ in nil }
) throws(ModelError) -> Network {
  let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
  let (bytes, folder) = (try readFile(path), String(path.dropLast(name.count)))
  func network(fixesBatch: Bool) throws(ModelError) -> Network {
    try importONNX(
      bytes, publish: publish, outputs: outputs, mostOfMask: mostOfMask, file: path, folder: folder, fixesBatch: fixesBatch, shape: shape)
  }
  do throws(ModelError) { return try network(fixesBatch: false) } catch {
    guard case .unsupportedNodes(_, let nodes) = error, let first = nodes.first else { throw error }
    do throws(ModelError) {
      var alone = try network(fixesBatch: true)
      alone.notices.append(
        "one sample is one call of the model, with a batch of its own: \(first.name.oneLine) (\(first.operation.oneLine)): \(first.reason)")
      return alone
    } catch .unsupportedNodes(_, let others) {
      throw others.count < nodes.count ? .unsupportedNodes(file: path, others) : error
    } catch {
      throw .unsupportedNodes(file: path, nodes)
    }
  }
}

/// - Parameters:
///   - file: The name that errors give to `bytes`.
///   - folder: Where data is that tensors keep in other files, with the slash at its end; nil to read none.
///   - fixesBatch: Whether a symbolic batch gets a size, so that one sample is one call of the model.
package func importONNX(
  _ bytes: [UInt8], publish: Set<String>? = [], outputs: [String]? = nil, mostOfMask: Float = usualMostOfMask, file: String, folder: String? = nil,
  fixesBatch: Bool = false, shape: (String) throws(ModelError) -> [Int]? = { _ in nil }
) throws(ModelError) -> Network {
  func refuse(_ reason: String) -> ModelError { .unusableModel(file: file, node: nil, reason: reason) }
  var model: ONNXModel
  do {
    model = try ONNXModel(serializedBytes: bytes)
  } catch {
    throw .unusableFile(file, reason: "is not an ONNX model, or is damaged")
  }
  guard model.hasGraph else { throw .unusableFile(file, reason: "is not an ONNX model: it has no graph") }
  guard let version = model.opsetImport.first(where: { isDefaultDomain($0.domain) })?.version ?? model.latestOperatorSet else {
    throw refuse("the model names no version of the standard operator set")
  }
  guard supportedOperatorSets.contains(Int(version)) else {
    throw refuse(
      "operator set \(version) is not supported; \(supportedOperatorSets) are, and onnx.version_converter makes one of another")
  }
  try model.inlineFunctions(operatorSet: Int(version), file: file)
  var graph = model.graph
  guard graph.sparseInitializer.isEmpty else { throw refuse("sparse initializers are not supported") }
  if let outputs { graph.output = try graph.chosen(outputs, file: file) }
  guard !graph.output.isEmpty else { throw refuse("the graph has no output") }
  let constants = graph.initializer.map(\.name) + graph.node.filter(\.statesConstant).flatMap(\.output)
  let unused = graph.removeUnused()
  graph.boundPowerTransforms()
  if let folder { try graph.loadExternalData(folder: folder, model: file) }

  if fixesBatch { try graph.fixBatch(shape: shape) }
  let (inputs, batch): ([ImportedInput], BatchAxis)
  do throws(ModelError) { (inputs, batch) = try graph.inputs(file: file, shape: shape) } catch {
    throw graph.withUnknownNodes(error, file: file)
  }
  var importer = try GraphImporter(
    graph, inputs: inputs, batch: batch, operatorSet: Int(version), isClassical: model.opsetImport.contains { $0.domain == classicalDomain },
    publish: publish, mostOfMask: mostOfMask, file: file)
  for name in unused { importer.notices.append("the input '\(name.oneLine)' is not needed, and left out") }
  for (index, node) in graph.node.enumerated() { try importer.add(node, index) }
  if let name = publish?.subtracting(constants).filter({ !importer.isComputed($0) }).min() {
    throw refuse("it has no constant '\(name.oneLine)' to publish; it has \(constants.prefix(20).map(\.oneLine))")
  }
  return try importer.finish(graph.output)
}

extension ONNXModel {
  /// The last supported operator set, for a model of operators of other domains alone; nil for another one.
  fileprivate var latestOperatorSet: Int64? {
    opsetImport.isEmpty || graph.node.contains { isDefaultDomain($0.domain) } ? nil : Int64(supportedOperatorSets.upperBound)
  }
}

extension ONNXGraph {
  /// The outputs of these names, or other values of them.
  fileprivate func chosen(_ names: [String], file: String) throws(ModelError) -> [ONNXValue] {
    let values = Set(node.flatMap(\.output) + input.map(\.name))
    return try names.map { name throws(ModelError) in
      if let declared = output.first(where: { $0.name == name }) { return declared }
      guard values.contains(name) else {
        throw .unusableModel(
          file: file, node: nil, reason: "it has no value '\(name.oneLine)' to show; its outputs are \(output.prefix(20).map(\.name.oneLine))")
      }
      var value = ONNXValue()
      value.name = name
      return value
    }
  }
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
