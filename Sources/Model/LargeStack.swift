import Glibc

/// Runs `body` on a thread whose stack holds recursion as deep as a network has nodes, `maximumNodeCount`.
///
/// Where there is no memory for such a thread it runs here.
func withLargeStack<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
  var result: Result<Value, Failure>?
  func run() {
    do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
  }
  withoutActuallyEscaping(run) { run in
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    var (thread, job) = (pthread_t(), run)
    let runJob: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { job in
      job?.load(as: (() -> Void).self)()
      return nil
    }
    withUnsafeMutablePointer(to: &job) { job in
      guard pthread_attr_setstacksize(&attributes, 1 << 30) == 0,
        pthread_create(&thread, &attributes, runJob, job) == 0
      else { return }
      pthread_join(thread, nil)
    }
  }
  guard let result else { return try body() }
  return try result.get()
}
