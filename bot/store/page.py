"""What the playground keeps: messages, what people did that is still to be handed over, and who was let in."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.messages import Inbound, PageMessage, PersonKind, Place
from bot.store.codec import dump, load, load_or_skip
from bot.store.schema import metadata

page_messages = Table(
    "page_messages",
    metadata,
    Column("n", Integer, primary_key=True),  # the order in which things were said
    Column("id", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False, unique=True),
    Column("seq", Integer, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("thread", Text),
    Column("title", Text),  # of the thread on it, once we take part there
    Column("replies", Integer, nullable=False),
    Column("deleted", Integer, nullable=False),
    Column("body", Text, nullable=False),  # PageMessage; its words are blank once deleted
    Index("page_messages_by_place", "channel", "thread", "n"),
)

page_files = Table(
    "page_files",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Index("page_files_by_hash", "sha256"),
)

page_events = Table(
    "page_events",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("owed", Integer, nullable=False),
    Column("body", Text, nullable=False),  # Inbound; blank once handed over
    Index("page_events_by_owed", "owed"),
)

page_keys = Table(
    "page_keys",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("granted_at", Float, nullable=False),
)


_LOOKED_THROUGH = 5_000  # messages, the newest, by whoever searches
_KEYS_KEPT_SECONDS = 31 * 24 * 3600.0


# --- what people did -----------------------------------------------------------------------------


def keep(conn: Connection, inbound: Inbound, message: PageMessage | None) -> Inbound | None:
    """Keep an event and what it did to a message, once for each key.

    None when there is nothing to hand over: it was already, or it changes a message that is gone.
    """
    kept = conn.execute(select(page_events).where(page_events.c.key == inbound.key)).one_or_none()
    if kept is not None:
        return load_or_skip(Inbound, kept.body, inbound.key) if kept.owed else None
    if message is not None and find(conn, message.id) is None:
        post(conn, message, inbound.key)
    elif message is not None and not change(conn, message):
        return None
    conn.execute(insert(page_events).values(key=inbound.key, owed=1, body=dump(inbound)))
    if inbound.addressed and inbound.place.thread:
        entitle(conn, inbound.place.thread, "")
    return inbound


def owed(conn: Connection) -> list[Inbound]:
    """Events that were not handed over, oldest first. One that can't be read waits for a program that can."""
    query = select(page_events).where(page_events.c.owed == 1).order_by(page_events.c.n)
    events = (load_or_skip(Inbound, row.body, row.key) for row in conn.execute(query))
    return [event for event in events if event is not None]


def settle(conn: Connection, key: str) -> None:
    """Note that an event was handed over, and forget what it said: its key is all that is needed from now on."""
    conn.execute(update(page_events).where(page_events.c.key == key).values(owed=0, body=""))


# --- messages ------------------------------------------------------------------------------------


def post(conn: Connection, message: PageMessage, key: str) -> str:
    """Keep a new message, once for each key; the id of the one that is kept."""
    if known := posted(conn, key):
        return known
    if thread := message.place.thread:
        _touch(conn, thread, replies=page_messages.c.replies + 1)
        if message.person.kind is PersonKind.SELF:
            entitle(conn, thread, "")
    where = {"channel": message.place.channel, "thread": message.place.thread}
    row = {"id": message.id, "key": key, "seq": _next_seq(conn), "body": dump(message)}
    conn.execute(insert(page_messages).values(replies=0, deleted=0, **where, **row))
    _keep_files(conn, message)
    return message.id


def change(conn: Connection, message: PageMessage) -> bool:
    """Keep a message as it is now; False when it is gone or never was."""
    before = find(conn, message.id)
    if before is None or before.deleted:
        return False
    if message.deleted and (thread := message.place.thread):
        _touch(conn, thread, replies=page_messages.c.replies - 1)
    _touch(conn, message.id, deleted=int(message.deleted), body=dump(message))
    if message.files != before.files:
        conn.execute(delete(page_files).where(page_files.c.message_id == message.id))
        _keep_files(conn, message)
    return True


def entitle(conn: Connection, message_id: str, title: str) -> bool:
    """Note that we take part in the thread on a message; a title stays once there is one. False: no message."""
    row = conn.execute(select(page_messages.c.title).where(page_messages.c.id == message_id)).one_or_none()
    if row is not None and (row.title is None or (title and not row.title)):
        _touch(conn, message_id, title=title)
    return row is not None


