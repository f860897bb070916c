"""The checksums that S3 verifies."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import Callable

from awscrt import checksums

#: Digests of bytes, by the name in `x-amz-checksum-NAME`.
DIGESTS: dict[str, Callable[[bytes | bytearray | memoryview], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "crc32c": lambda data: checksums.crc32c(bytes(data)).to_bytes(4, "big"),
    "crc64nvme": lambda data: checksums.crc64nvme(bytes(data)).to_bytes(8, "big"),
    "sha1": lambda data: hashlib.sha1(data).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
}


def encoded(name: str, data: bytes | bytearray | memoryview) -> str:
    """The checksum as headers have it."""
    return base64.b64encode(DIGESTS[name](data)).decode()
