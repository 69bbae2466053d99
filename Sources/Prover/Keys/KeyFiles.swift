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
  /// - Throws: `.malformed`, `.unsupportedVersion`, `.invalidCircuit`.
  package init(file: [UInt8]) throws(VerificationError) {
    let content = file.dropLast(Digest.byteCount)
    let version = [UInt8(truncatingIfNeeded: Self.version), UInt8(truncatingIfNeeded: Self.version >> 8)]
    if content.starts(with: Self.magic), !content.dropFirst(Self.magic.count).starts(with: version) {
      throw .unsupportedVersion
    }
    guard file.count > Digest.byteCount, Hash(.file).digest(content).bytes[...] == file.suffix(Digest.byteCount)
    else { throw .malformed }
    do throws(MalformedBytes) { self = try ArithmeticCircuit(encoded: content) } catch { throw .malformed }
    do throws(InvalidCircuit) { try validate() } catch {
      throw .invalidCircuit(rule: error.rule, index: error.index)
    }
  }

  package var weightColumns: [Column] { columns(of: .weight).map { columns[$0] } }

  /// The bytes of a .weights file: header, digest of the circuit, then for each weight column its integers − lower in
  /// as few bytes as the column's range needs, sealed.
  ///
  /// For weights of the circuit's shapes and ranges.
  package func weightsFile(_ weights: [[Int64]]) -> [UInt8] {
    var writer = ByteWriter(.weights, .transparent)
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
    guard mode == .transparent else { throw .unsupportedVersion }
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
  /// The bytes of a .pk file: the head, sealed; the leaves of the commitment and the digests over them, as
  /// `StoredLeaves` has them; u64 byte count of the head.
  ///
  /// The head is header, block of the circuit, parameters, digest of the model, root, weights as in .weights, tails
  /// in 8 bytes, and where there are tails the seed of the commitment that follows.
  ///
  /// - Throws: for a key whose own file cannot be read any more.
  package func file() throws(ProvingError) -> [UInt8] {
    var writer = ByteWriter(.provingKey, core.mode)
    writer.append(block: circuit.encoded)
    writer.append(core.parameters)
    writer.append(core.modelID.bytes)
    writer.append(core.root.bytes)
    writer.append(Statement.encode(weights, circuit.weightColumns))
    for element in commitment?.tails ?? [] { writer.append(element.value) }
    writer.append(nextSeed.wrappedValue)
    @Secret var head = writer.sealed
    var file: [UInt8] = []
    file.reserveCapacity(Self.fileByteCount(circuit, core.code))
    file += head
    try commitment?.leaves.append(to: &file)
    file += UInt64(head.count).littleEndianBytes
    return file
  }

  /// How many bytes the .pk file of a circuit with this code has.
  package static func fileByteCount(_ circuit: ArithmeticCircuit, _ code: Code?) -> Int {
    let sealed = 11 + 4 + circuit.encoded.count + WeightCommitment.parameterByteCount + 3 * Digest.byteCount
    let weights = circuit.columns(of: .weight)
    let shapes = circuit.weightShapes
    let integers = zip(weights, shapes).reduce(0) { $0 + $1.1.reduce(circuit.columns[$1.0].integerByteCount, *) }
    guard let code else { return sealed + integers + 8 }
    let rowCount = Layout(shapes: shapes, variableCount: code.variableCount).rowCount
    let tails = BaseField.byteCount * rowCount * code.tailCount + (code.isTailed ? SecretStream.seedByteCount : 0)
    return sealed + integers + tails + StoredLeaves.byteCount(code, rowCount: rowCount) + 8
  }

  /// Decodes a .pk file.
  ///
  /// Checked: the seal of the head, the circuit's validity, the parameters, the ranges of all integers, and that every
  /// size is the one that follows from the circuit. Leaves and digests are not read but where they are opened, and
  /// checked against the root then; `checkLeaves` reads all. That the root is that of the weights and tails, and the
  /// model theirs, rests on the seal: a forged key makes proofs that no verifier accepts.
  ///
  /// - Throws: `.malformed`, `.unsupportedVersion`, `.invalidCircuit`.
  package init(file: StoredBytes) throws(VerificationError) {
    WorkingMemory.keep()
    @Secret var head: [UInt8] = []
    do throws(FileError) {
      let count = littleEndianWord(try file.read(at: file.count - 8, count: 8)[...], at: 0)
      guard let headByteCount = Int(exactly: count) else { throw file.damaged }
      head = try file.read(at: 0, count: headByteCount)
    } catch { throw .malformed }
    try self.init(head: head, file)
  }

  private init(head: [UInt8], _ file: StoredBytes) throws(VerificationError) {
    var (reader, mode) = try ByteReader.open(.provingKey, sealed: head)
    let circuit: ArithmeticCircuit
    do throws(MalformedBytes) { circuit = try ArithmeticCircuit(encoded: try reader.block()) } catch {
      throw .malformed
    }
    do throws(InvalidCircuit) { try circuit.validate() } catch {
      throw .invalidCircuit(rule: error.rule, index: error.index)
    }
    let parameters: [UInt8]
    let modelID, root: Digest
    do throws(MalformedBytes) {
      parameters = Array(try reader.read(WeightCommitment.parameterByteCount))
      modelID = Digest(bytes: try reader.read(Digest.byteCount))
      root = Digest(bytes: try reader.read(Digest.byteCount))
    } catch { throw .malformed }
    let rowCounts = RowCounts(shapes: circuit.weightShapes)
    core = try WeightCommitment(rowCounts, circuit.digest, parameters: parameters, mode, root: root, modelID: modelID)
    guard core.code != nil || root == .zero, file.count == Self.fileByteCount(circuit, core.code) else { throw .malformed }
    do throws(MalformedBytes) {
      let weights = try reader.weights(of: circuit)
      if let code = core.code {
        let layout = Layout(shapes: circuit.weightShapes, variableCount: code.variableCount)
        let tails = try reader.elements(count: layout.rowCount * code.tailCount)
        nextSeed = Secret(wrappedValue: Array(try reader.read(code.isTailed ? SecretStream.seedByteCount : 0)))
        let leaves = StoredLeaves(file, at: head.count, code, rowCount: layout.rowCount, root: root)
        commitment = Commitment(code: code, rows: layout.packedRows(of: weights, threads: 1), tails: tails, leaves: .stored(leaves))
      } else {
        commitment = nil
        nextSeed = Secret(wrappedValue: [])
      }
      try reader.finish()
      executor = CircuitExecutor(circuit, weights: weights)
      packed = circuit.packed(weights)
    } catch { throw .malformed }
    shield()
  }

  /// Reads what a proof reads in part, and checks it.
  ///
  /// - Throws: `.key`.
  package func checkLeaves() throws(ProvingError) {
    guard case .stored(let leaves) = commitment?.leaves else { return }
    do throws(FileError) { try leaves.check() } catch { throw .key(error) }
  }
}

