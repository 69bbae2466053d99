import SwiftProtobuf

/// A tensor known when the model is imported.
enum Constant {
  case floats([Float], shape: [Int])
  case integers([Int], shape: [Int])

  var shape: [Int] {
    switch self {
    case .floats(_, let shape), .integers(_, let shape): shape
    }
  }
}

extension Constant {
  /// Float32 and int64 tensors; their data is inside the file, in `raw_data` or in the typed field.
  init(_ tensor: ONNXTensor) throws(NodeProblem) {
    let name = "the tensor '\(tensor.name.oneLine)'"
    if tensor.dataLocation == .external || !tensor.externalData.isEmpty {
      throw .unsupported("\(name) keeps its data in another file")
    }
    if tensor.hasSegment { throw .unsupported("\(name) is stored in segments") }
    guard let type = ElementType(rawValue: tensor.dataType) else {
      throw .unsupported("\(name) has element type \(elementTypeName(tensor.dataType)); only FLOAT and INT64 are read")
    }
    let shape = tensor.dims.map(Int.init)
    guard let count = elementCount(shape) else {
      throw .malformed("\(name) has shape \(tensor.dims.prefix(8)), which is negative or too large")
    }
    func check(_ found: Int) throws(NodeProblem) {
      guard found == count else { throw .malformed("\(name) of shape \(shape) holds \(found) elements") }
    }
    guard [tensor.rawData.isEmpty, tensor.floatData.isEmpty, tensor.int64Data.isEmpty].count(where: { !$0 }) <= 1 else {
      throw .malformed("\(name) stores its data twice")
    }
    switch type {
    case .float where tensor.rawData.isEmpty:
      try check(tensor.floatData.count)
      self = .floats(tensor.floatData, shape: shape)
    case .int64 where tensor.rawData.isEmpty:
      try check(tensor.int64Data.count)
      self = .integers(tensor.int64Data.map(Int.init), shape: shape)
    case .float, .int64:
      let width = type.byteCount
      let byteCount = tensor.rawData.count
      guard byteCount == width * count else {
        throw .malformed("\(name) of shape \(shape) holds \(byteCount) bytes, not \(width * count)")
      }
      self = tensor.rawData.withUnsafeBytes { bytes in
        switch type {
        case .float:
          .floats(
            (0..<count).map {
              Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }, shape: shape)
        case .int64:
          .integers(
            (0..<count).map {
              Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)))
            }, shape: shape)
        }
      }
    }
  }
}

private enum ElementType: Int32 {
  case float = 1
  case int64 = 7

  var byteCount: Int {
    switch self {
    case .float: 4
    case .int64: 8
    }
  }
}

/// The name that the ONNX format gives to an element type.
func elementTypeName(_ code: Int32) -> String {
  let names = [
    "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE",
    "UINT32", "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16",
  ]
  return code >= 0 && code < names.count ? names[Int(code)] : "\(code)"
}
