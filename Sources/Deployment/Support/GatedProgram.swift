import CPlatform

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Starts programs that wait at a gate: each exists, and has run nothing yet (CPlatformProcess.h).
enum GatedProgram {
  /// A program's standard streams, as descriptors of this process.
  struct Streams {
    var input: Int32
    var output: Int32
    var error: Int32
  }

  /// Starts the program that `arguments` begin with, found as a shell would.
  ///
  /// - Parameters:
  ///   - environment: all that it sees.
  ///   - directory: `nil` is where git-eb is.
  ///   - streams: `nil` gives it git-eb's own place: streams, session, process group and signals.
  static func start(
    _ arguments: [String], environment: [String: String], directory: String?, streams: Streams?
  ) throws(FileError) -> platform_child {
    let name = arguments.first ?? ""
    let words = CStrings(arguments)
    let variables = CStrings(environment.map { "\($0.key)=\($0.value)" })
    var child = platform_child()
    var how = unsafe platform_program()
    unsafe how.arguments = UnsafePointer(words.pointer)
    unsafe how.environment = UnsafePointer(variables.pointer)
    if let streams {
      unsafe (how.input, how.output, how.error) = (streams.input, streams.output, streams.error)
    } else {
      unsafe how.is_foreground = 1
    }
    let status = unsafe name.withCString { program in
      unsafe how.program = program
      guard let directory else { return unsafe platform_start(&child, &how) }
      return unsafe directory.withCString { path in
        unsafe how.directory = path
        return unsafe platform_start(&child, &how)
      }
    }
    guard status == 0 else { throw FileError(operation: "start", path: name, errno: errno) }
    return child
  }
}
