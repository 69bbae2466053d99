import Circuit
import Glibc
import Model
import Prover
import Verifier

/// The files of one network, named by their common path without extension.
struct NetworkFiles {
  let path: String

  var circuitPath: String { path + ".circuit" }
  var weightsPath: String { path + ".weights" }
  var provingKeyPath: String { path + ".pk" }
  var verifyingKeyPath: String { path + ".vk" }

  func circuit() throws -> ArithmeticCircuit {
    let bytes = try readFile(circuitPath, limit: ArithmeticCircuit.encodedByteCap + Digest.byteCount)
    return try load(circuitPath) { () throws(VerificationError) in try ArithmeticCircuit(file: bytes) }
  }

  func weights(of circuit: ArithmeticCircuit) throws -> [[Int64]] {
    let bytes = try readFile(weightsPath, limit: 1 << 31)
    return try load(weightsPath) { () throws(VerificationError) in try circuit.weights(file: bytes) }
  }

  func lowered() throws -> LoweredNetwork {
    let circuit = try circuit()
    return LoweredNetwork(circuit: circuit, weights: try weights(of: circuit))
  }

  func provingKey() throws -> (key: ProvingKey, byteCount: Int) {
    let bytes = try readFile(provingKeyPath, limit: 1 << 34)
    let key = try load(provingKeyPath) { () throws(VerificationError) in try ProvingKey(file: bytes) }
    return (key, bytes.count)
  }
}

let verifyingKeyByteCap = 1 << 28
let proofByteCap = 1 << 28

/// Runs `decode`, with its errors as a line that names the file.
func load<Value>(_ path: String, _ decode: () throws(VerificationError) -> Value) throws -> Value {
  do throws(VerificationError) { return try decode() } catch {
    throw Failure.unusable("\(path): \(error.reason)")
  }
}

/// A file to be written; a secret one is readable by its owner alone.
struct OutputFile {
  let path: String
  let bytes: [UInt8]
  var isSecret = false
}

/// Writes files so that each is there in whole or not at all, and none if one cannot be written.
func write(_ files: [OutputFile]) throws {
  var staged: [String] = []
  defer { for path in staged { unlink(path) } }
  for file in files { staged.append(try stage(file)) }
  for (file, path) in zip(files, staged) {
    guard rename(path, file.path) == 0 else { throw cannotWrite(file.path) }
  }
  staged = []
  for folder in Set(files.map { folder(of: $0.path) }) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { continue }
    fsync(descriptor)
    close(descriptor)
  }
}

private func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// Writes a file under a temporary name in its folder and returns that name.
private func stage(_ file: OutputFile) throws -> String {
  var status = stat()
  if lstat(file.path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
    throw Failure.unusable("\(file.path): exists and is not a regular file")
  }
  var template = Array((folder(of: file.path) + "/.zkml.XXXXXX").utf8CString)
  let descriptor = mkstemp(&template)
  guard descriptor >= 0 else { throw cannotWrite(file.path) }
  let temporary = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  let mask = umask(0)
  umask(mask)
  var isWritten = fchmod(descriptor, file.isSecret ? 0o600 : 0o644 & ~mask) == 0
  var written = 0
  while isWritten, written < file.bytes.count {
    let count = file.bytes.withUnsafeBytes { bytes in
      Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
    }
    if count < 0, errno == EINTR { continue }
    isWritten = count > 0
    written += max(count, 0)
  }
  isWritten = isWritten && fsync(descriptor) == 0
  let failure = cannotWrite(file.path)
  isWritten = close(descriptor) == 0 && isWritten
  guard isWritten else {
    unlink(temporary)
    throw failure
  }
  return temporary
}

private func cannotWrite(_ path: String) -> Failure {
  .unusable("\(path): cannot be written: \(String(cString: strerror(errno)))")
}
