"""Signature Version 4, verified for every request, from Amazon's description of it.

Nothing of botocore's signer is used: what is checked here has been computed independently.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from urllib.parse import quote, unquote

from .errors import ServiceError
from .identities import Identities, Keys
from .wire import Request

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING = {
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
}
#: How far a Query request's date may be from the service's, and an S3 request's.
QUERY_SKEW = timedelta(minutes=5)
S3_SKEW = timedelta(minutes=15)


@dataclass
class Claim:
    """What a request says about its own signature."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: list[str]
    signature: str
    timestamp: str
    #: Seconds for which a presigned address is good; None when the header signs.
    lifetime: int | None = None

    @property
    def scope(self) -> str:
        """The credential scope."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass
class Verified:
    """A request that was signed well."""

    keys: Keys
    claim: Claim
    signing_key: bytes


def parse_query(query: str) -> list[tuple[str, str]]:
    """The query's pairs, decoded. A plus sign is a plus sign: S3 reads it so."""
    pairs = []
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((unquote(name), unquote(value)))
    return pairs


def claim_of(request: Request) -> Claim | None:
    """The signature that the request carries, or None when it is anonymous."""
    header = request.header("authorization")
    if header is not None:
        return _header_claim(request, header)
    query = dict(parse_query(request.query))
    if "X-Amz-Signature" in query:
        return _query_claim(query)
    return None


def _header_claim(request: Request, header: str) -> Claim:
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise ServiceError("IncompleteSignature", f"Unsupported algorithm '{algorithm}'.")
    fields = {}
    for piece in rest.split(","):
        name, _, value = piece.strip().partition("=")
        fields[name] = value
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not fields.get(name):
            raise ServiceError(
                "IncompleteSignature",
                f"Authorization header requires '{name}' parameter. Authorization={header}",
            )
    parts = fields["Credential"].split("/")
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise ServiceError(
            "IncompleteSignature",
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got '{fields['Credential']}'",
        )
    timestamp = request.header("x-amz-date")
    if timestamp is None:
        raise ServiceError(
            "IncompleteSignature",
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        )
    return Claim(
        parts[0], parts[1], parts[2], parts[3],
        fields["SignedHeaders"].split(";"), fields["Signature"], timestamp,
    )


def _query_claim(query: dict[str, str]) -> Claim:
    parts = query.get("X-Amz-Credential", "").split("/")
    if len(parts) != 5 or not query.get("X-Amz-Expires", "").isdigit():
        raise ServiceError(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, "
            "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
            "X-Amz-Expires parameters.",
        )
    return Claim(
        parts[0], parts[1], parts[2], parts[3],
        query.get("X-Amz-SignedHeaders", "").split(";"), query["X-Amz-Signature"],
        query.get("X-Amz-Date", ""), int(query["X-Amz-Expires"]),
    )


def encode(text: str, safe: str = "") -> str:
    """Percent-encoding as signatures want it."""
    return quote(text, safe=safe + "-_.~")


