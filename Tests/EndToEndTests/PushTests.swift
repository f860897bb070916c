import Foundation
import TestSupport
import Testing

@Suite("git eb push") struct PushTests {
  @Test func `Each branch goes to its own environment, and each page is of its own commit`()
    throws
  {
    let shop = try Workplace.shop()
    let first = try shop.repository.git("rev-parse", "HEAD")
    #expect(
      try shop.eb("push").description == """
        To <base>/state/git-eb/shop
         * [new environment]  master -> production  (master-<id>-<digest8>, <size>, <duration>)
        http://127.0.0.1:<port>/
        ! bundled 7 entries, <size>
        ! published master-<id>-<digest8>
        ! <time>  INFO   createEnvironment is starting.
        ! <time>  INFO   New application version was deployed.
        ! <time>  INFO   Successfully launched environment: production.
        """)
    try shop.repository.git("switch", "--quiet", "--create", "issue91")
    try shop.repository.write("greeting.txt", "now with carts\n")
    let second = try shop.repository.commit("Add carts")
    #expect(try shop.eb("push").status == 0)
    #expect(try shop.page("production") == Shop.page(first))
    #expect(try shop.page("issue91") == Shop.page(second, greeting: "now with carts"))
  }
}
