import Foundation
import Synchronization
import TestSupport

#if canImport(Glibc)
  import Glibc
#endif

/// An HTTP server whose paths name the ways in which servers go wrong. It is a proxy too: any name
/// leads to itself.
///
/// Tests share it. What each one does is counted by the first part of the path, which the rest of
/// the server does not see.
final class MisbehavingServer: Sendable {
  /// What `/statistics` says of one test.
  struct Statistics: Decodable, Equatable {
    /// How often each path was asked for.
    var requests: [String: Int]
    /// The longest queue of requests to `/together`.
    var together: Int
    /// Bytes of bodies that were read for each path.
    var bodies: [String: Int]
    /// The names whose requests were passed on without a tunnel.
    var passedOn: [String]
    /// The names that tunnels were asked for, by all tests.
    var tunnels: [String]
  }

  struct NotStarted: Error {
    var output: String
  }

  private let directory: TemporaryDirectory
  private let process: Int32
  let port: Int
  /// Of the same server over TLS.
  let securePort: Int
  /// The certificate of the authority that signed the server's, which is for `localhost`.
  let authority: String

  /// The one that runs, or a new one. It ends with the last test that has it.
  static func shared() throws -> MisbehavingServer {
    try running.withLock { running in
      if let server = running.server { return server }
      let server = try MisbehavingServer()
      running.server = server
      return server
    }
  }

  private struct Running { weak var server: MisbehavingServer? }
  private static let running = Mutex(Running())

  private init() throws {
    directory = try TemporaryDirectory()
    authority = directory.file("authority.pem")
    try check(["sh", "-euc", Self.certificates], in: directory.path)
    // What it prints is read when the first process ends; the server is that one's child, which
    // goes on until it is killed, or this process is.
    let output = try check(
      ["python3", "-c", Self.program, directory.path, "\(getpid())"])
    let numbers = output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard numbers.count == 3 else {
      throw NotStarted(output: output)
    }
    process = Int32(numbers[0])
    port = numbers[1]
    securePort = numbers[2]
  }

  deinit { kill(process, SIGKILL) }

  private static let certificates = """
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
      -subj '/CN=Authority' -keyout authority.key -out authority.pem \
      -addext keyUsage=critical,keyCertSign 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=localhost' \
      -keyout server.key -out server.csr 2>/dev/null
    printf 'subjectAltName=DNS:localhost,DNS:service.test\n' >extensions
    openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
      -days 2 -extfile extensions -out server.pem 2>/dev/null
    """

  private static let program = #"""
    import hashlib, json, os, socket, ssl, struct, sys, threading, time

    directory = sys.argv[1]
    lock = threading.Lock()
    states = {}
    tunnels = []
    connections = 0


    def state_of(user):
        with lock:
            return states.setdefault(user, {
                "requests": {}, "waiting": 0, "together": 0, "bodies": {}, "passedOn": [],
                "tunnels": tunnels})


    class Connection:
        def __init__(self, raw, number):
            self.raw, self.number, self.requests = raw, number, 0
            self.file = raw.makefile("rb")

        def send(self, data):
            self.raw.sendall(data)

        def answer(self, status, body=b"", headers=(), length=None):
            lines = ["HTTP/1.1 %d Answer" % status]
            lines += ["Content-Length: %d" % (len(body) if length is None else length)]
            lines += ["%s: %s" % header for header in headers]
            self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

        def reset(self):
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close()

        def close(self):
            self.file.close()
            self.raw.close()

        def read_body(self, state, path, length):
            digest, left = hashlib.sha256(), length
            while left:
                piece = self.file.read(min(left, 1 << 16))
                if not piece:
                    break
                left -= len(piece)
                digest.update(piece)
                with lock:
                    state["bodies"][path] = state["bodies"].get(path, 0) + len(piece)
            return digest.hexdigest()

        def serve(self):
            while self.serve_one():
                pass
            self.close()

        def serve_one(self):
            line = self.file.readline()
            if not line:
                return False
            method, target, _ = line.decode().split(" ", 2)
            headers = []
            while True:
                line = self.file.readline()
                if line in (b"\r\n", b""):
                    break
                name, _, value = line.decode().rstrip("\r\n").partition(":")
                headers.append((name, value.removeprefix(" ")))
            named = {name.lower(): value for name, value in headers}
            self.requests += 1
            if method == "CONNECT":
                return self.tunnel(target)
            if target.startswith("http://"):
                host, _, target = target[7:].partition("/")
                target = "/" + target
            else:
                host = None
            user, _, target = target[1:].partition("/")
            target = "/" + target
            state = state_of(user)
            if host:
                state["passedOn"].append(host)
            path = target.partition("?")[0]
            with lock:
                state["requests"][path] = state["requests"].get(path, 0) + 1
            length = int(named.get("content-length", "0"))
            expects = named.get("expect") == "100-continue"

