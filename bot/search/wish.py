"""What somebody wants found, as they said it, and what was found for them."""

from dataclasses import dataclass, field

from bot.messages import NOBODY, Account, Hit, Person, Place

HERE, EVERYWHERE = "here", "everywhere"
MOST = 25
"""Messages that are shown at most."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Words, and what narrows them down, as they were typed. Empty is not narrowed down.

    `where` is `here`, `everywhere` or the name of a channel; left out, it is here, and from a direct message
    everywhere. `author` is a name, a mention or an id, `after` and `before` are dates or words for them.
    """

    words: str = ""
    where: str = ""
    author: str = ""
    after: str = ""
    before: str = ""
    has_file: bool = False
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants it found, and where: from the event, never from what was typed.

    `place` is where the answer will be read, `asked_in` where they asked; a thread may have been opened between
    the two. `message_id` is their question's, `handle` the event's. `account` pays.
    """

    person: Person
    place: Place
    asked_in: Place
    message_id: str = ""
    handle: str | None = None
    account: Account = NOBODY


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, best first: what may be shown where it was asked, and what only to the asker alone.

    `names` are the names of places, by their keys. `notes` are sentences about sources that could not be asked,
    `unordered` is one about the order, which would tell of messages where none are listed.
    `hidden` tells that the channel which was named is none that everybody there can read. `zone` is the asker's.
    """

    here: tuple[Hit, ...] = ()
    privately: tuple[Hit, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unordered: str = ""
    hidden: bool = False
    zone: str | None = None
