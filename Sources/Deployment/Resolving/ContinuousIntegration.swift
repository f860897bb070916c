package import Git

/// What a continuous-integration service says of the branch it checked out detached.
package enum ContinuousIntegration: String, CaseIterable, Sendable {
  case gitHub = "GitHub Actions"
  case gitLab = "GitLab CI"
  case codeBuild = "AWS CodeBuild"
  case circleCI = "CircleCI"
  case jenkins = "Jenkins"
  case bitbucket = "Bitbucket Pipelines"

  /// The branch that is being built, and the variable that says so.
  package struct Branch: Sendable, Equatable {
    package var name: BranchName
    package var variable: String
    /// Whether it is the branch that a pull request comes from. Anybody can call a branch of a fork
    /// `master`, so such a name says nothing about an environment that others share.
    package var isPullRequest: Bool
  }

  /// A pull request that is being built.
  package struct PullRequest: Sendable, Equatable {
    package var number: Int?
    /// The branch that it shall be merged into, where the service says.
    package var base: BranchName?
    /// Whether what is checked out may be what a stranger wrote. CircleCI alone knows better, and
    /// says it of forks; for a branch that only has a pull request it says the number.
    package var mayBeStrangers = true
  }

  /// The service that set these variables, or `nil` outside of any.
  package init?(environment: [String: String]) {
    guard
      let service = Self.allCases.first(where: {
        environment[$0.marker].map { !$0.isEmpty } ?? false
      })
    else { return nil }
    self = service
  }

  /// The branch being built; `nil` when the service builds a tag or does not say.
  ///
  /// Names as in each service's list of predefined variables. For a pull request it is the branch
  /// that the request comes from.
  package func branch(environment: [String: String]) -> Branch? {
    let isPullRequest = pullRequest(environment: environment)?.mayBeStrangers == true
    for variable in variables {
      guard let value = environment[variable], !value.isEmpty else { continue }
      if variable == "GITHUB_REF_NAME", environment["GITHUB_REF_TYPE"] != "branch" { continue }
      guard let name = BranchName(shortened(value, variable: variable)) else {
        // What else there is may be the branch that the request is for.
        if isPullRequest { return nil }
        continue
      }
      return Branch(name: name, variable: variable, isPullRequest: isPullRequest)
    }
    return nil
  }

  /// The pull request that is being built; `nil` when the service builds something else.
  ///
  /// Names as in each service's list of predefined variables.
  package func pullRequest(environment: [String: String]) -> PullRequest? {
    func value(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    let number: Substring?
    // The variables that are set for pull requests alone, and the one that says what they are for.
    var signs: [String] = []
    var base: String?
    switch self {
    case .gitHub:
      // `refs/pull/12/merge`
      let parts = value("GITHUB_REF")?.split(separator: "/") ?? []
      number = parts.count == 4 && parts[1] == "pull" ? parts[2] : nil
      (signs, base) = (["GITHUB_HEAD_REF"], "GITHUB_BASE_REF")
    case .gitLab:
      number = value("CI_MERGE_REQUEST_IID")?[...]
      signs = ["CI_MERGE_REQUEST_IID", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"]
      base = "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
    case .codeBuild:
      // `pr/12`
      let trigger = value("CODEBUILD_WEBHOOK_TRIGGER")
      number = trigger?.hasPrefix("pr/") == true ? trigger?.dropFirst(3) : nil
      base = "CODEBUILD_WEBHOOK_BASE_REF"
    case .circleCI:
      // `https://github.com/o/shop/pull/12`, of a branch that has one; this is set for forks alone.
      number = value("CIRCLE_PULL_REQUEST")?.split(separator: "/").last
      signs = ["CIRCLE_PR_NUMBER"]
    case .jenkins:
      number = value("CHANGE_ID")?[...]
      (signs, base) = (["CHANGE_ID", "CHANGE_BRANCH"], "CHANGE_TARGET")
    case .bitbucket:
      number = value("BITBUCKET_PR_ID")?[...]
      (signs, base) = (["BITBUCKET_PR_ID"], "BITBUCKET_PR_DESTINATION_BRANCH")
    }
    var request = PullRequest(number: number.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil })
    request.base = base.flatMap { variable in
      value(variable).flatMap { BranchName(shortened($0, variable: variable)) }
    }
    let event = eventVariable.flatMap(value)?.lowercased() ?? ""
    request.mayBeStrangers =
      event.hasPrefix("pull_request")
      || (signs + [base].compactMap { $0 }).contains { value($0) != nil }
      || self != .circleCI && request.number != nil
    return request.mayBeStrangers || request.number != nil ? request : nil
  }

  /// The variable that names what started the build, where a pull request may have.
  private var eventVariable: String? {
    switch self {
    case .gitHub: "GITHUB_EVENT_NAME"
    case .codeBuild: "CODEBUILD_WEBHOOK_EVENT"
    case .gitLab, .circleCI, .jenkins, .bitbucket: nil
    }
  }

  private var marker: String {
    switch self {
    case .gitHub: "GITHUB_ACTIONS"
    case .gitLab: "GITLAB_CI"
    case .codeBuild: "CODEBUILD_BUILD_ID"
    case .circleCI: "CIRCLECI"
    case .jenkins: "JENKINS_URL"
    case .bitbucket: "BITBUCKET_BUILD_NUMBER"
    }
  }

  private var variables: [String] {
    switch self {
    case .gitHub: ["GITHUB_HEAD_REF", "GITHUB_REF_NAME"]
    case .gitLab: ["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH"]
    case .codeBuild: ["CODEBUILD_WEBHOOK_HEAD_REF"]
    case .circleCI: ["CIRCLE_BRANCH"]
    case .jenkins: ["CHANGE_BRANCH", "BRANCH_NAME", "GIT_LOCAL_BRANCH", "GIT_BRANCH"]
    case .bitbucket: ["BITBUCKET_BRANCH"]
    }
  }

  /// CodeBuild gives a full reference; Jenkins' git plugin puts the remote in front.
  private func shortened(_ value: String, variable: String) -> String {
    if value.hasPrefix("refs/heads/") { return String(value.dropFirst("refs/heads/".count)) }
    if variable == "GIT_BRANCH", value.hasPrefix("origin/") {
      return String(value.dropFirst("origin/".count))
    }
    return value
  }
}
