/// Why one node cannot be imported.
enum NodeProblem: Error {
  /// Valid, but outside what the importer does: collected over the whole graph.
  case unsupported(String)
  /// Against the format: ends the import.
  case malformed(String)
  /// An operand comes from a node that was refused: not reported again.
  case followsRefusedNode
}
