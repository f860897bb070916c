/// How the description of a version on its host says which release it is: `v1.4.0: Fix the login`.
enum ReleaseDescription {
  /// The description with the release's name in front; as it is where it says so already. A version
  /// that is two releases, such as a candidate and the final one, says both.
  static func naming(_ release: String, _ description: String) -> String {
    if description.isEmpty || description == release { return release }
    let isNamed = (": " + description + ": ").contains(": \(release): ")
    return isNamed ? description : "\(release): \(description)"
  }
}
