"""What somebody is to be reminded of, and when."""

from dataclasses import dataclass
from enum import StrEnum

from bot.messages.inbound import PastMessage
from bot.messages.places import Person, Place


class Where(StrEnum):
    """Where a reminder is posted: to its owner alone, where it was made, or in that place's channel."""

    ME = "me"
    HERE = "here"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for something about reminders, and where. It comes from the event, never from what was typed.

    `key` is the same whenever the same event or call is carried out again. `aloud` says that everybody in the
    place heard it, and a model speaks for the caller, who wrote `said`. `about` is the message that the reminder
    is to be about.
    """

    key: str
    person: Person
    place: Place
    aloud: bool = False
    about: PastMessage | None = None
    said: str = ""

    def words(self, text: str) -> bool:
        """Whether a text is the caller's own, and not what a model made of others' words."""
        return not self.aloud or _plain(text) in _plain(self.said)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder. `number` is what its owner calls it by.

    It is due at `due_at`, in seconds since the epoch; None when nothing more will come. `slot` is the same as the
    wall clock in `zone` (an IANA name) was meant to show it, in ISO 8601 without an offset. `rule` is an RRULE
    where it recurs; slots that recur by the hour are those of UTC. `quote` is what was written in message `about`,
    by whoever has the id `about_by`. `aloud` says whether its text may be read where it was made, `own` whether it
    is in its owner's own words, `undelivered` that its last occurrence could be posted nowhere.
    """

    id: str
    number: int
    owner: Person
    made_in: Place
    where: Where
    text: str
    zone: str
    slot: str
    due_at: float | None
    rule: str | None = None
    quote: str = ""
    about: str | None = None
    about_by: str = ""
    about_place: Place | None = None
    aloud: bool = False
    own: bool = False
    undelivered: bool = False

    @property
    def about_in(self) -> Place:
        """Where the message stands that it quotes."""
        return self.about_place or self.made_in


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A reminder as its owner reads it in a list. `came` says that it was shown before, and so can be snoozed."""

    number: int
    text: str
    came: bool


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A reminder that has become due, once for each `key`; the key is also that of its post.

    `taken_at` is when we noticed, `missed` how many earlier slots passed unnoticed. `answer` is what became of it,
    as people read it, once its owner has said so.
    """

    key: str
    reminder: Reminder
    due_at: float
    taken_at: float
    missed: int = 0
    answer: str | None = None
