"""Rows of the index and the words they are found by: added together, and taken out together.

Each message is in it once, whether its channel is recorded, a conversation has it, or both; then the item holds
its text. The words that a row was added with can always be found again from its text, its place and its author:
so a row is never changed without its words.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, insert, select, update

from bot.messages import PastMessage, Person, PersonKind, Place, PlaceKind, person_key
from bot.store import fulltext
from bot.store.codec import dump
from bot.store.fulltext import Entry
from bot.store.intents.vectors import Owner, forget_vectors
from bot.store.schema import indexed_messages, indexed_people, indexed_places, items
from bot.store.words import Words, words_of

HAS_FILE, IN_DM = "f", "d"
"""The labels of a message with files, and of one in a direct message."""

SELF = Person("", "Gatepost", PersonKind.SELF)
"""Who says what we answered."""

MICROSECONDS = 1_000_000

Rows: TypeAlias = Sequence[Row[Any]]


def place_label(place_id: int) -> str:
    """The label of what everybody can read who reads the place with this number."""
    return f"p{place_id}"


def author_label(author_id: int) -> str:
    """The label of what the person with this number said."""
    return f"a{author_id}"


def number_at(time: float) -> int:
    """The number of a message sent at this time, if no other has it."""
    return round(time * MICROSECONDS)


_home = indexed_places.alias("home")
_WITH_WORDS = (
    select(
        indexed_messages,
        indexed_places.c.apart,
        indexed_places.c.dm,
        _home.c.id.label("channel_id"),
        items.c.body.label("item"),
    )
    .join(indexed_places, indexed_places.c.id == indexed_messages.c.place_id)
    .join(_home, _home.c.key == indexed_places.c.channel)
    .outerjoin(items, items.c.id == indexed_messages.c.item_id)
)
_PLACE = select(indexed_places).where(indexed_places.c.key == bindparam("key"))
_PLACE_ID = select(indexed_places.c.id).where(indexed_places.c.key == bindparam("key"))
_PERSON_ID = select(indexed_people.c.id).where(indexed_people.c.key == bindparam("key"))
_MESSAGE = _WITH_WORDS.where(
    indexed_messages.c.place_id == bindparam("place"), indexed_messages.c.message_id == bindparam("message")
)
_TAKEN = select(indexed_messages.c.id).where(indexed_messages.c.id == bindparam("number"))
_ADD = insert(indexed_messages)


@dataclass(frozen=True, slots=True)
class At:
    """Where a message stands, by the index's numbers."""

    id: int
    channel_id: int
    apart: bool
    dm: bool


def text_of(row: Row[Any]) -> str:
    """What the message of a row says: its own text, or that of its item."""
    return row.text if row.item_id is None else str(orjson.loads(row.item)["text"]) if row.item else ""


def entry_of(row: Row[Any]) -> Entry:
    at = At(row.place_id, row.channel_id, bool(row.apart), bool(row.dm))
    return _words_entry(row.id, text_of(row), at, row.author_id, orjson.loads(row.files))


def _words_entry(number: int, text: str, at: At, author_id: int, names: Sequence[str]) -> Entry:
    """What a message is found by: its words and its files' names, where it stands, who said it."""
    words = [words_of(one) for one in (text, *names)]
    joined = Words(
        tuple(word for one in words for word in one.words),
        tuple(dict.fromkeys(letter for one in words for letter in one.letters)),
    )
    labels = [place_label(at.id), author_label(author_id)]
    if at.channel_id != at.id and not at.apart:
        labels.append(place_label(at.channel_id))
    more = (label for label, holds in ((HAS_FILE, names), (IN_DM, at.dm)) if holds)
    return Entry(number, joined, (*labels, *more))


@dataclass(frozen=True, slots=True)
class Fresh:
    """A message to be taken in, and where it stands. `item_id` is the item that holds its text, if one does."""

    said: PastMessage
    place: Place
    at: At
    names: Sequence[str]
    item_id: int | None = None
    recorded: bool = True


def insert_rows(conn: Connection, fresh: Sequence[Fresh]) -> None:
    """Take messages in that are not there yet."""
    if not fresh:
        return
    authors = _author_numbers(conn, fresh)
    numbers = _free_numbers(conn, [number_at(one.said.sent_at) for one in fresh])
    rows, entries = [], []
    for one, number in zip(fresh, numbers, strict=True):
        author_id = authors[person_key(one.place.platform, one.said.person)]
        row = {
            "id": number,
            "place_id": one.at.id,
            "message_id": one.said.message_id or None,
            "author_id": author_id,
            "item_id": one.item_id,
            "text": one.said.text if one.item_id is None else None,
            "files": dump(list(one.names)),
            "recorded": int(one.recorded),
        }
        rows.append(row)
        entries.append(_words_entry(number, one.said.text, one.at, author_id, one.names))
    conn.execute(_ADD, rows)
    fulltext.add(conn, sorted(entries, key=lambda entry: entry.id))


