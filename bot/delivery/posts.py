"""The messages we show, as they are stored: intended before, receipted after, settled at the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.messages import Place


@dataclass(frozen=True, slots=True)
class Post:
    """Message `n` of a turn's answer. `message_id` is None until the platform is known to have it."""

    key: str
    turn_id: str
    n: int
    message_id: str | None = None


class Outcome(StrEnum):
    """What became of a message in the end."""

    CONFIRMED = "confirmed"  # the platform shows its final form
    GONE = "gone"  # somebody, or we, took it away
    REFUSED = "refused"  # the platform will not take it


class PostLog(Protocol):
    """Where posts are stored. Every method returns after the COMMIT, or raises `StoreError`."""

    async def intend(self, post: Post, place: Place) -> None:
        """Store that a message is about to be posted; before the call. The same key twice is one post."""

    async def posted(self, key: str, message_id: str) -> None:
        """Store the platform's receipt."""

    async def settled(self, turn_id: str, outcomes: Mapping[str, str], receipts: Mapping[str, str]) -> None:
        """Store how every message of an answer ended, in one commit, with the receipts not stored before.

        Both are by key: `outcomes` to an `Outcome`, `receipts` to a message id.
        """