def canonical_query(query: str, leave_out: str | None = None) -> str:
    """Sorted by encoded name, then by encoded value."""
    pairs = [
        (encode(name), encode(value))
        for name, value in parse_query(query)
        if name != leave_out
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_request(request: Request, claim: Claim, payload: str) -> str:
    """The text whose hash is signed."""
    if claim.service == "s3":
        path = encode(unquote(request.path), "/")
    else:
        path = encode(encode(unquote(request.path), "/"), "/")
    headers = ""
    for name in claim.signed_headers:
        values = [
            " ".join(value.split()) for key, value in request.headers if key.lower() == name
        ]
        headers += f"{name}:{','.join(values)}\n"
    presigned = "X-Amz-Signature" if claim.lifetime is not None else None
    return "\n".join(
        [
            request.method,
            path or "/",
            canonical_query(request.query, presigned),
            headers,
            ";".join(claim.signed_headers),
            payload,
        ]
    )


@lru_cache(maxsize=256)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key that one day's requests to one service in one region are signed with."""
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def string_to_sign(claim: Claim, canonical: str) -> str:
    """What goes into the last HMAC."""
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{ALGORITHM}\n{claim.timestamp}\n{claim.scope}\n{digest}"


def payload_of(request: Request, claim: Claim) -> str:
    """The payload hash that the signature covers.

    S3 signs what its header says and compares the body with it afterwards, so that a refusal
    needs no body; the others hash the body itself.
    """
    stated = request.header("x-amz-content-sha256")
    if claim.service == "s3":
        if claim.lifetime is not None:
            return stated or UNSIGNED
        if stated is None:
            raise ServiceError(
                "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
            )
        return stated
    return hashlib.sha256(request.body).hexdigest()


def parse_timestamp(text: str) -> datetime:
    """A date as signatures write it."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise ServiceError(
            "IncompleteSignature",
            f"Date must be in ISO-8601 'basic format'. Got '{text}'.",
        ) from None


class Verifier:
    """Judges the signature of every request."""

    def __init__(self, identities: Identities) -> None:
        self.identities = identities

    def verify(self, request: Request, claim: Claim, now: datetime) -> Verified:
        """The keys that signed, or the error that AWS would answer."""
        s3 = claim.service == "s3"
        keys = self.identities.find(claim.access_key)
        if keys is None:
            raise self._unknown_keys(claim, s3)
        self._check_headers(request, claim, s3)
        self._check_date(claim, now, s3)
        self._check_token(request, claim, keys, now, s3)
        key = signing_key(keys.secret, claim.date, claim.region, claim.service)
        canonical = canonical_request(request, claim, payload_of(request, claim))
        wanted = hmac.new(
            key, string_to_sign(claim, canonical).encode(), hashlib.sha256
        ).hexdigest()
        if not hmac.compare_digest(wanted, claim.signature):
            extra = {
                "AWSAccessKeyId": claim.access_key,
                "StringToSign": string_to_sign(claim, canonical),
                "SignatureProvided": claim.signature,
                "CanonicalRequest": canonical,
            }
            text = (
                "The request signature we calculated does not match the signature you provided. "
            )
            if s3:
                text += "Check your key and signing method."
            else:
                text += (
                    "Check your AWS Secret Access Key and signing method. Consult the service "
                    "documentation for details."
                )
            raise ServiceError("SignatureDoesNotMatch", text, 403, extra)
        return Verified(keys, claim, key)

    def _unknown_keys(self, claim: Claim, s3: bool) -> ServiceError:
        if s3:
            return ServiceError(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
                403,
                {"AWSAccessKeyId": claim.access_key},
            )
        return ServiceError(
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            403,
        )

    def _check_headers(self, request: Request, claim: Claim, s3: bool) -> None:
        signed = set(claim.signed_headers)
        if claim.signed_headers != sorted(claim.signed_headers):
            raise ServiceError("SignatureDoesNotMatch", "SignedHeaders are not sorted.", 403)
        if "host" not in signed:
            raise ServiceError(
                "SignatureDoesNotMatch", "'Host' must be a 'SignedHeader'.", 403
            )
        for name, _ in request.headers:
            lower = name.lower()
            if (lower.startswith("x-amz-") or lower == "content-md5") and lower not in signed:
                raise ServiceError(
                    "AccessDenied" if s3 else "SignatureDoesNotMatch",
                    "There were headers present in the request which were not signed"
                    if s3 else f"'{lower}' must be a 'SignedHeader'.",
                    403,
                    {"HeadersNotSigned": lower},
                )

    def _check_date(self, claim: Claim, now: datetime, s3: bool) -> None:
        moment = parse_timestamp(claim.timestamp)
        if claim.timestamp[:8] != claim.date:
            raise ServiceError(
                "SignatureDoesNotMatch",
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                f"from HTTP: '{claim.date}' != '{claim.timestamp[:8]}', from "
                f"'{claim.timestamp}'.",
                403,
            )
        if claim.lifetime is not None:
            if now > moment + timedelta(seconds=claim.lifetime):
                raise ServiceError("AccessDenied", "Request has expired", 403)
            return
        if s3:
            if abs(now - moment) > S3_SKEW:
                raise ServiceError(
                    "RequestTimeTooSkewed",
                    "The difference between the request time and the current time is too large.",
                    403,
                    {
                        "RequestTime": claim.timestamp,
                        "ServerTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                        "MaxAllowedSkewMilliseconds": "900000",
                    },
                )
            return
        text = now.strftime("%Y%m%dT%H%M%SZ")
        if moment < now - QUERY_SKEW:
            limit = (now - QUERY_SKEW).strftime("%Y%m%dT%H%M%SZ")
            raise ServiceError(
                "SignatureDoesNotMatch",
                f"Signature expired: {claim.timestamp} is now earlier than {limit} "
                f"({text} - 5 min.)",
                403,
            )
        if moment > now + QUERY_SKEW:
            limit = (now + QUERY_SKEW).strftime("%Y%m%dT%H%M%SZ")
            raise ServiceError(
                "SignatureDoesNotMatch",
                f"Signature not yet current: {claim.timestamp} is still later than {limit} "
                f"({text} + 5 min.)",
                403,
            )

    def _check_token(
        self, request: Request, claim: Claim, keys: Keys, now: datetime, s3: bool
    ) -> None:
        token = request.header("x-amz-security-token")
        if claim.lifetime is not None:
            token = dict(parse_query(request.query)).get("X-Amz-Security-Token")
        if token != keys.token:
            if s3:
                raise ServiceError(
                    "InvalidToken", "The provided token is malformed or otherwise invalid."
                )
            raise ServiceError(
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
                403,
            )
        if keys.expires is not None and now >= keys.expires:
            if s3:
                raise ServiceError("ExpiredToken", "The provided token has expired.")
            raise ServiceError(
                "ExpiredToken", "The security token included in the request is expired", 403
            )


def presign(
    method: str, url_path: str, host: str, keys: Keys, region: str, now: datetime, lifetime: int
) -> str:
    """The query of a presigned S3 address."""
    timestamp = now.strftime("%Y%m%dT%H%M%SZ")
    claim = Claim(
        keys.access_key, timestamp[:8], region, "s3", ["host"], "", timestamp, lifetime
    )
    pairs = [
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{keys.access_key}/{claim.scope}"),
        ("X-Amz-Date", timestamp),
        ("X-Amz-Expires", str(lifetime)),
        ("X-Amz-SignedHeaders", "host"),
    ]
    if keys.token is not None:
        pairs.append(("X-Amz-Security-Token", keys.token))
    query = "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs)
    request = Request(method, f"{url_path}?{query}", [("Host", host)])
    canonical = canonical_request(request, claim, UNSIGNED)
    key = signing_key(keys.secret, claim.date, region, "s3")
    signature = hmac.new(
        key, string_to_sign(claim, canonical).encode(), hashlib.sha256
    ).hexdigest()
    return f"{query}&X-Amz-Signature={signature}"
