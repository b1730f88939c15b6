"""Finds messages by their words: what was recorded, and what our conversations have, each once.

The newest that fit are ranked. Where few of them hold all that is asked for, words may go on ("deploy" finds
"deployed"); where none does, some of it will do.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Connection, exists, or_, select

from bot.messages import Hit, Person, Place, Query
from bot.store import fulltext
from bot.store.codec import load
from bot.store.fulltext import Wanted
from bot.store.indexing import (
    HAS_FILE,
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
    labels = _labels(conn, query, any_words=bool(terms))
    if labels is None or (query.words.strip() and not terms):
        return ()
    span = (
        number_at(query.after) if query.after is not None else _FIRST,
        number_at(query.before) - 1 if query.before is not None else _LAST,
    )
    found = _fitting(conn, terms, labels, span)
    hits = _hits(conn, found.numbers, {place.key for place in query.places})
    candidates = [Candidate(hit.text, hit.sent_at) for hit in hits]
    fit = scores(candidates, terms, found.weights or {}, beginnings=found.beginnings)
    scored = [replace(hit, score=score) for hit, score in zip(hits, fit, strict=True)]
    return sorted(scored, key=lambda hit: -hit.score)[: query.limit]


def _labels(conn: Connection, query: Query, *, any_words: bool) -> tuple[Collection[str], ...] | None:
    """What a message has to be labelled with, one of each group; None where nothing can fit."""
    keys = {place.key for place in query.places}
    numbers = conn.scalars(select(indexed_places.c.id).where(indexed_places.c.key.in_(keys))).all()
    if not numbers:
        return None
    groups: list[Collection[str]] = []
    if query.author is not None:
        found = (person_number(conn, f"{on}:{query.author}") for on in {place.platform for place in query.places})
        authors = [number for number in found if number is not None]
        if not authors:
            return None
        groups.append([author_label(number) for number in authors])
    if query.has_file:
        groups.append((HAS_FILE,))
    if not (any_words or groups) or _leaves_out_any(conn, keys):
        groups.append([place_label(number) for number in numbers])
    return tuple(groups)


def _leaves_out_any(conn: Connection, keys: Collection[str]) -> bool:
    """Whether anything is in the index that stands in none of these places."""
    within = indexed_places.c.channel.in_(keys) & (indexed_places.c.apart == 0)
    other = exists().where(~or_(indexed_places.c.key.in_(keys), within))
    return bool(conn.scalar(select(other)))


def _fitting(
    conn: Connection, terms: Sequence[Words], labels: tuple[Collection[str], ...], span: tuple[int, int]
) -> _Found:
    numbers = fulltext.newest(conn, Wanted(tuple(terms), labels), *span, _NEWEST)
    if not terms or len(numbers) >= _FEW:
        return _Found(numbers)
    if all(len(term.words[-1]) >= _SHORTEST_BEGINNING for term in terms if term.words):
        longer = fulltext.newest(conn, Wanted(tuple(terms), labels, beginnings=True), *span, _NEWEST)
        if longer:
            return _Found(longer, beginnings=True)
    if numbers or len(terms) == 1:
        return _Found(numbers)
    return _some_of(conn, terms, labels, span)


def _some_of(
    conn: Connection, terms: Sequence[Words], labels: tuple[Collection[str], ...], span: tuple[int, int]
) -> _Found:
    """Messages that hold some of what is asked for. A term weighs more the rarer it is."""
    holding = {term: fulltext.newest(conn, Wanted((term,), labels), *span, _NEWEST) for term in terms}
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
        indexed_messages.c.message_id,
        indexed_messages.c.item_id,
        indexed_messages.c.text,
        indexed_messages.c.files,
        indexed_places.c.key,
        indexed_places.c.channel,
        indexed_places.c.apart,
        indexed_places.c.body.label("place"),
        indexed_people.c.body.label("author"),
        items.c.body.label("item"),
        items.c.turn_id,
    )
    .join(indexed_places, indexed_places.c.id == indexed_messages.c.place_id)
    .join(indexed_people, indexed_people.c.id == indexed_messages.c.author_id)
    .outerjoin(items, items.c.id == indexed_messages.c.item_id)
    .order_by(indexed_messages.c.id.desc())
)


def _hits(conn: Connection, numbers: Sequence[int], keys: Collection[str]) -> Sequence[Hit]:
    """The messages with these numbers, the newest first; none that stands in no place of these keys."""
    if not numbers:
        return ()
    rows: Sequence[Any] = conn.execute(_MESSAGES.where(indexed_messages.c.id.in_(numbers))).all()
    allowed = [row for row in rows if row.key in keys or (row.channel in keys and not row.apart)]
    answers = _answers(conn, [row.turn_id for row in allowed if row.message_id is None])
    places: dict[str, Place] = {}
    people: dict[str, Person] = {}
    hits: list[Hit] = []
    for row in allowed:
        place = places.get(row.place) or places.setdefault(row.place, load(Place, row.place))
        author = people.get(row.author) or people.setdefault(row.author, load(Person, row.author))
        message_id = row.message_id or answers.get(row.turn_id)
        if message_id is not None:
            files = tuple(orjson.loads(row.files))
            hits.append(Hit(place, message_id, author, row.id / MICROSECONDS, text_of(row), files=files))
    return hits


def _answers(conn: Connection, turn_ids: Collection[str]) -> Mapping[str, str]:
    """The messages in which answers begin, by their turns; none for an answer that nobody sees."""
    if not turn_ids:
        return {}
    shown = (posts.c.turn_id.in_(turn_ids), posts.c.message_id.is_not(None), posts.c.state != "gone")
    rows = conn.execute(select(posts.c.turn_id, posts.c.message_id).where(*shown).order_by(posts.c.n.desc()))
    return {row.turn_id: row.message_id for row in rows}
