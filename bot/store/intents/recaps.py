"""What stands in for the part of a conversation that the model no longer sees; gone with the first item of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select

from bot.messages import Item, KeptRecap, Recap
from bot.store.codec import dump, load, load_or_skip
from bot.store.schema import conversations, items, recaps

AT_A_TIME = 200
"""Items that are read at once, at most."""


@dataclass(frozen=True, slots=True)
class Unrecapped:
    """What was cut off a conversation and is in no recap yet: its first items, in order.

    `before` is the recap that they follow. There is more beyond them unless they reach to `upto_seq`, the cut.
    `version` is that of the history they were read from.
    """

    items: tuple[Item, ...]
    upto_seq: int
    version: int
    before: KeptRecap | None = None


def recap_of(conn: Connection, conversation: str) -> KeptRecap | None:
    """The recap of a conversation."""
    row = conn.execute(select(recaps).where(recaps.c.conversation == conversation)).first()
    recap = load_or_skip(Recap, row.body, conversation) if row is not None else None
    return KeptRecap(row.upto_seq, recap) if row is not None and recap is not None else None


def unrecapped(conn: Connection, conversation: str) -> Unrecapped | None:
    """What is to become part of the recap next; None where nothing is."""
    row = conn.execute(select(conversations).where(conversations.c.key == conversation)).first()
    if row is None:
        return None
    before = recap_of(conn, conversation)
    first = max(row.start_seq, before.upto_seq if before is not None else 0)
    cut_off = (items.c.conversation == conversation, items.c.seq >= first, items.c.seq < row.cut_seq)
    query = select(items).where(*cut_off, items.c.erased == 0).order_by(items.c.seq).limit(AT_A_TIME)
    found = tuple(load(Item, one.body) for one in conn.execute(query))
    return Unrecapped(found, row.cut_seq, row.prefix_version, before) if found else None


def keep_recap(conn: Connection, conversation: str, kept: KeptRecap, version: int, model: str, now: float) -> bool:
    """Keep a recap made from a history of this version; False where that was rewritten meanwhile."""
    current = select(conversations.c.prefix_version).where(conversations.c.key == conversation)
    if conn.scalar(current) != version:
        return False
    forget_recap(conn, conversation)
    row = {"conversation": conversation, "upto_seq": kept.upto_seq, "body": dump(kept.recap)}
    conn.execute(insert(recaps).values(row | {"model": model, "made_at": now}))
    return True


def forget_recap(conn: Connection, conversation: str) -> None:
    """Nothing stands in for what is no longer seen."""
    conn.execute(delete(recaps).where(recaps.c.conversation == conversation))


def forget_recaps_of(conn: Connection, rows: Sequence[Row[Any]]) -> None:
    """These items are rewritten or gone: so is every recap that was made from one of them."""
    first: dict[str, int] = {}
    for row in rows:
        first[row.conversation] = min(row.seq, first.get(row.conversation, row.seq))
    held = (
        (recaps.c.conversation == conversation) & (recaps.c.upto_seq > seq) for conversation, seq in first.items()
    )
    if first:
        conn.execute(delete(recaps).where(or_(*held)))
