import Circuit
import Execution
import Field
import Verifier

extension ArithmeticCircuit {
  /// The bytes of a .circuit file: the canonical encoding, then its digest. docs/protocol.md §11.
  package var file: [UInt8] {
    let encoded = encoded
    return encoded + Hash(.file).digest(encoded).bytes
  }

  /// Decodes a .circuit file and validates the circuit.
  ///
  /// - Throws: `.malformed`, `.invalidCircuit`.
  package init(file: [UInt8]) throws(VerificationError) {
    let content = file.dropLast(Digest.byteCount)
    guard file.count > Digest.byteCount, Hash(.file).digest(content).bytes[...] == file.suffix(Digest.byteCount)
    else { throw .malformed }
    do throws(MalformedBytes) { self = try ArithmeticCircuit(encoded: content) } catch { throw .malformed }
    do throws(InvalidCircuit) { try validate() } catch {
      throw .invalidCircuit(rule: error.rule, index: error.index)
    }
  }

  package var digest: Digest { Hash(.circuit).digest(encoded) }

  package var weightColumns: [Column] { columns(of: .weight).map { columns[$0] } }

  /// The bytes of a .weights file: header, digest of the circuit, then for each weight column its integers − lower in
  /// as few bytes as the column's range needs, sealed.
  ///
  /// For weights of the circuit's shapes and ranges.
  package func weightsFile(_ weights: [[Int64]]) -> [UInt8] {
    var writer = ByteWriter(.weights, .plain)
    writer.append(digest.bytes)
    writer.append(Statement.encode(weights, weightColumns))
    return writer.sealed
  }

  /// Decodes a .weights file made for this circuit.
  ///
  /// For a valid circuit.
  ///
  /// - Throws: `.malformed`, `.unsupportedVersion`, `.otherKey` for the weights of another circuit.
  package func weights(file: [UInt8]) throws(VerificationError) -> [[Int64]] {
    var (reader, mode) = try ByteReader.open(.weights, sealed: file)
    guard mode == .plain else { throw .unsupportedVersion }
    let owner: ArraySlice<UInt8>
    do throws(MalformedBytes) { owner = try reader.read(Digest.byteCount) } catch { throw .malformed }
    guard Digest(bytes: owner) == digest else { throw .otherKey }
    do throws(MalformedBytes) {
      let weights = try reader.weights(of: self)
      try reader.finish()
      return weights
    } catch { throw .malformed }
  }
}

extension ProvingKey {
  /// The bytes of a .pk file: header, block of the circuit, parameters, digest of the model, weights as in .weights,
  /// symbols and tails in 8 bytes, salts, digests of the tree from the leaves to the root, sealed.
  package var file: [UInt8] {
    var writer = ByteWriter(.provingKey, core.mode)
    writer.append(block: circuit.encoded)
    writer.append(core.parameters)
    writer.append(core.modelID.bytes)
    writer.append(Statement.encode(weights, circuit.weightColumns))
    if let commitment {
      for elements in [commitment.symbols, commitment.tails] {
        elements.map(\.value.littleEndian).withUnsafeBytes { writer.append($0) }
      }
      writer.append(commitment.salts)
      for level in commitment.tree.levels { for digest in level { writer.append(digest.bytes) } }
    }
    return writer.sealed
  }

  /// How many bytes the .pk file of a circuit with this code has.
  package static func fileByteCount(_ circuit: ArithmeticCircuit, _ code: Code?) -> Int {
    let sealed = 11 + 4 + circuit.encoded.count + KeyCore.parameterByteCount + 2 * Digest.byteCount
    let weights = circuit.columns(of: .weight)
    let shapes = circuit.weightShapes
    let integers = zip(weights, shapes).reduce(0) { $0 + $1.1.reduce(circuit.columns[$1.0].integerByteCount, *) }
    guard let code else { return sealed + integers }
    let rowCount = Layout(shapes: shapes, variableCount: code.variableCount).rowCount
    let row = BaseField.byteCount * (1 << code.domainBits + code.tailCount)
    let leaves = (code.saltByteCount + 2 * Digest.byteCount) << code.domainBits - Digest.byteCount
    return sealed + integers + rowCount * row + leaves
  }

