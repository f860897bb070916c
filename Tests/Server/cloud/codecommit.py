"""The two questions about CodeCommit that a client of Beanstalk has.

moto knows repositories but not their branches.
"""

from __future__ import annotations

import json
from typing import Any

from .errors import ServiceError
from .wire import Request, Response

TYPE = "application/x-amz-json-1.1"
PREFIX = "CodeCommit_20150413."


class CodeCommit:
    """Repositories and the commits that their branches are at."""

    def __init__(self) -> None:
        #: By account, region and repository: branches and their commits.
        self.repositories: dict[tuple[str, str, str], dict[str, str]] = {}

    def reset(self) -> None:
        """No repositories."""
        self.repositories = {}

    def operation(self, request: Request) -> str:
        """The operation that a request names."""
        return (request.header("x-amz-target") or "").removeprefix(PREFIX)

    def answer(self, request: Request, account: str, region: str) -> Response:
        """GetBranch and GetRepository."""
        try:
            values: dict[str, Any] = json.loads(bytes(request.body) or b"{}")
        except ValueError:
            raise ServiceError("SerializationException", "The body is not JSON.") from None
        name = values.get("repositoryName")
        if not isinstance(name, str) or not name:
            raise ServiceError(
                "RepositoryNameRequiredException", "A repository name is required."
            )
        branches = self.repositories.get((account, region, name))
        if branches is None:
            raise ServiceError(
                "RepositoryDoesNotExistException", f"{name} does not exist"
            )
        operation = self.operation(request)
        if operation == "GetRepository":
            arn = f"arn:aws:codecommit:{region}:{account}:{name}"
            return self._reply(
                {"repositoryMetadata": {"repositoryName": name, "Arn": arn,
                                        "accountId": account}}
            )
        if operation == "GetBranch":
            branch = values.get("branchName")
            commit = branches.get(str(branch))
            if commit is None:
                raise ServiceError(
                    "BranchDoesNotExistException", f"Branch {branch} does not exist"
                )
            return self._reply({"branch": {"branchName": branch, "commitId": commit}})
        raise ServiceError("UnknownOperationException", f"This CodeCommit has no {operation}.")

    def _reply(self, values: dict[str, Any]) -> Response:
        return Response(200, json.dumps(values).encode(), [("Content-Type", TYPE)])


def error_response(error: ServiceError) -> Response:
    """The error as the JSON protocol has it."""
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    return Response(error.status, body, [("Content-Type", TYPE)], error.code)
