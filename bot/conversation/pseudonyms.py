"""Codes that stand for people and conversations outside: always the same ones, and nobody else can tell whose."""

import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Made with the installation's own secret. Ids of platforms are few enough to be tried out one by one, so that
    a plain digest of them would hide nothing."""

    secret: str = field(repr=False)

    def of(self, name: str) -> str:
        """The code for a name: 24 hexadecimal digits."""
        return hmac.digest(self.secret.encode(), name.encode(errors="replace"), "sha256").hex()[:24]
