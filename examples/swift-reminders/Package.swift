// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "swift-reminders",
    platforms: [.macOS(.v13)],
    products: [.library(name: "Reminders", type: .dynamic, targets: ["Reminders"])],
    dependencies: [.package(name: "osaurus-plugin-swift", path: "../../bridges/swift")],
    targets: [
        .target(name: "Reminders", dependencies: [.product(name: "OsaurusPlugin", package: "osaurus-plugin-swift")]),
        .testTarget(
            name: "RemindersTests",
            dependencies: ["Reminders", .product(name: "OsaurusPluginTesting", package: "osaurus-plugin-swift")]),
    ],
    swiftLanguageModes: [.v6]
)
