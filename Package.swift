// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let audited: [SwiftSetting] = strict + [.strictMemorySafety()]

let package = Package(
  name: "zkml",
  products: [
    .executable(name: "zkml", targets: ["zkml"]),
    .library(name: "Verifier", targets: ["Verifier"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    // MARK: Trusted closure
    .target(name: "Field", swiftSettings: audited),
    .target(name: "Circuit", dependencies: ["Field"], swiftSettings: audited),
    .target(name: "Verifier", dependencies: ["Circuit", "Field", "CSodium"], swiftSettings: audited),

    // MARK: Everything else
    .target(name: "Execution", dependencies: ["Circuit", "CPlatform"], swiftSettings: strict),
    .target(
      name: "Prover", dependencies: ["Execution", "Verifier", "Circuit", "Field", "CSodium", "CPlatform"],
      swiftSettings: strict),
    .target(
      name: "Model",
      dependencies: [
        "Circuit", "Field", "CZlib", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Import/onnx.proto"], swiftSettings: strict),
    .executableTarget(
      name: "zkml",
      dependencies: [
        "Model", "Execution", "Prover", "Verifier", "Circuit", "Field", "CPlatform",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "Benchmarks",
      dependencies: ["Execution", "Prover", "Verifier", "Circuit", "Field", "CPlatform", "TestSupport"],
      path: "Benchmarks", swiftSettings: strict),

    // MARK: System libraries
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CGMP", providers: [.apt(["libgmp-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CPlatform"),

    // MARK: Tests
    .target(
      name: "TestSupport", dependencies: ["CGMP", "Circuit", "Field"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .target(
      name: "ReferenceVerifier", dependencies: ["CGMP", "CSodium"], path: "Tests/ReferenceVerifier",
      swiftSettings: strict),
    .testTarget(
      name: "ReferenceVerifierTests",
      dependencies: ["ReferenceVerifier", "Prover", "Verifier", "Circuit", "TestSupport"],
      swiftSettings: strict),
    .executableTarget(
      name: "SpendingProcess", dependencies: ["Prover", "Verifier", "Circuit"], path: "Tests/SpendingProcess",
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests", dependencies: ["zkml", "SpendingProcess", "Prover", "Verifier", "Circuit", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "FieldTests", dependencies: ["Field", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "ModelTests", dependencies: ["Model", "Execution", "Prover", "Verifier", "Circuit", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "CircuitTests", dependencies: ["Prover", "Circuit", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "ExecutionTests", dependencies: ["Execution", "Circuit", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "VerifierTests", dependencies: ["Prover", "Verifier", "Circuit", "Field", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ProverTests", dependencies: ["Prover", "Verifier", "Circuit", "Field", "CSodium", "TestSupport"],
      swiftSettings: strict),
    .target(
      name: "FuzzTargets", dependencies: ["Model", "Prover", "Verifier", "Circuit", "TestSupport"],
      path: "Tests/FuzzTargets", exclude: ["corpus"], swiftSettings: strict),
    .testTarget(
      name: "ProtocolTests",
      dependencies: [
        "FuzzTargets", "Model", "Execution", "Prover", "Verifier", "Circuit", "Field", "TestSupport", "ReferenceVerifier",
      ],
      path: "Tests/Protocol", swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

// Its main function is libFuzzer's, which only `scripts/fuzz` links.
if Context.environment["ZKML_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
