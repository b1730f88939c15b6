"""What is kept of a long conversation in a few words: who said what, what was decided, what is open."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.messages.deltas import Usage
from bot.messages.places import Person


@dataclass(frozen=True, slots=True)
class Reference:
    """A message that something rests on: its id, and who wrote it.

    In a thread's summary `in_channel` marks the one that the thread hangs on, which stands in the channel.
    """

    message_id: str
    person: Person
    in_channel: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was said, in a sentence, and the messages it rests on: one at least."""

    text: str
    sources: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What some messages say in short. Of `said` each point is somebody's: its first source's author's."""

    overview: str
    said: tuple[Point, ...] = ()
    decisions: tuple[Point, ...] = ()
    open: tuple[Point, ...] = ()

    @property
    def points(self) -> tuple[Point, ...]:
        """All of them, in the order in which people read them."""
        return (*self.said, *self.decisions, *self.open)


@dataclass(frozen=True, slots=True)
class KeptDigest:
    """A digest that is kept, of consecutive messages in one place.

    `messages` are their ids in order, each with a mark of what it said. `people` are the ids of who wrote them.
    `begins` says where they begin: empty for the beginning of the place, the id of the message that was named, or
    None where nothing will be asked for from there again. `part` tells that it is one part of something longer,
    `newest_only` that there were more before them than are read. Times are seconds since the epoch. `version`
    names the way in which it was asked for.
    """

    place: str
    channel: str
    messages: Mapping[str, str]
    people: tuple[str, ...]
    first_at: float
    last_at: float
    digest: Digest
    model: str
    version: int
    made_at: float
    begins: str | None = None
    part: bool = False
    newest_only: bool = False


@dataclass(frozen=True, slots=True)
class Summarised:
    """A summary as it was made: of how many messages, between which times. `newest_only` says that there are more
    before them. `used` is what its requests took; none where all of it was known."""

    digest: Digest
    count: int
    first_at: float
    last_at: float
    newest_only: bool = False
    used: tuple[Usage, ...] = ()


_EVERYTHING = "Summarise all that was said {where}."
_LAST_HOURS = "Summarise the last {hours} h {where}."


@dataclass(frozen=True, slots=True)
class SummaryWish:
    """A summary that was asked for by command: of the place where it was typed, or of the channel it hangs in; of
    the last `hours`, or whole."""

    channel: bool = False
    hours: int | None = None

    @property
    def text(self) -> str:
        """The wish in words: so it stands in history."""
        where = "in this channel" if self.channel else "here"
        if self.hours is not None:
            return _LAST_HOURS.format(hours=self.hours, where=where)
        return _EVERYTHING.format(where=where)

    @classmethod
    def read(cls, text: str) -> "SummaryWish":
        """The wish again, from its words; from any others, one for everything here."""
        words = text.rstrip(".").split()
        hours = next((int(word) for word in words if word.isascii() and word.isdigit()), None)
        return cls(channel=text.endswith("in this channel."), hours=hours)


@dataclass(frozen=True, slots=True)
class Recap:
    """What a conversation with us was about before the part of it that the model still sees, a sentence each."""

    about: str
    facts: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptRecap:
    """A recap that is kept, of everything before item `upto_seq` of its conversation."""

    upto_seq: int
    recap: Recap
