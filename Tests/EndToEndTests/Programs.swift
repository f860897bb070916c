import TestSupport
import Testing

/// Expects that a screen shows exactly this, with what differs from run to run replaced.
func expect(
  _ screen: Screen, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(screen.description == expected, sourceLocation: sourceLocation)
}

/// Programs in Python that look at what git-eb made.
enum Programs {
  /// Prints each file below a directory: its mode, its name, and its contents' hash or its target.
  static let tree = """
    import hashlib, os, stat, sys

    root = sys.argv[1]
    lines = []
    for directory, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                what = "-> " + os.readlink(path)
            elif stat.S_ISDIR(mode):
                what = "directory"
            else:
                what = hashlib.sha256(open(path, "rb").read()).hexdigest()
            kind = "link" if stat.S_ISLNK(mode) else oct(mode)
            lines.append(f"{os.path.relpath(path, root)!r} {kind} {what}")
    print("\\n".join(sorted(lines)))
    """

  /// Prints the entries of a zip in order: name, mode, size and CRC; the comment last.
  static let entries = """
    import sys, zipfile

    archive = zipfile.ZipFile(sys.argv[1])
    for entry in archive.infolist():
        print(repr(entry.filename), entry.file_size, entry.CRC)
    print(archive.comment)
    """

  /// Prints the files below directories in which a text occurs: as it is, deflated, or in a zip.
  /// The text is given backwards, since this program's arguments can be seen too.
  static let search = """
    import io, os, sys, zipfile, zlib

    text = sys.argv[1][::-1].encode()
    for root in sys.argv[2:]:
        for directory, _, files in os.walk(root):
            for name in sorted(files):
                path = os.path.join(directory, name)
                if not os.path.isfile(path):
                    continue
                data = open(path, "rb").read()
                contents = [data, path.encode()]
                try:
                    contents.append(zlib.decompress(data))
                except zlib.error:
                    pass
                if zipfile.is_zipfile(io.BytesIO(data)):
                    archive = zipfile.ZipFile(io.BytesIO(data))
                    contents += [archive.read(name) for name in archive.namelist()]
                if any(text in content for content in contents):
                    print(os.path.relpath(path, root))
    """

  /// Prints the processes in whose arguments or environment a text is seen within some seconds.
  static let watch = """
    import glob, sys, time

    text = sys.argv[1][::-1].encode()
    end = time.time() + float(sys.argv[2])
    found = set()
    while time.time() < end:
        for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
            try:
                data = open(path, "rb").read()
            except OSError:
                continue
            if text in data:
                found.add(path + " " + repr(data))
        time.sleep(0.01)
    print("\\n".join(sorted(found)), end="")
    """

  /// Runs a program on a terminal of its own, types the first argument, and prints the screen.
  static let terminal = """
    import os, pty, sys

    child, terminal = pty.fork()
    if child == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    os.write(terminal, sys.argv[1].encode())
    screen = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        screen += data
    _, status = os.waitpid(child, 0)
    sys.stdout.write(screen.decode().replace("\\r\\n", "\\n"))
    sys.exit(os.waitstatus_to_exitcode(status))
    """
}

extension Workplace {
  /// Runs `git eb` on a terminal where `typed` is typed. What is typed is echoed.
  func terminal(_ arguments: String..., typing typed: String = "") throws -> Screen {
    try command(["python3", "-c", Programs.terminal, typed, "git", "eb"] + arguments)
  }

  /// The files below these directories that hold `text` in any form.
  func search(for text: String, in directories: String...) throws -> [String] {
    let reversed = String(text.reversed())
    let screen = try command(["python3", "-c", Programs.search, reversed] + directories)
    #expect(screen.status == 0, "\(screen)")
    return screen.output.split(separator: "\n").map(String.init)
  }
}
