// swift-tools-version:6.0
// The behaviour table's probe in Swift: one library, and one that runs on the first version 2 hosts.
import PackageDescription

let package = Package(
    name: "behaviour-swift",
    platforms: [.macOS(.v13)],
    products: [
        .library(name: "Probe", type: .dynamic, targets: ["Probe"]),
        .library(name: "ProbeForFirstHosts", type: .dynamic, targets: ["ProbeForFirstHosts"]),
    ],
    dependencies: [.package(name: "osaurus-plugin-swift", path: "../../../bridges/swift")],
    targets: [
        .target(
            name: "ProbeBehaviour", dependencies: [.product(name: "OsaurusPlugin", package: "osaurus-plugin-swift")]),
        .target(name: "Probe", dependencies: ["ProbeBehaviour"]),
        .target(name: "ProbeForFirstHosts", dependencies: ["ProbeBehaviour"]),
    ],
    swiftLanguageModes: [.v6]
)
