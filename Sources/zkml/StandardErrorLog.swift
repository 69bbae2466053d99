import Logging

/// Writes each event as a line on standard error: level, message, metadata.
struct StandardErrorLog: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    Output.showError("\(event.level): \(event.message)" + all.map { " \($0.key)=\($0.value)" }.joined())
  }
}
