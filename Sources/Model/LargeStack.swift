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
    var thread = pthread_t()
    let job = Unmanaged.passRetained(Job(run: run))
    if pthread_attr_setstacksize(&attributes, 1 << 30) == 0,
      pthread_create(&thread, &attributes, runJob, job.toOpaque()) == 0
    {
      pthread_join(thread, nil)
    }
    job.release()
  }
  if result == nil { run() }
  switch result {
  case .success(let value)?: return value
  case .failure(let error)?: throw error
  case nil: preconditionFailure("the body has run")
  }
}

private func runJob(_ job: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let job { Unmanaged<Job>.fromOpaque(job).takeUnretainedValue().run() }
  return nil
}

private final class Job {
  let run: () -> Void

  init(run: @escaping () -> Void) { self.run = run }
}
