"""One request's way: logged, cut or refused if asked, verified, dispatched, answered."""

from __future__ import annotations

import sys
import time
import traceback
import uuid
from email.utils import format_datetime
from typing import Any

from . import moto_bridge, s3
from .beanstalk import applications, configuration, environments, inquiries  # noqa: F401
from .beanstalk.call import OPERATIONS, Call
from .beanstalk.world import World
from .clock import Clock
from .codecommit import CodeCommit
from .codecommit import error_response as json_error
from .control import Control
from .errors import ServiceError
from .faults import REFUSALS, Faults, Rule
from .identities import Identities, Keys
from .instances import publish
from .journal import Entry, Journal
from .model import (
    UnknownMembers,
    eb_model,
    form,
    read_input,
    service_model,
    write_error,
    write_output,
)
from .s3 import S3, Target, target_of
from .signatures import Claim, Verified, Verifier, claim_of
from .tokens import Tokens
from .wire import Connection, Request, Response, encode_head

#: Query operations that need no signature.
ANONYMOUS = {"AssumeRoleWithWebIdentity"}
CONTROL = "/_control/"


class App:
    """Everything behind the port."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.identities = Identities()
        self.verifier = Verifier(self.identities)
        self.world = World(self.clock)
        self.faults = Faults()
        self.journal = Journal()
        self.tokens = Tokens(self.clock, self.identities)
        self.s3 = S3(self.world, self.identities)
        self.codecommit = CodeCommit()
        self.control = Control(self)

    def reset(self, keeps_roles: bool = False) -> None:
        """As if it had just been started; roles take a second to be had again."""
        with self.world.lock:
            self.faults.reset()
            self.world.reset()
            self.clock.reset()
            self.identities.reset()
            self.tokens.reset()
            self.s3.reset()
            self.codecommit.reset()
            moto_bridge.reset(keeps_roles)
            self.journal.reset()

    def begin(self, request: Request) -> "AppExchange":
        """Takes a request's head."""
        return AppExchange(self, request)


def service_of(request: Request, claim: Claim | None, tokens: Tokens) -> str:
    """Which service a request is for."""
    if claim is not None:
        return claim.service
    if tokens.handles(request):
        return "tokens"
    if request.method == "POST" and request.path == "/":
        return "sts"
    return "s3"


