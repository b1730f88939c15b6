"""What it takes to say of a table what it keeps about people: whose, what goes at a time, how it is told."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, or_

AT_A_TIME: Final = 25
"""Rows that go in one commit, at most: no reply waits for more of them than that."""

Record: TypeAlias = Mapping[str, Any]
"""One thing that is kept, as the person reads it: JSON-safe."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """What is one person's, as far as it was kept at `until`, looked at `now` (seconds since the epoch).

    `person` is a person's key. With `within`, a place's key, only what stands in that place and its threads.
    """

    person: str
    until: float
    now: float
    within: str | None = None

    @property
    def platform(self) -> str:
        """The platform on which this person is known."""
        return self.person.partition(":")[0]

    @property
    def id(self) -> str:
        """The platform's own id of this person."""
        return self.person.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Taken:
    """What went: how many things a person would count, and rows beside them; the hashes of files that nothing
    refers to any more. `answers` counts answers that went with the questions."""

    rows: int = 0
    orphans: tuple[str, ...] = ()
    beside: int = 0
    answers: int = 0

    @property
    def more(self) -> bool:
        """Whether there may be more to take."""
        return bool(self.rows or self.beside)


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing that is kept about people.

    `name` is its key in an export, `sentence` what a person reads of it ("messages you wrote, …"). `tables` are
    those whose rows it speaks for. `placed` says that it stands in a place: only such is looked at when somebody
    asks for one place alone.

    `count` and `export` read. `forget` takes away what is somebody's, `expire` what was kept before a time (in
    seconds since the epoch) and nobody waits for any more; None where age is no reason. Both take at most
    `AT_A_TIME` rows and are called again until nothing more goes; what is still being answered stays meanwhile.
    `waits` says that some of it may have to wait for that, or for the day to end: it is looked at again. Anything
    else goes at once, and what comes afterwards is not touched. `stays` says what a person is told that remains,
    and why.
    """

    name: str
    sentence: str
    tables: tuple[str, ...]
    count: Callable[[Connection, Theirs], int]
    export: Callable[[Connection, Theirs], Iterator[Record]]
    forget: Callable[[Connection, Theirs], Taken]
    expire: Callable[[Connection, float], Taken] | None
    placed: bool = False
    waits: bool = False
    stays: str = ""


def stands_in(column: ColumnElement[Any], within: str | None) -> ColumnElement[bool]:
    """Whether the key of a place or conversation names this place, or something in it. Without one, any does."""
    if within is None:
        return column.is_not(None)
    inside = (column.startswith(f"{within}{mark}", autoescape=True) for mark in ":#")
    return or_(column == within, *inside)


def when(moment: float | None) -> str | None:
    """A time as people and programs read it."""
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
