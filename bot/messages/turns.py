"""What is remembered of a turn."""

from dataclasses import dataclass
from enum import StrEnum

from bot.messages.places import Person, Place, person_key
from bot.messages.shown import Rendered


class TurnKind(StrEnum):
    """Why a turn exists: a question, a wish for a picture or summary, more of an answer, the same question again.

    A picture that is made again is a turn of the kind `IMAGINE`, too, with an origin; so it is with a summary.
    """

    ANSWER = "answer"
    IMAGINE = "imagine"
    SUMMARY = "summary"
    CONTINUE = "continue"
    REGENERATE = "regenerate"


class TurnState(StrEnum):
    """Where a turn stands. Only `waiting` and `running` turns have work left."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer in the making, or made. `origin` is the turn that is continued or answered again."""

    id: str
    conversation: str
    place: Place
    kind: TurnKind
    state: TurnState
    requester: Person
    origin: str | None = None
    model: str | None = None
    attempt: int = 0
    restarts: int = 0
    final: Rendered | None = None

    @property
    def asker(self) -> str:
        """The key of the person who asked."""
        return person_key(self.place.platform, self.requester)

    @property
    def reference(self) -> str:
        """What people are shown of its id, and the log can be searched for."""
        return self.id[:8]