def _free_numbers(conn: Connection, wanted: Sequence[int]) -> Sequence[int]:
    """The numbers themselves, or the next that nobody has."""
    near = [number + step for number in wanted for step in range(2)]
    taken = set(conn.scalars(select(indexed_messages.c.id).where(indexed_messages.c.id.in_(near))))
    found: list[int] = []
    for number in wanted:
        free = number
        while free in taken or (free > number + 1 and conn.scalar(_TAKEN, {"number": free}) is not None):
            free += 1
        taken.add(free)
        found.append(free)
    return found


def _author_numbers(conn: Connection, fresh: Sequence[Fresh]) -> Mapping[str, int]:
    """The numbers of those who speak, by their keys; they are known by the name they had last."""
    latest = {person_key(one.place.platform, one.said.person): one.said.person for one in fresh}
    known = {row.key: row for row in conn.execute(select(indexed_people).where(indexed_people.c.key.in_(latest)))}
    numbers: dict[str, int] = {}
    for key, person in latest.items():
        before = known.get(key)
        kept = dump(Person(person.id, person.name, person.kind))
        if before is None:
            added = insert(indexed_people).values(key=key, body=kept).returning(indexed_people.c.id)
            numbers[key] = int(conn.execute(added).scalar_one())
            continue
        numbers[key] = before.id
        if before.body != kept and person.name != person.id:  # else we were not told the name this time
            conn.execute(update(indexed_people).where(indexed_people.c.id == before.id).values(body=kept))
    return numbers


def take_out(conn: Connection, rows: Rows) -> None:
    """Take messages out, with their words and their vectors."""
    if rows:
        ids = [row.id for row in rows]
        fulltext.remove(conn, map(entry_of, rows))
        forget_vectors(conn, Owner.MESSAGE, ids)
        conn.execute(delete(indexed_messages).where(indexed_messages.c.id.in_(ids)))


def place_number(conn: Connection, key: str) -> int | None:
    """The number of a place, by its key; None where nothing in it can be found."""
    return conn.scalar(_PLACE_ID, {"key": key})


def person_number(conn: Connection, key: str) -> int | None:
    """The number of a person, by their key; None for one of whom nothing can be found."""
    return conn.scalar(_PERSON_ID, {"key": key})


def find_row(conn: Connection, place_id: int, message_id: str | None) -> Row[Any] | None:
    return conn.execute(_MESSAGE, {"place": place_id, "message": message_id}).first()


def select_rows(conn: Connection, *where: ColumnElement[bool], most: int | None = None) -> Rows:
    return conn.execute(_WITH_WORDS.where(*where).order_by(indexed_messages.c.id).limit(most)).all()


def place_at(conn: Connection, place: Place, apart: Collection[str]) -> At:
    """A place by its number, and its channel's; made known to the index where they are not yet.

    `apart` says which threads have readers of their own: all others are open to their channel's.
    """
    dm = place.kind is PlaceKind.DM
    known = _known_place(conn, place, dm=dm, apart=place.key in apart)
    channel_id = known.id if place.parent.key == place.key else _known_place(conn, place.parent, dm=dm).id
    if known.apart and place.key not in apart:
        _open(conn, known.id)
    return At(known.id, channel_id, bool(known.apart) and place.key in apart, dm)


def _known_place(conn: Connection, place: Place, *, dm: bool, apart: bool = False) -> Row[Any]:
    """The row of a place, made where there is none."""
    known = conn.execute(_PLACE, {"key": place.key}).first()
    if known is not None:
        return known
    own = apart or place.parent.key == place.key
    flags = {"apart": int(apart), "own": int(own), "dm": int(dm)}
    row = {"key": place.key, "channel": place.parent.key, "body": dump(place), **flags}
    return conn.execute(insert(indexed_places).values(row).returning(indexed_places)).one()


def _open(conn: Connection, place_id: int) -> None:
    """A thread is open to its channel's readers after all: it could not be told before."""
    rows = select_rows(conn, indexed_messages.c.place_id == place_id)
    fulltext.remove(conn, map(entry_of, rows))
    conn.execute(update(indexed_places).where(indexed_places.c.id == place_id).values(apart=0, own=0))
    rows = select_rows(conn, indexed_messages.c.place_id == place_id)
    fulltext.add(conn, map(entry_of, rows))
