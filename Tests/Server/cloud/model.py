"""Query requests read, judged and answered by botocore's own description of a service.

What the model does not know is refused and remembered: a client that sends a member which AWS
does not have must not pass.
"""

from __future__ import annotations

import copy
import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from .errors import ServiceError

Values = dict[str, Any]

#: Answers whose times come in whole seconds; all others have milliseconds.
WHOLE_SECONDS = {"RefreshedAt", "LaunchedAt", "Expiration"}


@lru_cache(maxsize=None)
def service_model(name: str) -> ServiceModel:
    """botocore's model of a service."""
    loader = botocore.session.get_session().get_component("data_loader")
    return ServiceModel(loader.load_service_model(name, "service-2"), name)


@lru_cache(maxsize=None)
def eb_model() -> ServiceModel:
    """botocore's model of Elastic Beanstalk with what only the EB CLI knows of the service.

    The EB CLI brings a model of its own; clones and saved configurations go through a member
    that the public one lacks, and it reads a tier that the public one does not show.
    """
    loader = botocore.session.get_session().get_component("data_loader")
    description = copy.deepcopy(loader.load_service_model("elasticbeanstalk", "service-2"))
    shapes = description["shapes"]
    shapes["TemplateSource"] = {
        "type": "structure",
        "members": {
            "SolutionStackName": {"shape": "SolutionStackName"},
            "PlatformArn": {"shape": "PlatformArn"},
            "EnvironmentName": {"shape": "EnvironmentName"},
        },
    }
    shapes["EnvironmentTemplateSpecification"] = {
        "type": "structure", "members": {"TemplateSource": {"shape": "TemplateSource"}}
    }
    for name in ("CreateEnvironmentMessage", "CreateConfigurationTemplateMessage"):
        member = {"shape": "EnvironmentTemplateSpecification"}
        shapes[name]["members"]["TemplateSpecification"] = member
    settings = shapes["ConfigurationSettingsDescription"]["members"]
    settings["Tier"] = {"shape": "EnvironmentTier"}
    return ServiceModel(description, "elasticbeanstalk")


class UnknownMembers(ServiceError):
    """Parameters that the service's model does not have."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            "ValidationError", "Unknown parameter in input: " + ", ".join(sorted(names))
        )
        self.names = names


def form(body: bytes, query: str = "") -> dict[str, str]:
    """The request's form fields."""
    text = bytes(body).decode("utf-8", "replace")
    return dict(
        parse_qsl(query, keep_blank_values=True) + parse_qsl(text, keep_blank_values=True)
    )


def read_input(service: ServiceModel, operation: OperationModel, fields: dict[str, str]) -> Values:
    """The operation's input, valid by the model."""
    used = {"Action", "Version"}
    version = service.api_version
    if fields.get("Version") != version:
        raise ServiceError(
            "NoSuchVersion", f"The requested version ( {fields.get('Version')} ) is not valid."
        )
    values: Values = {}
    shape = operation.input_shape
    if shape is not None:
        values = _read_structure(shape, "", fields, used)
    unknown = [name for name in fields if name not in used]
    if unknown:
        raise UnknownMembers(unknown)
    problems: list[str] = []
    if shape is not None:
        _judge(shape, values, "", problems)
    if problems:
        count = len(problems)
        noun = "error" if count == 1 else "errors"
        raise ServiceError(
            "ValidationError", f"{count} validation {noun} detected: " + "; ".join(problems)
        )
    return values


def _present(prefix: str, fields: dict[str, str]) -> bool:
    return prefix in fields or any(name.startswith(prefix + ".") for name in fields)


def _read(shape: Shape, prefix: str, fields: dict[str, str], used: set[str]) -> Any:
    if isinstance(shape, StructureShape):
        return _read_structure(shape, prefix, fields, used)
    if isinstance(shape, ListShape):
        return _read_list(shape, prefix, fields, used)
    if isinstance(shape, MapShape):
        raise ServiceError("ValidationError", f"A map is not expected at '{prefix}'")
    used.add(prefix)
    return _scalar(shape, prefix, fields[prefix])


def _read_structure(
    shape: StructureShape, prefix: str, fields: dict[str, str], used: set[str]
) -> Values:
    values: Values = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        if isinstance(member, ListShape) and member.serialization.get("flattened"):
            wire = member.member.serialization.get("name", wire)
        at = f"{prefix}.{wire}" if prefix else wire
        if _present(at, fields):
            values[name] = _read(member, at, fields, used)
    return values


def _read_list(
    shape: ListShape, prefix: str, fields: dict[str, str], used: set[str]
) -> list[Any]:
    if prefix in fields:
        # An empty list is written as the list's name with nothing after it.
        if fields[prefix] != "":
            raise ServiceError("MalformedInput", f"'{prefix}' must be a list")
        used.add(prefix)
        return []
    at = prefix
    if not shape.serialization.get("flattened"):
        at = f"{prefix}.{shape.member.serialization.get('name', 'member')}"
    values = []
    index = 1
    while _present(f"{at}.{index}", fields):
        values.append(_read(shape.member, f"{at}.{index}", fields, used))
        index += 1
    return values


