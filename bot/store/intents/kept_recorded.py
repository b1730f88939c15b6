"""What people said in recorded channels. What a conversation of ours has of it stays, and goes, with its items."""

from collections.abc import Iterator

import orjson
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from bot.store.indexing import MICROSECONDS, number_at, select_rows, take_out
from bot.store.intents.keeping import AT_A_TIME, Kept, Record, Taken, Theirs, when
from bot.store.intents.recorded import digest_of
from bot.store.intents.rows import count
from bot.store.schema import forgotten, indexed_messages, indexed_people, indexed_places

_OWN_TEXT = indexed_messages.c.item_id.is_(None)
_FORGOTTEN = indexed_people.c.id.not_in(select(indexed_messages.c.author_id))


def _said(theirs: Theirs) -> ColumnElement[bool]:
    author = select(indexed_people.c.id).where(indexed_people.c.key == theirs.person).scalar_subquery()
    until = indexed_messages.c.id <= number_at(theirs.until)
    said = and_(indexed_messages.c.author_id == author, _OWN_TEXT, until)
    if theirs.within is None:
        return said
    here = or_(indexed_places.c.key == theirs.within, indexed_places.c.channel == theirs.within)
    return and_(said, indexed_messages.c.place_id.in_(select(indexed_places.c.id).where(here)))


def count_recorded(conn: Connection, theirs: Theirs) -> int:
    """How many messages are kept."""
    return count(conn, indexed_messages, _said(theirs))


def export_recorded(conn: Connection, theirs: Theirs) -> Iterator[Record]:
    """The messages, oldest first."""
    rows = conn.execute(
        select(indexed_messages, indexed_places.c.key.label("place"))
        .join(indexed_places, indexed_places.c.id == indexed_messages.c.place_id)
        .where(_said(theirs))
        .order_by(indexed_messages.c.id)
    )
    for row in rows:
        told = {"sent_at": when(row.id / MICROSECONDS), "place": row.place, "message_id": row.message_id}
        files = [{"name": name} for name in orjson.loads(row.files)]
        yield {**told, "text": row.text, **({"files": files} if files else {})}


def forget_recorded_of(conn: Connection, theirs: Theirs) -> Taken:
    """Take them out, and the name when nothing is left of them. They are not read again from the platform."""
    _remember(conn, theirs)
    rows = select_rows(conn, _said(theirs), most=AT_A_TIME)
    take_out(conn, rows)
    if rows:
        return Taken(len(rows))
    unused = and_(indexed_people.c.key == theirs.person, _FORGOTTEN)
    return Taken(beside=conn.execute(delete(indexed_people).where(unused)).rowcount)


def _remember(conn: Connection, theirs: Theirs) -> None:
    """Keep that somebody was forgotten, by no name, for as long as history could bring it back."""
    mine = {"digest": digest_of(theirs.person), "within": theirs.within or ""}
    this = and_(*(forgotten.c[name] == value for name, value in mine.items()))
    if not conn.execute(update(forgotten).where(this).values(until=theirs.until)).rowcount:
        conn.execute(insert(forgotten).values(until=theirs.until, **mine))


def expire_recorded(conn: Connection, before: float) -> Taken:
    """Those that were said before then, and the names of people of whom nothing is left."""
    rows = select_rows(conn, indexed_messages.c.id < number_at(before), _OWN_TEXT, most=AT_A_TIME)
    take_out(conn, rows)
    if rows:
        return Taken(len(rows))
    gone = conn.execute(delete(indexed_people).where(_FORGOTTEN)).rowcount
    return Taken(beside=gone + conn.execute(delete(forgotten).where(forgotten.c.until < before)).rowcount)


RECORDED = Kept(
    "recorded",
    "messages you wrote in channels where recording was switched on",
    ("indexed_messages", "indexed_people", "indexed_places", "forgotten"),
    count_recorded,
    export_recorded,
    forget_recorded_of,
    expire_recorded,
    placed=True,
)
