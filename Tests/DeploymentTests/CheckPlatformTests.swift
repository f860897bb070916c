import Testing

@testable import Deployment

@Suite("Checks: platforms") struct CheckPlatformTests {
  @Test(arguments: [
    (
      "Python 3.13 running on 64bit Amazon Linux 2023",
      PlatformGuess(.python, .al2023, version: "3.13")
    ),
    ("64bit Amazon Linux 2 v5.8.0 running Node.js 18", PlatformGuess(.node, .al2, version: "18")),
    ("64bit Amazon Linux 2018.03 v4.17.0 running Node.js", PlatformGuess(.node, .al1)),
    (
      "64bit Amazon Linux 2017.09 v2.6.0 running Docker 17.06",
      PlatformGuess(.docker, .al1, version: "17.06")
    ),
    (
      "Corretto 21 running on 64bit Amazon Linux 2023/4.2.0",
      PlatformGuess(.java, .al2023, version: "21")
    ),
  ])
  func `a platform's name says its kind, generation and version`(
    name: String, guess: PlatformGuess
  ) {
    #expect(PlatformGuess(name) == guess)
  }
}
