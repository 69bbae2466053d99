import Prover
import Verifier

/// The bytes of a .pk file, in parts.
struct KeyBytes {
  /// Sealed.
  var head: [UInt8]
  /// Leaves and digests.
  var rest: [UInt8]

  init(_ file: [UInt8]) {
    let headCount = Int(littleEndianWord(file.suffix(8), at: 0))
    (head, rest) = (Array(file.prefix(headCount)), Array(file[headCount...].dropLast(8)))
  }

  var file: [UInt8] { head + rest + UInt64(head.count).littleEndianBytes }
  var key: ProvingKey { get throws { try ProvingKey(file: StoredBytes(file)) } }

  /// With a head that is changed and sealed again.
  func changed(_ change: (inout [UInt8]) -> Void) -> KeyBytes {
    var copy = self
    change(&copy.head)
    copy.head = resealed(copy.head)
    return copy
  }
}

func resealed(_ file: [UInt8]) -> [UInt8] {
  let content = Array(file.dropLast(Digest.byteCount))
  return content + Hash(.file).digest(content).bytes
}
