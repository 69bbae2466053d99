import Circuit
import Field

/// Σ_parts Σ_x w(x)·column(x) = value, over columns of one commitment, some more than once. docs/protocol.md §5.5.
package struct Claim: Sendable {
  package struct Part: Sendable {
    /// The column, by its index in the commitment's list.
    package var index: Int
    package var weight: WeightProduct

    package init(index: Int, weight: WeightProduct) {
      self.index = index
      self.weight = weight
    }
  }

  package var commitment: Int
  package var parts: [Part]
  package var value: Value

  package init(commitment: Int, parts: [Part], value: Value) {
    self.commitment = commitment
    self.parts = parts
    self.value = value
  }

  package init(slot: ColumnSlot, weights: [AxisWeight], value: Value) {
    let part = Part(index: slot.index, weight: WeightProduct(weights: weights))
    self.init(commitment: slot.commitment, parts: [part], value: value)
  }
}
