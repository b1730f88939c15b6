"""Files that one person alone was shown: kept in memory, as what they belong to is, and only the newest."""

from collections import OrderedDict
from collections.abc import Sequence

from bot.messages import OutFile, Person

MOST = 50
"""Private answers with files that are kept; a tab that was left open longer shows only what was written."""


class Whispers:
    """The files of private answers, by the answer's id and their number in it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Person, Sequence[OutFile]]] = OrderedDict()

    def keep(self, note: str, person: Person, files: Sequence[OutFile]) -> None:
        """Keep the files of an answer to this person."""
        if files:
            self._kept[note] = (person, files)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def find(self, note: str, n: int, person: Person) -> OutFile | None:
        """A file again, for the person it was meant for."""
        whom, files = self._kept.get(note, (None, ()))
        theirs = whom is not None and whom.id == person.id and n < len(files)
        return files[n] if theirs else None
