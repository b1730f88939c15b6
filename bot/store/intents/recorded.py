"""What is said in recorded channels: kept, changed, and forgotten again."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select, update

from bot.messages import InboundKind, PastMessage, Place
from bot.store.indexing import (
    find_row,
    insert_row,
    place_at,
    place_number,
    select_rows,
    take_out,
)
from bot.store.schema import inbox, indexed_messages, indexed_places


def record(conn: Connection, said: Sequence[PastMessage], apart: Collection[str] = ()) -> int:
    """Keep messages of recorded channels, each once; how many were new. One that was deleted meanwhile stays gone.

    Every message names its place. `apart` are the keys of the threads among them that have readers of their own.
    """
    new = 0
    for one in sorted(said, key=lambda one: one.sent_at):
        new += _keep(conn, one, apart, rewrite=False)
    return new


def record_again(conn: Connection, said: PastMessage, apart: Collection[str] = ()) -> None:
    """Keep a message of a recorded channel as it reads now."""
    _keep(conn, said, apart, rewrite=True)


def _keep(conn: Connection, said: PastMessage, apart: Collection[str], *, rewrite: bool) -> bool:
    place = said.place
    if place is None:
        raise ValueError("a message without its place")
    at = place_at(conn, place, apart)
    before = find_row(conn, at.id, said.message_id)
    if before is None and not _was_deleted(conn, place, said.message_id):
        insert_row(conn, said, at, item_id=None)
        return True
    if before is not None and before.item_id is None and rewrite:
        take_out(conn, [before])
        insert_row(conn, said, at, item_id=None)
    elif before is not None and not before.recorded:
        conn.execute(update(indexed_messages).where(indexed_messages.c.id == before.id).values(recorded=1))
    return False


def _was_deleted(conn: Connection, place: Place, message_id: str) -> bool:
    """Whether the platform told us that it is gone: a page of history may have been read before."""
    gone = select(inbox.c.id).where(
        inbox.c.place == place.key, inbox.c.message_id == message_id, inbox.c.kind == InboundKind.DELETE
    )
    return conn.scalar(gone.limit(1)) is not None


def forget_message(conn: Connection, place: Place, message_id: str) -> None:
    """Take a message out that its author took back."""
    place_id = place_number(conn, place.key)
    row = find_row(conn, place_id, message_id) if place_id is not None else None
    if row is not None:
        take_out(conn, [row])


def forget_recorded(conn: Connection, channel: str, most: int) -> int:
    """Forget some of what was recorded in a channel and its threads, by its key; 0 once nothing is left of it.

    What a conversation of ours has is still found.
    """
    here = select(indexed_places.c.id).where(indexed_places.c.channel == channel)
    wanted = (indexed_messages.c.place_id.in_(here), indexed_messages.c.recorded == 1)
    rows = select_rows(conn, *wanted, most=most)
    take_out(conn, [row for row in rows if row.item_id is None])
    ours = [row.id for row in rows if row.item_id is not None]
    if ours:
        conn.execute(update(indexed_messages).where(indexed_messages.c.id.in_(ours)).values(recorded=0))
    return len(rows)
