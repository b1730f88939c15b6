"""What the playground is given: what it may show of the core, and what it keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.messages import (
    CommandSpec,
    Inbound,
    PageMessage,
    Person,
    Place,
)


@dataclass(frozen=True, slots=True)
class About:
    """What a page may say of the program. `endpoint` is the host, and the port if one is named, of the gateway."""

    version: str
    demo: bool
    default_model: str
    endpoint: str = ""


class Views(Protocol):
    """What a page shows of the core. Reads only."""

    def about(self) -> About:
        """Which program this is, and whether its model is the built-in one."""

    def commands(self) -> Sequence[CommandSpec]:
        """The commands people can type."""

    async def model(self, place: Place, person: Person) -> str:
        """The id of the model that answers this person there."""


class FileStore(Protocol):
    """Bytes we keep, named by their SHA-256."""

    async def put(self, data: bytes) -> str:
        """Keep them; their hash. Raises `StoreFull` when there is no room."""

    async def get(self, sha256: str) -> bytes:
        """The bytes again. Raises `StoreError` when they are not there."""


class PageEvents(Protocol):
    """What people did on the page: each kept first, then handed to the intake, and owed until that is done."""

    async def keep(self, inbound: Inbound, message: PageMessage | None) -> Inbound | None:
        """Keep the event, and the message as it is now, in one commit; once for each key. The event that is
        to be handed over, or None when it was, or when it changes a message that is gone and nothing was kept."""

    async def owed(self) -> Sequence[Inbound]:
        """What was kept and not handed over, oldest first."""

    async def settle(self, key: str) -> None:
        """It was handed over."""


class PageMessages(Protocol):
    """What the page shows."""

    async def post(self, message: PageMessage, key: str) -> str:
        """Keep a new message, once for each key; the id of the one that is kept."""

    async def change(self, message: PageMessage) -> bool:
        """Keep the message as it is now; False when it is gone."""

    async def entitle(self, message_id: str, title: str) -> bool:
        """Note that we take part in the thread on this message; False when there is no such message."""

    async def find(self, message_id: str) -> PageMessage | None:
        """The message with this id, deleted or not."""

    async def posted(self, key: str) -> str | None:
        """The id of the message that was posted with this key."""

    async def newest(self) -> int:
        """The highest `seq` so far."""

    async def changed(self, channels: Sequence[str], since: int, limit: int) -> Sequence[PageMessage]:
        """Messages of these channels that changed after `since`, in the order of their last change."""

    async def said(self, place: Place, before: str | None, limit: int) -> Sequence[PageMessage]:
        """The last messages of a place before that one, oldest first. A thread begins with what it hangs on."""

    async def holding(self, channels: Sequence[str], words: Sequence[str], limit: int) -> Sequence[PageMessage]:
        """The newest messages of these channels and their threads that hold all these words, newest first."""


class PageKeys(Protocol):
    """Who was let in. Only hashes are kept."""

    async def grant(self, digest: str, kind: str, now: float) -> None:
        """Remember a key of this kind."""

    async def redeem(self, digest: str, kind: str) -> bool:
        """Use a key up; whether it was there."""

    async def holds(self, digest: str, kind: str, not_before: float) -> bool:
        """Whether the key was granted, and not before that time."""


class PageStore(PageEvents, PageMessages, PageKeys, Protocol):
    """Everything the playground keeps."""
