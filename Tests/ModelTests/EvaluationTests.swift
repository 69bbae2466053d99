import FoundationEssentials
import Glibc
import Model
import TestSupport
import Testing

/// What `evaluate` counts, against values computed by hand.
@Suite struct EvaluationTests {
  private static let tokens = OutputRows(name: "y", shape: [3, 4])

  @Test func outputsDivideIntoRows() {
    func expect(_ shape: [Int], classes: (shown: Int, of: Int)? = nil, axes: [Int], width: Int, classCount: Int) {
      let rows = OutputRows(name: "y", shape: shape, classes: classes)
      #expect(rows.axes == axes && rows.width == width && rows.classCount == classCount, "\(shape)")
      #expect(rows.hasClasses == (classCount > 1))
    }
    expect([10], axes: [], width: 10, classCount: 10)
    expect([10, 1, 1], axes: [], width: 10, classCount: 10)
    expect([8, 32], axes: [8], width: 32, classCount: 32)
    expect([2, 8, 32], axes: [2, 8], width: 32, classCount: 32)
    expect([1], axes: [], width: 1, classCount: 1)
    expect([1], classes: (1, 10), axes: [], width: 1, classCount: 10)
    expect([3], classes: (1, 4), axes: [3], width: 1, classCount: 4)
    expect([3, 1], classes: (1, 4), axes: [3], width: 1, classCount: 4)
    expect([3, 2], classes: (2, 4), axes: [3], width: 2, classCount: 4)
    expect([6], classes: (2, 4), axes: [3], width: 2, classCount: 4)
  }

  /// Probabilities of the labels: 3/4 and 1/2.
  @Test func labelsOfLogits() throws {
    var score = LabelScore(OutputRows(name: "y", shape: [2, 2]))
    score.add([0, log(3)], label: 1)
    score.add([7, 7], label: 1)
    #expect(score.rowCount == 2 && score.accuracy == 0.5)
    #expect(abs(try #require(score.perplexity) - (8.0 / 3).squareRoot()) < 1e-12)
    score.add([-5000, 5000], label: 0)
    #expect(try #require(score.perplexity) > 1e300)
  }

  @Test func labelsOfClasses() {
    var score = LabelScore(OutputRows(name: "y", shape: [2, 2], classes: (shown: 2, of: 9)))
    score.add([3, 8], label: 8)
    score.add([3, 8], label: 4)
    #expect(score.accuracy == 0.5 && score.perplexity == nil)
  }

  /// Cosines 24/25 and 1; 3, 4, 0, 1 have the mean 2 and the variance 5/2.
  @Test func differences() throws {
    var difference = OutputDifference(OutputRows(name: "y", shape: [2, 2]))
    difference.add(float: [3, 4], integer: [4, 3])
    difference.add(float: [0, 1], integer: [0, 1])
    func expect(_ found: Double?, _ expected: Double) { #expect(abs((found ?? .nan) - expected) < 1e-12) }
    expect(difference.meanCosine, 0.98)
    expect(difference.worstCosine, 0.96)
    expect(difference.meanError, 0.5)
    expect(difference.largestError, 1)
    expect(difference.deviation, 2.5.squareRoot())
    expect(difference.largestErrorInDeviations, 0.4.squareRoot())
    expect(difference.meanErrorInDeviations, 0.1.squareRoot())
    expect(difference.agreement, 0.5)
    difference.add(float: [0, 0], integer: [0, 0])
    expect(difference.worstCosine, 0.96)
    difference.add(float: [0, 0], integer: [0, 0.1])
    expect(difference.worstCosine, 0)
  }

  @Test func differencesOfClassesAndNumbers() {
    var classes = OutputDifference(OutputRows(name: "y", shape: [2, 2], classes: (shown: 2, of: 4)))
    classes.add(float: [0, 1], integer: [0, 1])
    classes.add(float: [0, 1], integer: [1, 2])
    #expect(classes.agreement == 0.5 && classes.meanCosine == nil && classes.largestError == nil && classes.deviation == nil)
    var numbers = OutputDifference(OutputRows(name: "z", shape: [1]))
    numbers.add(float: [2], integer: [2.5])
    #expect(numbers.agreement == nil && numbers.meanCosine == nil && numbers.largestError == 0.5)
    #expect(numbers.largestErrorInDeviations == nil)
    let together = OutputComparison([classes, numbers])
    #expect(together.agreement == 0.5 && together.largestError == 0.5 && together.meanError == 0.5)
  }

  @Test func labelsMustFitTheRows() throws {
    func labels(_ shape: [Int], _ values: [Double]) throws -> [Int] {
      try NumericArray(shape: shape, values: values, isInteger: true).labels(of: Self.tokens, sampleCount: 2, source: "a")
    }
    let good: [Double] = [0, 1, 2, 3, -100, 0]
    #expect(try labels([2, 3], good) == [0, 1, 2, 3, -100, 0])
    #expect(try labels([2, 3, 1], good).count == 6 && labels([6], good).count == 6)
    #expect(errorDescription { _ = try labels([3, 2], good) } == "a: has the shape [3, 2]; labels need one number for each row of 'y': [2, 3]")
    #expect(errorDescription { _ = try labels([2], [0, 1]) } == "a: has the shape [2]; labels need one number for each row of 'y': [2, 3]")
    #expect(errorDescription { _ = try labels([2, 3], [0, 1, 2, 3, 0.5, 0]) } == "a: the label 0.5 is not an integer")
    #expect(
      errorDescription { _ = try labels([2, 3], [0, 1, 2, 3, 4, 0]) }
        == "a: sample 1, row 1, has the label 4; 'y' has the classes 0 to 3, and -100 leaves a row out")
  }