extension ByteReader {
  fileprivate mutating func weights(of circuit: ArithmeticCircuit) throws(MalformedBytes) -> [[Int64]] {
    var weights: [[Int64]] = []
    for index in circuit.columns(of: .weight) {
      let column = circuit.columns[index]
      let width = column.integerByteCount
      let count = circuit.shape(ofColumn: index, batch: 1).reduce(1, *)
      guard count <= remaining / width else { throw malformed() }
      var largest: UInt64 = 0
      let integers = try read(count * width).withUnsafeBytes { bytes in
        [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
          for entry in 0..<count {
            var offset: UInt64 = 0
            for byte in 0..<width { offset |= UInt64(bytes[entry * width + byte]) &<< UInt64(8 * byte) }
            largest = max(largest, offset)
            buffer.initializeElement(at: entry, to: column.lower &+ Int64(bitPattern: offset))
          }
          initialized = count
        }
      }
      guard largest <= UInt64(column.upper - column.lower) else { throw malformed() }
      weights.append(integers)
    }
    return weights
  }

  fileprivate mutating func elements(count: Int) throws(MalformedBytes) -> [BaseField] {
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
}

extension UnsafeRawBufferPointer {
  /// The little-endian word at 8·index bytes.
  @inline(__always) fileprivate func word(at index: Int) -> UInt64 {
    UInt64(littleEndian: loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
  }
}
