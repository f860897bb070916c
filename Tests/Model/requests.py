"""Compares requests with those that botocore makes of the same arguments.

Reads a JSON list of {"service", "operation", "arguments", "body"}. The arguments are checked
against the service's model as botocore checks them (a member that the model does not know is an
error), written by botocore's own serialiser, and compared with the body. Prints a JSON list with
what differs, as sentences.
"""

import json
import sys
from typing import Any
from urllib.parse import parse_qsl

import botocore.loaders
import botocore.model
import botocore.serialize
import botocore.utils
import botocore.validate


def timestamps(shape: botocore.model.StructureShape) -> set[str]:
    return {name for name, member in shape.members.items() if member.type_name == "timestamp"}


def parameters(pairs: dict[str, Any], moments: set[str]) -> dict[str, Any]:
    """The parameters, with times as numbers: fractions of seconds are written in several ways."""
    return {
        name: botocore.utils.parse_timestamp(value).timestamp() if name in moments else str(value)
        for name, value in pairs.items()
    }


def compare(case: dict[str, Any], loader: botocore.loaders.Loader) -> list[str]:
    service = botocore.model.ServiceModel(
        loader.load_service_model(case["service"], "service-2"), case["service"]
    )
    operation = service.operation_model(case["operation"])
    arguments = case["arguments"]
    moments: set[str] = set()
    if operation.input_shape is not None:
        report = botocore.validate.ParamValidator().validate(arguments, operation.input_shape)
        if report.has_errors():
            return [f"{case['operation']}: {report.generate_report()}"]
        moments = timestamps(operation.input_shape)
    serializer = botocore.serialize.create_serializer(service.protocol, include_validation=False)
    request = serializer.serialize_to_request(arguments, operation)
    pairs = parse_qsl(case["body"], keep_blank_values=True, strict_parsing=True)
    ours = parameters(dict(pairs), moments)
    theirs = parameters(request["body"], moments)
    found = []
    if len(ours) != len(pairs):
        found.append(f"{case['operation']}: a parameter is there twice")
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            found.append(
                f"{case['operation']}: {name} is {ours.get(name)!r}, "
                f"botocore's {theirs.get(name)!r}"
            )
    return found


def main() -> None:
    loader = botocore.loaders.Loader()
    json.dump([line for case in json.load(sys.stdin) for line in compare(case, loader)], sys.stdout)


if __name__ == "__main__":
    main()
