#!/usr/bin/env python3
"""Compares git-eb's archives with git's in random repositories; called by Scripts/differential.

Each seed makes one repository and compares `git eb archive` of a commit, of a tree and of the index
with `git archive --format=zip`: names as bytes and their order, contents, link targets, modes,
times, flags, and the comment. Where git refuses, git-eb has to, and the other way round. What
differs on purpose is listed and explained in Documentation/Archives.md; here it is made alike
before comparing, or left out:

- modes: git gives none to a plain file, git-eb 0644
- times: git writes the local time, git-eb UTC; so git runs with TZ=UTC and git-eb with another
- times of the index and of trees: git takes the present, git-eb the time of HEAD's commit, and
  1980 where there is none
- the extended timestamp is left out when it would not fit, from 2038 on: readers take it as signed
- `.git`, `.elasticbeanstalk/config.yml` and `.elasticbeanstalk/app_versions/` are never bundled
- a directory in which everything is ignored is left empty by git, and left out by git-eb
- submodules: git makes an empty directory, git-eb the submodule's files unless told otherwise
- git calls a name with U+xxFFFE or U+xxFFFF no UTF-8, git-eb does
- what compresses little may be stored where git deflates it, and the other way round
- in a sparse checkout git leaves out the attributes of what is not checked out; so git runs as if
  all were
- a `process` filter is not told the branch, and of an index another tree
- the names of files on the command line are UTF-8
- not made here: contents of Git LFS and git-crypt, `.ebignore`, secrets, files larger than
  `core.bigFileThreshold`, and times that DOS does not know, before 1980 and after 2107
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import random
import re
import shlex
import stat
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib

from compare_archives import mode as kind

# Words that the names of files and the patterns of attributes are made from.
WORDS = [
    b"a", b"b", b"ab", b"A", b"lib", b"src", b"doc", b"test", b"build", b"index", b"README", b"x1",
]
ODD_WORDS = [
    b"with space", b" lead", b"trail ", b"new\nline", b"tab\there", b"quote\"d", b"it's",
    b"back\\s", b"star*", b"what?", b"[set]", b"!not", b"#hash", b"-dash", b"--", b"~", b"a;b",
    b"$HOME", b"%41", "caf\u00e9".encode(), "cafe\u0301".encode(), "\u65e5\u672c".encode(),
    "\U0001f980".encode(),
    b"caf\xe9", b"\xff\xfe", b"\x01\x7f", b"over\xc0\xaf", b"half\xed\xa0\x80", b"non\xef\xbf\xbf",
    b"far\xf4\x90\x80\x80", b"cut\xe6\x97", b"...", b"a..b", b"con", b"{a,b}", b"long" * 60,
    b".elasticbeanstalk", b"git", b"a:b", b"[attr]m",
]
SUFFIXES = [b"", b"", b".txt", b".py", b".bin", b".md", b".txt.orig", b".TXT"]
STATES = [
    b"export-ignore", b"export-ignore", b"-export-ignore", b"!export-ignore", b"export-ignore=yes",
    b"text", b"-text", b"!text", b"text=auto", b"eol=crlf", b"eol=crlf", b"eol=lf", b"-eol",
    b"crlf", b"-crlf", b"crlf=input", b"crlf=auto", b"ident", b"-ident", b"!ident", b"binary",
    b"-binary", b"text eol=crlf", b"text=auto eol=crlf", b"ident eol=crlf", b"m", b"-m", b"m2",
    b"unknown=1", b"diff", b"-diff", b"!diff",
]
RARE_STATES = [
    b"text=input", b"text=other", b"eol=other", b"ident=x", b"bad!name", b"-", b"m=x",
    b"diff=python", b"diff=own", b"diff=other", b"export-subst=x", b"filter", b"filter=",
    b"working-tree-encoding=",
]
SUBSTITUTION_STATES = [
    b"export-subst", b"export-subst", b"export-subst", b"-export-subst", b"!export-subst",
    b"export-subst ident", b"export-subst eol=crlf", b"export-subst text=auto",
]
ENCODINGS = [
    b"UTF-16", b"UTF-16LE", b"UTF-16BE", b"UTF-16LE-BOM", b"UTF-32", b"ISO-8859-1", b"latin1",
    b"SHIFT-JIS", b"utf-16", b"UTF-8", b"utf8", b"no-such", b"UTF-7",
]
ENCODING_STATES = [
    *[b"working-tree-encoding=" + name for name in ENCODINGS],
    b"working-tree-encoding=UTF-16 eol=crlf", b"working-tree-encoding=UTF-16LE-BOM text eol=crlf",
    b"working-tree-encoding=UTF-16 ident text=auto", b"!working-tree-encoding",
    b"working-tree-encoding=ISO-8859-1 export-subst",
]
# Programs that a file goes through, by the name of the driver.
DRIVERS = {
    "up": {"smudge": "tr a-z A-Z"},
    # Names are told apart by their case.
    "UP": {"smudge": "tr a-z b-za"},
    "path": {"smudge": "cat && echo %f"},
    "sed": {"smudge": "sed -e s/one/two/ -e 's/^line$/a  b/'"},
    "quoted": {"smudge": 'echo "a  b; %%"; cat; echo \\\\'},
    # Does not read to the end.
    "cut": {"smudge": "head -c 5"},
    "nothing": {"smudge": "true"},
    "fails": {"smudge": "cat; exit 3"},
    "absent": {"smudge": "git-eb-no-such-program"},
    "blank": {"smudge": ""},
    "clean": {"clean": "cat"},
    "must": {"smudge": "tr o 0", "required": "true"},
    "a.b c": {"smudge": "rev"},
    # Asks the repository that it is run for.
    "asks": {"smudge": "cat; git config filter.asks.word", "word": "answer"},
}
# With these nothing is archived.
REFUSED_DRIVERS = {
    "must-fail": {"smudge": "cat; exit 3", "required": "true"},
    "must-clean": {"clean": "cat", "required": "true"},
    "must-absent": {"process": "git-eb-no-such-program", "required": "true"},
    "must-nothing": {"required": "true"},
}
REFUSED_STATES = [
    b"working-tree-encoding", b"-working-tree-encoding",
    *[b"filter=" + name.encode() for name in REFUSED_DRIVERS],
]
# How the `process` filter behaves.
PROCESS_WAYS = [
    "swap", "swap", "swap", "some-error", "late-error", "abort", "some-abort", "dies", "clean-only",
    "stranger", "nothing",
]
FILTER_STATES = [
    *[b"filter=" + name.encode() for name in DRIVERS if " " not in name],
    b"filter=proc", b"filter=proc", b"filter=proc", b"filter=proc2", b"filter=other", b"filter=lfs",
    b"-filter", b"!filter", b"filter=up eol=crlf", b"filter=proc ident",
    b"filter=path working-tree-encoding=UTF-16", b"filter=up export-subst",
]
# A filter of the kind that goes on from file to file. Of what it is told, it writes down the path
# and the blob, and of a commit the commit.
PROCESS = r'''
import os, sys
way = sys.argv[1]
source, sink = sys.stdin.buffer, sys.stdout.buffer

def packet():
    size = int(source.read(4) or b"0", 16)
    return source.read(size - 4) if size else None

def packets():
    return list(iter(packet, None))

def send(*lines):
    for line in lines:
        for start in range(0, len(line), 65516):
            piece = line[start:start + 65516]
            sink.write(b"%04x" % (len(piece) + 4) + piece)
    sink.write(b"0000")
    sink.flush()

packets()
if way == "hangs-up":
    sys.exit(1)
if way == "stranger":
    send(b"somebody else\n")
    sys.exit(1)
send(b"git-filter-server\n", b"version=2\n")
packets()
send(b"capability=clean\n", *[] if way == "clean-only" else [b"capability=smudge\n"])
while True:
    facts = dict(line.rstrip(b"\n").split(b"=", 1) for line in packets())
    if not facts:
        break
    content = b"".join(packets())
    if way == "abort" or way == "some-abort" and b"two" in content:
        send(b"status=abort\n")
    elif way == "some-error" and b"one" in content:
        send(b"status=error\n")
    elif way == "dies" and b"two" in content:
        sys.exit(1)
    else:
        keys = [b"pathname", b"blob"] + [b"treeish"] * ("GIT_EB_COMMIT" in os.environ)
        told = b" ".join(facts.get(key, b"?") for key in keys)
        send(b"status=success\n")
        send(b"" if way == "nothing" else content.swapcase() + told + b"\n")
        send(*[b"status=error\n"] if way == "late-error" else [])
'''
PLACEHOLDERS = b"""
%H %h %T %t %P %p %an %aN %ae %aE %al %aL %ad %aD %ar %at %ai %aI %as %cn %cN %ce %cE %cl %cd %cD
%cr %ct %ci %cI %cs %d %D %S %e %s %f %b %B %N %G? %GS %GK %GF %GP %gD %gd %gn %ge %gs
%Cred %Creset %C(red) %C(auto) %C(always,red) %C(bogus) %m %n %% %x00 %x41 %xZZ %x %w(20,1,2) %w(30)
%w() %w(a) %<(10)%s %<(10,trunc)%s %<(8,mtrunc)%an %>(30)%an %><(12)%h %>>(20)%h %<|(40)%an %+b %-b
%+d %-N %(trailers) %(trailers:only) %(trailers:key=Signed-off-by) %(trailers:bogus) %(unknown)
%(trailers:key=Signed-off-by,valueonly,separator=%x2C) %(trailers:only,unfold=true) %( %q %Z % %%H
%(describe) %(describe) %(describe:tags=true) %(describe:tags=true,abbrev=10) %(describe:match=v*)
%(describe:exclude=v1) %(describe:bogus=1) %(describe:
""".split() + [b"% s", b"% b", b"%", b"plain", "\u00e9".encode(), b"\xff", b"a\nb", b"\x00"]
MESSAGES = [
    "Commit", "Subject\n\nBody of it,\nin two lines.\n", "Caf\u00e9\n\nNa\u00efve \u00fc\n",
    "\u65e5\u672c\u8a9e\n\n\u6587\u5b57\n", "", "\n\nlate", "Two\nlines of subject\n\n\nBody\n\n",
    "Trailers\n\nBody\n\nSigned-off-by: A <a@example.com>\nSigned-off-by: B\n  folded\nX-Y: z\n",
    "long " * 60, "$Format:%h$ and %h", "crlf\r\n\r\nbody\r\n", "  indented\n\n    code\n",
]
PEOPLE = [
    "A <a@example.com>", "A <a@example.com>", "\u00c9mile <e@example.com>", "<>", "A B <>",
    "\u65e5\u672c <j@example.com>",
]
MESSAGE_ENCODINGS = [
    "", "", "", "", "ISO-8859-1", "ISO-8859-1", "UTF-8", "SHIFT-JIS", "latin-1", "no-such",
]
# What the expansion of placeholders may go by, or must not.
SETTINGS = [
    ("core", "", "abbrev", "12"), ("core", "", "abbrev", "no"), ("log", "", "date", "iso"),
    ("i18n", "", "logOutputEncoding", "ISO-8859-1"), ("i18n", "", "logOutputEncoding", "UTF-8"),
    ("i18n", "", "commitEncoding", "ISO-8859-1"), ("log", "", "excludeDecoration", "refs/tags/*"),
    ("log", "", "mailmap", "false"), ("color", "", "ui", "always"), ("log", "", "decorate", "full"),
    ("diff", "own", "binary", "true"), ("diff", "own", "binary", "false"),
    ("log", "", "showSignature", "true"), ("core", "", "checkRoundtripEncoding", "UTF-16"),
]
TIMES = [0x7FFFFFFF, 0x80000001, 4_000_000_000, 315_532_800, 315_532_801]


# A line of `git update-index --index-info` that takes a path away begins so.
NULL = b"0 " + b"0" * 40 + b"\t"
# The last two characters of a plane.
NONCHARACTERS = re.compile(b"\xef\xbf[\xbe\xbf]|[\xf0-\xf4].\xbf[\xbe\xbf]", re.DOTALL)


class Difference(Exception):
    pass


class Objects:
    """Writes loose objects, without a process for each."""

    def __init__(self, directory: pathlib.Path, level: int):
        self.directory = directory
        self.level = level

    def write(self, kind: str, content: bytes) -> str:
        data = f"{kind} {len(content)}\0".encode() + content
        name = hashlib.sha1(data).hexdigest()
        path = self.directory / name[:2] / name[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(data, self.level))
        return name

    def blob(self, content: bytes) -> str:
        return self.write("blob", content)

    def tree(self, entries: dict[bytes, tuple[str, str]]) -> str:
        """Of modes and names of objects by their paths."""
        found: dict[bytes, tuple[str, str]] = {}
        below: dict[bytes, dict] = {}
        for path, entry in entries.items():
            first, slash, rest = path.partition(b"/")
            if slash:
                below.setdefault(first, {})[rest] = entry
            else:
                found[path] = entry
        for name, inner in below.items():
            found[name] = ("40000", self.tree(inner))
        ordered = sorted(found, key=lambda n: n + b"/" * (found[n][0] == "40000"))
        return self.write("tree", b"".join(
            found[name][0].encode() + b" " + name + b"\0" + bytes.fromhex(found[name][1])
            for name in ordered
        ))


class Sample:
    """A repository of one seed, below one directory."""

    def __init__(self, seed: int, directory: str, binary: str):
        self.seed = seed
        self.binary = binary
        self.chance = random.Random(seed)
        self.base = pathlib.Path(directory)
        self.repository = self.base / "repository"
        self.notes: list[str] = []
        # The last that were compared.
        self.commands: list[list] = []
        self.compared = 0
        self.refused = 0
        self.time = self.chance.choice([self.chance.randrange(315_532_800, 4_000_000_000), *TIMES])
        # What this repository has, besides what they all have.
        self.has_substitution = self.maybe(0.35)
        self.has_encodings = self.maybe(0.2)
        self.has_filters = self.maybe(0.2)
        self.may_be_refused = self.maybe(0.05)
        (self.base / "home").mkdir(parents=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.base / "home"),
            "TMPDIR": str(self.base),
            "XDG_CACHE_HOME": str(self.base / "cache"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_EB_BUNDLE_SUBMODULES": "false",
            "GIT_ATTR_NOSYSTEM": "1",
        }

    def maybe(self, probability: float) -> bool:
        return self.chance.random() < probability

    # Programs

    def run(self, *command, data: bytes = b"", **more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            command, cwd=self.repository, env=self.environment | more, input=data,
            capture_output=True, timeout=60,
        )

    def git(self, *arguments, data: bytes = b"") -> bytes:
        result = self.run("git", *arguments, data=data)
        if result.returncode != 0:
            raise RuntimeError(f"git {arguments}: {result.stderr.decode(errors='replace')}")
        return result.stdout.rstrip(b"\n")

    # What is in it

    def word(self) -> bytes:
        return self.chance.choice(ODD_WORDS if self.maybe(0.2) else WORDS)

    def name(self) -> bytes:
        return self.word() + self.chance.choice(SUFFIXES)

    def contents(self) -> bytes:
        pieces = [
            b"line\n", b"line\r\n", b"\n", b"\r\n", b"\r", b"text without end", b"$Id$", b"$Id$\n",
            b"$Id: 0123 $\n", b"$Id: by somebody else 1.2 $\n", b"$Id: \n", b"$Id", b"$",
            b"$Id:x$$Id$", b"\x00", b"\x1a", b"\x01\x02\x03", b"\xff\xfe", "\u00e9\n".encode(),
            b"a" * 300 + b"\n",
        ]
        if not (self.has_substitution or self.has_encodings or self.has_filters):
            # Git 2.39 reads past it, and may crash; so it is not where git-eb asks git.
            pieces.append(b"$Id:$")
        if self.has_substitution:
            pieces += [self.placeholders() for _ in range(8)]
        if self.has_encodings:
            pieces += [
                "\u00fc\r\n".encode(), "\u65e5\u672c\n".encode(), "\U0001f980".encode(),
                b"\xef\xbb\xbf", b"plain\n", b"plain\n", b"\xc3", b"\xed\xa0\x80",
            ]
            if self.maybe(0.3):
                text = self.chance.choice(["caf\u00e9\n", "\u65e5\u672c\n", "one\ntwo\n"])
                return text.encode() * self.chance.randrange(1, 2_000)
        kind = self.chance.random()
        if kind < 0.08:
            return b""
        if kind < 0.35:
            return b"one\ntwo\n" * self.chance.randrange(1, 40)
        if kind < 0.45:
            return b"one\r\ntwo\r\n" * self.chance.randrange(1, 40)
        if kind < 0.5:
            return self.chance.randbytes(self.chance.randrange(1, 20_000))
        if kind < 0.52:
            # NUL where git no longer looks, and more than one buffer of anybody's.
            return b"long line\n" * 20_000 + b"\x00" * self.chance.randrange(2)
        return b"".join(self.chance.choices(pieces, k=self.chance.randrange(1, 12)))

    def placeholders(self) -> bytes:
        found = self.chance.choices(PLACEHOLDERS, k=self.chance.choice([1, 1, 2, 3, 5]))
        text = self.chance.choice([b"", b" ", b"|"]).join(found)
        end = b"$" if self.maybe(0.93) else b""
        return b"$Format:" + text + end + self.chance.choice([b"", b"", b"\n", b" \xc3\xa9 "])

    def tree(self) -> dict[bytes, tuple[str, bytes]]:
        """Paths with mode and contents."""
        directories = [b""]
        for _ in range(self.chance.randrange(8)):
            directories.append(self.chance.choice(directories) + self.word() + b"/")
        # What is never bundled still counts for git: it takes the archive's one `%(describe)`.
        has_never_bundled = not (self.has_substitution or self.has_filters or self.may_be_refused)
        if has_never_bundled and self.maybe(0.1):
            directories += [b".elasticbeanstalk/", b".elasticbeanstalk/app_versions/"]
        if self.maybe(0.05):
            directories.append(b"deep/" * 60)
        found: dict[bytes, tuple[str, bytes]] = {}
        for _ in range(self.chance.randrange(1, 30)):
            path = self.chance.choice(directories) + self.name()
            mode = self.chance.choices(
                ["100644", "100755", "120000", "160000"], weights=[14, 4, 3, 1]
            )[0]
            if mode == "120000":
                content = self.chance.choice(
                    [b"a.txt", b"../x", b"/etc/passwd", b"nowhere\n", b"\xff", b"x" * 3000, b"$Id$"]
                )
            else:
                content = self.contents()
            found[path] = (mode, content)
        if self.maybe(0.004):
            found[b"large.txt"] = ("100644", b"a line of a large file\n" * 400_000)
        if self.has_substitution and self.maybe(0.5):
            for name in [b"version", b"lib/version.py"]:
                content = self.placeholders() + b"\n" + self.placeholders()
                found[name] = ("100644", content)
        if has_never_bundled and self.maybe(0.1):
            found[b".elasticbeanstalk/config.yml"] = ("100644", b"global: {}\n")
        if self.maybe(0.2):
            # Sorts before, between and after the directory of this name.
            for name in [b"a.b", b"a/c", b"a0", b"a-"]:
                found[name] = ("100644", b"order\n")
        for directory in directories:
            if self.maybe(0.6 if directory == b"" else 0.25):
                mode = "120000" if self.maybe(0.02) else "100644"
                found[directory + b".gitattributes"] = (mode, self.attributes(list(found)))
        return self.without_clashes(found)

    @staticmethod
    def without_clashes(found: dict) -> dict:
        """Nothing that is a file and a directory."""
        folders = {path[:end] for path in found for end in range(len(path)) if path[end] == 0x2F}
        return {path: entry for path, entry in found.items() if path not in folders}

    def pattern(self, paths: list[bytes]) -> bytes:
        path = self.chance.choice(paths) if paths else b"a"
        parts = path.split(b"/")
        part = self.chance.choice(parts)
        above = b"/".join(parts[: self.chance.randrange(1, len(parts) + 1)])
        kinds = [
            part, path, b"/" + path, above, above + b"/", part + b"/", above + b"/**",
            above + b"/*", b"**/" + part, b"**/" + part + b"/", parts[0] + b"/**/" + parts[-1],
            b"*" + self.chance.choice(SUFFIXES), part[:1] + b"*", part[:1] + b"?" + part[2:],
            b"[a-m]" + part[1:], b"[!a-m]*", b"[[:alpha:]]*", part.upper(), b"\\" + part, b"*",
            b"**", b"/*", b"*/" + part, b"./" + part, part + b"\\", b"[" + part, b"*/", b"/",
            b"*.t*", b"**/*.txt", b"a**b", b"!" + part, b"/**", b"doc/**/x1", part + b"//",
        ]
        found = self.chance.choice(kinds)
        has_blank = any(byte <= 0x20 or byte == 0x22 for byte in found)
        if self.maybe(0.9 if has_blank else 0.05):
            quoted = b""
            for byte in found:
                quoted += {0x22: b'\\"', 0x5C: b"\\\\", 0x0A: b"\\n", 0x09: b"\\t"}.get(
                    byte, b"\\%03o" % byte if byte < 0x20 or byte > 0x7E else bytes([byte])
                )
            found = b'"' + quoted + b'"'
        return found

    def states(self) -> bytes:
        count = self.chance.choice([1, 1, 1, 2, 3])
        separator = self.chance.choice([b" ", b" ", b"\t", b"  "])
        return separator.join(self.state() for _ in range(count))

    def state(self) -> bytes:
        kinds = [STATES, STATES]
        if self.has_substitution:
            kinds += [SUBSTITUTION_STATES] * 2
        if self.has_encodings:
            kinds += [ENCODING_STATES]
        if self.has_filters:
            kinds += [FILTER_STATES]
        if self.may_be_refused and self.maybe(0.2):
            kinds = [REFUSED_STATES]
        return self.chance.choice(RARE_STATES if self.maybe(0.03) else self.chance.choice(kinds))

    def attributes(self, paths: list[bytes]) -> bytes:
        lines = []
        for _ in range(self.chance.randrange(1, 9)):
            kind = self.chance.random()
            if kind < 0.78:
                lines.append(self.pattern(paths) + b" " + self.states())
            elif kind < 0.9:
                macro = self.chance.choice([b"m", b"m", b"m2", b"binary", b"text"])
                lines.append(b"[attr]" + macro + b" " + self.states())
            else:
                lines.append(self.chance.choice([
                    b"", b"# comment", b"   ", b"*", b"* ", b"  *.txt export-ignore", b"[attr]",
                    b"[attr]-x text", b'"open export-ignore', b"*.md" + b" " * 2100 + b"ident",
                    b"*.md" + b" " * 2030 + b"ident", b"[attr]m", b"* eol=crlf \t",
                ]))
        end = b"\r\n" if self.maybe(0.08) else b"\n"
        text = end.join(lines) + (end if self.maybe(0.9) else b"")
        return (b"\xef\xbb\xbf" if self.maybe(0.05) else b"") + text

    # Into git

    def named(self, entries: dict[bytes, tuple[str, bytes]]) -> dict[bytes, tuple[str, str]]:
        """Modes and names of objects, which are there now; a gitlink's is not."""
        return {
            path: (
                mode,
                f"{zlib.crc32(path):040x}" if mode == "160000" else self.objects.blob(content),
            )
            for path, (mode, content) in entries.items()
        }

    def stage(self, entries: dict[bytes, tuple[str, bytes]], gone: list[bytes] = []) -> None:
        lines = b"".join(NULL + path + b"\0" for path in gone)
        for path, (mode, name) in self.named(entries).items():
            lines += f"{mode} {name}\t".encode() + path + b"\0"
        self.git("update-index", "-z", "--index-info", data=lines)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def make(self) -> None:
        """The repository, with HEAD at a commit."""
        directory = self.repository / ".git"
        for name in ["objects", "refs/heads", "refs/tags", "info"]:
            (directory / name).mkdir(parents=True)
        self.objects = Objects(
            directory / "objects", self.chance.randrange(10) if self.maybe(0.5) else 1
        )
        (directory / "HEAD").write_text("ref: refs/heads/master\n")
        self.settings = [
            ("core", "", "repositoryFormatVersion", "0"), ("core", "", "bare", "false"),
            ("gc", "", "auto", "0"), ("gpg", "", "program", "false"),
            ("core", "", "quotePath", self.chance.choice(["true", "false"])),
        ]
        if self.has_filters or self.may_be_refused:
            self.set_drivers()
        parent = ""
        self.entries: dict[bytes, tuple[str, bytes]] = {}
        count = self.chance.randrange(1, 4)
        tags = []
        for number in range(count):
            self.entries = {} if self.maybe(0.03) else self.tree()
            entries = self.named(self.entries)
            if self.maybe(0.15):
                # What an index cannot have: empty trees and old modes.
                empty = self.objects.tree({})
                entries[b"zz-empty"] = ("40000", empty)
                entries[b"zz-nested/nothing"] = ("40000", empty)
                entries[b"zz-old-mode"] = ("100664", self.objects.blob(b"old\n"))
                self.note("empty trees and an old mode")
            parent = self.commit(self.objects.tree(entries), parent)
            if number < count - 1 and self.maybe(0.5):
                tags.append((f"v0.{number}", parent))
        (directory / "refs/heads/master").write_text(parent + "\n")
        self.names = ["HEAD", parent]
        if self.maybe(0.8):
            tags.append(("v1", parent))
            self.names.append("v1")
        for name, commit in tags:
            target = commit
            if self.maybe(0.7):
                target = self.objects.write("tag", (
                    f"object {commit}\ntype commit\ntag {name}\n"
                    f"tagger A <a@example.com> {self.time} +0000\n\nTag\n"
                ).encode())
            (directory / "refs/tags" / name).write_text(target + "\n")
        self.configure()
        self.rearrange()
        self.fill_work_tree()

    def commit(self, tree: str, parent: str) -> str:
        encoding = self.chance.choice(MESSAGE_ENCODINGS) if self.has_substitution else ""
        message, author, committer = "Commit\n", PEOPLE[0], PEOPLE[0]
        if self.has_substitution:
            message = self.chance.choice(MESSAGES)
            author, committer = self.chance.choice(PEOPLE), self.chance.choice(PEOPLE)
        zone = self.chance.choice(["+0000", "-0930", "+1400"])
        text = f"tree {tree}\n" + (f"parent {parent}\n" if parent else "")
        text += f"author {author} {self.time - self.chance.choice([0, 86_400])} +0000\n"
        text += f"committer {committer} {self.time} {zone}\n"
        if encoding:
            text += f"encoding {encoding}\n"
        if self.has_substitution and self.maybe(0.03):
            text += "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n"
        # Now and then not in the encoding that it says.
        codec = "utf-8" if encoding in ["", "no-such"] or self.maybe(0.05) else encoding
        return self.objects.write("commit", f"{text}\n{message}".encode(codec, errors="replace"))

    def set_drivers(self) -> None:
        program = self.base / "filter.py"
        program.write_text(PROCESS)
        drivers = dict(DRIVERS)
        if self.may_be_refused:
            drivers |= REFUSED_DRIVERS
        for name in ["proc", "proc2"]:
            way = self.chance.choice(PROCESS_WAYS)
            if self.may_be_refused and self.maybe(0.2):
                way = "hangs-up"
            command = f"{sys.executable} -S -E {shlex.quote(str(program))} {way}"
            # With both, `smudge` does not count.
            drivers[name] = {"process": command, "smudge": "tr a-z b-za"}
            if self.may_be_refused and self.maybe(0.3):
                drivers[name]["required"] = "true"
            self.note(f"process filter: {way}")
        for name, values in drivers.items():
            # Some stay unknown.
            if self.maybe(0.9):
                self.settings += [("filter", name, key, value) for key, value in values.items()]

    def configure(self) -> None:
        """The configuration, and attributes beside those of the tree."""
        paths = list(self.entries)
        home = self.base / "home"
        if self.maybe(0.25):
            (self.repository / ".git/info/attributes").write_bytes(self.attributes(paths))
            self.note("info/attributes")
        if self.maybe(0.2):
            (home / "own").write_bytes(self.attributes(paths))
            place = self.chance.choice([str(home / "own"), "~/own", "../home/own"])
            self.settings.append(("core", "", "attributesFile", place))
            self.note("core.attributesFile")
        if self.maybe(0.15):
            (home / ".config/git").mkdir(parents=True)
            (home / ".config/git/attributes").write_bytes(self.attributes(paths))
            self.note("~/.config/git/attributes")
        if self.maybe(0.1):
            self.settings.append(("core", "", "ignoreCase", "true"))
            self.note("core.ignoreCase")
        if self.maybe(0.2):
            value = self.chance.choice(["true", "true", "input", "false", "TRUE", "1", "Input"])
            self.settings.append(("core", "", "autocrlf", value))
            self.note(f"core.autocrlf={value}")
        if self.maybe(0.15):
            value = self.chance.choice(["crlf", "crlf", "CRLF", "lf", "native"])
            self.settings.append(("core", "", "eol", value))
            self.note(f"core.eol={value}")
        for setting in SETTINGS:
            if self.maybe(0.04):
                self.settings.append(setting)
        own = [setting for setting in self.settings if self.maybe(0.2) and setting[0] != "core"]
        (home / ".gitconfig").write_text(configuration(own))
        text = configuration([setting for setting in self.settings if setting not in own])
        (self.repository / ".git/config").write_text(text)
        replaced = [content for mode, content in self.entries.values() if mode == "100644"]
        if replaced and self.maybe(0.05):
            old = self.objects.blob(self.chance.choice(replaced))
            new = self.objects.blob(b"replacement\n")
            if old != new:
                (self.repository / ".git/refs/replace").mkdir()
                (self.repository / ".git/refs/replace" / old).write_text(new + "\n")
                self.note("replace")

    def rearrange(self) -> None:
        """Another way of keeping the same objects."""
        kind = self.chance.choice(
            ["loose", "loose", "packed", "packed refs", "shared", "shallow", "bare", "work tree"]
        )
        self.note(kind)
        self.is_bare = kind == "bare"
        directory = self.repository / ".git"
        origin = self.base / "origin"
        if kind == "packed":
            self.git("repack", "-adfq", f"--depth={self.chance.choice([1, 50])}")
            if self.maybe(0.3):
                self.git("commit-graph", "write", "--reachable")
            if self.maybe(0.3):
                self.git("multi-pack-index", "write")
        elif kind == "packed refs":
            self.git("pack-refs", "--all")
        elif kind == "shared":
            (directory / "objects").rename(origin)
            (directory / "objects/info").mkdir(parents=True)
            (directory / "objects/info/alternates").write_text(f"{origin}\n")
            (origin / "info").mkdir()
        elif kind == "shallow":
            self.repository.rename(origin)
            self.repository.mkdir()
            self.git("clone", "-q", "--template=", "--depth=1", "--no-checkout",
                     f"file://{origin}", ".")
            with open(directory / "config", "ab") as config:
                config.write((origin / ".git/config").read_bytes())
            (directory / "info").mkdir(exist_ok=True)
            if (origin / ".git/info/attributes").exists():
                (origin / ".git/info/attributes").rename(directory / "info/attributes")
            if not self.run("git", "rev-parse", "-q", "--verify", "v1").stdout:
                self.names = self.names[:2]
        elif kind == "bare":
            directory.rename(origin)
            self.repository.rmdir()
            origin.rename(self.repository)
            with open(self.repository / "config", "a") as config:
                config.write("[core]\n\tbare = true\n")
        elif kind == "work tree":
            self.repository.rename(origin)
            self.repository.mkdir()
            self.git("-C", str(origin), "worktree", "add", "--no-checkout", "-q", "-b", "other",
                     str(self.base / "linked"))
            self.repository.rmdir()
            (self.base / "linked").rename(self.repository)
            self.git("-C", str(origin), "worktree", "repair", str(self.repository))
            self.objects.directory = origin / ".git/objects"
        if self.is_bare:
            self.objects.directory = self.repository / "objects"

    def fill_work_tree(self) -> None:
        """What lies in the work tree, where nobody is to look for it unless told to."""
        self.has_work_tree_attributes = False
        if self.is_bare:
            return
        if self.maybe(0.3):
            self.has_work_tree_attributes = True
            paths = list(self.entries)
            folders = {path.rpartition(b"/")[0] for path in paths}
            folders = [folder for folder in sorted(folders) if self.maybe(0.3)]
            for folder in {b"", *folders}:
                place = self.repository / os.fsdecode(folder)
                place.mkdir(parents=True, exist_ok=True)
                (place / ".gitattributes").write_bytes(self.attributes(paths))
        elif self.maybe(0.5):
            (self.repository / ".gitattributes").write_bytes(b"* export-ignore eol=crlf ident\n")
        if self.has_substitution and self.maybe(0.1):
            (self.repository / ".mailmap").write_text("Other <other@example.com> <a@example.com>\n")

    def change_index(self) -> None:
        """Something staged, in one of the index's formats."""
        self.git("read-tree", "HEAD")
        staged = {
            path: entry for path, entry in self.tree().items() if self.maybe(0.4)
        }
        there = list(self.entries)
        gone = [path for path in there if self.maybe(0.2)]
        kept = {path: self.entries[path] for path in there if path not in gone}
        # A file whose directory is a file already would be put in its place.
        staged = {
            path: entry for path, entry in staged.items()
            if path in self.without_clashes(kept | staged)
            and not any(path.startswith(other + b"/") for other in kept)
        }
        if staged or gone:
            self.stage(staged, gone)
        paths = [path for path in self.git("ls-files", "-z").split(b"\0") if path]
        if not self.is_bare:
            if self.maybe(0.3):
                for name in [b"intended.txt", b"in tended", b"caf\xe9-intended"]:
                    (self.repository / os.fsdecode(name)).write_bytes(b"not yet\n")
                    self.git("add", "-f", "-N", "--", name)
                self.note("intent to add")
            for flag in ["--skip-worktree", "--assume-unchanged"]:
                chosen = [path for path in paths if self.maybe(0.3)]
                if chosen and self.maybe(0.2):
                    self.git("update-index", flag, "-z", "--stdin", data=b"\0".join(chosen))
                    self.note(flag)
        version = self.chance.choice(["2", "2", "3", "4"])
        if version != "2":
            self.git("update-index", f"--index-version={version}")
            self.note(f"index {version}")
        if not self.is_bare and self.maybe(0.15):
            self.git("update-index", "--split-index")
            if paths and self.maybe(0.6):
                # Beside the shared part, or taking something away from it.
                self.stage({b"zz-split": ("100644", b"beside\n")}, [self.chance.choice(paths)])
            self.note("split index")

    def sparse(self) -> bool:
        """An index with directories for entries, where git can make one."""
        folders = {path.split(b"/")[0] for path in self.entries if b"/" in path}
        plain = [f for f in folders if f in WORDS]
        if self.is_bare or not plain:
            return False
        self.git("read-tree", "HEAD")
        chosen = os.fsdecode(self.chance.choice(plain))
        result = self.run("git", "sparse-checkout", "set", "--cone", "--sparse-index", chosen)
        if result.returncode != 0:
            return False
        self.note("sparse index")
        return True

    # Comparing

    def compare(self) -> None:
        name = self.chance.choice(self.names)
        prefix = self.chance.choice(["", "", "", "p/", "p-", "a/b/"])
        options = [f"--prefix={prefix}"] if prefix else []
        self.check("commit", [*options, name], [*options, name], self.time)
        if self.has_work_tree_attributes and self.maybe(0.6):
            name = self.chance.choice([*self.names, "HEAD^{tree}"])
            words = [*options, "--worktree-attributes", name]
            if name.endswith("}"):
                self.check("tree", words, words, None)
            else:
                self.check("commit", words, words, self.time)
        if self.maybe(0.2):
            self.check("tree", ["HEAD^{tree}"], ["HEAD^{tree}"], None)
        folders = [path.rpartition(b"/")[0] for path in self.entries if b"/" in path]
        folders = [folder for folder in folders if is_utf8(folder)]
        if folders and self.maybe(0.2):
            folder = self.chance.choice(folders)
            self.check("tree", [b"HEAD:" + folder], [b"HEAD:" + folder], None, folder + b"/")
        if self.maybe(0.9) or not self.sparse():
            self.change_index()
        moment = self.time
        if not self.is_bare and self.maybe(0.05):
            self.git("symbolic-ref", "HEAD", "refs/heads/unborn")
            moment = 315_532_800
            self.note("unborn")
        tree = self.git("write-tree").decode()
        self.check("--staged", [*options, tree], [*options, "--staged"], moment)
        if self.maybe(0.1):
            self.check_conflict()

    def check_conflict(self) -> None:
        path = b"conflict\ned" if self.maybe(0.5) else b"conflicted"
        lines = b"".join(
            f"100644 {self.objects.blob(content)} {stage}\t".encode() + path + b"\0"
            for stage, content in [(2, b"ours\n"), (3, b"theirs\n")]
        )
        self.git("update-index", "-z", "--index-info", data=lines)
        if self.run("git", "write-tree").returncode == 0:
            raise RuntimeError("git writes a tree of a conflict")
        result = self.run(self.binary, "archive", "--no-secrets", "-q", "--staged")
        if result.returncode != 2 or b"conflict" not in result.stderr or result.stdout:
            raise Difference(
                f"--staged with a conflict ends with {result.returncode}: {result.stderr!r}"
            )

    def check(
        self, what: str, theirs: list, ours: list, moment: int | None, below: bytes = b""
    ) -> None:
        """`below`: the directory that is the tree's root."""
        outputs = [self.base / "git.zip", self.base / "eb.zip"]
        commands = [
            ["git", "-c", "core.sparseCheckout=false", "archive", "--format=zip",
             "-o", str(outputs[0]), *theirs],
            [self.binary, "archive", "--no-secrets", "-q", "-o", str(outputs[1]), *ours],
        ]
        self.commands = commands
        zones = ["UTC", self.chance.choice(["Asia/Seoul", "America/St_Johns", "UTC-5:45"])]
        more = {"GIT_EB_COMMIT": "1"} if what == "commit" else {}
        results = []
        for command, output, zone in zip(commands, outputs, zones):
            output.unlink(missing_ok=True)
            results.append(self.run(*command, TZ=zone, **more))
        if self.is_refused(what, *results, outputs[1]):
            self.refused += 1
            return
        prefix = b"".join(
            os.fsencode(word.removeprefix("--prefix="))
            for word in theirs[:-1] if word.startswith("--prefix=")
        )
        kept = {prefix}
        if what == "--staged":
            for line in self.git("ls-files", "-s", "-z").split(b"\0"):
                if line.startswith(b"160000"):
                    kept.add(prefix + line.partition(b"\t")[2] + b"/")
        else:
            for path, (mode, _) in self.entries.items():
                if mode == "160000" and path.startswith(below):
                    kept.add(prefix + path.removeprefix(below) + b"/")
        try:
            found = differences(*outputs, kept, moment, has_own_time=what == "commit")
        except (zipfile.BadZipFile, UnicodeDecodeError, zlib.error) as error:
            found = [f"Python cannot read it: {error}"]
        if not found and self.maybe(0.2):
            # Out of the store now.
            before = outputs[1].read_bytes()
            self.run(*commands[1], TZ=zones[1], **more)
            if outputs[1].read_bytes() != before:
                found = ["a second archive has other bytes"]
        if found:
            raise Difference(f"{what}: " + "; ".join(found))
        self.compared += 1

    def is_refused(
        self, what: str, theirs: subprocess.CompletedProcess, ours: subprocess.CompletedProcess,
        output: pathlib.Path,
    ) -> bool:
        """Whether both refuse; where one does, the other has to. What git crashes at is passed
        over."""
        if theirs.returncode < 0 and ours.returncode == 0:
            return True
        if theirs.returncode == 0 and ours.returncode == 0:
            return False
        for who, result in [("git", theirs), ("git-eb", ours)]:
            is_alone = theirs.returncode == 0 or ours.returncode == 0
            if result.returncode != 0 and (is_alone or not self.may_be_refused):
                raise Difference(
                    f"{what}: {who} archive ended with {result.returncode}: "
                    + result.stderr.decode(errors="replace").strip()
                )
        if ours.returncode not in range(1, 128) or not ours.stderr or output.exists():
            raise Difference(f"{what}: git-eb refuses with {ours.returncode}: {ours.stderr!r}")
        return True


def configuration(settings: list[tuple[str, str, str, str]]) -> str:
    """As a file that git reads: section, subsection, name and value."""
    lines = []
    for section, subsection, name, value in settings:
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'[{section} "{subsection}"]' if subsection else f"[{section}]")
        lines.append(f'\t{name} = "{quoted}"')
    return "".join(line + "\n" for line in lines)


def is_utf8(name: bytes) -> bool:
    try:
        return bool(name.decode())
    except UnicodeDecodeError:
        return False


def raw_name(entry: zipfile.ZipInfo) -> bytes:
    """As in the file: Python has decoded it by its flag."""
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")


def dos_time(seconds: int) -> tuple:
    moment = time.gmtime(seconds)
    return (*moment[:5], moment[5] // 2 * 2)


def is_never_bundled(name: bytes) -> bool:
    prefix, found, rest = name.partition(b".elasticbeanstalk/")
    return bool(found) and prefix in [b"", b"p/", b"p-", b"a/b/"] and (
        rest == b"config.yml" or rest.startswith(b"app_versions/")
    )


def bundled(entries: list[zipfile.ZipInfo], submodules: set[bytes]) -> list[zipfile.ZipInfo]:
    """Without what git-eb never bundles, and without directories that are empty."""
    found = []
    following = b""
    for entry in reversed(entries):
        name = raw_name(entry)
        if is_never_bundled(name):
            continue
        if not entry.is_dir() or following.startswith(name) or name in submodules:
            found.append(entry)
            following = name
    return found[::-1]


def local_header_faults(archive: zipfile.ZipFile) -> list[str]:
    """Where what stands in front of an entry is not what the directory says."""
    found = []
    for entry in archive.infolist():
        archive.fp.seek(entry.header_offset)
        (signature, _, flags, method, clock, date, crc, compressed, size, name_length, extra_length
         ) = struct.unpack("<4s5H3I2H", archive.fp.read(30))
        name, extra = archive.fp.read(name_length), archive.fp.read(extra_length)
        year, month, day, hour, minute, second = entry.date_time
        sums = (0, 0, 0) if flags & 8 else (entry.CRC, entry.compress_size, entry.file_size)
        if (
            signature != b"PK\3\4" or flags != entry.flag_bits or method != entry.compress_type
            or (crc, compressed, size) != sums or name != raw_name(entry) or extra != entry.extra
            or date != (year - 1980) << 9 | month << 5 | day
            or clock != hour << 11 | minute << 5 | second // 2
        ):
            found.append(f"{name!r}: its own header differs from the directory's")
    return found


def method_faults(entry: zipfile.ZipInfo, other: zipfile.ZipInfo) -> list[str]:
    """Links, directories and empty files are stored, and so is what does not shrink."""
    name, method = raw_name(entry), other.compress_type
    is_plain = not stat.S_ISLNK(entry.external_attr >> 16) and entry.file_size > 0
    if method not in ([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED] if is_plain else [0]):
        return [f"{name!r}: method {method}"]
    if method == zipfile.ZIP_DEFLATED and other.compress_size >= other.file_size and (
        not other.flag_bits & 8
    ):
        return [f"{name!r}: deflated to {other.compress_size} of {other.file_size}"]
    return []


def differences(
    theirs: pathlib.Path, ours: pathlib.Path, kept: set[bytes], moment: int | None,
    has_own_time: bool,
) -> list[str]:
    found = []
    with zipfile.ZipFile(theirs) as git, zipfile.ZipFile(ours) as own:
        entries, own_entries = bundled(git.infolist(), kept), own.infolist()
        names = [raw_name(entry) for entry in entries]
        own_names = [raw_name(entry) for entry in own_entries]
        if names != own_names:
            missing = sorted(set(names) - set(own_names))[:3]
            added = sorted(set(own_names) - set(names))[:3]
            found.append(f"names: missing {missing}, added {added}, or in another order")
        if git.comment != own.comment:
            found.append(f"comment: {own.comment!r}, not {git.comment!r}")
        others = dict(zip(own_names, own_entries))
        if len(others) < len(own_names):
            found.append("a name is there twice")
        found += local_header_faults(own)
        for name, entry in zip(names, entries):
            if (other := others.get(name)) is None:
                continue
            # A data descriptor follows what is streamed, and how large that is is not git's affair.
            flags, other_flags = entry.flag_bits & ~8, other.flag_bits & ~8
            if NONCHARACTERS.search(name):
                flags, other_flags = flags & ~0x800, other_flags & ~0x800
            if flags != other_flags:
                found.append(f"{name!r}: flags {other_flags:#x}, not {flags:#x}")
            if other.flag_bits & 8 and other.file_size < 1 << 20:
                found.append(f"{name!r}: small and streamed")
            if entry.internal_attr & 1 != other.internal_attr & 1:
                found.append(f"{name!r}: text flag {other.internal_attr:#x}")
            if entry.external_attr & 0xFFFF != other.external_attr & 0xFFFF:
                found.append(f"{name!r}: DOS attributes {other.external_attr & 0xFFFF:#x}")
            found += method_faults(entry, other)
            if kind(entry) != kind(other):
                found.append(f"{name!r}: mode {kind(other):o}, not {kind(entry):o}")
            if not other.is_dir() and other.external_attr >> 28 not in [0o10, 0o12]:
                found.append(f"{name!r}: no mode")
            expected, content = git.read(entry), own.read(other)
            if expected != content:
                found.append(f"{name!r}: {content[:60]!r}, not {expected[:60]!r}")
            if moment is not None and other.date_time != dos_time(moment):
                found.append(f"{name!r}: {other.date_time}, not {dos_time(moment)}")
            if has_own_time and moment < 1 << 31 and entry.extra != other.extra:
                found.append(
                    f"{name!r}: extra field {other.extra.hex()}, not {entry.extra.hex()}"
                )
    return found[:4]


def attempt(job: tuple[int, str, str | None]) -> tuple[int, int, int, str]:
    """The seed, the number of archives compared and of those refused by both, and what differs."""
    seed, binary, keep = job
    with tempfile.TemporaryDirectory(prefix="git-eb-differential-", dir=place()) as scratch:
        directory = os.path.realpath(keep or scratch) + f"/{seed}"
        if os.path.exists(directory):
            return seed, 0, 0, f"{directory} exists already"
        sample = Sample(seed, directory, binary)
        error = ""
        try:
            sample.make()
            sample.compare()
        except Exception as problem:
            is_difference = isinstance(problem, Difference)
            error = str(problem) if is_difference else f"{type(problem).__name__}: {problem}"
            error += f"\nnote: {', '.join(sample.notes)}"
            if keep:
                error += "".join(
                    "\nnote: " + shlex.join(os.fsdecode(word) for word in command)
                    for command in sample.commands
                ) + f"\nnote: in {sample.repository}, with HOME={directory}/home"
        return seed, sample.compared, sample.refused, error


def place() -> str | None:
    """Where the repositories are made: in memory, if nothing else is said."""
    memory = "/dev/shm"
    return memory if "TMPDIR" not in os.environ and os.access(memory, os.W_OK) else None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--keep", metavar="<directory>")
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    binary = os.path.realpath(options.binary)
    start = time.monotonic()
    compared = refused = failures = 0
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        seeds = range(options.first, options.first + options.seeds)
        jobs = [(seed, binary, options.keep) for seed in seeds]
        for seed, count, refusals, error in pool.map(attempt, jobs, chunksize=4):
            compared += count
            refused += refusals
            if error:
                failures += 1
                print(f"error: seed {seed}: {error}", file=sys.stderr)
                if not options.keep:
                    print(
                        f"hint: Scripts/differential --from {seed} --seeds 1 --keep <directory>",
                        file=sys.stderr,
                    )
    print(
        f"differential: {options.seeds - failures} of {options.seeds} repositories equal, "
        f"{compared} archives, {refused} refused by both ({time.monotonic() - start:.0f} s)"
    )
    sys.exit(1 if failures or not compared else 0)


if __name__ == "__main__":
    main()
