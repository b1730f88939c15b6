"""What parts of the core offer each other: reminders, the reader of files, figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.messages import (
    Caller,
    Hit,
    Inbound,
    PicturePart,
    Place,
    Query,
    Reading,
    Where,
)


class Reminders(Protocol):
    """Reminders, for people and for models. Each call answers in Markdown what was done, by the exact time.

    Every call raises a `SaidError` with the sentence, or the question, where it can't be done; carrying it out
    again with the caller's key does nothing anew.
    """

    async def make(self, caller: Caller, when: str, text: str, where: Where | None = None) -> str:
        """Remind the caller of this. `when` is in words, in their own time zone."""

    async def list(self, caller: Caller) -> str:
        """What is still to come for the caller."""

    async def change(self, caller: Caller, number: int, when: str = "", text: str = "") -> str:
        """Another time, another text, or both."""

    async def cancel(self, caller: Caller, number: int) -> str:
        """Let nothing more come of it."""

    async def snooze(self, caller: Caller, number: int | None, when: str) -> str:
        """Remind once more of what the caller was reminded of last, by this reminder or by any."""


class Recording(Protocol):
    """What is said in recorded channels, and in our own conversations: kept, and found again."""

    def hear(self, inbound: Inbound) -> None:
        """Note what happened, if it is to be kept. From memory; never fails."""

    async def chosen(self, place: Place) -> str:
        """Act on what was chosen for the channel of this place; what to say of it. Raises a `SaidError`."""

    async def progress(self, place: Place) -> str:
        """How the channel of this place is recorded, in a sentence or two; empty where it is not."""

    async def find(self, query: Query) -> Sequence[Hit]:
        """What fits a query, best first, everything included that was said until now."""


class MediaReader(Protocol):
    """Reads what people attach, away from this process."""

    async def read(self, name: str, data: bytes, url: str | None = None) -> "ReadFile":
        """What is in the file; of a web page that is at `url`, what it says.

        Never raises for a bad file: the reading says what was left out and why.
        """

    async def smaller(self, picture: PicturePart) -> PicturePart:
        """The picture in far fewer bytes, for a gateway that found it too large; itself where that can't be."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A reading, with the bytes its stored files name (by SHA-256) and that have to be kept for it."""

    reading: Reading
    blobs: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class TurnFigures:
    """How a turn went. Times are seconds since it began; `cost` is US dollars in decimal digits.

    `result` is how it ended, `error` the name of what went wrong. `first_text` is None when none became visible.
    """

    platform: str
    result: str
    model: str
    seconds: float
    first_text: float | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: str = "0"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class CallFigures:
    """How one call of a platform went: `result` is `made`, `unneeded`, or the kind of failure.

    `age` is for how many seconds its oldest text had been unseen; `saved` counts the changes it showed beyond one.
    """

    platform: str
    verb: str
    result: str
    age: float | None = None
    saved: int = 0


class Meter(Protocol):
    """Where figures about the work go. Every call is quick and never fails."""

    def turn(self, ended: TurnFigures) -> None:
        """A turn ended."""

    def call(self, made: CallFigures) -> None:
        """A platform was called."""

    def event(self, platform: str, now: float) -> None:
        """An event came in, at this time in seconds since the epoch."""


class NoMeter:
    """Counts nothing: for a program that ends with its one answer."""

    def turn(self, ended: TurnFigures) -> None:
        """Not counted."""

    def call(self, made: CallFigures) -> None:
        """Not counted."""

    def event(self, platform: str, now: float) -> None:
        """Not counted."""
