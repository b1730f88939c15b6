"""Summaries that are kept: told by what they say of one person, gone with anybody's words, let go with time."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select

from bot.messages import Digest
from bot.store.codec import dump, load
from bot.store.intents.keeping import AT_A_TIME, Kept, Record, Taken, Theirs, stands_in, when
from bot.store.intents.rows import count
from bot.store.schema import summaries


def _theirs(theirs: Theirs) -> ColumnElement[bool]:
    """Those made from messages of this person."""
    named = summaries.c.people.contains(dump(theirs.id), autoescape=True)
    known = and_(named, summaries.c.place.startswith(f"{theirs.platform}:", autoescape=True))
    return and_(known, summaries.c.made_at <= theirs.until, stands_in(summaries.c.place, theirs.within))


def count_summaries(conn: Connection, theirs: Theirs) -> int:
    """How many summaries hold something this person said."""
    return count(conn, summaries, _theirs(theirs))


def export_summaries(conn: Connection, theirs: Theirs) -> Iterator[Record]:
    """What they say of this person; what they say of others is no business of theirs."""
    for row in conn.execute(select(summaries).where(_theirs(theirs)).order_by(summaries.c.id)):
        yield _as_summary(row, load(Digest, row.body), theirs.id)


def _as_summary(row: Row[Any], digest: Digest, person: str) -> Record:
    mine = (point for point in digest.points if any(one.person.id == person for one in point.sources))
    return {"made_at": when(row.made_at), "place": row.place, "of_you": [point.text for point in mine]}


def forget_summaries(conn: Connection, theirs: Theirs) -> Taken:
    """They go whole, with what they say of others."""
    return _drop(conn, _theirs(theirs))


def expire_summaries(conn: Connection, before: float) -> Taken:
    """Those that hold something said before then."""
    return _drop(conn, summaries.c.first_at < before)


def _drop(conn: Connection, which: ColumnElement[bool]) -> Taken:
    gone = select(summaries.c.id).where(which).limit(AT_A_TIME)
    return Taken(conn.execute(delete(summaries).where(summaries.c.id.in_(gone))).rowcount)


SUMMARIES = Kept(
    "summaries",
    "summaries in which something of yours is told",
    ("summaries", "recaps"),
    count_summaries,
    export_summaries,
    forget_summaries,
    expire_summaries,
    placed=True,
)
"""A recap, of a conversation's old messages, goes with the first of these: `erase_items` sees to it."""
