import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// TCP on the loopback address, without blocking.
enum LocalSocket {
  /// A descriptor that listens on 127.0.0.1; `nil` with errno. Port 0 takes a free one.
  static func listen(port: UInt16) -> Int32? {
    guard let descriptor = make() else { return nil }
    // A port whose old connections linger may be taken again; one that is in use may not.
    setOption(SOL_SOCKET, SO_REUSEADDR, of: descriptor)
    let bound = unsafe withAddress(port) { unsafe bind(descriptor, $0, $1) }
    guard bound == 0, startListening(descriptor) == 0 else {
      let error = errno
      close(descriptor)
      errno = error
      return nil
    }
    return descriptor
  }

  /// A descriptor whose connection to 127.0.0.1 is made or under way; `nil` with errno.
  static func connect(port: UInt16) -> Int32? {
    guard let descriptor = make() else { return nil }
    setOption(Int32(IPPROTO_TCP), TCP_NODELAY, of: descriptor)
    let status = unsafe withAddress(port) { address, size in
      #if canImport(Glibc)
        unsafe Glibc.connect(descriptor, address, size)
      #else
        unsafe Darwin.connect(descriptor, address, size)
      #endif
    }
    if status == 0 || errno == EINPROGRESS || errno == EINTR { return descriptor }
    let error = errno
    close(descriptor)
    errno = error
    return nil
  }

  /// The error of a connection that was under way, 0 when it is made.
  static func connectionError(_ descriptor: Int32) -> Int32 {
    var error: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 else {
      return errno
    }
    return error
  }

  /// The next connection; `nil` with errno.
  static func accept(_ listener: Int32) -> Int32? {
    #if canImport(Glibc)
      let descriptor = Glibc.accept(listener, nil, nil)
    #else
      let descriptor = unsafe Darwin.accept(listener, nil, nil)
    #endif
    guard descriptor >= 0 else { return nil }
    prepare(descriptor)
    setOption(Int32(IPPROTO_TCP), TCP_NODELAY, of: descriptor)
    return descriptor
  }

  /// The port that a descriptor is bound to.
  static func port(of descriptor: Int32) -> UInt16? {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &size)
      }
    }
    return status == 0 ? UInt16(bigEndian: address.sin_port) : nil
  }

  /// A port that was free a moment ago.
  static func freePort() throws(HostError) -> UInt16 {
    guard let descriptor = listen(port: 0) else { throw LocalStorage.failure("bind", "127.0.0.1") }
    defer { close(descriptor) }
    guard let port = port(of: descriptor) else {
      throw LocalStorage.failure("bind", "127.0.0.1")
    }
    return port
  }

  private static func make() -> Int32? {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { return nil }
    prepare(descriptor)
    return descriptor
  }

  private static func startListening(_ descriptor: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.listen(descriptor, 4096)
    #else
      Darwin.listen(descriptor, 4096)
    #endif
  }

  private static func prepare(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    #if !canImport(Glibc)
      setOption(SOL_SOCKET, SO_NOSIGPIPE, of: descriptor)
    #endif
  }

  private static func setOption(_ level: Int32, _ option: Int32, of descriptor: Int32) {
    var on: Int32 = 1
    unsafe setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func withAddress(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