  /// Decodes a .pk file.
  ///
  /// Checked: the seal, the circuit's validity, the parameters, the ranges of all integers, and that every size is the
  /// one that follows from the circuit. The root is the one of the stored tree. That symbols and digests are those of
  /// the weights, and that the model is theirs, rests on the seal: a forged key makes proofs that no verifier accepts.
  ///
  /// - Throws: `.malformed`, `.unsupportedVersion`, `.invalidCircuit`.
  package init(file: [UInt8]) throws(VerificationError) {
    WorkingMemory.keep()
    var (reader, mode) = try ByteReader.open(.provingKey, sealed: file)
    let circuit: ArithmeticCircuit
    do throws(MalformedBytes) { circuit = try ArithmeticCircuit(encoded: try reader.block()) } catch {
      throw .malformed
    }
    do throws(InvalidCircuit) { try circuit.validate() } catch {
      throw .invalidCircuit(rule: error.rule, index: error.index)
    }
    let parameters: [UInt8]
    let modelID: Digest
    do throws(MalformedBytes) {
      parameters = Array(try reader.read(KeyCore.parameterByteCount))
      modelID = Digest(bytes: try reader.read(Digest.byteCount))
    } catch { throw .malformed }
    let code = try KeyCore(circuit: circuit, parameters: parameters, mode, root: .zero).code
    let weights: [[Int64]]
    let commitment: Commitment?
    do throws(MalformedBytes) {
      weights = try reader.weights(of: circuit)
      commitment = try code.map { code throws(MalformedBytes) in
        return try reader.commitment(code, Layout(shapes: circuit.weightShapes, variableCount: code.variableCount), weights)
      }
      try reader.finish()
    } catch { throw .malformed }
    let root = commitment?.tree.root ?? .zero
    core = try KeyCore(circuit: circuit, parameters: parameters, mode, root: root, modelID: modelID)
    executor = CircuitExecutor(circuit, weights: weights)
    self.commitment = commitment
    packed = circuit.packed(weights)
  }
}

extension ByteReader {
  fileprivate mutating func weights(of circuit: ArithmeticCircuit) throws(MalformedBytes) -> [[Int64]] {
    var weights: [[Int64]] = []
    for index in circuit.columns(of: .weight) {
      let column = circuit.columns[index]
      let width = column.integerByteCount
      let bytes = try read(circuit.shape(ofColumn: index, batch: 1).reduce(width, *))
      let offsets = bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / width).map { entry in
          var offset: UInt64 = 0
          for byte in 0..<width { offset |= UInt64(bytes[entry * width + byte]) << UInt64(8 * byte) }
          return offset
        }
      }
      let largest = UInt64(column.upper - column.lower)
      guard offsets.allSatisfy({ $0 <= largest }) else { throw malformed() }
      weights.append(offsets.map { column.lower + Int64($0) })
    }
    return weights
  }

  fileprivate mutating func commitment(
    _ code: Code, _ layout: Layout, _ weights: [[Int64]]
  ) throws(MalformedBytes) -> Commitment {
    let domainSize = 1 << code.domainBits
    let symbols = try elements(count: layout.rowCount * domainSize)
    let tails = try elements(count: layout.rowCount * code.tailCount)
    let salts = Array(try read(code.saltByteCount << code.domainBits))
    var levels: [[Digest]] = []
    for level in 0...code.domainBits { levels.append(try digests(count: domainSize >> level)) }
    return Commitment(
      code: code, rows: layout.packedRows(of: weights), tails: tails, salts: salts, symbols: symbols,
      tree: MerkleTree(levels: levels))
  }

  private mutating func elements(count: Int) throws(MalformedBytes) -> [BaseField] {
    guard count <= remaining / 8 else { throw malformed() }
    var isCanonical = true
    let elements = try read(8 * count).withUnsafeBytes { bytes in
      [BaseField](unsafeUninitializedCapacity: count) { buffer, initialized in
        for index in 0..<count {
          let element = BaseField(canonical: bytes.word(at: index))
          isCanonical = isCanonical && element != nil
          buffer.initializeElement(at: index, to: element ?? .zero)
        }
        initialized = count
      }
    }
    guard isCanonical else { throw malformed() }
    return elements
  }

  private mutating func digests(count: Int) throws(MalformedBytes) -> [Digest] {
    guard count <= remaining / Digest.byteCount else { throw malformed() }
    return try read(Digest.byteCount * count).withUnsafeBytes { bytes in
      (0..<count).map { index in
        let first = 4 * index
        return Digest(
          words: SIMD4(
            bytes.word(at: first), bytes.word(at: first + 1), bytes.word(at: first + 2), bytes.word(at: first + 3)))
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The little-endian word at 8·index bytes.
  @inline(__always) fileprivate func word(at index: Int) -> UInt64 {
    UInt64(littleEndian: loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
  }
}