def find(conn: Connection, message_id: str) -> PageMessage | None:
    """The message with this id."""
    row = conn.execute(select(page_messages).where(page_messages.c.id == message_id)).one_or_none()
    return None if row is None else _message(row)


def posted(conn: Connection, key: str) -> str | None:
    """The id of the message that was posted with this key."""
    return conn.scalar(select(page_messages.c.id).where(page_messages.c.key == key))


def newest(conn: Connection) -> int:
    """The highest `seq` so far."""
    return conn.scalar(select(func.max(page_messages.c.seq))) or 0


def changed(conn: Connection, channels: Sequence[str], since: int, limit: int) -> list[PageMessage]:
    """Messages of these channels that changed after `since`, in the order of their last change."""
    newer = (page_messages.c.seq > since, page_messages.c.channel.in_(channels))
    query = select(page_messages).where(*newer).order_by(page_messages.c.seq).limit(limit)
    return [_message(row) for row in conn.execute(query)]


def said(conn: Connection, place: Place, before: str | None, limit: int) -> list[PageMessage]:
    """The last messages of a place before that one, oldest first; of deleted ones those with replies."""
    shown = (page_messages.c.deleted == 0) | (page_messages.c.replies > 0)
    query = select(page_messages).where(_in(place), shown).order_by(page_messages.c.n.desc()).limit(limit)
    if before is not None:
        n = conn.scalar(select(page_messages.c.n).where(page_messages.c.id == before))
        if n is None:
            return []
        query = query.where(page_messages.c.n < n)
    return [_message(row) for row in conn.execute(query)][::-1]


def holding(conn: Connection, channels: Sequence[str], words: Sequence[str], limit: int) -> Sequence[PageMessage]:
    """The newest messages of these channels that hold all these words, among the newest there are."""
    there = (page_messages.c.channel.in_(channels), page_messages.c.deleted == 0)
    query = select(page_messages).where(*there).order_by(page_messages.c.n.desc()).limit(_LOOKED_THROUGH)
    wanted = [word.casefold() for word in words]
    found = (
        message
        for message in map(_message, conn.execute(query))
        if all(word in message.text.casefold() for word in wanted)
    )
    return list(islice(found, limit))


def held_files(conn: Connection, among: Collection[str] | None = None) -> set[str]:
    """Hashes of the files that messages on the page show: all, or those among the given ones."""
    query = select(page_files.c.sha256)
    if among is not None:
        query = query.where(page_files.c.sha256.in_(among))
    return set(conn.scalars(query))


def _in(place: Place) -> ColumnElement[bool]:
    here = page_messages.c.channel == place.channel
    if place.thread is None:
        return here & page_messages.c.thread.is_(None)
    return here & or_(page_messages.c.thread == place.thread, page_messages.c.id == place.thread)


def _message(row: Row[Any]) -> PageMessage:
    return replace(load(PageMessage, row.body), seq=row.seq, title=row.title, replies=row.replies)


def _next_seq(conn: Connection) -> int:
    return newest(conn) + 1


def _touch(conn: Connection, message_id: str, **values: Any) -> None:
    this = page_messages.c.id == message_id
    conn.execute(update(page_messages).where(this).values(seq=_next_seq(conn), **values))


def _keep_files(conn: Connection, message: PageMessage) -> None:
    rows = [{"message_id": message.id, "sha256": sha256} for sha256 in {file.sha256 for file in message.files}]
    if rows:
        conn.execute(insert(page_files), rows)


# --- who was let in ------------------------------------------------------------------------------


def grant(conn: Connection, digest: str, kind: str, now: float) -> None:
    """Remember a key of this kind, and forget those that nothing can open any more."""
    conn.execute(delete(page_keys).where(page_keys.c.granted_at < now - _KEYS_KEPT_SECONDS))
    conn.execute(insert(page_keys).values(digest=digest, kind=kind, granted_at=now))


def redeem(conn: Connection, digest: str, kind: str) -> bool:
    """Use a key up; whether it was there."""
    gone = conn.execute(delete(page_keys).where(page_keys.c.digest == digest, page_keys.c.kind == kind))
    return gone.rowcount > 0


def holds(conn: Connection, digest: str, kind: str, not_before: float) -> bool:
    """Whether the key was granted, and not before that time."""
    mine = (page_keys.c.digest == digest, page_keys.c.kind == kind, page_keys.c.granted_at >= not_before)
    return conn.scalar(select(page_keys.c.digest).where(*mine)) is not None
