// swift-tools-version: 6.2
import PackageDescription

/// Every strict switch, for every target of ours.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// libgit2 is linked as an archive and without its network transports (see `network.c`): the
/// program starts in a quarter of the time that Debian's shared library and its fifteen take.
let libgit2: [LinkerSetting] = [
  .linkedLibrary(":libgit2.a", .when(platforms: [.linux])),
  .linkedLibrary(":libmbedcrypto.a", .when(platforms: [.linux])),
  .linkedLibrary(":libpcre2-8.a", .when(platforms: [.linux])),
  .linkedLibrary(":libhttp_parser.a", .when(platforms: [.linux])),
  .linkedLibrary(":libdeflate.a", .when(platforms: [.linux])),
  .linkedLibrary(":libz.a", .when(platforms: [.linux])),
  .linkedLibrary("git2", .when(platforms: [.macOS])),
  .linkedLibrary("deflate", .when(platforms: [.macOS])),
  .linkedLibrary("z", .when(platforms: [.macOS])),
]

let package = Package(
  name: "git-eb",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "git-eb", targets: ["git-eb"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
  ],
  targets: [
    .target(name: "CLibgit2", linkerSettings: libgit2),
    .target(
      name: "CDeflate",
      linkerSettings: [
        .linkedLibrary(":libdeflate.a", .when(platforms: [.linux])),
        .linkedLibrary(":libz.a", .when(platforms: [.linux])),
        .linkedLibrary("deflate", .when(platforms: [.macOS])),
        .linkedLibrary("z", .when(platforms: [.macOS])),
      ]),
    .target(
      name: "CYaml",
      linkerSettings: [
        .linkedLibrary(":libyaml.a", .when(platforms: [.linux])),
        .linkedLibrary("yaml", .when(platforms: [.macOS])),
      ]),
    .target(
      name: "CExpat",
      linkerSettings: [
        .linkedLibrary(":libexpat.a", .when(platforms: [.linux])),
        .linkedLibrary("expat", .when(platforms: [.macOS])),
      ]),
    .target(name: "CCurl"),
    .target(name: "CPlatform"),
    .target(name: "Git", dependencies: ["CLibgit2"], swiftSettings: settings),
    .target(name: "Zip", dependencies: ["CDeflate"], swiftSettings: settings),
    .target(
      name: "AWS",
      dependencies: ["CCurl", "CExpat", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: settings),
    .target(name: "ElasticBeanstalk", dependencies: ["AWS"], swiftSettings: settings),
    .target(
      name: "Deployment",
      dependencies: [
        "Git", "Zip", "AWS", "ElasticBeanstalk", "CYaml", "CPlatform",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "git-eb",
      dependencies: [
        "Deployment", "AWS", "ElasticBeanstalk", "CPlatform",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings,
      linkerSettings: [
        // A position-dependent executable has no relocations to make at every start, and nobody looks
        // for symbols in it: those that the static library of Swift would have exported are gone
        // through at each start as well.
        .unsafeFlags(
          [
            "-use-ld=lld", "-Xclang-linker", "-no-pie", "-Xlinker", "--no-export-dynamic",
          ],
          .when(platforms: [.linux], configuration: .release))
      ]),
    .target(
      name: "TestSupport",
      dependencies: [
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(name: "GitTests", dependencies: ["Git", "TestSupport"], swiftSettings: settings),
    .testTarget(name: "AWSTests", dependencies: ["AWS", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "ElasticBeanstalkTests", dependencies: ["ElasticBeanstalk", "AWS", "TestSupport"],
      swiftSettings: settings),
    .testTarget(name: "ZipTests", dependencies: ["Zip", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "DeploymentTests",
      dependencies: [
        "Deployment", "AWS", "ElasticBeanstalk", "Git", "Zip", "TestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "CommandTests",
      dependencies: ["git-eb", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests", dependencies: ["git-eb", "TestSupport"], swiftSettings: settings),
  ]
)
