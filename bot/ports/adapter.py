"""A platform as the core sees it, and the way in for what happens there."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bot.messages import (
    Attachment,
    Capabilities,
    Choice,
    CommandCall,
    Inbound,
    Person,
    Place,
    Rendered,
    Upcoming,
)

if TYPE_CHECKING:
    from typing_extensions import TypeIs


class Intake(Protocol):
    """What an adapter calls when something happens on its platform."""

    async def accept(self, inbound: Inbound) -> None:
        """Take it in. Returns after the COMMIT; only then may the platform be told that we have it.

        The same key twice is one event. Raises `StoreError` when it could not be kept: do not acknowledge.
        """

    async def say(self, place: Place, person: Person, call: CommandCall, key: str = "") -> str:
        """What a command says to this person, as Markdown, for a surface that shows it in its own way.

        `key` is that of the event that asked for it, where the command does something.
        """

    async def upcoming(self, place: Place, person: Person) -> Sequence[Upcoming]:
        """This person's reminders, as they themselves read them."""

    async def complete(
        self, place: Place, person: Person, command: str, option: str, typed: str
    ) -> Sequence[Choice]:
        """Suggestions for an option while somebody types, best first, at most 25; from memory only."""


class Adapter(Protocol):
    """One platform. It translates and performs single calls; it never decides.

    What asks the platform raises `PlatformError`, here and in the abilities, whose `failure` says what the refusal
    means: an edit of a deleted message is `NOT_FOUND`, an answer that never came is `TRANSIENT`.
    """

    @property
    def platform(self) -> str:
        """The platform's name, the first segment of every place key."""

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do."""

    async def start(self, intake: Intake) -> None:
        """Connect, and hand over what happens from now on."""

    async def stop(self) -> None:
        """Disconnect. Nothing is handed over afterwards."""

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """Show a new message; its id. `key` is stored before the call and the same on every retry."""

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        """Replace a message of ours. Idempotent."""

    async def delete(self, place: Place, message_id: str) -> None:
        """Take a message of ours away. One that is gone already is no error."""

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of a file somebody attached, in pieces. Raises `FileRefused` where it is never to be had."""

    def render(self, markdown: str) -> str:
        """Markdown as the platform writes it. Pure; never shorter lines joined, never pings anyone."""


Offer = TypeVar("Offer")


def offers(adapter: object, port: type[Offer]) -> "TypeIs[Offer]":
    """Whether an adapter has what one of the ports below asks for, worked out once for each class.

    `isinstance` says the same and takes 50 µs for a protocol, on the way of every message.
    """
    kind: Any = type(adapter)  # to the checker a type is not hashable enough for a cache
    wanted: Any = port
    return _offers(kind, wanted)


@cache
def _offers(kind: Any, port: Any) -> bool:
    return issubclass(kind, port)


@dataclass(frozen=True, slots=True)
class Route:
    """One path of the program's own port, offered by an adapter as data. `handler` is aiohttp's."""

    method: str
    path: str
    handler: Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Health:
    """How a platform's connection is, in seconds since the epoch.

    `heard_at` is its last sign of life, if only a heartbeat's echo; `told_at` is when it last told of an event.
    """

    connected: bool
    heard_at: float | None = None
    told_at: float | None = None
