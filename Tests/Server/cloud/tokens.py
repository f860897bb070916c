"""Where temporary credentials come from: STS, instance metadata, containers, single sign-on."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Callable

from .clock import Clock
from .errors import ServiceError
from .identities import ACCOUNT, Identities, Keys
from .model import Values, format_date
from .signatures import parse_query
from .wire import Request, Response

#: How long the credentials last that machines get.
LIFETIME = timedelta(hours=6)
ROLE = "aws-elasticbeanstalk-ec2-role"


@dataclass
class Role:
    """A role's conditions; a role without an entry has none."""

    name: str
    external_id: str | None = None
    mfa_serial: str | None = None
    token_code: str = "123456"
    denied: bool = False


@dataclass
class Settings:
    """What is given out, and on which terms."""

    roles: list[Role] = field(default_factory=list)
    #: What a web identity token must be.
    web_identity_token: str = "a-web-identity-token"
    #: What a container's Authorization header must be.
    container_token: str = "a-container-token"
    sso_token: str = "an-sso-access-token"
    sso_refresh_token: str = "an-sso-refresh-token"
    sso_client: str = "an-sso-client"
    sso_client_secret: str = "an-sso-client-secret"
    metadata_enabled: bool = True
    #: Seconds that credentials last; None for what was asked for.
    lifetime: float | None = None