            if path == "/refuse":
                self.answer(403, b"<Error/>", [("Connection", "close")])
                # Whatever else comes is not read.
                time.sleep(0.5)
                return False
            if path == "/unexpected" and expects:
                self.answer(417)
                return True
            if path == "/pause-continue":
                time.sleep(30)
            if expects and path != "/no-continue":
                self.send(b"HTTP/1.1 100 Continue\r\nX-Preliminary: yes\r\n\r\n")
            if path == "/refuse-midway":
                self.file.read(1 << 16)
                self.answer(500, b"<Error/>", [("Connection", "close")])
                time.sleep(0.5)
                return False
            if path == "/never-read":
                time.sleep(30)
            digest = self.read_body(state, path, length)

            if path == "/echo":
                seen = {"method": method, "target": target, "headers": headers, "digest": digest,
                        "length": length, "connection": self.number}
                self.answer(200, b"" if method == "HEAD" else json.dumps(seen).encode())
            elif path == "/statistics":
                self.answer(200, json.dumps(state).encode())
            elif path in ("/upload", "/no-continue", "/unexpected"):
                self.answer(200, ("%d %s" % (length, digest)).encode())
            elif path.startswith("/status/"):
                self.answer(int(path.split("/")[2]), b"x" * int(target.partition("?")[2] or "5"),
                            [("X-Kind", "first"), ("x-kind", "second"), ("X-Empty", ""),
                             ("Location", "/echo"), ("Set-Cookie", "a=b")])
            elif path == "/large":
                size = int(target.partition("?")[2])
                self.answer(200, length=size)
                for _ in range(size // 65536):
                    self.send(b"0123456789abcdef" * 4096)
                self.send(b"z" * (size % 65536))
            elif path == "/chunked":
                self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          b"5\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: late\r\n\r\n")
            elif path == "/folded":
                self.send(b"HTTP/1.1 200 OK\r\nX-Long: one\r\n  two\r\nContent-Length: 0\r\n\r\n")
            elif path == "/encoded":
                self.answer(200, b"not gzip at all", [("Content-Encoding", "gzip")])
            elif path == "/long-head":
                self.send(b"HTTP/1.1 200 OK\r\n")
                for number in range(8192):
                    self.send(b"X-Padding: " + b"p" * 64 + b"\r\n")
                self.send(b"Content-Length: 0\r\n\r\n")
            elif path == "/short":
                self.answer(200, b"ten bytes.", length=100)
                return False
            elif path == "/cut-chunk":
                self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
                return False
            elif path == "/reset":
                self.reset()
                return False
            elif path == "/nothing":
                return False
            elif path == "/nothing-if-kept":
                if self.requests > 1:
                    return False
                self.answer(200)
            elif path == "/garbage":
                self.send(b"this is no HTTP\r\n\r\n")
                return False
            elif path == "/close-later":
                self.answer(200)
                return False
            elif path == "/stall":
                time.sleep(30)
            elif path == "/stall-in-head":
                self.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n")
                time.sleep(30)
            elif path == "/stall-in-body":
                self.answer(200, b"ten bytes.", length=100)
                time.sleep(30)
            elif path == "/drip":
                self.answer(200, length=12)
                for _ in range(12):
                    time.sleep(0.1)
                    self.send(b".")
            elif path == "/drip-for-ever":
                self.answer(200, length=1000)
                for _ in range(300):
                    time.sleep(0.1)
                    self.send(b".")
            elif path == "/together":
                with lock:
                    state["waiting"] += 1
                    state["together"] = max(state["together"], state["waiting"])
                deadline = time.time() + 10
                while state["together"] < 10 and time.time() < deadline:
                    time.sleep(0.01)
                with lock:
                    state["waiting"] -= 1
                self.answer(200, target.encode())
            else:
                self.answer(404, target.encode())
            return named.get("connection") != "close"

        def tunnel(self, target):
            tunnels.append(target)
            if target.startswith("forbidden"):
                self.answer(403)
                return False
            self.send(b"HTTP/1.1 200 Connected\r\nX-Proxy: yes\r\n\r\n")
            other = socket.create_connection(("127.0.0.1", secure_port))

            def pump(source, destination):
                try:
                    while True:
                        data = source.recv(65536)
                        if not data:
                            break
                        destination.sendall(data)
                except OSError:
                    pass
                for end in (source, destination):
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass

            there = threading.Thread(target=pump, args=(self.raw, other), daemon=True)
            there.start()
            pump(other, self.raw)
            other.close()
            return False


    def handle(raw, number, context):
        try:
            if context:
                raw = context.wrap_socket(raw, server_side=True)
            Connection(raw, number).serve()
        except (OSError, ValueError):
            raw.close()


    def accept(listener, context):
        global connections
        while True:
            raw, _ = listener.accept()
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with lock:
                connections += 1
                number = connections
            threading.Thread(target=handle, args=(raw, number, context), daemon=True).start()


    def listen():
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        return listener


    plain, secure = listen(), listen()
    secure_port = secure.getsockname()[1]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory + "/server.pem", directory + "/server.key")
    child = os.fork()
    if child:
        print(child, plain.getsockname()[1], secure_port)
        sys.exit()
    os.setsid()
    threading.Thread(target=accept, args=(plain, None), daemon=True).start()
    threading.Thread(target=accept, args=(secure, context), daemon=True).start()
    while os.path.isdir(directory):
        time.sleep(0.5)
        os.kill(int(sys.argv[2]), 0)

    """#
}
