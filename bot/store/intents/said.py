"""What people say, as items of history."""

from collections.abc import Iterable

from sqlalchemy import Connection

from bot.messages import Inbound, InboundKind, Item, PastMessage, Role, Turn
from bot.store.intents.rows import append, count
from bot.store.schema import items


def make_history(conn: Connection, turn: Turn, asked: Iterable[Inbound], now: float) -> None:
    """A turn's messages become items."""
    for inbound in asked:
        _note_quotes(conn, turn, inbound, now)
        append(conn, turn.conversation, [item_from(inbound, Role.USER, turn.id)], inbound.place, now)


def _note_quotes(conn: Connection, turn: Turn, inbound: Inbound, now: float) -> None:
    """What a question refers to stands before it, unless the conversation knows it already."""
    for quote in inbound.quotes:
        known = (items.c.conversation == turn.conversation, items.c.message_id == quote.message_id)
        if not count(conn, items, *known):
            append(conn, turn.conversation, [_note_from(quote)], quote.place or inbound.place, now)


def item_from(inbound: Inbound, role: Role, turn_id: str | None) -> Item:
    """A message as an item of history, its files still to be read."""
    return Item(
        seq=0,
        role=role,
        text=inbound.text,
        person=inbound.person,
        message_id=inbound.message_id,
        turn_id=turn_id,
        sent_at=inbound.sent_at,
        attachments=inbound.attachments,
        unseen=inbound.kind is InboundKind.COMMAND,
    )


def _note_from(past: PastMessage) -> Item:
    """A message that a question refers to, as an item of history, its files still to be read."""
    return Item(
        seq=0,
        role=Role.NOTE,
        text=past.text,
        person=past.person,
        message_id=past.message_id,
        sent_at=past.sent_at,
        attachments=past.attachments,
    )
