/// How an integer network does on data: against labels, and against its float network.
package struct Evaluation: Sendable, Equatable {
  package let sampleCount: Int
  /// The input or array whose zeros left rows out.
  package internal(set) var mask: String?
  /// Of the first output, where there are labels.
  package internal(set) var integerScore: LabelScore?
  package internal(set) var floatScore: LabelScore?
  /// By output, where there is a float network.
  package internal(set) var differences: [OutputDifference] = []
  /// What to tell who gave the data.
  package let notices: [String]

  package var comparison: OutputComparison? { differences.isEmpty ? nil : OutputComparison(differences) }
}

/// What is to be evaluated, and on which data.
package struct EvaluationTask: Sendable {
  package let inputs: [InputEncoding]
  package let outputs: [OutputRows]
  /// The network that the integer one was made from.
  package var float: Network?
  /// An array for each input.
  package let data: DataSource
  /// Of the rows of the first output.
  package var labels: LabelSource?
  /// The array of the data file that says by 1 which rows count. Nil for the input `attention_mask`, where there is one and
  /// it has a number for each row of an output.
  package var mask: String?
  /// How many samples are run at once.
  package var chunk = Int.max

  package init(inputs: [InputEncoding], outputs: [OutputRows], data: DataSource) {
    self.inputs = inputs
    self.outputs = outputs
    self.data = data
  }

  /// Runs the samples, some at a time.
  ///
  /// - Parameters:
  ///   - progress: Is told how many samples of how many have been run.
  ///   - integer: The integer network: the outputs of a batch in real units, for classes their indices.
  /// - Throws: `ModelError.unusableFile`, `.unusableData`, `.shapeMismatch`, and what `integer` throws.
  package func evaluate(
    progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }, integer: ([IntegerBatch]) throws -> [FloatBatch]
  ) throws -> Evaluation {
    let arrays = try data.arrays(inputs.map(\.port.name), others: [mask, labels?.name].compactMap(\.self))
    let samples = try FloatBatch.batches(
      arrays, for: inputs.map(\.port), integerScales: inputs.map(\.scale), source: data.description)
    let count = samples.first?.count ?? 0
    guard count > 0 else { throw ModelError.unusableData(source: data.description, reason: "has no sample") }
    let mask = try rowMask(arrays, count)
    let masks = outputs.map { output in mask.flatMap { output.matches($0.array, sampleCount: count) ? $0.rows : nil } }
    let labels = try labels.map { try rowLabels($0, samples, masks[0]) }
    func counts(_ output: Int, _ row: Int) -> Bool {
      (masks[output]?[row] ?? true) && (output > 0 || labels?[row] != ignoredLabel)
    }
    guard (0..<count * outputs[0].rowCount).contains(where: { counts(0, $0) }) else {
      throw ModelError.unusableData(source: data.description, reason: "has no row of '\(outputs[0].name.oneLine)' that counts")
    }
    var evaluation = Evaluation(
      sampleCount: count, mask: mask?.name, integerScore: labels.map { _ in LabelScore(outputs[0]) },
      floatScore: float.flatMap { _ in labels.map { _ in LabelScore(outputs[0]) } },
      differences: float.map { _ in outputs.map { OutputDifference($0) } } ?? [],
      notices: zip(arrays, inputs).compactMap { $0.flatteningNotice(for: $1.port, source: data.description) })
    for start in stride(from: 0, to: count, by: min(chunk, count)) {
      progress(start, count)
      let part = samples.map { $0.samples(start..<min(start + min(chunk, count), count)) }
      let integers = try integer(zip(inputs, part).map { $0.quantize($1) })
      let floats = float.map { $0.run(part) }
      for (index, output) in outputs.enumerated() where index == 0 || floats != nil {
        output.forEachRow(of: [integers[index]] + (floats.map { [$0[index]] } ?? [])) { row, elements in
          let row = start * output.rowCount + row
          guard counts(index, row) else { return }
          evaluation.add(elements[0], float: elements.count > 1 ? elements[1] : nil, output: index, label: index == 0 ? labels?[row] : nil)
        }
      }
    }
    return evaluation
  }
}

extension EvaluationTask {
  /// The mask of rows that is named, or that the network takes; it has a number for each row of the output with labels, or of any.
  private func rowMask(_ arrays: [NumericArray], _ count: Int) throws(ModelError) -> (name: String, array: NumericArray, rows: [Bool])? {
    let judged = labels == nil ? outputs : [outputs[0]]
    func fits(_ array: NumericArray) -> Bool { judged.contains { $0.matches(array, sampleCount: count) } }
    guard let mask else {
      guard let input = inputs.firstIndex(where: { $0.port.name == "attention_mask" }), inputs[input].port.width > 1, fits(arrays[input]),
        let rows = try? arrays[input].mask(source: "")
      else { return nil }
      return (inputs[input].port.name, arrays[input], rows)
    }
    let reference = data.reference(array: mask)
    let array = try reference.read()
    guard fits(array) else { throw judged[0].mismatch(array, "masks", sampleCount: count, source: reference.description) }
    return (mask, array, try array.mask(source: reference.description))
  }

  /// A label for each row of the first output.
  private func rowLabels(_ source: LabelSource, _ samples: [FloatBatch], _ mask: [Bool]?) throws(ModelError) -> [Int] {
    let output = outputs[0]
    func refuse(_ reason: String) -> ModelError { .unusableData(source: data.description, reason: reason) }
    guard output.hasClasses else {
      throw refuse("cannot be judged by labels: the output '\(output.name.oneLine)' is one number")
    }
    switch source {
    case .array(let name):
      let reference = data.reference(array: name)
      return try reference.read().labels(of: output, sampleCount: samples[0].count, source: reference.description)
    case .nextIds:
      guard let length = output.axes.last, let input = inputs.ids(of: output) else {
        throw refuse(
          "has no next ids: the network has no input of one id for each row of '\(output.name.oneLine)', or several; "
            + "give an array of labels by --labels NAME")
      }
      let ids = NumericArray(shape: [samples[input].count] + output.axes, values: samples[input].values, isInteger: true)
      let checked = try ids.labels(of: output, sampleCount: samples[input].count, source: data.description)
      return nextIds(checked, length: length, mask: mask)
    }
  }
}

extension Evaluation {
  /// Adds a row that counts.
  fileprivate mutating func add(_ integer: ArraySlice<Double>, float: ArraySlice<Double>?, output: Int, label: Int?) {
    if let label {
      integerScore?.add(integer, label: label)
      if let float { floatScore?.add(float, label: label) }
    }
    if let float { differences[output].add(float: float, integer: integer) }
  }
}
