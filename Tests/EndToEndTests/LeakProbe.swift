import Foundation
import TestSupport
import Testing

@Suite("probe") struct LeakProbe {
  @Test func `leak`() throws {
    func count() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0 }
    let m = FileManager.default
    let place = try Workplace.shop()
    func probe(_ name: String, _ body: () throws -> Void) rethrows {
      let a = count()
      for _ in 0..<30 { try body() }
      print("PROBE", name, a, count())
    }
    probe("contents") { _ = m.contents(atPath: "/proc/self/cmdline") }
    probe("contents missing") { _ = m.contents(atPath: "/proc/xx/cmdline") }
    probe("contents kernel") { _ = m.contents(atPath: "/proc/2/cmdline") }
    probe("link") { _ = try? m.destinationOfSymbolicLink(atPath: "/proc/self/cwd") }
    probe("list") { _ = try? m.contentsOfDirectory(atPath: "/proc") }
    probe("list missing") { _ = try? m.contentsOfDirectory(atPath: "/prox") }
    probe("subpaths") { _ = try? m.subpathsOfDirectory(atPath: place.path) }
    probe("subpaths missing") { _ = try? m.subpathsOfDirectory(atPath: "/nowhere") }
    probe("processes") { _ = place.processes }
    probe("attributes") { _ = try? m.attributesOfItem(atPath: place.path) }
    try probe("snapshot") { _ = try place.repository.snapshot() }
    try probe("background") { _ = try place.start("true").wait() }
    try probe("failing") { _ = try? run(["false"], in: "/nowhere") }
    probe("page") { _ = try? Workplace.page(at: "http://127.0.0.1:1/") }
  }
}
