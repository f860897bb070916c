"""What a source bundle holds that decides how its deployment goes."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from typing import IO

import yaml

#: Files below this folder of a bundle make the simulation fail in chosen ways: see Life.
MARKS = ".test/"
LARGEST_CONFIGURATION = 1024 * 1024


@dataclass
class Bundle:
    """The findings of one look at an archive."""

    #: The marks below `.test/`, with their contents.
    marks: dict[str, str] = field(default_factory=dict)
    #: The first `.ebextensions` file that is neither YAML nor JSON, and why.
    broken_file: str | None = None
    yaml_problem: str = ""
    json_problem: str = ""
    #: Why the archive cannot be unpacked, when it cannot.
    unreadable: str | None = None
    #: `option_settings` of `.ebextensions`.
    options: dict[tuple[str, str], str] = field(default_factory=dict)
    #: env.yaml, when there is one.
    manifest: dict[str, object] | None = None
    entries: int = 0


def inspect(file: IO[bytes]) -> Bundle:
    """Looks into an archive."""
    bundle = Bundle()
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            bundle.entries = len(names)
            for name in names:
                if name.startswith(MARKS) and not name.endswith("/"):
                    bundle.marks[name[len(MARKS) :]] = _text(archive, name)
            for name in sorted(names):
                if name == "env.yaml":
                    manifest = yaml.safe_load(_text(archive, name))
                    bundle.manifest = manifest if isinstance(manifest, dict) else {}
                if _is_extension(name):
                    _read_extension(bundle, name, _text(archive, name))
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError) as error:
        bundle.unreadable = str(error)
    except yaml.YAMLError as error:
        bundle.broken_file = "env.yaml"
        bundle.yaml_problem = str(error)
    return bundle


def _text(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        return file.read(LARGEST_CONFIGURATION).decode("utf-8", "replace")


def _is_extension(name: str) -> bool:
    folder, _, file = name.partition("/")
    return folder == ".ebextensions" and file.endswith(".config") and "/" not in file


def _read_extension(bundle: Bundle, name: str, text: str) -> None:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        if bundle.broken_file is None:
            bundle.broken_file = name
            bundle.yaml_problem = " ".join(str(error).split())
            try:
                json.loads(text)
            except ValueError as other:
                bundle.json_problem = str(other)
        return
    if not isinstance(document, dict):
        return
    settings = document.get("option_settings")
    if isinstance(settings, dict):
        for namespace, values in settings.items():
            if isinstance(values, dict):
                for option, value in values.items():
                    bundle.options[(str(namespace), str(option))] = _plain(value)
    elif isinstance(settings, list):
        for item in settings:
            if isinstance(item, dict) and "option_name" in item:
                namespace = item.get("namespace", "aws:elasticbeanstalk:application:environment")
                key = (str(namespace), str(item["option_name"]))
                bundle.options[key] = _plain(item.get("value"))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
