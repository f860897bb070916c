"""S3: moto's, behind the checks that moto does not make.

moto keeps the buckets, the objects and the parts. Here stand the real service's conditions:
digests, part sizes and order, upload ids that belong to a key, owners, regions, preconditions.
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import hmac
import io
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Iterator
from urllib.parse import quote, unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from . import moto_bridge
from .beanstalk.bundle import Bundle, inspect
from .beanstalk.platforms import partition
from .beanstalk.world import World
from .checksums import DIGESTS, encoded
from .errors import ServiceError
from .identities import Identities
from .moto_bridge import FakeBucket, FakeKey, FakeMultipart, S3Backend, s3_backends
from .signatures import STREAMING, UNSIGNED, Verified, parse_query, presign
from .wire import Request, Response

XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
LARGEST_PUT = 5 * 1024 * 1024 * 1024


@dataclass
class Target:
    """What an S3 request is about."""

    operation: str
    bucket: str | None
    #: The key, decoded.
    key: str | None
    query: dict[str, str]


@dataclass
class Upload:
    """What moto does not remember of a multipart upload."""

    started: datetime
    algorithm: str | None
    kind: str | None


def split_host(request: Request) -> tuple[str | None, str]:
    """The bucket in the host's name, if it is there, and the path below it."""
    host = (request.header("host") or "").rsplit(":", 1)[0].lower()
    for tail in (".localhost", ".s3.localhost"):
        if host.endswith(tail) and host != "s3.localhost":
            return host[: -len(tail)].removesuffix(".s3"), request.path
    head, middle, rest = host.partition(".s3.")
    if middle and rest.endswith((".amazonaws.com", ".amazonaws.com.cn", "amazonaws.com")):
        return head, request.path
    return None, request.path


def target_of(request: Request) -> Target:
    """Reads the operation off a request."""
    bucket, path = split_host(request)
    if bucket is None:
        first, _, rest = path.lstrip("/").partition("/")
        bucket, key = unquote(first) or None, unquote(rest) or None
    else:
        key = unquote(path[1:]) or None
    query = dict(parse_query(request.query))
    return Target(_operation(request, bucket, key, query), bucket, key, query)


