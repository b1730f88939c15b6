"""The full text of what people said, as only SQLite can do it: by FTS5, over words that we have found ourselves.

Nothing outside this module knows of it. It holds no text: a row is added with its words, and taken away with the
same words. Rows are numbered by the time of their messages, so the newest are found first, without a sort, and a
time is a range of rows. Where a message stands and who said it are labels, words of their own, so that the index
intersects them with the words too. On PostgreSQL the same functions would keep a `tsvector`.

Contentless and with the oldest tokenizer there is, so that it works with every SQLite that has FTS5: words hold
letters, digits and vowel signs only, and it leaves them as they are.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from bot.store.sqlite import driver_of
from bot.store.words import Words

TABLE: Final = "indexed_words"

_MAKE = text(
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE} USING fts5"
    "(words, letters, labels, content='', columnsize=0, tokenize='ascii')"
)
_ADD = text(f"INSERT INTO {TABLE} (rowid, words, letters, labels) VALUES (:id, :words, :letters, :labels)")
_REMOVE = text(
    f"INSERT INTO {TABLE} ({TABLE}, rowid, words, letters, labels)"
    " VALUES ('delete', :id, :words, :letters, :labels)"
)
_REWRITE = text(f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES ('merge', :pages)")
_PAGES: Final = 64
_SOME: Final = 2
"""Fewer rows than that are changed where nothing was left to do, as SQLite documents it."""

_FIND = text(
    f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :wanted AND rowid BETWEEN :first AND :last"
    " ORDER BY rowid DESC LIMIT :most"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the index: its number, what is found in it, and its labels, which are letters and digits."""

    id: int
    words: Words
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row has to have: all of `terms`, of each group of `labels` at least one, and of `without` none.

    With `beginnings` a term's last word may go on. Without terms and labels nothing is found.
    """

    terms: tuple[Words, ...]
    labels: tuple[Collection[str], ...] = ()
    without: tuple[str, ...] = ()
    beginnings: bool = False


def make(_metadata: object, conn: Connection, **_: object) -> None:
    """Make it, once the tables are made."""
    conn.execute(_MAKE)


def add(conn: Connection, entries: Iterable[Entry]) -> None:
    """Let rows be found. Rows in ascending order are cheapest."""
    if rows := [_row(entry) for entry in entries]:
        conn.execute(_ADD, rows)


def remove(conn: Connection, entries: Iterable[Entry]) -> None:
    """Take rows away, given as they were added."""
    if rows := [_row(entry) for entry in entries]:
        conn.execute(_REMOVE, rows)


def rewrite(conn: Connection, *, begin: bool) -> bool:
    """Write a piece of the index anew, without what was taken out of it; whether there is more of it.

    Until then words of rows that were taken away stand in the file, though nothing finds them. `begin` says that
    this is the first piece.
    """
    changes = driver_of(conn).total_changes
    conn.execute(_REWRITE, {"pages": -_PAGES if begin else _PAGES})
    return driver_of(conn).total_changes - changes >= _SOME


def newest(conn: Connection, wanted: Wanted, first: int, last: int, most: int) -> Sequence[int]:
    """The numbers of the newest rows that have it all, from `first` to `last`, the newest first."""
    asked = {"wanted": _expression(wanted), "first": first, "last": last, "most": most}
    return conn.scalars(_FIND, asked).all() if asked["wanted"] else ()


def _row(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "words": " ".join(entry.words.words),
        "letters": " ".join(entry.words.letters),
        "labels": " ".join(entry.labels),
    }


def _expression(wanted: Wanted) -> str:
    """In the language of FTS5. Every word stands in quotes, and holds none: nothing a person typed is syntax."""
    parts: list[str] = []
    for term in wanted.terms:
        if term.words:
            parts.append(f'words : "{" ".join(term.words)}"{" *" if wanted.beginnings else ""}')
        parts += [f'letters : "{letter}"' for letter in term.letters]
    parts += [_any_of(group) for group in wanted.labels]
    if not parts or not wanted.without:
        return " AND ".join(parts)
    return f"({' AND '.join(parts)}) NOT {_any_of(wanted.without)}"


def _any_of(labels: Collection[str]) -> str:
    quoted = (f'"{label}"' for label in labels)
    return f"labels : ({' OR '.join(quoted)})"