def _scalar(shape: Shape, at: str, text: str) -> Any:
    kind = shape.type_name
    try:
        if kind == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "timestamp":
            return parse_date(text)
    except (KeyError, ValueError):
        raise ServiceError(
            "MalformedInput", f"'{text}' at '{at}' is not of the type {kind}"
        ) from None
    return text


def parse_date(text: str) -> datetime:
    """ISO 8601, as clients write it."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _place(prefix: str, name: str) -> str:
    lower = name[:1].lower() + name[1:]
    return f"{prefix}.{lower}" if prefix else lower


def _judge(shape: Shape, value: Any, at: str, problems: list[str]) -> None:
    if isinstance(shape, StructureShape):
        for name in shape.required_members:
            if name not in value:
                problems.append(
                    f"Value null at '{_place(at, name)}' failed to satisfy constraint: "
                    "Member must not be null"
                )
        for name, member in shape.members.items():
            if name in value:
                _judge(member, value[name], _place(at, name), problems)
        return
    if isinstance(shape, ListShape):
        _judge_size(shape, len(value), "[...]", at, problems)
        for index, item in enumerate(value, 1):
            _judge(shape.member, item, f"{at}.{index}.member", problems)
        return
    meta = shape.metadata
    if shape.type_name == "string":
        if meta.get("enum") and value not in meta["enum"]:
            _problem(
                value, at, f"Member must satisfy enum value set: [{', '.join(meta['enum'])}]",
                problems,
            )
        _judge_size(shape, len(value), value, at, problems)
        if meta.get("pattern") and not re.fullmatch(meta["pattern"], value, re.DOTALL):
            _problem(
                value, at,
                f"Member must satisfy regular expression pattern: {meta['pattern']}", problems,
            )
    elif shape.type_name in ("integer", "long"):
        if "min" in meta and value < meta["min"]:
            _problem(
                value, at, f"Member must have value greater than or equal to {meta['min']}",
                problems,
            )
        if "max" in meta and value > meta["max"]:
            _problem(
                value, at, f"Member must have value less than or equal to {meta['max']}", problems
            )


def _problem(value: Any, at: str, text: str, problems: list[str]) -> None:
    problems.append(f"Value '{value}' at '{at}' failed to satisfy constraint: {text}")


def _judge_size(shape: Shape, size: int, value: Any, at: str, problems: list[str]) -> None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        _problem(value, at, f"Member must have length greater than or equal to {low}", problems)
    if high is not None and size > high:
        _problem(value, at, f"Member must have length less than or equal to {high}", problems)


def write_output(
    service: ServiceModel, operation: OperationModel, values: Values, request_id: str
) -> bytes:
    """The answer as XML, only of members that the model has."""
    name = operation.name
    parts = [f'<{name}Response xmlns="{service.metadata["xmlNamespace"]}">']
    shape = operation.output_shape
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{name}Result")
        parts.append(f"<{wrapper}>")
        _write_members(shape, values, parts)
        parts.append(f"</{wrapper}>")
    parts.append(
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        f"</{name}Response>"
    )
    return "".join(parts).encode()


def _write_members(shape: StructureShape, values: Values, parts: list[str]) -> None:
    unknown = set(values) - set(shape.members)
    if unknown:
        raise AssertionError(f"{shape.name} has no {sorted(unknown)}")
    for name, member in shape.members.items():
        value = values.get(name)
        if value is not None:
            _write(member, member.serialization.get("name", name), value, parts)


def _write(shape: Shape, name: str, value: Any, parts: list[str]) -> None:
    if isinstance(shape, StructureShape):
        parts.append(f"<{name}>")
        _write_members(shape, value, parts)
        parts.append(f"</{name}>")
    elif isinstance(shape, ListShape):
        item = shape.member.serialization.get("name", "member")
        if shape.serialization.get("flattened"):
            for one in value:
                _write(shape.member, name, one, parts)
            return
        parts.append(f"<{name}>")
        for one in value:
            _write(shape.member, item, one, parts)
        parts.append(f"</{name}>")
    elif isinstance(shape, MapShape):
        parts.append(f"<{name}>")
        for key, one in value.items():
            parts.append("<entry>")
            _write(shape.key, "key", key, parts)
            _write(shape.value, "value", one, parts)
            parts.append("</entry>")
        parts.append(f"</{name}>")
    else:
        parts.append(f"<{name}>{_text(shape, name, value)}</{name}>")


def _text(shape: Shape, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return format_date(value, name not in WHOLE_SECONDS)
    return escape(str(value))


def format_date(moment: datetime, milliseconds: bool = True) -> str:
    """ISO 8601 in UTC."""
    moment = moment.astimezone(timezone.utc)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03d}Z" if milliseconds else text + "Z"


def write_error(service: ServiceModel, error: ServiceError, request_id: str) -> bytes:
    """The error as the Query protocol has it."""
    kind = "Sender" if error.status < 500 else "Receiver"
    return (
        f'<ErrorResponse xmlns="{service.metadata["xmlNamespace"]}"><Error>'
        f"<Type>{kind}</Type><Code>{error.code}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()
