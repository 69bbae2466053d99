import Circuit
import Field

/// Σ_x w(x)·column(x) = value, w a sum of signed products of axis weights. docs/protocol.md §5.
package struct Claim: Sendable {
  package struct Product: Sendable {
    package var coefficient: SecureField
    /// By axis of the column.
    package var weights: [AxisWeight]

    package init(coefficient: SecureField = .one, weights: [AxisWeight]) {
      self.coefficient = coefficient
      self.weights = weights
    }
  }

  package var slot: ColumnSlot
  package var weight: [Product]
  package var value: Value

  package init(slot: ColumnSlot, weight: [Product], value: Value) {
    self.slot = slot
    self.weight = weight
    self.value = value
  }

  package init(slot: ColumnSlot, weights: [AxisWeight], value: Value) {
    self.init(slot: slot, weight: [Product(weights: weights)], value: value)
  }
}
