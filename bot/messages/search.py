"""What is looked for in what people said, and what is found of it."""

from dataclasses import dataclass

from bot.messages.places import Person, Place


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: the words, and what narrows them down. Times are seconds since the epoch.

    `places` are those that may be looked in, and no others: whoever asks has checked that the person who wants to
    know can read every one of them. A channel in it stands for itself and the threads of that channel which are
    open to its readers; a thread with readers of its own is named by itself. `author` is a platform's id.
    """

    words: str
    places: tuple[Place, ...]
    author: str | None = None
    after: float | None = None
    before: float | None = None
    has_file: bool = False
    limit: int = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found. `score` is larger the better it fits, comparable within one source only.

    `text` is the whole message, `link` its address on the platform where there is one. `place` is where it stands,
    and decides who may see it. A `fleeting` one is shown and forgotten: its platform wants nothing of it kept.
    """

    place: Place
    message_id: str
    author: Person
    sent_at: float
    text: str
    link: str | None = None
    files: tuple[str, ...] = ()
    score: float = 0.0
    fleeting: bool = False
