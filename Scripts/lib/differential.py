#!/usr/bin/env python3
"""Compares git-eb's archives with git's in random repositories; called by Scripts/differential.

Each seed makes one repository and compares `git eb archive` of a commit and of the index with
`git archive --format=zip`: names as bytes and their order, contents, link targets, executable
bits, times, and the comment. What differs on purpose, and is made alike before comparing:

- modes: git gives none to a plain file, git-eb 0644
- times: git writes the local time, git-eb UTC; so git runs with TZ=UTC and git-eb with another
- times of the index and of trees: git takes the present, git-eb the time of HEAD's commit, and
  1980 where there is none
- `.git`, `.elasticbeanstalk/config.yml` and `.elasticbeanstalk/app_versions/` are never bundled,
  nor a directory with nothing else in it
- core.autocrlf and core.eol: only attributes count, so git runs without the two
- git calls a name with U+xxFFFE or U+xxFFFF no UTF-8, git-eb does
- the extended timestamp is left out when it would not fit, from 2038 on: readers take it as signed
- in a sparse checkout git leaves out the attributes of what is not checked out; so git runs as if
  all were
- submodules: git makes an empty directory, git-eb the submodule's files unless told otherwise
- the names of files on the command line are UTF-8
- what git-eb does not act on and is not made here: `export-subst`, `working-tree-encoding`,
  `filter`; and times that DOS does not know, before 1980 and after 2107
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import shlex
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
    b"unknown=1",
]
RARE_STATES = [b"text=input", b"text=other", b"eol=other", b"ident=x", b"bad!name", b"-", b"m=x"]
TIMES = [0x7FFFFFFF, 0x80000001, 4_000_000_000, 315_532_800, 315_532_801]


# The last two characters of a plane.
NONCHARACTERS = re.compile(b"\xef\xbf[\xbe\xbf]|[\xf0-\xf4].\xbf[\xbe\xbf]", re.DOTALL)


class Difference(Exception):
    pass


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
        self.blobs: dict[bytes, str] = {}
        self.time = self.chance.choice([self.chance.randrange(315_532_800, 4_000_000_000), *TIMES])
        (self.base / "home").mkdir(parents=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.base / "home"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_EB_BUNDLE_SUBMODULES": "false",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_AUTHOR_DATE": f"@{self.time} +0000",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@example.com",
            "GIT_COMMITTER_DATE": f"@{self.time} {self.chance.choice(['+0000', '-0930', '+1400'])}",
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
            b"$Id: 0123 $\n", b"$Id: by somebody else 1.2 $\n", b"$Id: \n", b"$Id:$", b"$Id", b"$",
            b"$Id:x$$Id$", b"\x00", b"\x1a", b"\x01\x02\x03", b"\xff\xfe", "\u00e9\n".encode(),
            b"a" * 300 + b"\n",
        ]
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

    def tree(self) -> dict[bytes, tuple[str, bytes]]:
        """Paths with mode and contents."""
        directories = [b""]
        for _ in range(self.chance.randrange(8)):
            directories.append(self.chance.choice(directories) + self.word() + b"/")
        if self.maybe(0.1):
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
        if self.maybe(0.1):
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
        return separator.join(
            self.chance.choice(RARE_STATES if self.maybe(0.03) else STATES) for _ in range(count)
        )

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

    def store(self, contents: list[bytes]) -> None:
        """Blobs, as they are."""
        missing = sorted(set(contents) - self.blobs.keys())
        folder = self.base / "blobs"
        folder.mkdir(exist_ok=True)
        names = []
        for number, content in enumerate(missing):
            (folder / str(number)).write_bytes(content)
            names.append(str(folder / str(number)))
        ids = self.git(
            "hash-object", "-w", "--no-filters", "--stdin-paths", data="\n".join(names).encode()
        ).decode().split()
        self.blobs.update(zip(missing, ids))

    def stage(self, entries: dict[bytes, tuple[str, bytes]]) -> None:
        self.store([content for mode, content in entries.values() if mode != "160000"])
        lines = b""
        for path, (mode, content) in entries.items():
            gitlink = f"{zlib.crc32(path):040x}"
            lines += f"{mode} {gitlink if mode == '160000' else self.blobs[content]}\t".encode()
            lines += path + b"\0"
        self.git("update-index", "-z", "--index-info", data=lines)

    def odd_tree(self, tree: str) -> str:
        """The tree with what an index cannot have: empty trees, old modes, and names git avoids."""
        lines = self.git("ls-tree", "-z", tree)
        if b"\tzz-" in lines:
            return tree
        empty = self.git("mktree")
        self.store([b"old\n"])
        old = self.blobs[b"old\n"].encode()
        nested = self.git("mktree", "-z", data=b"040000 tree " + empty + b"\tnothing\0")
        lines += b"040000 tree " + empty + b"\tzz-empty\0"
        lines += b"040000 tree " + nested + b"\tzz-nested\0"
        lines += b"100664 blob " + old + b"\tzz-old-mode\0"
        self.note("empty trees and an old mode")
        return self.git("mktree", "-z", data=lines).decode()

    def note(self, text: str) -> None:
        self.notes.append(text)

    def make(self) -> None:
        """The repository, with HEAD at a commit."""
        self.repository.mkdir()
        self.git("init", "-q", "-b", "master", ".")
        self.git("config", "gc.auto", "0")
        self.git("config", "core.quotePath", self.chance.choice(["true", "false"]))
        if self.maybe(0.5):
            self.git("config", "core.looseCompression", str(self.chance.randrange(10)))
        parent: list[str] = []
        self.entries: dict[bytes, tuple[str, bytes]] = {}
        for _ in range(self.chance.randrange(1, 4)):
            self.entries = {} if self.maybe(0.03) else self.tree()
            self.git("read-tree", "--empty")
            if self.entries:
                self.stage(self.entries)
            tree = self.git("write-tree").decode()
            if self.maybe(0.15):
                tree = self.odd_tree(tree)
            commit = self.git("commit-tree", tree, *parent, "-m", "Commit").decode()
            parent = ["-p", commit]
        self.git("update-ref", "HEAD", commit)
        self.git("tag", "-a", "-m", "Tag", "v1")
        self.rearrange()
        self.configure()

    def rearrange(self) -> None:
        """Another way of keeping the same objects."""
        kind = self.chance.choice(
            ["loose", "loose", "packed", "packed refs", "shared", "shallow", "bare", "work tree"]
        )
        self.note(kind)
        origin = self.base / "origin"
        if kind == "packed":
            self.git("repack", "-adfq", f"--depth={self.chance.choice([1, 50])}")
            if self.maybe(0.5):
                self.git("commit-graph", "write", "--reachable")
            if self.maybe(0.5):
                self.git("multi-pack-index", "write")
        elif kind == "packed refs":
            self.git("pack-refs", "--all")
        elif kind in ["shared", "shallow", "bare"]:
            how = {
                "shared": ["--shared", "--no-checkout", str(origin)],
                "shallow": ["--depth=1", "--no-checkout", f"file://{origin}"],
                "bare": ["--bare", str(origin)],
            }[kind]
            self.repository.rename(origin)
            self.repository.mkdir()
            self.git("clone", "-q", *how, ".")
        elif kind == "work tree":
            self.repository.rename(origin)
            self.repository.mkdir()
            self.git("-C", str(origin), "worktree", "add", "--no-checkout", "-q", "-b", "other",
                     str(self.base / "linked"))
            self.repository.rmdir()
            (self.base / "linked").rename(self.repository)
            self.git("-C", str(origin), "worktree", "repair", str(self.repository))
        # Not every one of them is there now.
        self.blobs.clear()
        self.is_bare = kind == "bare"

    def configure(self) -> None:
        paths = list(self.entries)
        common = pathlib.Path(os.fsdecode(self.git("rev-parse", "--git-common-dir")))
        if self.maybe(0.25):
            place = self.repository / common / "info"
            place.mkdir(exist_ok=True)
            (place / "attributes").write_bytes(self.attributes(paths))
            self.note("info/attributes")
        if self.maybe(0.2):
            (self.base / "home/own").write_bytes(self.attributes(paths))
            place = self.chance.choice([str(self.base / "home/own"), "~/own", "../home/own"])
            self.git("config", "core.attributesFile", place)
            self.note("core.attributesFile")
        if self.maybe(0.15):
            (self.base / "home/.config/git").mkdir(parents=True)
            (self.base / "home/.config/git/attributes").write_bytes(self.attributes(paths))
            self.note("~/.config/git/attributes")
        if self.maybe(0.1):
            self.git("config", "core.ignoreCase", "true")
            self.note("core.ignoreCase")
        if self.maybe(0.15):
            self.git("config", "core.autocrlf", self.chance.choice(["true", "input"]))
        if self.maybe(0.1):
            self.git("config", "core.eol", "crlf")
        if not self.is_bare and self.maybe(0.5):
            # Neither is anybody to look into the work tree for.
            (self.repository / ".gitattributes").write_bytes(b"* export-ignore eol=crlf ident\n")
        replaced = [content for mode, content in self.entries.values() if mode == "100644"]
        if replaced and self.maybe(0.05):
            content = self.chance.choice(replaced)
            self.store([content, b"replacement\n"])
            old = self.blobs[content]
            if old != self.blobs[b"replacement\n"]:
                self.git("replace", old, self.blobs[b"replacement\n"])
                self.note("replace")

    def change_index(self) -> None:
        """Something staged, in one of the index's formats."""
        self.git("read-tree", "HEAD")
        staged = {
            path: entry for path, entry in self.tree().items() if self.maybe(0.4)
        }
        paths = [path for path in self.git("ls-files", "-z").split(b"\0") if path]
        gone = [path for path in paths if self.maybe(0.2)]
        kept = {path: ("", b"") for path in paths if path not in gone}
        # A file whose directory is a file already would be put in its place.
        staged = {
            path: entry for path, entry in staged.items()
            if path in self.without_clashes(kept | staged)
            and not any(path.startswith(other + b"/") for other in kept)
        }
        null = b"0 " + b"0" * 40 + b"\t"
        lines = b"".join(null + path + b"\0" for path in gone)
        self.git("update-index", "-z", "--index-info", data=lines)
        if staged:
            self.stage(staged)
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
        self.git("update-index", f"--index-version={version}")
        self.note(f"index {version}")
        if not self.is_bare and self.maybe(0.15):
            self.git("update-index", "--split-index")
            if paths and self.maybe(0.6):
                # Beside the shared part, or taking something away from it.
                first = null + self.chance.choice(paths) + b"\0"
                self.git("update-index", "-z", "--index-info", data=first)
                self.stage({b"zz-split": ("100644", b"beside\n")})
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
        name = self.chance.choice(["HEAD", "v1", self.git("rev-parse", "HEAD").decode()])
        prefix = self.chance.choice(["", "", "", "p/", "p-", "a/b/"])
        options = [f"--prefix={prefix}"] if prefix else []
        self.check("commit", [*options, name], [*options, name], self.time)
        if self.maybe(0.2):
            self.check("tree", ["HEAD^{tree}"], ["HEAD^{tree}"], None)
        folders = [path.rpartition(b"/")[0] for path in self.entries if b"/" in path]
        folders = [folder for folder in folders if is_utf8(folder)]
        if folders and self.maybe(0.2):
            tree = b"HEAD:" + self.chance.choice(folders)
            self.check("tree", [tree], [tree], None)
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
        self.store([b"ours\n", b"theirs\n"])
        path = b"conflict\ned" if self.maybe(0.5) else b"conflicted"
        lines = b"".join(
            f"100644 {self.blobs[content]} {stage}\t".encode() + path + b"\0"
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

    def check(self, what: str, theirs: list, ours: list, moment: int | None) -> None:
        outputs = [self.base / "git.zip", self.base / "eb.zip"]
        commands = [
            ["git", "-c", "core.autocrlf=false", "-c", "core.eol=lf",
             "-c", "core.sparseCheckout=false",
             "archive", "--format=zip", "-o", str(outputs[0]), *theirs],
            [self.binary, "archive", "--no-secrets", "-q", "-o", str(outputs[1]), *ours],
        ]
        self.commands = commands
        zones = ["UTC", self.chance.choice(["Asia/Seoul", "America/St_Johns", "UTC-5:45"])]
        for command, output, zone in zip(commands, outputs, zones):
            output.unlink(missing_ok=True)
            result = self.run(*command, TZ=zone)
            if result.returncode != 0:
                raise Difference(
                    f"{what}: {pathlib.Path(command[0]).name} archive ended with "
                    f"{result.returncode}: {result.stderr.decode(errors='replace').strip()}"
                )
        prefix = b"".join(os.fsencode(word.removeprefix("--prefix=")) for word in theirs[:-1])
        kept = {prefix}
        for line in self.git("ls-tree", "-r", "-z", theirs[-1]).split(b"\0"):
            if line.startswith(b"160000"):
                kept.add(prefix + line.partition(b"\t")[2] + b"/")
        try:
            found = differences(*outputs, kept, moment, has_own_time=what == "commit")
        except (zipfile.BadZipFile, UnicodeDecodeError, zlib.error) as error:
            found = [f"Python cannot read it: {error}"]
        if found:
            raise Difference(f"{what}: " + "; ".join(found))
        self.compared += 1


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
        for name, entry in zip(names, entries):
            if (other := others.get(name)) is None:
                continue
            is_other = entry.flag_bits & 0x800 != other.flag_bits & 0x800
            if is_other and not NONCHARACTERS.search(name):
                found.append(f"{name!r}: flag of UTF-8 {other.flag_bits:#x}")
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


def attempt(seed: int, binary: str, keep: str | None) -> tuple[int, int, str]:
    """The seed, the number of archives compared, and what differs."""
    with tempfile.TemporaryDirectory(prefix="git-eb-differential-") as scratch:
        directory = os.path.realpath(keep or scratch) + f"/{seed}"
        if os.path.exists(directory):
            return seed, 0, f"{directory} exists already"
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
        return seed, sample.compared, error


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--keep", metavar="<directory>")
    parser.add_argument("--binary", required=True)
    options = parser.parse_args()
    binary = os.path.realpath(options.binary)
    start = time.monotonic()
    compared = failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        seeds = range(options.first, options.first + options.seeds)
        for seed, count, error in pool.map(lambda s: attempt(s, binary, options.keep), seeds):
            compared += count
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
        f"{compared} archives ({time.monotonic() - start:.0f} s)"
    )
    sys.exit(1 if failures or not compared else 0)


if __name__ == "__main__":
    main()
