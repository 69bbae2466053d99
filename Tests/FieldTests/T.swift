import Testing
import Field
@Test func a() { #expect(BaseField(canonical: BaseField.modulus) == nil) }