class AppExchange:
    """One request."""

    def __init__(self, app: App, request: Request) -> None:
        self.app = app
        self.request = request
        self.request_id = str(uuid.uuid4())
        self.started = time.monotonic()
        self.is_control = request.path.startswith(CONTROL)
        self.entry: Entry | None = None
        self.rule: Rule | None = None
        self.problem: ServiceError | None = None
        self.claim: Claim | None = None
        self.target: Target | None = None
        self.service = "control"
        if self.is_control:
            return
        try:
            self.claim = claim_of(request)
        except ServiceError as error:
            self.problem = error
        self.service = service_of(request, self.claim, app.tokens)
        operation = ""
        if self.service == "s3":
            self.target = target_of(request)
            operation = self.target.operation
        elif self.service == "tokens":
            operation = request.path
        elif self.service == "codecommit":
            operation = app.codecommit.operation(request)
        keys = app.identities.find(self.claim.access_key) if self.claim is not None else None
        self.entry = app.journal.begin(
            service=self.service,
            operation=operation,
            method=request.method,
            target=request.target,
            access_key=self.claim.access_key if self.claim is not None else None,
            account=keys.account if keys is not None else None,
            headers={
                name.lower(): value
                for name, value in request.headers
                if name.lower() not in ("authorization", "x-amz-security-token")
            },
        )
        self.entry.request_id = self.request_id

    # The parts of an exchange

    def received(self, connection: Connection) -> bool:
        """A fault that acts before the body is read; only known here where the path says all."""
        if self.is_control or self.service not in ("s3", "tokens"):
            return True
        self._choose()
        if self.rule is None:
            return True
        return self._cut_before(connection)

    def early(self) -> Response | None:
        """What can be refused before the body is there."""
        if self.is_control or self.service != "s3" or self.target is None:
            return None
        if self.rule is not None and self.rule.action in REFUSALS:
            # Expecting to be told whether to send, a client is told now.
            if (self.request.header("expect") or "").lower() == "100-continue":
                return self._refusal(self.rule)
            return None
        try:
            verified = self._verify()
            self.app.s3.check(
                self.request, self.target, verified.keys.account, verified.claim.region
            )
        except ServiceError as error:
            return self._headers(self._error(error))
        return None

    def answer(self) -> Response:
        """The answer to the whole request."""
        if self.is_control:
            return self.app.control.answer(self.request)
        entry = self.entry
        assert entry is not None
        entry.bytes_in = len(self.request.body)
        if self.service not in ("s3", "tokens"):
            if self.service == "codecommit":
                fields = {"body": bytes(self.request.body).decode("utf-8", "replace")}
            else:
                fields = form(bytes(self.request.body), self.request.query)
            entry.parameters = fields
            entry.operation = fields.get("Action", entry.operation)
            self._choose()
        rule = self.rule
        if rule is not None:
            if rule.action in REFUSALS:
                return self._refusal(rule)
            if rule.action == "html":
                return Response(
                    502, b"<html><body><h1>502 Bad Gateway</h1></body></html>",
                    [("Content-Type", "text/html")], "html",
                )
            if rule.action.endswith("-before"):
                return Response(500)
            if rule.action == "delay":
                self.app.faults.hold(rule)
        try:
            response = self._dispatch()
        except ServiceError as error:
            if isinstance(error, UnknownMembers):
                entry.unknown_members = error.names
            response = self._error(error)
        except Exception:  # A mistake of this server must be seen as one.
            traceback.print_exc(file=sys.stderr)
            response = self._error(ServiceError("InternalFailure", traceback.format_exc(), 500))
        return self._headers(response)

    def deliver(self, connection: Connection, response: Response) -> bool:
        """Sends the answer, or what a fault leaves of it."""
        rule = self.rule
        action = rule.action if rule is not None else ""
        if rule is not None and action.endswith("-before") and not self._cut_before(connection):
            return False
        if action == "reset-after":
            connection.reset()
            return False
        if action == "close-after":
            return False
        if rule is not None and action == "stall-after":
            self.app.faults.hold(rule)
            return False
        body = b"" if self.request.method == "HEAD" else response.body
        close = response.header("connection") == "close"
        head = encode_head(response, False)
        if rule is not None and action in ("truncate", "stall-middle"):
            half = body[: len(body) // 2]
            connection.send((head if body else head[: len(head) // 2]) + half)
            if action == "stall-middle":
                self.app.faults.hold(rule)
            return False
        if self.entry is not None:
            self.entry.bytes_out = len(head) + len(body)
            # Who has the answer may ask for the log at once.
            self._note(response)
        if len(body) < 65536:
            connection.send(head + body)
        else:
            connection.send(head)
            connection.send(body)
        return not close

    def finished(self, response: Response | None) -> None:
        """Closes the log's entry."""
        entry = self.entry
        if entry is None:
            return
        if response is not None:
            self._note(response)
        entry.duration = time.monotonic() - self.started

    def _note(self, response: Response) -> None:
        if self.entry is not None:
            self.entry.status = response.status
            self.entry.code = response.code

    # Faults

    def _choose(self) -> None:
        entry = self.entry
        assert entry is not None
        self.rule = self.app.faults.choose(
            entry.account, self.service, entry.operation, self.request.method,
            self.request.target,
        )
        if self.rule is not None:
            entry.fault = self.rule.action

    def _cut_before(self, connection: Connection) -> bool:
        rule = self.rule
        assert rule is not None
        if rule.action == "reset-before":
            connection.reset()
            return False
        if rule.action == "close-before":
            return False
        if rule.action == "stall-before":
            self.app.faults.hold(rule)
            return False
        return True

    def _refusal(self, rule: Rule) -> Response:
        status, code, message = REFUSALS[rule.action]
        if rule.action == "expired" and self.service == "s3":
            status, message = 400, "The provided token has expired."
        response = self._headers(self._error(ServiceError(code, message, status)))
        if rule.retry_after is not None:
            response.headers.append(("Retry-After", str(rule.retry_after)))
        return response

    # Dispatch

    def _verify(self) -> Verified:
        if self.problem is not None:
            raise self.problem
        if self.claim is None:
            if self.service == "s3":
                raise ServiceError("AccessDenied", "Access Denied", 403)
            raise ServiceError(
                "MissingAuthenticationToken", "Request is missing Authentication Token", 403
            )
        return self.app.verifier.verify(self.request, self.claim, self.app.clock.now())

    def _dispatch(self) -> Response:
        entry = self.entry
        assert entry is not None
        if self.service == "tokens":
            entry.processed = True
            return self.app.tokens.answer(self.request)
        keys: Keys | None = None
        verified: Verified | None = None
        if self.service != "sts" or entry.operation not in ANONYMOUS:
            verified = self._verify()
            keys = verified.keys
        if self.service == "s3" and verified is not None:
            assert self.target is not None
            response = self.app.s3.answer(self.request, self.target, verified)
            entry.processed = True
            if response.status == 200 and self.rule is not None:
                return self._error_inside(response)
            return response
        if self.service == "sts" and entry.operation in self.app.tokens.operations:
            return self._query("sts", keys)
        if self.service == "elasticbeanstalk":
            return self._query("elasticbeanstalk", keys)
        if keys is None or verified is None:
            raise ServiceError("InvalidAction", f"Could not find operation {entry.operation}")
        region = verified.claim.region
        if self.service == "codecommit":
            entry.processed = True
            return self.app.codecommit.answer(self.request, keys.account, region)
        with self.app.world.lock:
            self.app.world.advance()
            if self.service == "ec2":
                publish(self.app.world, keys.account, region)
        entry.processed = True
        return moto_bridge.call(self.request, keys.account, self.service, region)

    def _error_inside(self, response: Response) -> Response:
        """The error that CopyObject and CompleteMultipartUpload may answer with status 200."""
        rule = self.rule
        if rule is None or rule.action != "200-error":
            return response
        error = s3.error_response(
            ServiceError("InternalError", "We encountered an internal error. Please try again."),
            self.request, self.request_id,
        )
        return Response(200, error.body, error.headers, "InternalError")

    def _query(self, name: str, keys: Keys | None) -> Response:
        entry = self.entry
        assert entry is not None
        agent = self.request.header("user-agent") or ""
        is_eb = name == "elasticbeanstalk" and agent.startswith("eb-cli/")
        model = eb_model() if is_eb else service_model(name)
        if entry.operation not in model.operation_names:
            raise UnknownMembers([f"Action={entry.operation}"])
        operation = model.operation_model(entry.operation)
        values = read_input(model, operation, entry.parameters)
        world = self.app.world
        answer: dict[str, Any]
        if name == "sts":
            answer = self.app.tokens.operations[entry.operation](keys, values)
        else:
            assert keys is not None and self.claim is not None
            function = OPERATIONS.get(entry.operation)
            if function is None:
                raise ServiceError(
                    "InvalidAction", f"This Beanstalk does not do {entry.operation}."
                )
            with world.lock:
                world.advance()
                call = Call(
                    world, world.region(keys.account, self.claim.region), self.app.s3,
                    self.request_id, keys.account, self.request.header("host") or "",
                    self.request.scheme, is_eb,
                )
                answer = function(call, values)
                body = write_output(model, operation, answer, self.request_id)
            entry.processed = True
            return Response(200, body, [("Content-Type", "text/xml")])
        entry.processed = True
        body = write_output(model, operation, answer, self.request_id)
        return Response(200, body, [("Content-Type", "text/xml")])

    def _error(self, error: ServiceError) -> Response:
        if self.service == "s3":
            return s3.error_response(error, self.request, self.request_id)
        if self.service == "codecommit":
            return json_error(error)
        name = self.service if self.service in ("sts", "elasticbeanstalk") else "sts"
        body = write_error(service_model(name), error, self.request_id)
        return Response(
            error.status, body, [("Content-Type", "text/xml"), *error.headers], error.code
        )

    def _headers(self, response: Response) -> Response:
        """What every answer of AWS carries."""
        names = {name.lower() for name, _ in response.headers}
        if "date" not in names:
            date = format_datetime(self.app.clock.now(), usegmt=True)
            response.headers.append(("Date", date))
        if self.service == "s3":
            response.headers.append(("x-amz-request-id", self.request_id))
            response.headers.append(("x-amz-id-2", self.request_id))
            response.headers.append(("Server", "AmazonS3"))
        else:
            response.headers.append(("x-amzn-RequestId", self.request_id))
        return response
