"""moto's services, called in this process as the web application that they are."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import Any
from urllib.parse import unquote

# Before moto is loaded: it would otherwise refuse regions that it does not know, and answer
# requests to addresses that belong to no service by asking the real one.
os.environ.setdefault("MOTO_ALLOW_NONEXISTENT_REGION", "true")
# AWS's own policies, which `eb create` attaches to the roles that it makes.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")

from moto.core.base_backend import BackendDict  # noqa: E402
from moto.core.model_instances import reset_model_data  # noqa: E402
from moto.iam.models import iam_backends  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    create_backend_app,
)
from moto.s3.models import FakeBucket, FakeKey, FakeMultipart, S3Backend, s3_backends  # noqa: E402

from .wire import Request, Response  # noqa: E402

__all__ = [
    "FakeBucket", "FakeKey", "FakeMultipart", "S3Backend", "call", "iam_backends", "reset",
    "s3_backends",
]

#: moto walks through its collections while others change them, unless kept from it.
_lock = threading.RLock()
_application = DomainDispatcherApplication(create_backend_app)

#: Headers about the way a request came, which mean nothing any more.
_WAY = {"connection", "expect", "transfer-encoding", "content-length", "host"}


def call(
    request: Request,
    account: str,
    service: str,
    region: str,
    path: str | None = None,
    query: str | None = None,
    drop: set[str] | None = None,
) -> Response:
    """moto's answer to a request, of an account that has proved who it is."""
    raw = path if path is not None else request.path
    text = query if query is not None else request.query
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(raw, "latin-1"),
        "RAW_URI": raw,
        "REQUEST_URI": raw,
        "QUERY_STRING": text,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        lower = name.lower()
        if lower in _WAY or (drop and lower in drop):
            continue
        if lower == "content-type":
            environ["CONTENT_TYPE"] = value
        else:
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    environ["HTTP_HOST"] = f"{service}.{region}.amazonaws.com"
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
    environ["HTTP_AUTHORIZATION"] = (
        f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/{region}/{service}/aws4_request, "
        "SignedHeaders=host, Signature=0"
    )
    answer: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], info: Any = None) -> None:
        answer.append((status, headers))

    with _lock:
        body = b"".join(_application(environ, start))
    status, headers = answer[0]
    kept = [
        (name, value)
        for name, value in headers
        if name.lower()
        not in ("content-length", "date", "server", "access-control-allow-origin", "connection")
    ]
    if request.method == "HEAD":
        kept += [(name, value) for name, value in headers if name.lower() == "content-length"]
        body = b""
    return Response(int(status.split()[0]), body, kept)


def reset(keeps_roles: bool = False) -> None:
    """Forgets everything that moto's services hold, but for IAM's if told so.

    moto's own way fills every store anew, at once; here each is made when it is asked for.
    """
    with _lock:
        _clear(keeps_roles)


def _clear(keeps_roles: bool) -> None:
    known: list[Any] = list(getattr(BackendDict, "_instances"))
    for backends in known:
        if not (keeps_roles and backends.service_name == "iam"):
            backends.clear()
    s3_backends.bucket_accounts.clear()
    reset_model_data()
