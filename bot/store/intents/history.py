"""What a conversation remembers beside its turns: earlier messages, files read, cuts, a new start."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select, update

from bot.messages import Item, Place, Reading
from bot.store.codec import dump
from bot.store.intents.recaps import forget_recap
from bot.store.intents.rows import SEED_ROOM, insert_items, load_item, open_conversation, refer
from bot.store.schema import conversations, items


def seed(
    conn: Connection, conversation: str, notes: Sequence[Item], places: Sequence[Place], now: float
) -> tuple[Item, ...]:
    """Put what was said before we came in front of everything else, once. Messages known already are left out.

    `places` are where the notes' messages stand, one each: by it an edit or a deletion finds them.
    """
    known = set(
        conn.scalars(
            select(items.c.message_id).where(items.c.conversation == conversation, items.c.message_id.is_not(None))
        )
    )
    stand = zip(notes, places, strict=True)
    new = [(note, place) for note, place in stand if note.message_id not in known][-SEED_ROOM:]
    conn.execute(update(conversations).where(conversations.c.key == conversation).values(seeded=1))
    seeded: list[Item] = []
    for seq, (note, place) in enumerate(new, SEED_ROOM - len(new)):
        seeded += insert_items(conn, conversation, [note], place, [seq], now)
    return tuple(seeded)


def keep_readings(conn: Connection, conversation: str, seq: int, readings: Sequence[Reading]) -> None:
    """Store what was read in an item's attachments; they are not read again. An erased item stays empty."""
    row = conn.execute(
        select(items).where(items.c.conversation == conversation, items.c.seq == seq, items.c.erased == 0)
    ).first()
    if row is None:
        return
    item = replace(load_item(row), attachments=(), files=tuple(readings))
    conn.execute(update(items).where(items.c.id == row.id).values(body=dump(item)))
    refer(conn, row.id, readings)


def reset(conn: Connection, conversation: str, place: Place, now: float) -> None:
    """Let a conversation begin anew: the model sees nothing that was said before."""
    open_conversation(conn, conversation, place, now)
    forget_recap(conn, conversation)
    conn.execute(
        update(conversations)
        .where(conversations.c.key == conversation)
        .values(start_seq=conversations.c.next_seq, seeded=1, prefix_version=conversations.c.prefix_version + 1)
    )


def cut(conn: Connection, conversation: str, seq: int, media_seq: int) -> None:
    """Let what the model sees begin at `seq` from now on, and its pictures and whole files at `media_seq`."""
    conn.execute(
        update(conversations)
        .where(conversations.c.key == conversation)
        .values(cut_seq=seq, media_seq=media_seq, prefix_version=conversations.c.prefix_version + 1)
    )


def earlier_files(conn: Connection, conversation: str) -> tuple[Reading, ...]:
    """What was read in the files of a conversation since it began anew, the latest first."""
    start = select(conversations.c.start_seq).where(conversations.c.key == conversation).scalar_subquery()
    rows = conn.execute(
        select(items)
        .where(
            items.c.conversation == conversation,
            items.c.erased == 0,
            items.c.seq >= start,
            items.c.body.contains('"files":[{'),
        )
        .order_by(items.c.seq.desc())
    ).all()
    return tuple(reading for row in rows for reading in load_item(row).files)
