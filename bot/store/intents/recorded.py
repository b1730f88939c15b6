"""What is said in recorded channels: kept, changed, and forgotten again."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from sqlalchemy import Connection, select, update

from bot.messages import InboundKind, PastMessage, Place, person_key
from bot.store.indexing import (
    At,
    Fresh,
    find_row,
    insert_rows,
    number_at,
    place_at,
    place_number,
    select_rows,
    take_out,
)
from bot.store.schema import forgotten, inbox, indexed_messages, indexed_places, recordings


def record(conn: Connection, said: Sequence[PastMessage], apart: Collection[str] = ()) -> int:
    """Keep messages of recorded channels, each once; how many were new. One that was deleted meanwhile stays gone.

    Every message names its place. `apart` are the keys of the threads among them that have readers of their own.
    """
    clean = map(_storable, said)
    placed = {(one.place.key, one.message_id): (one, one.place) for one in clean if one.place is not None}
    at = {
        place.key: place_at(conn, place, apart)
        for place in {place.key: place for _, place in placed.values()}.values()
    }
    known = _known(conn, at, [message_id for _, message_id in placed])
    gone = _gone(conn, [one for one, _ in placed.values()])
    fresh = [
        Fresh(one, place, at[place.key], [file.name for file in one.attachments])
        for (key, message_id), (one, place) in placed.items()
        if (at[key].id, message_id) not in known and (key, message_id) not in gone
    ]
    insert_rows(conn, fresh)
    return len(fresh)


def _storable(said: PastMessage) -> PastMessage:
    """Without halves of letters, which platforms let through and no database takes."""
    if said.text.isascii() or said.text.isprintable():
        return said
    return replace(said, text=said.text.encode(errors="replace").decode())


def record_again(conn: Connection, said: PastMessage, apart: Collection[str] = ()) -> None:
    """Keep a message of a recorded channel as it reads now."""
    place_id = place_number(conn, said.place.key) if said.place is not None else None
    before = find_row(conn, place_id, said.message_id) if place_id is not None else None
    if before is not None and before.item_id is None:
        take_out(conn, [before])
    record(conn, [said], apart)


def outdated(
    conn: Connection, place: Place, said: Sequence[PastMessage], since: float, until: float
) -> tuple[Sequence[str], Sequence[PastMessage]]:
    """What is kept otherwise than it stands in a place now: the ids of what is gone, and what reads differently.

    `said` is all that stands there from one time to the other.
    """
    place_id = place_number(conn, place.key)
    if place_id is None:
        return (), ()
    span = indexed_messages.c.id.between(number_at(since), number_at(until))
    mine = (indexed_messages.c.place_id == place_id, indexed_messages.c.item_id.is_(None), span)
    kept = {row.message_id: row.text for row in conn.execute(select(indexed_messages).where(*mine))}
    now = {one.message_id: one for one in said if one.place is not None and one.place.key == place.key}
    changed = [one for key, one in now.items() if key in kept and kept[key] != one.text]
    return [message_id for message_id in kept if message_id not in now], changed


def keep_heard(conn: Connection, heard: Sequence[tuple[PastMessage, bool]], apart: Collection[str] = ()) -> None:
    """Keep what was just said, or rewritten where that is marked, in channels that are still recorded."""
    on = set(conn.scalars(_RECORDED))
    for rewritten, group in groupby(heard, lambda one: one[1]):
        said = [one for one, _ in group if one.place is not None and one.place.parent.key in on]
        if not rewritten:
            record(conn, said, apart)
        for one in said if rewritten else ():
            record_again(conn, one, apart)


def _known(conn: Connection, at: Mapping[str, At], message_ids: Sequence[str]) -> set[tuple[int, str]]:
    """Which of these messages are in the index; those a conversation has count as recorded from now on."""
    same = (
        indexed_messages.c.place_id.in_([one.id for one in at.values()]),
        indexed_messages.c.message_id.in_(message_ids),
    )
    rows = conn.execute(select(indexed_messages).where(*same)).all()
    ours = [row.id for row in rows if not row.recorded]
    if ours:
        conn.execute(update(indexed_messages).where(indexed_messages.c.id.in_(ours)).values(recorded=1))
    return {(row.place_id, row.message_id) for row in rows}


def _gone(conn: Connection, said: Sequence[PastMessage]) -> set[tuple[str, str]]:
    """Which of them were deleted, or said by somebody who was forgotten since: a page of history may be older."""
    ids = [one.message_id for one in said]
    deleted = select(inbox.c.place, inbox.c.message_id).where(
        inbox.c.message_id.in_(ids), inbox.c.kind == InboundKind.DELETE
    )
    gone = {(row.place, row.message_id) for row in conn.execute(deleted)}
    until = {(row.digest, row.within): row.until for row in conn.execute(select(forgotten))}
    for one in said if until else ():
        if one.place is not None:
            digest = digest_of(person_key(one.place.platform, one.person))
            within = ("", one.place.key, one.place.parent.key)
            if any(until.get((digest, key), 0.0) >= one.sent_at for key in within):
                gone.add((one.place.key, one.message_id))
    return gone


def digest_of(person: str) -> str:
    """What is kept of the key of somebody who was forgotten."""
    return hashlib.sha256(person.encode()).hexdigest()


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


_RECORDED = select(recordings.c.channel).where(recordings.c.state == "on")
