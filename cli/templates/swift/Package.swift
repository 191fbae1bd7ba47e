// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "{{name}}",
    platforms: [.macOS(.v13)],
    products: [.library(name: "{{module}}", type: .dynamic, targets: ["{{module}}"])],
    dependencies: [.package(path: "vendor/osaurus-plugin-swift")],
    targets: [
        .target(name: "{{module}}", dependencies: [.product(name: "OsaurusPlugin", package: "osaurus-plugin-swift")]),
        .testTarget(
            name: "{{module}}Tests",
            dependencies: ["{{module}}", .product(name: "OsaurusPluginTesting", package: "osaurus-plugin-swift")]),
    ],
    swiftLanguageModes: [.v6]
)
