import Testing

@testable import Deployment

@Suite struct GuardScriptTests {
  @Test(arguments: ["/a b/hooks", "it's", "$(touch x)\\", "-n"])
  func `A path in a hook is one word to the shell`(_ path: String) throws {
    let quoted = ShellWords.quoted(path)
    #expect(quoted.hasPrefix("'") && quoted.hasSuffix("'"))
    let script = GuardScript.hook("pre-push", next: path, remedy: "rm \(quoted)")
    #expect(script.contains("next=" + ShellWords.quoted(path + "/pre-push") + "\n"))
    #expect(GuardScript.isOurs(script) && GuardScript.isWhole(script))
    #expect(!GuardScript.isWhole(script + "echo more\n"))
    #expect(!GuardScript.isOurs("#!/bin/sh\n"))
  }

  @Test func `What was there before is read as it was written`() {
    for (directory, setting) in [("/hooks", nil), (".githooks", ".githooks"), ("a\nb", "")] {
      let text = GuardScript.previous(directory: directory, setting: setting)
      let read = GuardScript.previous(in: text)
      #expect(read?.directory == directory)
      #expect(read?.setting == setting)
    }
    #expect(GuardScript.previous(in: "") == nil)
  }
}
