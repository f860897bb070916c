"""Who may sign: long-term keys, temporary ones, and when those end."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import datetime

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"


@dataclass
class Keys:
    """One key pair that the service knows."""

    access_key: str
    secret: str
    account: str
    arn: str
    user_id: str
    token: str | None = None
    expires: datetime | None = None


def standing() -> list[Keys]:
    """The keys that exist from the start. None of them opens anything anywhere else."""
    return [
        Keys(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            ACCOUNT,
            f"arn:aws:iam::{ACCOUNT}:user/robin",
            "AIDACKCEVSQ6C2EXAMPLE",
        ),
        Keys(
            "AKIAI44QH8DHBEXAMPLE",
            "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
            ACCOUNT,
            f"arn:aws:iam::{ACCOUNT}:user/deployer",
            "AIDAI44QH8DHBEXAMPLE",
        ),
        Keys(
            "AKIAOTHERACCOUNTEXAMPLE",
            "k3yOfAnotherAccount/bPxRfiCYzEXAMPLEKEY0",
            OTHER_ACCOUNT,
            f"arn:aws:iam::{OTHER_ACCOUNT}:user/somebody",
            "AIDAOTHERACCOUNTEXAMP",
        ),
    ]


class Identities:
    """Every key pair by its access key."""

    def __init__(self) -> None:
        self.keys: dict[str, Keys] = {}
        self.reset()

    def reset(self) -> None:
        """Only the standing keys."""
        self.keys = {keys.access_key: keys for keys in standing()}

    def find(self, access_key: str) -> Keys | None:
        """The keys of this name."""
        return self.keys.get(access_key)

    def issue(self, account: str, arn: str, user_id: str, expires: datetime) -> Keys:
        """New temporary keys."""
        letters = string.ascii_uppercase + string.digits
        keys = Keys(
            "ASIA" + "".join(secrets.choice(letters) for _ in range(16)),
            secrets.token_urlsafe(30)[:40],
            account,
            arn,
            user_id,
            # Base64's own characters, as real tokens have them, to try encodings with.
            "IQoJ/+" + secrets.token_urlsafe(90).replace("-", "+").replace("_", "/") + "==",
            expires,
        )
        self.keys[keys.access_key] = keys
        return keys

    def add(self, keys: Keys) -> None:
        """Keys that a test brought along."""
        self.keys[keys.access_key] = keys

    def expire(self, moment: datetime, access_key: str | None = None) -> int:
        """Lets temporary keys end at `moment`: all of them, or one pair. Says how many."""
        chosen = [
            keys
            for keys in self.keys.values()
            if keys.token is not None and access_key in (None, keys.access_key)
        ]
        for keys in chosen:
            keys.expires = moment
        return len(chosen)
