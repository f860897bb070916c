"""The platforms that this Beanstalk offers: a few real ones, as the service lists them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from ..errors import invalid

RELEASED = datetime(2026, 9, 1, 12, 0, 0, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Platform:
    """One version of one platform branch."""

    branch: str
    version: str
    name: str
    solution_stack: str
    category: str
    branch_state: str = "Supported"
    recommended: bool = False
    tiers: tuple[str, ...] = ("WebServer/Standard", "Worker/SQS/HTTP")

    def arn(self, region: str) -> str:
        """The platform's ARN; managed platforms have no account in theirs."""
        start = f"arn:{partition(region)}:elasticbeanstalk:{region}::platform"
        return f"{start}/{self.branch}/{self.version}"


def partition(region: str) -> str:
    """The partition that a region is in."""
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"


def _versions(
    runtime: str, category: str, system: str, stack_tail: str, versions: list[str], state: str
) -> list[Platform]:
    branch = f"{runtime} running on 64bit {system}"
    return [
        Platform(
            branch,
            version,
            branch,
            f"64bit {system} v{version} running {stack_tail}",
            category,
            state,
            recommended=index == 0,
        )
        for index, version in enumerate(versions)
    ]


AL2023 = "Amazon Linux 2023"
PLATFORMS: list[Platform] = (
    _versions("Python 3.13", "Python", AL2023, "Python 3.13", ["4.7.2", "4.7.1"], "Supported")
    + _versions("Python 3.12", "Python", AL2023, "Python 3.12", ["4.7.2"], "Supported")
    + _versions("Node.js 22", "Node.js", AL2023, "Node.js 22", ["6.6.3", "6.6.2"], "Supported")
    + _versions("Ruby 3.4", "Ruby", AL2023, "Ruby 3.4", ["4.6.2"], "Supported")
    + _versions("PHP 8.4", "PHP", AL2023, "PHP 8.4", ["4.7.2"], "Supported")
    + _versions("Go 1", "Go", AL2023, "Go 1", ["4.4.3"], "Supported")
    + _versions("Corretto 21", "Java", AL2023, "Corretto 21", ["4.6.3"], "Supported")
    + _versions("Docker", "Docker", AL2023, "Docker", ["4.7.3"], "Supported")
    + _versions(
        "Tomcat 11 with Corretto 21", "Tomcat", AL2023, "Tomcat 11 Corretto 21", ["5.8.3"],
        "Supported",
    )
    + _versions("Python 3.8", "Python", "Amazon Linux 2", "Python 3.8", ["3.7.9"], "Deprecated")
)


def by_arn(arn: str, region: str) -> Platform | None:
    """The platform with this ARN. A branch's ARN without a version means its newest."""
    for platform in PLATFORMS:
        whole = platform.arn(region)
        if arn == whole or (platform.recommended and arn == whole.rpartition("/")[0]):
            return platform
    return None


def by_stack(name: str) -> Platform:
    """The platform of this solution stack."""
    for platform in PLATFORMS:
        if platform.solution_stack == name:
            return platform
    raise invalid(f"No Solution Stack named '{name}' found.")
