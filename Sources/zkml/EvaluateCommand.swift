import ArgumentParser
import Circuit
import Execution
import Model

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "How right the integer network is on labelled data, and how far it is from the float network.",
    discussion: """
      Reads NET.circuit and NET.weights, and one array of the data file for each input. An output is judged by rows, along
      its last axis: one row for each sample of a classifier, one for each token of a language model.

      With --float all outputs are compared with those of the float network: the cosine of rows, errors in the output's
      units and in standard deviations of the float network's, and how often the largest value of a row is at the same place.
      --labels names an array of the data file with a class for each row of the first output; -100 leaves a row out. With
      --next-token the label of each position is the id of the next one. Labels give accuracy, of several rows a sample
      also the perplexity.
      Rows count where --mask, an array of 0 and 1 with a number for each row, has a 1: it is the input attention_mask if
      nothing else is named, where there is one of this shape.

        zkml evaluate net --data test.npz:input --labels labels
        zkml evaluate net --data test.npz:input --labels labels --float model.onnx
        zkml evaluate encoder --data sentences.npz --float encoder.onnx
        zkml evaluate gpt --data text.npz --next-token --float gpt.onnx --json
        zkml evaluate tagger --data text.npz --labels tags --mask words
      """)

  @Argument(help: "Path without extension.") var network: String

  @Option(help: inputHelp) var data: [String]

  @Option(help: ArgumentHelp("The array of labels in the data file.", valueName: "name")) var labels: String?

  @Flag(help: "Judge each position by the next id of the network's own input.") var nextToken = false

  @Option(help: ArgumentHelp("The array of the data file that is 1 for rows that count.", valueName: "name")) var mask: String?

  @Option(help: ArgumentHelp("The float network, to compare with.", valueName: "model.onnx")) var float: String?

  @OptionGroup var shared: SharedOptions

  /// Integers of a circuit's columns that are in memory at once, and samples, so that it is seen how many are done.
  private static let (elementLimit, sampleLimit) = (1 << 25, 256)

  func validate() throws {
    if labels != nil, nextToken { throw ValidationError("--labels and --next-token exclude each other") }
    if labels == nil, !nextToken, float == nil {
      throw ValidationError("nothing to judge by: give --labels NAME or --next-token, --float MODEL.onnx, or both")
    }
  }

  func run() throws {
    try shared.requireNoSeed()
    let files = NetworkFiles(path: network)
    let data = try DataSource(data)
    shared.noteFiles(secret: [files.weightsPath])
    shared.noteLeftFolders()
    let lowered = try files.lowered()
    let circuit = lowered.circuit
    let executor = CircuitExecutor(circuit, weights: lowered.weights)
    var task = EvaluationTask(
      inputs: circuit.inputs.map { InputEncoding($0, circuit) }, outputs: circuit.outputs.map { OutputRows($0, circuit) },
      data: data)
    task.float = try float.map { try circuit.floatNetwork($0) }
    task.labels = labels.map { .array($0) } ?? (nextToken ? .nextIds : nil)
    task.mask = mask
    let own = circuit.columns.indices.filter { circuit.columns[$0].kind != .weight && circuit.columns[$0].kind != .constant }
    let elementCount = own.reduce(1) { $0 + circuit.shape(ofColumn: $1, batch: 1).reduce(1, *) }
    task.chunk = max(1, min(Self.sampleLimit, Self.elementLimit / elementCount))
    let evaluation = try task.evaluate { done, count in
      shared.status("running the samples of \(data), \(grouped(done)) of \(grouped(count)) done")
    } integer: { samples in
      let count = samples.first?.count ?? 0
      let outputs = try executor.outputs(of: samples.map(\.values), batch: count, threads: shared.threadCount)
      return zip(circuit.outputs, outputs).map { port, integers in
        IntegerBatch(count: count, values: integers).scaled(by: circuit.scale(of: port))
      }
    }
    evaluation.notices.forEach(shared.note)
    evaluation.lines.forEach(shared.say)
    shared.emit(evaluation.json)
  }
}

extension Evaluation {
  fileprivate var lines: [String] {
    let scores = [("integer", integerScore), ("float", floatScore)].compactMap { name, score in score.map { (name, $0) } }
    return ["\(grouped(sampleCount)) samples" + (mask.map { "; only rows where '\($0)' is 1 count" } ?? "")]
      + (integerScore.map { $0.rows.rowCount > 1 ? ["\(grouped($0.rowCount)) rows of '\($0.rows.name)' have labels"] : [] } ?? [])
      + scores.map { line("\($0) accuracy", "\(decimal(100 * $1.accuracy, places: 2)) %") }
      + scores.compactMap { name, score in
        score.rows.rowCount > 1 ? score.perplexity.map { line("\(name) perplexity", decimal($0, places: 4)) } : nil
      } + differences.flatMap(\.lines)
  }

  fileprivate var json: JSON {
    [
      "samples": .integer(sampleCount), "mask": mask.map { .string($0) } ?? .null, "rows": JSON(integerScore?.rowCount),
      "integer_accuracy": JSON(integerScore?.accuracy), "float_accuracy": JSON(floatScore?.accuracy),
      "integer_perplexity": JSON(integerScore?.perplexity ?? nil), "float_perplexity": JSON(floatScore?.perplexity ?? nil),
      "agreement": JSON(comparison?.agreement ?? nil), "max_error": JSON(comparison?.largestError), "mean_error": JSON(comparison?.meanError),
      "outputs": .object(differences.map { Member($0.rows.name, $0.json) }),
    ]
  }
}

extension OutputDifference {
  fileprivate var lines: [String] {
    func pair(_ title: String, _ first: Double?, _ firstName: String, _ second: Double?, _ secondName: String, of whole: String = "") -> [String] {
      guard let first, let second else { return [] }
      return [line("  " + title, "\(decimal(first, places: 6)) \(firstName), \(decimal(second, places: 6)) \(secondName)" + whole)]
    }
    let shapeText = rows.shape.map(String.init).joined(separator: " × ")
    return ["\(rows.name)\(shapeText.isEmpty ? "" : " (\(shapeText))"): \(grouped(rowCount)) rows compared"]
      + pair("cosine", meanCosine, "mean", worstCosine, "worst") + pair("error", meanError, "mean", largestError, "largest")
      + pair(
        "in deviations", meanErrorInDeviations, "mean", largestErrorInDeviations, "largest",
        of: deviation.map { " (the float network's deviate by \(decimal($0, places: 6)))" } ?? "")
      + (agreement.map { [line("  same class", "\(decimal(100 * $0, places: 2)) %")] } ?? [])
  }

  fileprivate var json: JSON {
    [
      "shape": .array(rows.shape.map { .integer($0) }), "rows": .integer(rowCount), "agreement": JSON(agreement),
      "mean_cosine": JSON(meanCosine), "worst_cosine": JSON(worstCosine),
      "max_error": JSON(largestError), "mean_error": JSON(meanError), "deviation": JSON(deviation),
      "max_error_deviations": JSON(largestErrorInDeviations), "mean_error_deviations": JSON(meanErrorInDeviations),
    ]
  }
}

private func line(_ title: String, _ value: String) -> String { "\(padded(title, to: 18)) \(value)" }
