// swift-tools-version:6.0
// The Swift SDK for Osaurus plugins: the C module, the typed wrapper, and a scripted host for tests.
import PackageDescription

let package = Package(
    name: "osaurus-plugin-swift",
    platforms: [.macOS(.v13)],
    products: [
        .library(name: "COsaurusPlugin", targets: ["COsaurusPlugin"]),
        .library(name: "OsaurusPlugin", targets: ["OsaurusPlugin"]),
        .library(name: "OsaurusPluginTesting", targets: ["OsaurusPluginTesting"]),
    ],
    targets: [
        .target(name: "COsaurusPlugin"),
        .target(name: "COsaurusImage"),
        .target(name: "OsaurusPlugin", dependencies: ["COsaurusPlugin", "COsaurusImage"]),
        .target(name: "OsaurusPluginTesting", dependencies: ["COsaurusPlugin", "OsaurusPlugin"]),
        .testTarget(name: "OsaurusPluginTests", dependencies: ["OsaurusPlugin", "OsaurusPluginTesting"]),
    ],
    swiftLanguageModes: [.v6]
)
