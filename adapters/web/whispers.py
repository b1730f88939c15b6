"""What one person alone was shown: kept in memory, as what it belongs to is, and only the newest."""

from collections import OrderedDict
from dataclasses import dataclass

from bot.messages import Action, OutFile, Person, Place, Rendered

MOST = 50
"""Private answers with files or buttons that are kept; in a tab that was left open longer, those of older ones do
nothing any more."""


@dataclass(frozen=True, slots=True)
class _Whisper:
    """A private answer: to whom, where, and what."""

    person: Person
    place: Place
    rendered: Rendered


class Whispers:
    """The files and buttons of private answers, by the answer's id."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Whisper] = OrderedDict()

    def keep(self, note: str, person: Person, place: Place, rendered: Rendered) -> None:
        """Keep what more than words an answer to this person holds."""
        if rendered.files or rendered.actions:
            self._kept[note] = _Whisper(person, place, rendered)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def find(self, note: str, n: int, person: Person) -> OutFile | None:
        """A file again, for the person it was meant for."""
        kept = self._of(note, person)
        return kept.rendered.files[n] if kept is not None and n < len(kept.rendered.files) else None

    def buttons(self, note: str, person: Person) -> tuple[Place, tuple[Action, ...]] | None:
        """The buttons of an answer, and where it was shown, for the person it was meant for."""
        kept = self._of(note, person)
        return (kept.place, kept.rendered.actions) if kept is not None else None

    def _of(self, note: str, person: Person) -> _Whisper | None:
        kept = self._kept.get(note)
        return kept if kept is not None and kept.person.id == person.id else None
