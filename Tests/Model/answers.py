"""Makes answers of random values from botocore's models of the services.

Reads a JSON list of {"service", "operation", "required", "seed"}. With seed 0 every member is
there and every list has two items; with others, members are left out, except those that `required`
names for their shape, and lists have up to three items. Prints a JSON list of {"xml", "facts"}: the
answer, and its values by the path of the members' names, lists with their numbers of items at `#`,
the request's id at `@request`. Times are milliseconds. Values of an enumeration are sometimes new
ones.
"""

import datetime
import json
import random
import sys
from typing import Any
from xml.sax.saxutils import escape

import botocore.loaders
import botocore.model

LETTERS = "abcXYZ019 -_.:/'\"<>&äß€😀"
HEALTH = ["NoData", "Unknown", "Pending", "Ok", "Info", "Warning", "Degraded", "Severe"]


class Answer:
    """One answer: writes XML and keeps the facts."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.random = random.Random(f"{case['operation']} {case['seed']}")
        self.full = case["seed"] == 0
        self.required: dict[str, list[str]] = case["required"]
        self.operation = case["operation"]
        self.facts: dict[str, str] = {"@request": "request-1"}

    def document(self, operation: botocore.model.OperationModel, protocol: str) -> str:
        shape = operation.output_shape
        inner = self.members(shape, "") if shape is not None else ""
        if protocol == "ec2":
            inner += "<requestId>request-1</requestId>"
        else:
            if shape is not None:
                wrapper = shape.serialization["resultWrapper"]
                inner = f"<{wrapper}>{inner}</{wrapper}>"
            inner += "<ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>"
        return f'<{operation.name}Response xmlns="urn:test">{inner}</{operation.name}Response>\n'

    def members(self, shape: botocore.model.StructureShape, path: str) -> str:
        names = list(shape.members)
        required = self.required.get(shape.name, [])
        self.random.shuffle(names)
        text = ""
        for name in names:
            member = shape.members[name]
            if name == "NextToken" and self.operation != "DescribeEvents":
                continue
            if not self.full and name not in required and self.random.random() < 0.3:
                continue
            text += self.element(member, path + name, member.serialization.get("name", name))
        return text

    def element(self, shape: botocore.model.Shape, path: str, tag: str) -> str:
        if shape.type_name == "structure":
            return f"<{tag}>\n  {self.members(shape, path + '.')}\n</{tag}>"
        if shape.type_name == "list":
            count = 2 if self.full else self.random.randint(0, 3)
            self.facts[f"{path}.#"] = str(count)
            item = shape.member.serialization.get("name", "member")
            items = [self.element(shape.member, f"{path}.{n}", item) for n in range(count)]
            return f"<{tag}>{''.join(items)}</{tag}>"
        text, fact = self.scalar(shape, path.rsplit(".", 1)[-1])
        self.facts[path] = fact
        return f"<{tag}>{escape(text)}</{tag}>"

    def scalar(self, shape: botocore.model.Shape, name: str) -> tuple[str, str]:
        """The text that is sent, and the fact."""
        kind = shape.type_name
        if kind == "boolean":
            text = self.random.choice(["true", "false"])
        elif kind in ("integer", "long"):
            text = str(self.random.randint(0, 2**31 - 1))
        elif kind in ("double", "float"):
            text = str(self.random.randint(1, 99_999) / 1000)
        elif kind == "timestamp":
            moment = datetime.datetime(2012, 1, 1, tzinfo=datetime.timezone.utc)
            milliseconds = self.random.randint(0, 10**12)
            if self.random.random() < 0.5:
                milliseconds -= milliseconds % 1000
            moment += datetime.timedelta(milliseconds=milliseconds)
            text = moment.strftime("%Y-%m-%dT%H:%M:%S")
            if milliseconds % 1000 or self.random.random() < 0.5:
                text += f".{milliseconds % 1000:03d}"
            return text + "Z", str(round(moment.timestamp() * 1000))
        elif kind == "string":
            known = getattr(shape, "enum", None) or (HEALTH if name == "HealthStatus" else None)
            if known and self.random.random() < 0.9:
                text = self.random.choice(known)
            elif known:
                text = "QuiteNew"
            else:
                length = self.random.randint(1, 20)
                text = "".join(self.random.choice(LETTERS) for _ in range(length))
            if shape.name == "ApplicationVersionStatus":
                return text, text.upper()
        else:
            raise ValueError(f"a {kind} in {self.operation}")
        return text, text


def main() -> None:
    loader = botocore.loaders.Loader()
    models: dict[str, botocore.model.ServiceModel] = {}
    answers = []
    for case in json.load(sys.stdin):
        name = case["service"]
        if name not in models:
            models[name] = botocore.model.ServiceModel(
                loader.load_service_model(name, "service-2"), name
            )
        answer = Answer(case)
        operation = models[name].operation_model(case["operation"])
        document = answer.document(operation, models[name].protocol)
        answers.append({"xml": document, "facts": answer.facts})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
