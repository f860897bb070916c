"""HTTP/1.1 over plain threads: keep-alive, `Expect: 100-continue`, bodies of any size.

The standard library's own handler would do, if answers did not have to be cut, held back and
reset at will, and if a body of 300 MB did not have to arrive in about a second.
"""

from __future__ import annotations

import io
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Callable, Protocol

MAXIMUM_HEAD = 64 * 1024
MAXIMUM_BODY = 6 * 1024 * 1024 * 1024
CHUNK = 1024 * 1024

REASONS = {
    100: "Continue", 200: "OK", 204: "No Content", 206: "Partial Content",
    301: "Moved Permanently", 304: "Not Modified", 307: "Temporary Redirect",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict", 411: "Length Required",
    412: "Precondition Failed", 413: "Content Too Large",
    416: "Range Not Satisfiable", 429: "Too Many Requests",
    500: "Internal Server Error", 501: "Not Implemented",
    503: "Service Unavailable",
}


@dataclass
class Request:
    """One request as it was sent; nothing in it is decoded but the head's text."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes | bytearray = b""
    scheme: str = "http"

    @property
    def path(self) -> str:
        """The path as it was sent, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query as it was sent, without the question mark."""
        return self.target.partition("?")[2]

    @property
    def announces_body(self) -> bool:
        """Whether the head says that a body follows."""
        length = self.header("content-length")
        return self.header("transfer-encoding") is not None or length not in (None, "0")

    def header(self, name: str) -> str | None:
        """The first header of this name, whatever its case."""
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return None


@dataclass
class Response:
    """An answer; its length and connection headers are made when it is sent."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    #: What a request log says beside the status: an error's code.
    code: str | None = None

    def header(self, name: str) -> str | None:
        """The first header of this name, whatever its case."""
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return None


class Exchange(Protocol):
    """What becomes of one request, told while it still arrives."""

    def early(self) -> Response | None:
        """An answer from the head alone, given instead of reading the body."""

    def answer(self) -> Response:
        """The answer, once the body is there."""

    def deliver(self, connection: "Connection", response: Response) -> bool:
        """Sends the answer, or does to it what a fault asks. False closes the connection."""

    def received(self, connection: "Connection") -> bool:
        """Called before the body is read. False closes the connection, unanswered."""

    def finished(self, response: Response | None) -> None:
        """Called last, with what was answered."""


class Connection:
    """One client's connection."""

    def __init__(self, sock: socket.socket, scheme: str) -> None:
        self.sock = sock
        self.scheme = scheme
        self.reader = io.BufferedReader(socket.SocketIO(sock, "rb"), 256 * 1024)

    def head(self) -> Request | None:
        """The next request's head, or None when the client has left or speaks no HTTP."""
        line = self.reader.readline(MAXIMUM_HEAD)
        while line in (b"\r\n", b"\n"):
            line = self.reader.readline(MAXIMUM_HEAD)
        parts = line.decode("latin-1").split()
        if len(parts) != 3:
            return None
        headers: list[tuple[str, str]] = []
        size = 0
        while True:
            line = self.reader.readline(MAXIMUM_HEAD)
            size += len(line)
            if not line or size > MAXIMUM_HEAD:
                return None
            if line in (b"\r\n", b"\n"):
                break
            name, colon, value = line.decode("utf-8", "surrogateescape").partition(":")
            if not colon:
                return None
            headers.append((name, value.strip()))
        target = parts[1]
        if target.startswith(("http://", "https://")):
            target = "/" + target.split("/", 3)[3] if target.count("/") > 2 else "/"
        return Request(parts[0], target, headers, scheme=self.scheme)

    def read_body(self, request: Request) -> bool:
        """Fills in the request's body; False when it ended early or its length is nonsense."""
        coding = (request.header("transfer-encoding") or "").lower()
        if "chunked" in coding:
            return self._read_chunked(request)
        text = request.header("content-length")
        if text is None:
            return True
        if not text.isdigit() or int(text) > MAXIMUM_BODY:
            return False
        length = int(text)
        if length == 0:
            return True
        body = bytearray(length)
        view = memoryview(body)
        at = 0
        while at < length:
            count = self.reader.readinto(view[at : at + CHUNK])
            if not count:
                return False
            at += count
        request.body = body
        return True

    def _read_chunked(self, request: Request) -> bool:
        body = bytearray()
        while True:
            size = self.reader.readline(1024).split(b";")[0].strip()
            try:
                count = int(size, 16)
            except ValueError:
                return False
            if count == 0:
                break
            piece = self.reader.read(count)
            if len(piece) != count or len(body) + count > MAXIMUM_BODY:
                return False
            body += piece
            self.reader.readline(8)
        while self.reader.readline(MAXIMUM_HEAD) not in (b"\r\n", b"\n", b""):
            pass
        request.body = body
        return True

    def send(self, data: bytes | memoryview) -> None:
        """Sends everything."""
        self.sock.sendall(data)

    def reset(self) -> None:
        """Closes so that the client sees a reset, not an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        """Lets go of the socket."""
        for closing in (self.reader.close, self.sock.close):
            try:
                closing()
            except OSError:
                continue


def encode_head(response: Response, close: bool) -> bytes:
    """The answer's head as bytes."""
    lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Status')}"]
    names = {name.lower() for name, _ in response.headers}
    headers = list(response.headers)
    if "date" not in names:
        headers.append(("Date", formatdate(usegmt=True)))
    if "content-length" not in names and response.status not in (204, 304):
        headers.append(("Content-Length", str(len(response.body))))
    if close:
        headers.append(("Connection", "close"))
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


class Server:
    """Listens, and gives each connection a thread."""

    def __init__(
        self,
        host: str,
        port: int,
        begin: Callable[[Request], Exchange],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.begin = begin
        self.tls = tls
        self.socket = socket.create_server((host, port), backlog=256)
        self.port: int = self.socket.getsockname()[1]

    def serve(self) -> None:
        """Accepts until the socket is closed."""
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(sock,), daemon=True).start()

    def close(self) -> None:
        """Stops accepting."""
        self.socket.close()

    def _connection(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        scheme = "http"
        if self.tls is not None:
            try:
                sock = self.tls.wrap_socket(sock, server_side=True)
            except OSError:
                sock.close()
                return
            scheme = "https"
        connection = Connection(sock, scheme)
        try:
            while self._exchange(connection):
                pass
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def _exchange(self, connection: Connection) -> bool:
        request = connection.head()
        if request is None:
            return False
        exchange = self.begin(request)
        response: Response | None = None
        try:
            if not exchange.received(connection):
                return False
            expects = (request.header("expect") or "").lower() == "100-continue"
            response = exchange.early()
            if response is not None and request.announces_body:
                # The body is still to come: the connection can only be closed after this.
                exchange.deliver(connection, close_after(response))
                drain(connection)
                return False
            if response is None:
                if expects:
                    connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                if not connection.read_body(request):
                    return False
                response = exchange.answer()
            wants_close = "close" in (request.header("connection") or "").lower()
            if wants_close:
                response = close_after(response)
            return exchange.deliver(connection, response) and not wants_close
        finally:
            exchange.finished(response)


def close_after(response: Response) -> Response:
    """The same answer, announcing that the connection ends with it."""
    if response.header("connection") is None:
        response.headers.append(("Connection", "close"))
    return response


def drain(connection: Connection) -> None:
    """Reads on for a moment, so that closing does not take the answer away from the client."""
    try:
        connection.sock.shutdown(socket.SHUT_WR)
        connection.sock.settimeout(1)
        while connection.sock.recv(CHUNK):
            pass
    except OSError:
        return
