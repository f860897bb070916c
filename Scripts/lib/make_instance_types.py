#!/usr/bin/env python3
"""Usage: Scripts/lib/make_instance_types.py [--check]

Writes Sources/Deployment/Checking/InstanceTypes.swift: the instance types of EC2 with their virtual
CPUs and memory, as moto has them from DescribeInstanceTypes. Runs in the environment that
Scripts/lib/python_environment makes. With --check, only tells whether the file is as it would be.
"""

from __future__ import annotations

import gzip
import importlib.metadata
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = os.path.join("Sources", "Deployment", "Checking", "InstanceTypes.swift")
WIDTH = 100

# When moto's version was taken: its file has no date of its own.
DATE = "2026-11"

TEMPLATE = '''/// The instance types of EC2, current and older ones.
///
/// Made by Scripts/lib/make_instance_types.py; not to be edited. Source: the answer of
/// DescribeInstanceTypes that moto {version} carries, with {count} types, in {date}.
enum InstanceTypes {{
  /// A family in each row, or in several, with its sizes: name, virtual CPUs, MiB of memory.
  static let table = """
{rows}
    """
}}
'''


def rows(types: dict[str, dict]) -> list[str]:
    """A line for each family, or several where one would be too long."""
    families: dict[str, list[tuple[int, int, str]]] = {}
    for name, facts in types.items():
        family, size = name.split(".", 1)
        memory = facts["MemoryInfo"]["SizeInMiB"]
        processors = facts["VCpuInfo"]["DefaultVCpus"]
        families.setdefault(family, []).append((memory, processors, size))
    lines = []
    for family in sorted(families):
        line = "    " + family
        for memory, processors, size in sorted(families[family]):
            words = f" {size} {processors} {memory}"
            if len(line) + len(words) > WIDTH:
                lines.append(line)
                line = "    " + family
            line += words
        lines.append(line)
    return lines


def text() -> str:
    """The whole file."""
    import moto  # pylint: disable=import-outside-toplevel

    place = os.path.join(os.path.dirname(moto.__file__), "ec2", "resources")
    path = os.path.join(place, "instance_types.json.gz")
    with gzip.open(path) as file:
        types = json.load(file)
    return TEMPLATE.format(
        version=importlib.metadata.version("moto"),
        count=len(types),
        date=DATE,
        rows="\n".join(rows(types)),
    )


def main() -> int:
    """Writes the file, or compares it."""
    words = sys.argv[1:]
    if words and words[0] in ("-h", "--help"):
        print(__doc__.strip() if __doc__ else "")
        return 0
    try:
        import moto  # noqa: F401  pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        script = os.path.join(ROOT, "Scripts", "lib", "python_environment")
        done = subprocess.run([script, "server"], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            return done.returncode
        interpreter = done.stdout.strip()
        return subprocess.run([interpreter, __file__, *words], check=False).returncode
    made = text()
    target = os.path.join(ROOT, TARGET)
    if words == ["--check"]:
        with open(target, encoding="utf-8") as file:
            if file.read() == made:
                return 0
        print(f"error: {TARGET} is not as moto has it", file=sys.stderr)
        print("hint: Scripts/lib/make_instance_types.py", file=sys.stderr)
        return 1
    with open(target, "w", encoding="utf-8") as file:
        file.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
