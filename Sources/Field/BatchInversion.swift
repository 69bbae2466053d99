/// The inverse of every element, zero for zero, by one field inversion.
package func batchInverseOrZero(_ elements: [BaseField]) -> [BaseField] {
  var product = BaseField.one
  var result: [BaseField] = []
  result.reserveCapacity(elements.count)
  for element in elements {
    result.append(product)
    if element != .zero { product *= element }
  }
  var inverse = product.inverseOrZero()
  for index in elements.indices.reversed() {
    let element = elements[index]
    result[index] = element == .zero ? .zero : result[index] * inverse
    if element != .zero { inverse *= element }
  }
  return result
}

/// The inverse of every element, zero for zero, by one field inversion.
package func batchInverseOrZero(_ elements: [SecureField]) -> [SecureField] {
  var product = SecureField.one
  var result: [SecureField] = []
  result.reserveCapacity(elements.count)
  for element in elements {
    result.append(product)
    if element != .zero { product *= element }
  }
  var inverse = product.inverseOrZero()
  for index in elements.indices.reversed() {
    let element = elements[index]
    result[index] = element == .zero ? .zero : result[index] * inverse
    if element != .zero { inverse *= element }
  }
  return result
}
