/// A configuration file of `.ebextensions`: YAML, or JSON, which is read as such.
package struct ExtensionsFile: Sendable {
  /// An option, and where it is set.
  package struct Option: Sendable {
    package let namespace: String
    package let name: String
    package let value: YAMLNode
    /// Where it is written.
    package let place: YAMLNode
  }

  package let path: String
  package let bytes: [UInt8]
  /// `nil` for one that is empty or cannot be read.
  package let root: YAMLNode?
  /// Why it cannot be read.
  package let error: YAMLError?
  /// What `option_settings` sets, in both of its forms.
  package let options: [Option]

  package init(_ path: String, _ bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
    do throws(YAMLError) {
      root = try YAMLNode.parse(bytes, name: path)
      error = nil
    } catch {
      root = nil
      self.error = error
    }
    options = Self.options(in: root?["option_settings"])
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Beanstalk reads what lies directly in `.ebextensions` at the bundle's root and ends in `.config`.
  package static func isOne(_ entry: CheckedBundle.Entry) -> Bool {
    entry.path.hasPrefix(directory) && entry.path.hasSuffix(".config") && entry.isFile
      && !entry.path.dropFirst(directory.count).contains("/")
  }

  package static let directory = ".ebextensions/"

  /// Both forms of the documentation: a list of `{namespace, option_name, value}`, and namespaces
  /// with names and values. In the first, the namespace of variables may be left out.
  private static func options(in node: YAMLNode?) -> [Option] {
    guard let node else { return [] }
    if let list = node.sequence {
      return list.compactMap { item in
        guard let name = item["option_name"]?.string ?? item["OptionName"]?.string else {
          return nil
        }
        let namespace = item["namespace"]?.string ?? item["Namespace"]?.string
        let value = item["value"] ?? item["Value"]
        return Option(
          namespace: namespace ?? EnvironmentOption.variables, name: name,
          value: value ?? item, place: item)
      }
    }
    return (node.mapping ?? []).flatMap { namespace, names in
      (names.mapping ?? []).compactMap { name, value in
        guard let space = namespace.string, let text = name.string else { return nil }
        return Option(namespace: space, name: text, value: value, place: name)
      }
    }
  }

  /// Bytes of scalars that are looked through. A few lines of aliases can stand for much more.
  private static let scalarLimit = 1 << 20

  /// The scalars in it: commands, paths, contents of files.
  package var scalars: [(text: String, node: YAMLNode)] {
    var found: [(String, YAMLNode)] = []
    var size = 0
    func walk(_ node: YAMLNode) {
      switch node.content {
      case .scalar(let text, _):
        size += text.utf8.count
        if size <= Self.scalarLimit { found.append((text, node)) }
      case .sequence(let nodes): nodes.forEach(walk)
      case .mapping(let pairs):
        for (key, value) in pairs {
          walk(key)
          walk(value)
        }
      }
    }
    if let root { walk(root) }
    return found
  }
}
