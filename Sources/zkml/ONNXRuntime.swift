import Glibc
import Prover

private let script = """
  import sys, time
  import numpy as np
  import onnxruntime as ort
  model, threads, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
  options = ort.SessionOptions()
  options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
  session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
  arrays = [(n, np.load(p)) for n, p in (a.split("=", 1) for a in sys.argv[4:])]
  types = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(bool)": np.bool_, "tensor(double)": np.float64,
           "tensor(float16)": np.float16}
  ports = session.get_inputs()
  named = dict(arrays)
  if any(port.name not in named for port in ports): named = {p.name: x for p, (_, x) in zip(ports, arrays)}
  def is_batch(size): return isinstance(size, str) and ("batch" in size.lower() or size.lower() in ("b", "n", "bs"))
  parts = {}
  for port in ports:
      x = named[port.name].astype(types.get(port.type, np.float32))
      rests = [port.shape[:a] + port.shape[a + 1:] for a in range(len(port.shape))]
      fits = [a for a, rest in enumerate(rests) if all(n == m or not isinstance(n, int) for n, m in zip(rest, x.shape[1:]))]
      axis = min(fits or [0], key=lambda a: (not is_batch(port.shape[a]), a))
      rest = [n if isinstance(n, int) else m for n, m in zip(rests[axis], x.shape[1:])]
      size = port.shape[axis] if isinstance(port.shape[axis], int) else len(x)
      parts[port.name] = np.moveaxis(x.reshape([-1, size] + rest), 1, axis + 1)
  feeds = [dict(zip(parts, values)) for values in zip(*parts.values())]
  def run():
      start = time.perf_counter()
      for feed in feeds: session.run(None, feed)
      return time.perf_counter() - start
  began = time.perf_counter()
  run()
  run()
  times = []
  while len(times) < count or len(times) < 51 and time.perf_counter() - began < 3: times.append(run())
  print(sorted(times)[len(times) // 2], len(feeds), ort.__version__)
  """

/// How long onnxruntime takes for a batch.
struct ONNXRuntimeFigures {
  let seconds: Double
  /// Into how many runs the batch was split: one, when the model takes any batch.
  let runCount: Int
  let version: String
}

/// The median time of one inference of a batch by onnxruntime.
///
/// - Parameter inputs: By name, an .npy file of the whole batch; in the order of the model's where names are others.
func timeONNXRuntime(
  model: String, inputs: [(name: String, file: [UInt8])], threads: Int, repetitions: Int
) throws -> ONNXRuntimeFigures {
  func refuse(_ reason: String) -> Failure { .unusable("\(model): cannot be timed with onnxruntime: \(reason)") }
  guard let folder = TemporaryFiles.makeFolder() else { throw refuse("no temporary folder") }
  let files = inputs.enumerated().map { index, input in
    OutputFile(path: "\(folder)/\(index).npy", bytes: input.file, isSecret: true)
  }
  TemporaryFiles.note(files.map(\.path))
  defer { TemporaryFiles.discard(files.map(\.path) + [folder]) }
  try write(files)
  let arguments = zip(inputs, files).map { "\($0.name)=\($1.path)" }
  guard let output = run(["python3", "-c", script, model, String(threads), String(repetitions)] + arguments) else {
    throw refuse("python3 with onnxruntime and numpy is needed, and must take the network")
  }
  let words = output.split(whereSeparator: \.isWhitespace)
  guard words.count == 3, let seconds = Double(words[0]), let runCount = Int(words[1]) else {
    throw refuse("it printed no time")
  }
  return ONNXRuntimeFigures(seconds: seconds, runCount: runCount, version: String(words[2]))
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
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var unblocked = sigset_t()
  sigemptyset(&unblocked)
  posix_spawnattr_setsigmask(&attributes, &unblocked)
  var ignored = sigset_t()
  sigemptyset(&ignored)
  for signal in Ending.ignored { sigaddset(&ignored, signal) }
  posix_spawnattr_setsigdefault(&attributes, &ignored)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
  var words = arguments.map { strdup($0) } + [nil]
  defer { for word in words { free(word) } }
  var process = pid_t()
  let status = posix_spawnp(&process, arguments[0], &actions, &attributes, &words, environ)
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
