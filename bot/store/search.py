"""Finds messages by their words: what was recorded, and what our conversations have, each once.

The newest that fit are ranked. Where few of them hold all that is asked for, words may go on ("deploy" finds
"deployed"); where none does, some of it will do.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, select

from bot.messages import Hit, Person, Place, Query
from bot.store import fulltext
from bot.store.codec import load
from bot.store.fulltext import Wanted
from bot.store.indexing import (
    HAS_FILE,
    IN_DM,
    MICROSECONDS,
    author_label,
    number_at,
    person_number,
    place_label,
    text_of,
)
from bot.store.ranking import Candidate, scores
from bot.store.schema import indexed_messages, indexed_people, indexed_places, items, posts
from bot.store.words import Words, terms_in

_NEWEST = 500
"""How many of those that fit are looked at, the newest."""

_FEW = 20
"""With fewer that hold the very words, longer words are taken too."""

_SHORTEST_BEGINNING = 4
"""Letters of a word that may go on; shorter ones begin too many."""

_FIRST, _LAST = 0, 2**62
_NO_FILES = "[]"


@dataclass(frozen=True, slots=True)
class _Found:
    """What fits: numbers, the newest first, and how they were found."""

    numbers: Sequence[int] = ()
    weights: Mapping[Words, float] | None = None
    beginnings: bool = False


def find(conn: Connection, query: Query) -> Sequence[Hit]:
    """The messages that fit a query, the best first; without words, the newest first.

    Only those in the places that the query names. Nothing that was typed can make it fail.
    """
    terms = terms_in(query.words)
    narrowed = _narrowed(conn, query)
    if narrowed is None or (query.words.strip() and not terms):
        return ()
    ways = _ways(conn, {place.key for place in query.places}, narrowed, bare=not (terms or narrowed))
    if not ways:
        return ()
    span = (
        number_at(query.after) if query.after is not None else _FIRST,
        number_at(query.before) - 1 if query.before is not None else _LAST,
    )
    found = _fitting(_Look(conn, ways, *span), terms)
    rows = _rows(conn, found.numbers, {place.key for place in query.places})
    candidates = [Candidate(_read(row), row.id / MICROSECONDS) for row, _ in rows]
    fit = scores(candidates, terms, found.weights or {}, beginnings=found.beginnings)
    best = sorted(zip(fit, rows, strict=True), key=lambda one: -one[0])[: query.limit]
    return _hits(conn, best)


def _read(row: Any) -> str:
    """What a message is found by, for people to read."""
    return text_of(row) if row.files == _NO_FILES else f"{text_of(row)} {row.files}"


# --- which messages may be found -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Way:
    """One set of messages that may be found, by labels: of each group one, of `without` none."""

    labels: tuple[Collection[str], ...]
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Look:
    """Where the newest are looked for: in any of these ways, from one number to another."""

    conn: Connection
    ways: Sequence[_Way]
    first: int
    last: int

    def newest(self, terms: Sequence[Words], *, beginnings: bool = False) -> Sequence[int]:
        """The newest messages that hold all of this."""
        found: list[int] = []
        for way in self.ways:
            wanted = Wanted(tuple(terms), way.labels, way.without, beginnings)
            found += fulltext.newest(self.conn, wanted, self.first, self.last, _NEWEST)
        return sorted(found, reverse=True)[:_NEWEST] if len(self.ways) > 1 else found


def _narrowed(conn: Connection, query: Query) -> tuple[Collection[str], ...] | None:
    """The labels by author and file, a group each; None where nothing can fit."""
    groups: list[Collection[str]] = []
    if query.author is not None:
        found = (person_number(conn, f"{on}:{query.author}") for on in {place.platform for place in query.places})
        authors = [author_label(number) for number in found if number is not None]
        if not authors:
            return None
        groups.append(authors)
    if query.has_file:
        groups.append((HAS_FILE,))
    return tuple(groups)


def _ways(
    conn: Connection, keys: Collection[str], narrowed: tuple[Collection[str], ...], *, bare: bool
) -> Sequence[_Way]:
    """By which labels what stands in these places is found; by what is left out where that is less.

    Direct messages are many, and few of them anybody's: they are a way of their own. `bare` says that there is
    nothing else to look for, so that something has to be named.
    """
    here = conn.execute(select(indexed_places).where(indexed_places.c.key.in_(keys))).all()
    ways: list[_Way] = []
    for dm in (0, 1):
        among = [row for row in here if row.dm == dm]
        if not among:
            continue
        others = None if dm or bare else _others(conn, keys, among)
        if others is None:
            ways.append(_Way((*narrowed, [place_label(row.id) for row in among])))
        else:
            ways.append(_Way(narrowed, (IN_DM, *others)))
    return ways


def _others(conn: Connection, keys: Collection[str], among: Sequence[Any]) -> tuple[str, ...] | None:
    """The labels of all that stands elsewhere; None where they are more, or would hide some of these places."""
    if any(not row.own and row.channel not in keys for row in among):
        return None
    elsewhere = (indexed_places.c.own == 1, indexed_places.c.dm == 0, indexed_places.c.key.not_in(keys))
    most = sum(row.own for row in among)
    others = conn.scalars(select(indexed_places.c.id).where(*elsewhere).limit(most)).all()
    return tuple(map(place_label, others)) if len(others) < most else None


# --- which of them fit ---------------------------------------------------------------------------


def _fitting(look: _Look, terms: Sequence[Words]) -> _Found:
    numbers = look.newest(terms)
    if not terms or len(numbers) >= _FEW:
        return _Found(numbers)
    if all(len(term.words[-1]) >= _SHORTEST_BEGINNING for term in terms if term.words):
        longer = look.newest(terms, beginnings=True)
        if longer:
            return _Found(longer, beginnings=True)
    if numbers or len(terms) == 1:
        return _Found(numbers)
    return _some_of(look, terms)


def _some_of(look: _Look, terms: Sequence[Words]) -> _Found:
    """Messages that hold some of what is asked for. A term weighs more the rarer it is."""
    holding = {term: look.newest((term,)) for term in terms}
    holding = {term: numbers for term, numbers in holding.items() if numbers}
    oldest = min((numbers[-1] for numbers in holding.values()), default=0)
    many = {term: _estimate(numbers, oldest) for term, numbers in holding.items()}
    most = max(many.values(), default=1.0)
    weights = {term: 1.0 + math.log(most / count) for term, count in many.items()}
    fit: dict[int, float] = {}
    for term, numbers in holding.items():
        for number in numbers:
            fit[number] = fit.get(number, 0.0) + weights[term]
    best = sorted(fit, key=lambda number: (-fit[number], -number))[:_NEWEST]
    return _Found(sorted(best, reverse=True), weights)


def _estimate(numbers: Sequence[int], oldest: int) -> float:
    """How many messages there are since the oldest one, judged by these newest of them."""
    if len(numbers) < _NEWEST:
        return len(numbers)
    return len(numbers) * (numbers[0] - oldest + 1) / (numbers[0] - numbers[-1] + 1)


# --- rows to hits --------------------------------------------------------------------------------

_MESSAGES = (
    select(
        indexed_messages.c.id,
        indexed_messages.c.place_id,
        indexed_messages.c.message_id,
        indexed_messages.c.author_id,
        indexed_messages.c.item_id,
        indexed_messages.c.text,
        indexed_messages.c.files,
        items.c.body.label("item"),
        items.c.turn_id,
    )
    .outerjoin(items, items.c.id == indexed_messages.c.item_id)
    .order_by(indexed_messages.c.id.desc())
)


def _rows(conn: Connection, numbers: Sequence[int], keys: Collection[str]) -> Sequence[tuple[Any, Place]]:
    """The messages with these numbers, the newest first, and their places; none in a place not of these keys."""
    if not numbers:
        return ()
    rows = conn.execute(_MESSAGES.where(indexed_messages.c.id.in_(numbers))).all()
    stand = indexed_places.c.id.in_({row.place_id for row in rows})
    places = {
        place.id: _place(place.body)
        for place in conn.execute(select(indexed_places).where(stand)).all()
        if place.key in keys or (place.channel in keys and not place.apart)
    }
    return [(row, places[row.place_id]) for row in rows if row.place_id in places]


def _hits(conn: Connection, best: Sequence[tuple[float, tuple[Any, Place]]]) -> Sequence[Hit]:
    """The messages as they are told, with their scores; none that nobody sees."""
    said_by = indexed_people.c.id.in_({row.author_id for _, (row, _) in best})
    people = {row.id: _person(row.body) for row in conn.execute(select(indexed_people).where(said_by)).all()}
    answers = _answers(conn, [row.turn_id for _, (row, _) in best if row.message_id is None])
    hits: list[Hit] = []
    for score, (row, place) in best:
        message_id = row.message_id or answers.get(row.turn_id)
        if message_id is not None:
            files = tuple(orjson.loads(row.files)) if row.files != _NO_FILES else ()
            sent_at = row.id / MICROSECONDS
            hits.append(
                Hit(place, message_id, people[row.author_id], sent_at, text_of(row), files=files, score=score)
            )
    return hits


@lru_cache(maxsize=4_096)
def _place(body: str) -> Place:
    return load(Place, body)


@lru_cache(maxsize=16_384)
def _person(body: str) -> Person:
    return load(Person, body)


def _answers(conn: Connection, turn_ids: Collection[str]) -> Mapping[str, str]:
    """The messages in which answers begin, by their turns; none for an answer that nobody sees."""
    if not turn_ids:
        return {}
    shown = (posts.c.turn_id.in_(turn_ids), posts.c.message_id.is_not(None), posts.c.state != "gone")
    rows = conn.execute(select(posts.c.turn_id, posts.c.message_id).where(*shown).order_by(posts.c.n.desc()))
    return {row.turn_id: row.message_id for row in rows}