class Tokens:
    """Gives out temporary keys that the verifier knows."""

    def __init__(self, clock: Clock, identities: Identities) -> None:
        self.clock = clock
        self.identities = identities
        self.settings = Settings()
        self.metadata_tokens: set[str] = set()
        self.operations: dict[str, Callable[[Keys | None, Values], Values]] = {
            "GetCallerIdentity": self._identity,
            "AssumeRole": self._assume_role,
            "AssumeRoleWithWebIdentity": self._assume_with_web_identity,
            "GetSessionToken": self._session_token,
        }

    def reset(self) -> None:
        """The first terms again."""
        self.settings = Settings()
        self.metadata_tokens = set()

    def configure(self, values: dict[str, Any]) -> None:
        """Changes the terms."""
        for name, value in values.items():
            if name not in asdict(Settings()):
                raise ValueError(f"unknown setting '{name}'")
            if name == "roles":
                value = [Role(**one) for one in value]
            setattr(self.settings, name, value)

    def _expiry(self, seconds: float) -> datetime:
        lasting = self.settings.lifetime
        return self.clock.now() + timedelta(seconds=seconds if lasting is None else lasting)

    # STS

    def _identity(self, keys: Keys | None, values: Values) -> Values:
        if keys is None:
            raise ServiceError(
                "MissingAuthenticationToken", "Request is missing Authentication Token", 403
            )
        return {"UserId": keys.user_id, "Account": keys.account, "Arn": keys.arn}

    def _assumed(self, arn: str, session: str, seconds: int) -> tuple[Keys, Values]:
        parts = arn.split(":")
        if len(parts) != 6 or not parts[5].startswith("role/"):
            raise ServiceError("ValidationError", f"{arn} is invalid")
        name = parts[5].rpartition("/")[2]
        assumed = f"arn:{parts[1]}:sts::{parts[4]}:assumed-role/{name}/{session}"
        id = f"AROAEXAMPLE{name[:5].upper()}:{session}"
        keys = self.identities.issue(parts[4], assumed, id, self._expiry(seconds))
        return keys, {"AssumedRoleId": id, "Arn": assumed}

    def _credentials(self, keys: Keys) -> Values:
        return {
            "AccessKeyId": keys.access_key,
            "SecretAccessKey": keys.secret,
            "SessionToken": keys.token,
            "Expiration": keys.expires,
        }

    def _role(self, arn: str) -> Role:
        name = arn.rpartition("/")[2]
        return next((one for one in self.settings.roles if one.name == name), Role(name))

    def _assume_role(self, keys: Keys | None, values: Values) -> Values:
        arn = values["RoleArn"]
        role = self._role(arn)
        who = keys.arn if keys is not None else "anonymous"
        denied = ServiceError(
            "AccessDenied",
            f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            403,
        )
        if keys is None or role.denied or role.external_id not in (
            None, values.get("ExternalId")
        ):
            raise denied
        if role.mfa_serial is not None:
            if values.get("SerialNumber") != role.mfa_serial:
                raise denied
            if values.get("TokenCode") != role.token_code:
                raise ServiceError(
                    "AccessDenied",
                    "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
                    403,
                )
        made, user = self._assumed(
            arn, values["RoleSessionName"], values.get("DurationSeconds", 3600)
        )
        return {"Credentials": self._credentials(made), "AssumedRoleUser": user}

    def _assume_with_web_identity(self, keys: Keys | None, values: Values) -> Values:
        if values["WebIdentityToken"] != self.settings.web_identity_token:
            raise ServiceError(
                "InvalidIdentityToken", "The ID Token provided is not a valid JWT."
            )
        if self._role(values["RoleArn"]).denied:
            raise ServiceError(
                "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403
            )
        made, user = self._assumed(
            values["RoleArn"], values["RoleSessionName"], values.get("DurationSeconds", 3600)
        )
        return {
            "Credentials": self._credentials(made),
            "AssumedRoleUser": user,
            "SubjectFromWebIdentityToken": "repo:example/shop:ref:refs/heads/main",
            "Provider": "token.actions.githubusercontent.com",
            "Audience": "sts.amazonaws.com",
        }

    def _session_token(self, keys: Keys | None, values: Values) -> Values:
        if keys is None or keys.token is not None:
            raise ServiceError(
                "AccessDenied", "Cannot call GetSessionToken with session credentials", 403
            )
        made = self.identities.issue(
            keys.account, keys.arn, keys.user_id,
            self._expiry(values.get("DurationSeconds", 43200)),
        )
        return {"Credentials": self._credentials(made)}

    # Machines

    def handles(self, request: Request) -> bool:
        """Whether a request is to one of the unsigned services."""
        return request.path.startswith(
            ("/latest/", "/container/", "/v2/credentials", "/federation/")
        ) or (request.path == "/token" and request.method == "POST")

    def answer(self, request: Request) -> Response:
        """Instance metadata, container credentials, single sign-on."""
        if request.path.startswith("/latest/"):
            return self._metadata(request)
        if request.path.startswith(("/container/", "/v2/credentials")):
            if request.path.startswith("/container/") and (
                request.header("authorization") != self.settings.container_token
            ):
                return reply(403, {"code": "AccessDenied", "message": "wrong token"})
            return reply(200, self._machine_credentials("container"))
        if request.path == "/token":
            return self._create_token(request)
        return self._role_credentials(request)

    def _machine_credentials(self, session: str) -> dict[str, Any]:
        keys, _ = self._assumed(
            f"arn:aws:iam::{ACCOUNT}:role/{ROLE}", session, int(LIFETIME.total_seconds())
        )
        expires = keys.expires
        return {
            "AccessKeyId": keys.access_key,
            "SecretAccessKey": keys.secret,
            "Token": keys.token,
            "Expiration": format_date(expires, False) if expires is not None else None,
        }

    def _metadata(self, request: Request) -> Response:
        path = request.path
        if not self.settings.metadata_enabled:
            return Response(403, b"", [("Content-Type", "text/plain")])
        if path == "/latest/api/token":
            if request.method != "PUT":
                return Response(405)
            seconds = request.header("x-aws-ec2-metadata-token-ttl-seconds") or ""
            if not seconds.isdigit() or not 1 <= int(seconds) <= 21600:
                return Response(400)
            token = secrets.token_urlsafe(32)
            self.metadata_tokens.add(token)
            headers = [
                ("Content-Type", "text/plain"),
                ("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", seconds),
            ]
            return Response(200, token.encode(), headers)
        if request.header("x-aws-ec2-metadata-token") not in self.metadata_tokens:
            return Response(401, b"", [("Content-Type", "text/plain")])
        texts = {
            "/latest/meta-data/iam/security-credentials": ROLE,
            "/latest/meta-data/placement/region": "us-east-1",
            "/latest/meta-data/placement/availability-zone": "us-east-1a",
            "/latest/meta-data/instance-id": "i-0123456789abcdef0",
        }
        if path.rstrip("/") in texts:
            return Response(
                200, texts[path.rstrip("/")].encode(), [("Content-Type", "text/plain")]
            )
        if path == f"/latest/meta-data/iam/security-credentials/{ROLE}":
            values = {
                "Code": "Success",
                "LastUpdated": format_date(self.clock.now(), False),
                "Type": "AWS-HMAC",
                **self._machine_credentials("i-0123456789abcdef0"),
            }
            return Response(200, json.dumps(values).encode(), [("Content-Type", "text/plain")])
        return Response(404, b"", [("Content-Type", "text/html")])

    # Single sign-on

    def _create_token(self, request: Request) -> Response:
        try:
            values = json.loads(bytes(request.body))
        except ValueError:
            values = {}
        wanted = self.settings
        if (values.get("clientId"), values.get("clientSecret")) != (
            wanted.sso_client, wanted.sso_client_secret
        ):
            return reply(
                401, {"error": "invalid_client", "error_description": "Invalid client"},
                "InvalidClientException",
            )
        if values.get("grantType") != "refresh_token" or (
            values.get("refreshToken") != wanted.sso_refresh_token
        ):
            return reply(
                400, {"error": "invalid_grant", "error_description": "Invalid refresh token"},
                "InvalidGrantException",
            )
        wanted.sso_token = "sso-" + secrets.token_urlsafe(24)
        wanted.sso_refresh_token = "refresh-" + secrets.token_urlsafe(24)
        seconds = 3600 if wanted.lifetime is None else int(wanted.lifetime)
        return reply(
            200,
            {
                "accessToken": wanted.sso_token,
                "refreshToken": wanted.sso_refresh_token,
                "expiresIn": seconds,
                "tokenType": "Bearer",
            },
        )

    def _role_credentials(self, request: Request) -> Response:
        if request.header("x-amz-sso_bearer_token") != self.settings.sso_token:
            return reply(
                401, {"message": "Session token not found or invalid"}, "UnauthorizedException"
            )
        query = dict(parse_query(request.query))
        account, role = query.get("account_id", ""), query.get("role_name", "")
        if request.path != "/federation/credentials" or not account or not role:
            return reply(
                400, {"message": "Missing parameters"}, "InvalidRequestException"
            )
        if self._role(role).denied:
            return reply(403, {"message": "No access"}, "ForbiddenException")
        keys, _ = self._assumed(
            f"arn:aws:iam::{account}:role/AWSReservedSSO_{role}_0123456789abcdef", "robin", 3600
        )
        expires = keys.expires
        return reply(
            200,
            {
                "roleCredentials": {
                    "accessKeyId": keys.access_key,
                    "secretAccessKey": keys.secret,
                    "sessionToken": keys.token,
                    "expiration": int(expires.timestamp() * 1000) if expires else 0,
                }
            },
        )


def reply(status: int, values: dict[str, Any], code: str | None = None) -> Response:
    """A JSON answer."""
    headers = [("Content-Type", "application/json")]
    if code is not None:
        headers.append(("x-amzn-ErrorType", code))
    return Response(status, json.dumps(values).encode(), headers, code)