  @Test func nextIdsAreLabels() {
    #expect(nextIds([5, 6, 7, 1, 2, 3], length: 3, mask: nil) == [6, 7, -100, 2, 3, -100])
    #expect(nextIds([5, 6, 7, 1, 2, 3], length: 3, mask: [true, true, false, false, true, true]) == [6, -100, -100, -100, 3, -100])
  }
}

/// Logits that give the next id in a cycle of four the probability 4/7, others 1/7.
@Suite struct EvaluationTaskTests {
  private static let data = """
    {"ids": [[0, 1, 2], [0, 2, 3]], "words": [[1, 1, 0], [1, 1, 1]], "labels": [[1, -100, 0], [3, 3, 0]],
     "half": [[1, 0.5, 1], [1, 1, 1]]}
    """
  private let file: TemporaryFile

  init() throws { file = try TemporaryFile(Self.data.utf8, ending: "json") }

  private func task() throws -> EvaluationTask {
    var builder = ONNXBuilder()
    builder.input("ids", [nil, 3], type: 7)
    builder.initializer("table", .floats((0..<16).map { ($0 / 4 + 1) % 4 == $0 % 4 ? Float(log(4.0)) : 0 }, [4, 4]))
    builder.output(builder.node("Gather", ["table", "ids"], ["y"]))
    let network = try importONNX(builder.bytes, file: "model")
    var task = EvaluationTask(
      inputs: network.inputs.map { InputEncoding(port: $0, scale: 1, range: 0...3) },
      outputs: network.outputs.map { network.rows(of: $0) }, data: try DataSource(file.path))
    task.float = network
    return task
  }

  /// With integers that are the float network's values, moved.
  private func evaluate(shift: Double = 0, _ change: (inout EvaluationTask) -> Void) throws -> Evaluation {
    var task = try task()
    let network = try #require(task.float)
    change(&task)
    return try task.evaluate { batches in
      network.run(batches.map { $0.scaled(by: 1) }).map { FloatBatch(count: $0.count, values: $0.values.map { $0 + shift }) }
    }
  }

  @Test func nextIds() throws {
    let evaluation = try evaluate { $0.labels = .nextIds }
    let score = try #require(evaluation.integerScore)
    #expect(score.rowCount == 4 && score.accuracy == 0.75)
    #expect(abs(try #require(score.perplexity) - 7 / 64.squareRoot().squareRoot()) < 1e-6)
    #expect(evaluation.differences[0].rowCount == 4 && evaluation.comparison?.agreement == 1)
    #expect(evaluation.floatScore == score && evaluation.mask == nil)
    let masked = try evaluate {
      $0.labels = .nextIds
      $0.mask = "words"
    }
    #expect(masked.integerScore?.rowCount == 3 && masked.integerScore?.rightCount == 2 && masked.mask == "words")
  }

  @Test func labelsAndMasks() throws {
    let evaluation = try evaluate {
      $0.labels = .array("labels")
      $0.float = nil
    }
    #expect(evaluation.integerScore?.rowCount == 5 && evaluation.integerScore?.rightCount == 3)
    #expect(evaluation.floatScore == nil && evaluation.comparison == nil)
    let masked = try evaluate(shift: 0.5) { $0.mask = "words" }
    #expect(masked.integerScore == nil && masked.differences[0].rowCount == 5)
    #expect(masked.differences[0].largestError == 0.5 && masked.comparison?.meanError == 0.5)
  }

  @Test func anyNumberOfSamplesAtOnce() throws {
    var seen: [[Int]] = []
    var task = try task()
    task.chunk = 1
    task.labels = .nextIds
    let float = try #require(task.float)
    let evaluation = try task.evaluate { seen.append([$0, $1]) } integer: { float.run($0.map { $0.scaled(by: 1) }) }
    #expect(try evaluation == evaluate { $0.labels = .nextIds })
    #expect(seen == [[0, 2], [1, 2]])
  }

  @Test func whatCannotBeJudgedSaysWhy() throws {
    func message(_ change: @escaping (inout EvaluationTask) -> Void) -> String {
      errorDescription { _ = try evaluate(change) }.map { String($0.dropFirst(file.path.count)) } ?? ""
    }
    #expect(message { $0.mask = "half" } == ":half: has 0.5; a mask is of 1 for rows that count and 0 for others")
    #expect(message { $0.labels = .array("none") }.contains("has no array 'none'; it has: ids, words, labels, half"))
    let pooled = EvaluationTask(inputs: try task().inputs, outputs: [OutputRows(name: "z", shape: [4])], data: try DataSource(file.path))
    #expect(
      errorDescription {
        var pooled = pooled
        pooled.labels = .nextIds
        _ = try pooled.evaluate { _ in [] }
      }?.contains("give an array of labels by --labels NAME") ?? false)
    #expect(
      errorDescription {
        var pooled = pooled
        pooled.mask = "words"
        _ = try pooled.evaluate { _ in [] }
      }?.contains("has the shape [2, 3]; masks need one number for each row of 'z': [2]") ?? false)
  }
}
