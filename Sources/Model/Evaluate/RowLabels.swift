/// Where the labels of rows come from.
package enum LabelSource: Sendable, Equatable {
  /// An array of the data file.
  case array(String)
  /// The network's ids: each position has the label of the next id.
  case nextIds

  /// Of the array.
  var name: String? { if case .array(let name) = self { name } else { nil } }
}

/// Marks a row that does not count.
package let ignoredLabel = -100

extension NumericArray {
  /// The array as a label for each row, batch first; `ignoredLabel` leaves a row out.
  ///
  /// - Throws: `.unusableData`.
  package func labels(of rows: OutputRows, sampleCount: Int, source: String) throws(ModelError) -> [Int] {
    guard rows.matches(self, sampleCount: sampleCount) else {
      throw rows.mismatch(self, "labels", sampleCount: sampleCount, source: source)
    }
    var labels: [Int] = []
    for value in values {
      guard let label = Int(exactly: value) else {
        throw .unusableData(source: source, reason: "the label \(value) is not an integer")
      }
      guard label == ignoredLabel || (0..<rows.classCount).contains(label) else {
        let place = "sample \(labels.count / rows.rowCount)" + (rows.rowCount > 1 ? ", row \(labels.count % rows.rowCount)," : "")
        throw .unusableData(
          source: source,
          reason: "\(place) has the label \(label); '\(rows.name.oneLine)' has the classes 0 to \(rows.classCount - 1), "
            + "and \(ignoredLabel) leaves a row out")
      }
      labels.append(label)
    }
    return labels
  }

  /// The array as a mask of rows, batch first: those of 1 count.
  ///
  /// - Throws: `.unusableData`.
  func mask(source: String) throws(ModelError) -> [Bool] {
    guard let strange = values.first(where: { $0 != 0 && $0 != 1 }) else { return values.map { $0 == 1 } }
    throw .unusableData(source: source, reason: "has \(strange); a mask is of 1 for rows that count and 0 for others")
  }
}

/// The ids at the next position as labels; the last position has none, nor has one that a mask leaves out or whose next it does.
///
/// - Parameters:
///   - length: Positions of a sequence.
///   - mask: By id; nil where all count.
package func nextIds(_ ids: [Int], length: Int, mask: [Bool]?) -> [Int] {
  ids.indices.map { place in
    let isLast = place % length == length - 1
    return isLast || mask.map { !$0[place] || !$0[place + 1] } ?? false ? ignoredLabel : ids[place + 1]
  }
}

extension [InputEncoding] {
  /// The input whose ids are classes of rows: it has one for each row, where there are several as many as classes.
  ///
  /// - Returns: Its place among the inputs; nil where there is none, or are several that are not called input_ids.
  func ids(of rows: OutputRows) -> Int? {
    let fitting = indices.filter { self[$0].port.indexCount != nil && self[$0].port.shape.filter { $0 != 1 } == rows.axes }
    let equal = fitting.filter { self[$0].port.indexCount == rows.classCount }
    for candidates in [fitting, equal] where candidates.count == 1 { return candidates[0] }
    return equal.first { self[$0].port.name == "input_ids" }
  }
}
