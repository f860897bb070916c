"""An answer that is an error, before it is known in which protocol it goes out."""

from __future__ import annotations


class ServiceError(Exception):
    """A code and a message, with the HTTP status that AWS sends them with."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        extra: dict[str, str] | None = None,
        headers: list[tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        #: Further elements of an S3 error document.
        self.extra = extra or {}
        self.headers = headers or []


def invalid(message: str) -> ServiceError:
    """`InvalidParameterValue`, Elastic Beanstalk's most frequent answer."""
    return ServiceError("InvalidParameterValue", message)


def combination(message: str) -> ServiceError:
    """`InvalidParameterCombination`."""
    return ServiceError("InvalidParameterCombination", message)
