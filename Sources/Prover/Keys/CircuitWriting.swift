import Circuit
import Verifier

extension ArithmeticCircuit {
  /// The canonical bytes. docs/protocol.md §3.1.
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.append(Self.magic)
    writer.append(Self.version)
    writer.append(string: name)
    writer.append(UInt32(batchCap))
    writer.appendList(axes) { $0.append(UInt32($1)) }
    writer.appendList(columns) { writer, column in
      writer.append(string: column.name)
      writer.append(column.kind.rawValue)
      writer.append(UInt8(column.axes.count))
      for axis in column.axes { writer.append(UInt32(axis)) }
      writer.append(column.lower)
      writer.append(column.upper)
      writer.append(column.scale.bitPattern)
      if column.kind == .constant { writer.appendList(column.values) { $0.append($1) } }
    }
    writer.appendList(tables) { $0.append($1) }
    writer.appendList(contractions) { writer, contraction in
      writer.append(UInt32(contraction.output))
      writer.append(UInt16(contraction.terms.count))
      for term in contraction.terms { writer.append(term) }
    }
    writer.appendList(lookups) { writer, lookup in
      writer.append(UInt32(lookup.table))
      writer.append(UInt8(lookup.forms.count))
      for form in lookup.forms { writer.append(form) }
    }
    writer.appendList(thresholds) { writer, threshold in
      writer.append(UInt8(threshold.digits.count))
      for index in threshold.digits + [threshold.exponent, threshold.lookup, threshold.sum, threshold.sumBefore] {
        writer.append(UInt32(index))
      }
    }
    writer.appendList(inputs) { writer, port in
      writer.append(port)
      writer.append(UInt8(port.isIndex ? 1 : 0))
    }
    writer.appendList(outputs) { writer, port in
      writer.append(port)
      writer.append(UInt8(port.classesOf == nil ? 0 : 1))
      if let source = port.classesOf { writer.append(UInt32(source)) }
    }
    return writer.bytes
  }

  package var digest: Digest { Hash(.circuit).digest(encoded) }
}

extension WeightCommitment {
  /// For a valid circuit: with the code that follows from it and the number of proofs.
  package init(circuit: ArithmeticCircuit, proofCount: Int, root: Digest, modelID: Digest? = nil) {
    let code = circuit.modelCode(proofCount: proofCount)
    self.init(circuit: circuit, proofCount: proofCount, code: code, root: root, modelID: modelID)
  }

  /// With any code.
  package init(circuit: ArithmeticCircuit, proofCount: Int = 0, code: Code?, root: Digest, modelID: Digest? = nil) {
    self.init(circuitDigest: circuit.digest, proofCount: proofCount, code: code, root: root, modelID: modelID)
  }
}

extension Plan {
  /// Of a circuit of which nothing but weights is committed to before; `modelCode` is nil without weights.
  package init(circuit: ArithmeticCircuit, batch: Int, modelCode: Code?, isHiding: Bool = false) {
    self.init(circuit: circuit, batch: batch, codes: modelCode.map { [$0] } ?? [], isHiding: isHiding)
  }
}

extension ByteWriter {
  package mutating func append(string: String) {
    let utf8 = Array(string.utf8)
    append(UInt16(truncatingIfNeeded: utf8.count))
    append(utf8)
  }

  /// A u32 byte count, then the bytes.
  package mutating func append(block: [UInt8]) {
    append(UInt32(truncatingIfNeeded: block.count))
    append(block)
  }

  fileprivate mutating func appendList<Element>(
    _ elements: [Element], _ append: (inout ByteWriter, Element) -> Void
  ) {
    self.append(UInt32(elements.count))
    for element in elements { append(&self, element) }
  }

  fileprivate mutating func append(_ table: Table) {
    append(string: table.name)
    append(table.lower)
    append(UInt8(table.bitCount))
    switch table.content {
    case .range: append(UInt8(0))
    case .ramp(_, _, let low, let high):
      append(UInt8(1))
      append(low)
      append(high)
    case .function(_, _, let width, let offset, let values):
      append(UInt8(2))
      append(UInt8(width))
      append(UInt32(offset))
      appendList(values) { $0.append($1) }
    }
  }

  fileprivate mutating func append(_ term: Term) {
    append(term.coefficient)
    append(UInt8(term.operands.count))
    for operand in term.operands {
      append(UInt32(operand.column))
      for binding in operand.bindings {
        append(UInt8(binding.slice == nil ? 0 : 1))
        append(UInt32(binding.loopAxis))
        if let slice = binding.slice {
          append(Int32(slice.start))
          append(UInt32(slice.stride))
        }
      }
    }
  }

  fileprivate mutating func append(_ form: AffineForm) {
    append(UInt8(form.shift))
    append(form.constant)
    append(UInt16(form.parts.count))
    for part in form.parts {
      append(UInt32(part.column))
      append(part.coefficient)
    }
  }

  fileprivate mutating func append(_ port: Port) {
    append(UInt32(port.column))
    append(string: port.name)
    append(UInt8(port.dimensions.count))
    for dimension in port.dimensions { append(UInt32(dimension)) }
  }
}