def _operation(
    request: Request, bucket: str | None, key: str | None, query: dict[str, str]
) -> str:
    method = request.method
    if bucket is None:
        return "ListBuckets"
    copies = request.header("x-amz-copy-source") is not None
    if key is None:
        for name, get, put, delete in (
            ("uploads", "ListMultipartUploads", "", ""),
            ("location", "GetBucketLocation", "", ""),
            ("encryption", "GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption"),
            ("lifecycle", "GetBucketLifecycle", "PutBucketLifecycle", "DeleteBucketLifecycle"),
            ("policy", "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
            ("versioning", "GetBucketVersioning", "PutBucketVersioning", ""),
            ("tagging", "GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging"),
            ("acl", "GetBucketAcl", "PutBucketAcl", ""),
        ):
            if name in query:
                return {"GET": get, "PUT": put, "DELETE": delete}.get(method, "") or "Other"
        if method == "POST" and "delete" in query:
            return "DeleteObjects"
        listing = "ListObjectsV2" if query.get("list-type") == "2" else "ListObjects"
        return {
            "GET": listing, "PUT": "CreateBucket", "DELETE": "DeleteBucket", "HEAD": "HeadBucket",
        }.get(method, "Other")
    if "uploadId" in query:
        part = "UploadPartCopy" if copies else "UploadPart"
        return {
            "PUT": part, "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload",
            "GET": "ListParts",
        }.get(method, "Other")
    if "uploads" in query and method == "POST":
        return "CreateMultipartUpload"
    if "tagging" in query:
        return {"GET": "GetObjectTagging", "PUT": "PutObjectTagging"}.get(method, "Other")
    return {
        "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject",
        "PUT": "CopyObject" if copies else "PutObject",
    }.get(method, "Other")


def error_response(error: ServiceError, request: Request, request_id: str) -> Response:
    """The error as S3 has it; a HEAD request is told the status alone."""
    extra = "".join(
        f"<{name}>{escape(value)}</{name}>" for name, value in error.extra.items()
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message>{extra}"
        f"<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
    ).encode()
    headers = [("Content-Type", "application/xml"), *error.headers]
    if request.method == "HEAD":
        return Response(
            error.status, b"", [*error.headers, ("Content-Length", "0")], error.code
        )
    return Response(error.status, body, headers, error.code)


def document(name: str, inner: str) -> bytes:
    """An XML answer."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{XMLNS}">{inner}</{name}>'
    return text.encode()


def no_such_upload(upload: str) -> ServiceError:
    """The upload is not there, or is not this key's."""
    return ServiceError(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may "
        "have been aborted or completed.",
        404,
        {"UploadId": upload},
    )


class S3:
    """The service, and what Beanstalk itself does in it."""

    def __init__(self, world: World, identities: Identities) -> None:
        self.world = world
        self.identities = identities
        self.uploads: dict[str, Upload] = {}
        self.lock = threading.Lock()
        #: How a bucket in another region is answered: by 301, or "malformed" for 400.
        self.redirect = "moved"
        #: Where presigned addresses lead.
        self.origin = "http://localhost"

    def reset(self) -> None:
        """Forgets everything."""
        self.uploads = {}
        self.redirect = "moved"

    # What is there

    def backend(self, account: str, region: str) -> S3Backend:
        """moto's store of one account."""
        return s3_backends[account][partition(region)]

    def bucket(self, name: str) -> FakeBucket | None:
        """The bucket of this name, whoever owns it."""
        owner = s3_backends.bucket_accounts.get(name)
        if owner is None:
            return None
        part, account = owner
        return s3_backends[account][part].buckets.get(name)

    def find_object(self, bucket: str, key: str) -> FakeKey | None:
        """The object, unless it is absent or deleted."""
        found = self.bucket(bucket)
        if found is None:
            return None
        value = found.keys.get(key)
        return value if isinstance(value, FakeKey) else None

    # Requests

    def check(self, request: Request, target: Target, account: str, region: str) -> None:
        """What can be refused from the head alone."""
        # Only with S3's own framing inside, which says how long the content is.
        is_framed = request.header("x-amz-decoded-content-length") is not None
        if request.header("transfer-encoding") is not None and not is_framed:
            raise ServiceError(
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                501,
                {"Header": "Transfer-Encoding"},
            )
        if target.operation in ("PutObject", "UploadPart"):
            length = request.header("content-length")
            if length is None and not is_framed:
                raise ServiceError(
                    "MissingContentLength", "You must provide the Content-Length HTTP header.",
                    411,
                )
            if length is not None and length.isdigit() and int(length) > LARGEST_PUT:
                raise ServiceError(
                    "EntityTooLarge",
                    "Your proposed upload exceeds the maximum allowed size",
                )
        if target.operation == "Other":
            raise ServiceError(
                "MethodNotAllowed", "The specified method is not allowed against this resource.",
                405,
            )
        if target.bucket is None or target.operation == "CreateBucket":
            return
        found = self.bucket(target.bucket)
        if found is None:
            raise ServiceError(
                "NoSuchBucket", "The specified bucket does not exist", 404,
                {"BucketName": target.bucket},
            )
        self._check_region(request, target, found, region)
        expected = request.header("x-amz-expected-bucket-owner")
        if found.account_id != account or expected not in (None, found.account_id):
            raise ServiceError("AccessDenied", "Access Denied", 403)
        if target.key is not None and len(target.key.encode()) > 1024:
            raise ServiceError("KeyTooLongError", "Your key is too long")
        upload = target.query.get("uploadId")
        if upload is not None:
            self._multipart(target)
        if target.operation in ("UploadPart", "UploadPartCopy"):
            number = target.query.get("partNumber", "")
            if not number.isdigit() or not 1 <= int(number) <= 10000:
                raise ServiceError(
                    "InvalidArgument",
                    "Part number must be an integer between 1 and 10000, inclusive",
                    extra={"ArgumentName": "partNumber", "ArgumentValue": number},
                )
        self._check_precondition(request, target)

    def _check_region(
        self, request: Request, target: Target, found: FakeBucket, region: str
    ) -> None:
        if found.region_name == region or target.operation == "GetBucketLocation":
            return
        headers = [("x-amz-bucket-region", found.region_name)]
        if self.redirect == "malformed":
            raise ServiceError(
                "AuthorizationHeaderMalformed",
                f"The authorization header is malformed; the region '{region}' is wrong; "
                f"expecting '{found.region_name}'",
                400,
                {"Region": found.region_name},
                headers,
            )
        raise ServiceError(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified "
            "endpoint. Please send all future requests to this endpoint.",
            301,
            {
                "Endpoint": f"{found.name}.s3.{found.region_name}.amazonaws.com",
                "Bucket": found.name,
            },
            headers,
        )

    def _check_precondition(self, request: Request, target: Target) -> None:
        if target.operation not in ("PutObject", "CompleteMultipartUpload", "CopyObject"):
            return
        condition = request.header("if-none-match")
        if condition is None or target.bucket is None or target.key is None:
            return
        if condition != "*":
            raise ServiceError(
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                501,
                {"Header": "If-None-Match"},
            )
        if self.find_object(target.bucket, target.key) is not None:
            raise ServiceError(
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
                412,
                {"Condition": "If-None-Match"},
            )

    def _multipart(self, target: Target) -> tuple[FakeBucket, FakeMultipart]:
        upload = target.query["uploadId"]
        found = self.bucket(target.bucket or "")
        multipart = found.multiparts.get(upload) if found is not None else None
        if found is None or multipart is None or multipart.key_name != target.key:
            raise no_such_upload(upload)
        return found, multipart

    def answer(self, request: Request, target: Target, verified: Verified) -> Response:
        """The answer to a request whose head is in order."""
        account, region = verified.keys.account, verified.claim.region
        self.check(request, target, account, region)
        trailer = self._check_body(request, verified)
        own = {
            "UploadPart": self._upload_part,
            "CompleteMultipartUpload": self._complete,
            "AbortMultipartUpload": self._abort,
            "ListParts": self._list_parts,
            "ListMultipartUploads": self._list_uploads,
        }.get(target.operation)
        if own is not None:
            response = own(request, target, trailer)
        else:
            response = self._by_moto(request, target, account, region, trailer)
        found = self.bucket(target.bucket) if target.bucket else None
        if found is not None and response.header("x-amz-bucket-region") is None:
            if target.operation in ("HeadBucket", "ListObjectsV2", "ListObjects"):
                response.headers.append(("x-amz-bucket-region", found.region_name))
        return response

    def _by_moto(
        self, request: Request, target: Target, account: str, region: str,
        trailer: dict[str, str],
    ) -> Response:
        path = "/" + quote(target.bucket or "", safe="")
        if target.key is not None:
            path += "/" + quote(target.key, safe="/-_.~")
        drop = {
            "x-amz-content-sha256", "x-amz-decoded-content-length", "x-amz-trailer",
            "x-amz-security-token", "if-none-match" if request.method != "GET" else "",
        }
        if target.operation == "CreateMultipartUpload":
            drop |= {"x-amz-checksum-type"}
        query = "&".join(
            piece for piece in request.query.split("&") if not piece.startswith("X-Amz-")
        )
        sent = request
        encoding = request.header("content-encoding") or ""
        if "aws-chunked" in encoding:
            kept = [one.strip() for one in encoding.split(",") if one.strip() != "aws-chunked"]
            headers = [
                (name, value) for name, value in request.headers
                if name.lower() != "content-encoding"
            ]
            if kept and kept != [""]:
                headers.append(("Content-Encoding", ",".join(kept)))
            sent = Request(request.method, request.target, headers, request.body)
        with self.lock:
            # Of two that want to be the first with a key, one has been in between.
            self._check_precondition(request, target)
            response = moto_bridge.call(sent, account, "s3", region, path, query, drop)
        if target.operation == "CreateMultipartUpload" and response.status == 200:
            self._remember(request, response)
        if target.operation == "PutObject" and response.status == 200:
            self._put_checksum(request, target, response, trailer)
        if target.operation in ("GetObject", "HeadObject"):
            self._tell_checksum(request, target, response)
        if response.status >= 400:
            start = response.body.find(b"<Code>")
            end = response.body.find(b"</Code>")
            if start >= 0:
                response.code = response.body[start + 6 : end].decode()
        return response

    def _remember(self, request: Request, response: Response) -> None:
        root = ElementTree.fromstring(response.body)
        upload = root.findtext(f"{{{XMLNS}}}UploadId") or ""
        algorithm = request.header("x-amz-checksum-algorithm")
        kind = request.header("x-amz-checksum-type")
        self.uploads[upload] = Upload(
            self.world.clock.now(), algorithm.lower() if algorithm else None, kind
        )
        present = {name.lower() for name, _ in response.headers}
        if algorithm is not None and "x-amz-checksum-algorithm" not in present:
            response.headers.append(("x-amz-checksum-algorithm", algorithm))

    def _put_checksum(
        self, request: Request, target: Target, response: Response, trailer: dict[str, str]
    ) -> None:
        present = {name.lower() for name, _ in response.headers}
        for name, value in self._stated(request, trailer):
            found = self.find_object(target.bucket or "", target.key or "")
            if found is not None:
                found.checksum_algorithm = name.upper()
                found.checksum_value = value
                found.checksum_type = "FULL_OBJECT"
            if f"x-amz-checksum-{name}" not in present:
                response.headers.append((f"x-amz-checksum-{name}", value))

    def _tell_checksum(self, request: Request, target: Target, response: Response) -> None:
        """moto tells checksums of its own making; only what was stated is told here."""
        response.headers = [
            (name, value) for name, value in response.headers
            if not name.lower().startswith("x-amz-checksum-")
        ]
        found = self.find_object(target.bucket or "", target.key or "")
        if response.status != 200 or found is None or found.checksum_value is None:
            return
        if (request.header("x-amz-checksum-mode") or "").upper() == "ENABLED":
            name = f"x-amz-checksum-{(found.checksum_algorithm or '').lower()}"
            value = str(found.checksum_value)
            if found.checksum_type == "COMPOSITE" and "-" not in value[-7:]:
                value += f"-{found.checksum_parts}"
            response.headers.append((name, value))
            response.headers.append(("x-amz-checksum-type", str(found.checksum_type)))

    # Bodies

    def _stated(self, request: Request, trailer: dict[str, str]) -> Iterator[tuple[str, str]]:
        """The checksums that a request states, in its head or after its body."""
        for name in DIGESTS:
            value = request.header(f"x-amz-checksum-{name}")
            value = value if value is not None else trailer.get(f"x-amz-checksum-{name}")
            if value is not None:
                yield name, value

    def _check_body(self, request: Request, verified: Verified) -> dict[str, str]:
        """Compares the body with every digest that was given; gives back the trailer."""
        stated = request.header("x-amz-content-sha256") or UNSIGNED
        trailer: dict[str, str] = {}
        if stated in STREAMING:
            trailer = decode_chunks(request, verified, stated)
        elif stated != UNSIGNED:
            computed = hashlib.sha256(request.body).hexdigest()
            if stated != computed:
                raise ServiceError(
                    "XAmzContentSHA256Mismatch",
                    "The provided 'x-amz-content-sha256' header does not match what was "
                    "computed.",
                    400,
                    {
                        "ClientComputedContentSHA256": stated,
                        "S3ComputedContentSHA256": computed,
                    },
                )
        md5 = request.header("content-md5")
        if md5 is not None:
            computed = base64.b64encode(hashlib.md5(request.body).digest()).decode()
            if md5 != computed:
                raise ServiceError(
                    "BadDigest",
                    "The Content-MD5 you specified did not match what we received.",
                    400,
                    {"ExpectedDigest": md5, "CalculatedDigest": computed},
                )
        if request.method == "POST" and b"<CompleteMultipartUpload" in bytes(request.body[:200]):
            # There the checksum is the whole object's, not the request's.
            return trailer
        for name, value in self._stated(request, trailer):
            if encoded(name, request.body) != value:
                raise ServiceError(
                    "BadDigest",
                    f"The {name.upper()} you specified did not match the calculated checksum.",
                )
        return trailer

    # Multipart

    def _upload_part(
        self, request: Request, target: Target, trailer: dict[str, str]
    ) -> Response:
        found, multipart = self._multipart(target)
        # An entity tag is only sometimes an MD5 (not with KMS, for one), and a part's content has
        # been hashed already: the tag comes from that.
        given = request.header("x-amz-content-sha256") or ""
        digest = given[:32] if len(given) == 64 else hashlib.md5(request.body).hexdigest()
        stated = dict(self._stated(request, trailer))
        upload = self.uploads.get(multipart.id)
        if upload is not None and upload.algorithm is not None:
            if stated and upload.algorithm not in stated:
                raise ServiceError(
                    "InvalidRequest",
                    f"Checksum Type mismatch occurred, expected checksum Type: "
                    f"{upload.algorithm}, actual checksum Type: {next(iter(stated))}",
                )
            if not stated:
                stated[upload.algorithm] = encoded(upload.algorithm, request.body)
        body: Any = request.body
        part: Any = multipart.set_part(int(target.query["partNumber"]), body)
        part._etag = digest
        part.stated = stated
        with self.lock:
            # It may have been aborted or completed while the part came in.
            current: Any = found.multiparts.get(multipart.id)
            if current is not multipart:
                raise no_such_upload(multipart.id)
        headers = [("ETag", f'"{digest}"')]
        headers += [(f"x-amz-checksum-{name}", value) for name, value in stated.items()]
        headers += self._encryption(multipart)
        return Response(200, b"", headers)

    def _encryption(self, multipart: FakeMultipart) -> list[tuple[str, str]]:
        if multipart.sse_encryption is None:
            return []
        headers = [("x-amz-server-side-encryption", str(multipart.sse_encryption))]
        if multipart.kms_key_id is not None:
            headers.append(
                ("x-amz-server-side-encryption-aws-kms-key-id", str(multipart.kms_key_id))
            )
        return headers

    def _parse_parts(self, body: bytes) -> list[tuple[int, str, dict[str, str]]]:
        malformed = ServiceError(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our "
            "published schema",
        )
        try:
            root = ElementTree.fromstring(bytes(body))
        except ElementTree.ParseError:
            raise malformed from None
        parts = []
        for item in root:
            if item.tag.rpartition("}")[2] != "Part":
                raise malformed
            fields = {one.tag.rpartition("}")[2]: (one.text or "") for one in item}
            if not fields.get("PartNumber", "").isdigit() or "ETag" not in fields:
                raise malformed
            sums = {
                name[8:].lower(): value
                for name, value in fields.items()
                if name.startswith("Checksum")
            }
            parts.append((int(fields["PartNumber"]), fields["ETag"].strip('"'), sums))
        if not parts:
            raise malformed
        return parts

    def _complete(self, request: Request, target: Target, trailer: dict[str, str]) -> Response:
        found, multipart = self._multipart(target)
        listed = self._parse_parts(bytes(request.body))
        numbers = [number for number, _, _ in listed]
        if numbers != sorted(set(numbers)):
            raise ServiceError(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part "
                "number.",
                400,
                {"UploadId": multipart.id},
            )
        minimum = int(self.world.settings["minimum_part"])
        upload = self.uploads.get(multipart.id)
        chosen = []
        for index, (number, etag, sums) in enumerate(listed):
            part = multipart.parts.get(number)
            if part is None or part.etag.strip('"') != etag:
                raise self._invalid_part(multipart, number, etag)
            stated = getattr(part, "stated", {})
            if any(stated.get(name) != value for name, value in sums.items()):
                raise self._invalid_part(multipart, number, etag)
            if upload is not None and upload.algorithm and upload.kind != "FULL_OBJECT":
                if upload.algorithm not in sums:
                    raise ServiceError(
                        "InvalidRequest",
                        f"The upload was created using a {upload.algorithm} checksum. The "
                        "complete request must include the checksum for each part. It was "
                        f"missing for part {number} in the request.",
                    )
            if index < len(listed) - 1 and part.contentsize < minimum:
                raise ServiceError(
                    "EntityTooSmall",
                    "Your proposed upload is smaller than the minimum allowed size",
                    400,
                    {
                        "ProposedSize": str(part.contentsize),
                        "MinSizeAllowed": str(minimum),
                        "PartNumber": str(number),
                        "ETag": etag,
                    },
                )
            chosen.append(part)
        length = request.header("x-amz-mp-object-size")
        if length is not None and int(length) != sum(part.contentsize for part in chosen):
            raise ServiceError(
                "InvalidRequest", "The x-amz-mp-object-size does not match the object's size."
            )
        return self._assemble(request, target, found, multipart, chosen, upload)

    def _invalid_part(self, multipart: FakeMultipart, number: int, etag: str) -> ServiceError:
        return ServiceError(
            "InvalidPart",
            "One or more of the specified parts could not be found.  The part may not have "
            "been uploaded, or the specified entity tag may not match the part's entity tag.",
            400,
            {"UploadId": multipart.id, "PartNumber": str(number), "ETag": etag},
        )

    def _assemble(
        self, request: Request, target: Target, found: FakeBucket, multipart: Any,
        chosen: list[Any], upload: Upload | None,
    ) -> Response:
        etags = b"".join(bytes.fromhex(part.etag.strip('"')) for part in chosen)
        etag = f"{hashlib.md5(etags).hexdigest()}-{len(chosen)}"
        value = JoinedFile([(part._value_buffer, part.contentsize) for part in chosen], chosen)
        checksum = self._whole_checksum(request, upload, chosen, value)
        with self.lock:
            current: Any = found.multiparts.get(multipart.id)
            if current is not multipart:
                raise no_such_upload(multipart.id)
            self._check_precondition(request, target)
            # moto would copy all parts into one, several times, and hash that in Python.
            multipart.complete = lambda body: (b"", etag, None)
            # It closes the files of all parts that an upload has when that is over.
            multipart.parts = {}
            multipart.partlist = []
            backend = self.backend(found.account_id, found.region_name)
            key: Any = backend.complete_multipart_upload(found.name, multipart.id, iter(()))
            key._value_buffer.close()
            key._value_buffer = io.BufferedReader(value, 1024 * 1024)
            key.contentsize = value.size
            self.uploads.pop(multipart.id, None)
        inner = (
            f"<Location>{escape(self.origin)}/{escape(found.name)}/"
            f"{escape(quote(multipart.key_name))}</Location><Bucket>{escape(found.name)}</Bucket>"
            f"<Key>{escape(multipart.key_name)}</Key><ETag>&quot;{etag}&quot;</ETag>"
        )
        if checksum is not None and upload is not None and upload.algorithm is not None:
            kind, text = checksum
            key.checksum_algorithm = upload.algorithm.upper()
            key.checksum_type, key.checksum_value = kind, text
            key.checksum_parts = len(chosen)
            name = upload.algorithm.upper()
            inner += f"<Checksum{name}>{text}</Checksum{name}><ChecksumType>{kind}</ChecksumType>"
        headers = [("Content-Type", "application/xml"), *self._encryption(multipart)]
        return Response(200, document("CompleteMultipartUploadResult", inner), headers)

    def _whole_checksum(
        self, request: Request, upload: Upload | None, chosen: list[Any],
        value: "JoinedFile",
    ) -> tuple[str, str] | None:
        if upload is None or upload.algorithm is None:
            return None
        name = upload.algorithm
        kind = upload.kind or ("FULL_OBJECT" if name == "crc64nvme" else "COMPOSITE")
        if kind == "COMPOSITE":
            digests = b"".join(base64.b64decode(part.stated[name]) for part in chosen)
            text = f"{encoded(name, digests)}-{len(chosen)}"
        else:
            text = encoded(name, value.readall())
        stated = request.header(f"x-amz-checksum-{name}")
        if stated is not None and stated.partition("-")[0] != text.partition("-")[0]:
            raise ServiceError(
                "BadDigest",
                f"The {name.upper()} you specified did not match the calculated checksum.",
            )
        return kind, text

    def _abort(self, request: Request, target: Target, trailer: dict[str, str]) -> Response:
        found, multipart = self._multipart(target)
        with self.lock:
            found.multiparts.pop(multipart.id, None)
            self.uploads.pop(multipart.id, None)
        multipart.dispose()
        return Response(204)

    def _list_parts(self, request: Request, target: Target, trailer: dict[str, str]) -> Response:
        found, multipart = self._multipart(target)
        most = min(int(target.query.get("max-parts", "1000")), 1000)
        marker = int(target.query.get("part-number-marker", "0"))
        numbers = [number for number in sorted(multipart.parts) if number > marker]
        shown = numbers[:most]
        truncated = len(numbers) > most
        inner = (
            f"<Bucket>{escape(found.name)}</Bucket><Key>{escape(multipart.key_name)}</Key>"
            f"<UploadId>{multipart.id}</UploadId>"
            f"<PartNumberMarker>{marker}</PartNumberMarker>"
            f"<NextPartNumberMarker>{shown[-1] if shown else 0}</NextPartNumberMarker>"
            f"<MaxParts>{most}</MaxParts><IsTruncated>{str(truncated).lower()}</IsTruncated>"
        )
        for number in shown:
            part = multipart.parts[number]
            sums = "".join(
                f"<Checksum{name.upper()}>{value}</Checksum{name.upper()}>"
                for name, value in getattr(part, "stated", {}).items()
            )
            inner += (
                f"<Part><PartNumber>{number}</PartNumber><LastModified>"
                f"{part.last_modified.strftime('%Y-%m-%dT%H:%M:%S.000Z')}</LastModified>"
                f"<ETag>{escape(part.etag, {chr(34): '&quot;'})}</ETag>"
                f"<Size>{part.contentsize}</Size>{sums}</Part>"
            )
        inner += self._owner(found) + "<StorageClass>STANDARD</StorageClass>"
        return Response(
            200, document("ListPartsResult", inner), [("Content-Type", "application/xml")]
        )

    def _owner(self, found: FakeBucket) -> str:
        return (
            f"<Initiator><ID>{found.account_id}</ID></Initiator>"
            f"<Owner><ID>{found.account_id}</ID></Owner>"
        )

    def _list_uploads(
        self, request: Request, target: Target, trailer: dict[str, str]
    ) -> Response:
        found = self.bucket(target.bucket or "")
        prefix = target.query.get("prefix", "")
        after = (target.query.get("key-marker", ""), target.query.get("upload-id-marker", ""))
        most = min(int(target.query.get("max-uploads", "1000")), 1000)
        encode = quote if target.query.get("encoding-type") == "url" else escape
        every = sorted(
            (one.key_name, one.id)
            for one in (found.multiparts.values() if found is not None else [])
            if one.key_name.startswith(prefix)
        )
        if after[0]:
            # Without an upload id the marker excludes every upload of that key.
            every = [
                one for one in every if (one > after if after[1] else one[0] > after[0])
            ]
        shown, truncated = every[:most], len(every) > most
        inner = (
            f"<Bucket>{escape(target.bucket or '')}</Bucket>"
            f"<KeyMarker>{encode(after[0])}</KeyMarker>"
            f"<UploadIdMarker>{after[1]}</UploadIdMarker>"
            f"<Prefix>{encode(prefix)}</Prefix><MaxUploads>{most}</MaxUploads>"
            f"<IsTruncated>{str(truncated).lower()}</IsTruncated>"
        )
        if encode is quote:
            inner += "<EncodingType>url</EncodingType>"
        if truncated and shown:
            inner += (
                f"<NextKeyMarker>{encode(shown[-1][0])}</NextKeyMarker>"
                f"<NextUploadIdMarker>{shown[-1][1]}</NextUploadIdMarker>"
            )
        for key, upload in shown:
            known = self.uploads.get(upload)
            started = known.started if known is not None else self.world.clock.now()
            inner += (
                f"<Upload><Key>{encode(key)}</Key><UploadId>{upload}</UploadId>"
                + (self._owner(found) if found is not None else "")
                + "<StorageClass>STANDARD</StorageClass><Initiated>"
                f"{started.strftime('%Y-%m-%dT%H:%M:%S.000Z')}</Initiated></Upload>"
            )
        return Response(
            200,
            document("ListMultipartUploadsResult", inner),
            [("Content-Type", "application/xml")],
        )

    # What Beanstalk does

    def ensure_bucket(self, account: str, region: str, name: str) -> None:
        """Makes a bucket unless it is there."""
        with self.lock:
            if self.bucket(name) is None:
                self.backend(account, region).create_bucket(name, region)

    def describe(self, account: str, bucket: str, key: str) -> tuple[str, int, str]:
        """How an object is to be had: a reason that it is not, its size, its bucket's region."""
        found = self.bucket(bucket)
        if found is None:
            return "Not Found", 0, ""
        if found.account_id != account:
            return "Forbidden", 0, ""
        value = self.find_object(bucket, key)
        if value is None:
            return "Not Found", 0, ""
        return "", value.contentsize, found.region_name

    def inspect(self, bucket: str, key: str) -> Bundle:
        """Looks into a bundle."""
        value = self.find_object(bucket, key)
        if value is None:
            return Bundle(unreadable="it is gone")
        with value.lock:
            return inspect(value._value_buffer)

    def delete(self, bucket: str, key: str) -> None:
        """Removes an object."""
        found = self.bucket(bucket)
        if found is not None and key in found.keys:
            self.backend(found.account_id, found.region_name).delete_object(bucket, key)

    def store(self, account: str, bucket: str, key: str, data: bytes) -> None:
        """Puts an object."""
        found = self.bucket(bucket)
        if found is not None:
            self.backend(found.account_id, found.region_name).put_object(bucket, key, data)

    def address(self, account: str, region: str, bucket: str, key: str) -> str:
        """A presigned address."""
        keys = next(one for one in self.identities.keys.values() if one.account == account)
        path = f"/{bucket}/{quote(key, safe='/-_.~')}"
        host = self.origin.partition("://")[2]
        query = presign("GET", path, host, keys, region, self.world.clock.now(), 900)
        return f"{self.origin}{path}?{query}"

    def has_instance_profile(self, account: str, name: str) -> bool:
        """Whether IAM has an instance profile of this name or ARN."""
        from moto.iam.models import iam_backends

        backend = iam_backends[account]["aws"]
        return any(name in (one.name, one.arn) for one in backend.get_instance_profiles())

    def dump(self, account: str | None) -> dict[str, object]:
        """Every object and every open upload, by bucket; of one account if given."""
        buckets: dict[str, object] = {}
        for name in sorted(s3_backends.bucket_accounts):
            found = self.bucket(name)
            if found is None or account not in (None, found.account_id):
                continue
            buckets[name] = {
                "region": found.region_name,
                "account": found.account_id,
                "objects": {
                    key: {
                        "size": value.contentsize,
                        "etag": value.etag.strip('"'),
                        "metadata": dict(value.metadata),
                        "encryption": value.encryption,
                        "kms_key": value.kms_key_id,
                    }
                    for key, value in sorted(found.keys.items())
                    if isinstance(value, FakeKey)
                },
                "uploads": [
                    {
                        "key": one.key_name,
                        "id": one.id,
                        "parts": sorted(one.parts),
                        "bytes": sum(part.contentsize for part in one.parts.values()),
                    }
                    for one in found.multiparts.values()
                ],
            }
        return buckets


class JoinedFile(io.RawIOBase):
    """A completed upload's parts, read as one file."""

    def __init__(self, parts: list[tuple[IO[bytes], int]], owners: list[Any]) -> None:
        super().__init__()
        self.parts = parts
        # A part that nobody refers to closes its file.
        self.owners = owners
        self.starts: list[int] = []
        at = 0
        for _, size in parts:
            self.starts.append(at)
            at += size
        self.size = at
        self.at = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Goes somewhere else."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        self.at = max(0, base + offset)
        return self.at

    def readinto(self, buffer: Any) -> int:
        """Reads from one part; whoever wants more asks again."""
        if self.at >= self.size:
            return 0
        index = bisect.bisect_right(self.starts, self.at) - 1
        file, size = self.parts[index]
        inside = self.at - self.starts[index]
        file.seek(inside)
        data = file.read(min(len(buffer), size - inside))
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def decode_chunks(request: Request, verified: Verified, stated: str) -> dict[str, str]:
    """Takes the chunks of `aws-chunked` apart, verifying their signatures where they have any.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    """
    signed = stated.startswith("STREAMING-AWS4")
    previous = verified.claim.signature
    data = memoryview(bytes(request.body))
    body = bytearray()
    at = 0
    incomplete = ServiceError(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )

    def line(start: int) -> tuple[str, int]:
        end = request.body.find(b"\r\n", start)
        if end < 0:
            raise incomplete
        return bytes(data[start:end]).decode("latin-1"), end + 2

    while True:
        text, at = line(at)
        size, _, extension = text.partition(";")
        try:
            count = int(size, 16)
        except ValueError:
            raise incomplete from None
        chunk = bytes(data[at : at + count])
        if len(chunk) != count:
            raise incomplete
        if signed:
            previous = _chunk_signature(verified, previous, chunk)
            if extension != f"chunk-signature={previous}":
                raise ServiceError(
                    "SignatureDoesNotMatch",
                    "The request signature we calculated does not match the signature you "
                    "provided. Check your key and signing method.",
                    403,
                )
        if count == 0:
            break
        body += chunk
        at += count + 2
    trailer: dict[str, str] = {}
    while at < len(data):
        text, at = line(at)
        if not text:
            break
        name, _, value = text.partition(":")
        trailer[name.lower()] = value.strip()
    for name in (request.header("x-amz-trailer") or "").split(","):
        if name and name.strip().lower() not in trailer:
            raise ServiceError("MalformedTrailerError", "The request contained trailing data "
                               "that was not well-formed or did not conform to our schema.")
    length = request.header("x-amz-decoded-content-length")
    if length is None or not length.isdigit() or int(length) != len(body):
        raise incomplete
    request.body = body
    return trailer


def _chunk_signature(verified: Verified, previous: str, chunk: bytes) -> str:
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256-PAYLOAD",
            verified.claim.timestamp,
            verified.claim.scope,
            previous,
            hashlib.sha256(b"").hexdigest(),
            hashlib.sha256(chunk).hexdigest(),
        ]
    )
    return hmac.new(verified.signing_key, text.encode(), hashlib.sha256).hexdigest()
