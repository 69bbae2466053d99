import Glibc

private let script = """
  import sys, time
  import numpy as np
  import onnxruntime as ort
  options = ort.SessionOptions()
  options.intra_op_num_threads = options.inter_op_num_threads = 1
  session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
  port = session.get_inputs()[0]
  x = np.load(sys.argv[2]).astype(np.float32)
  shape = [n if isinstance(n, int) else len(x) for n in port.shape]
  feeds = [{port.name: part} for part in x.reshape([-1] + shape)]
  def run():
      start = time.perf_counter()
      for feed in feeds: session.run(None, feed)
      return time.perf_counter() - start
  for _ in range(20): run()
  print(sorted(run() for _ in range(max(51, int(sys.argv[3]))))[max(51, int(sys.argv[3])) // 2])
  """

/// The median seconds of one inference of a batch by onnxruntime on one thread.
///
/// - Parameter input: An .npy file of the whole batch.
func timeONNXRuntime(model: String, input: [UInt8], runCount: Int) throws -> Double {
  func refuse(_ reason: String) -> Failure { .unusable("\(model): cannot be timed with onnxruntime: \(reason)") }
  var template = Array("/tmp/zkml.XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  guard descriptor >= 0 else { throw refuse("no temporary file") }
  close(descriptor)
  let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  defer { unlink(path) }
  try write([OutputFile(path: path, bytes: input, isSecret: true)])
  guard let output = run(["python3", "-c", script, model, path, String(runCount)]) else {
    throw refuse("python3 with onnxruntime and numpy is needed, and must take the network")
  }
  guard let seconds = Double(output.filter { !$0.isWhitespace }) else { throw refuse("it printed no time") }
  return seconds
}

/// The standard output of a program, or nil when it fails.
private func run(_ arguments: [String]) -> String? {
  var ends: [Int32] = [0, 0]
  guard pipe(&ends) == 0 else { return nil }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
  posix_spawn_file_actions_addclose(&actions, ends[0])
  posix_spawn_file_actions_addclose(&actions, ends[1])
  var words = arguments.map { strdup($0) } + [nil]
  defer { for word in words { free(word) } }
  var process = pid_t()
  let status = posix_spawnp(&process, arguments[0], &actions, nil, &words, environ)
  close(ends[1])
  defer { close(ends[0]) }
  guard status == 0 else { return nil }
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = read(ends[0], &buffer, buffer.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { break }
    output += buffer.prefix(count)
  }
  var ending: Int32 = 0
  waitpid(process, &ending, 0)
  return ending == 0 ? String(decoding: output, as: UTF8.self) : nil
}
