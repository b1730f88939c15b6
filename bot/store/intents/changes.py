"""What people take back or put right: edits and deletions, each one commit, and each event once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from bot.messages import Inbound, InboundKind, Role, Turn, TurnKind, TurnState
from bot.store.codec import dump, load
from bot.store.intents.echoes import forget_echoes
from bot.store.intents.inbox import Accepted, Outcome, Target, accept_message, record, seen
from bot.store.intents.indexed import reworded
from bot.store.intents.recaps import forget_recaps_of
from bot.store.intents.recorded import forget_message
from bot.store.intents.reminders import forget_quotes
from bot.store.intents.rows import answer_parts, bump_prefix, count, erase_items, find_turn, load_item
from bot.store.intents.summaries import forget_digests
from bot.store.intents.vectors import Owner, forget_vectors
from bot.store.schema import inbox, items, posts, turns


def accept_edit(conn: Connection, inbound: Inbound, target: Target, turn_id: str, now: float) -> Accepted:
    """Take an edit in: of an open question, of an old message, or one that addresses us only now.

    A message that was deleted stays so: its edit may arrive later than its deletion.
    """
    if seen(conn, inbound):
        return Accepted(Outcome.DUPLICATE)
    before = _message_row(conn, inbound)
    record(conn, inbound, now)
    forget_digests(conn, inbound.place.parent.key, inbound.message_id)
    if _is_deleted(conn, inbound, before):
        return Accepted(Outcome.IGNORED)
    if before is None or before.turn_id is None:
        return _edit_unasked(conn, inbound, target, before, turn_id, now)
    asked = load(Inbound, before.body)
    edited = replace(asked, text=inbound.text, attachments=inbound.attachments or asked.attachments)
    conn.execute(update(inbox).where(inbox.c.id == before.id).values(body=dump(edited)))
    _rewrite_items(conn, inbound)
    return Accepted(Outcome.CHANGED, before.conversation, before.turn_id)


def accept_delete(conn: Connection, inbound: Inbound, now: float) -> Accepted:
    """Take a deletion in: a question is withdrawn, anything else goes out of history with its files."""
    if seen(conn, inbound):
        return Accepted(Outcome.DUPLICATE)
    record(conn, inbound, now)
    rows = _items_of_message(conn, inbound)
    accepted = _delete(conn, inbound, now, erase_items(conn, rows))
    forget_echoes(conn, rows)  # of a turn that is withdrawn with it, too
    return accepted


def _delete(conn: Connection, inbound: Inbound, now: float, orphans: tuple[str, ...]) -> Accepted:
    forget_message(conn, inbound.place, inbound.message_id)
    forget_quotes(conn, inbound.place.key, inbound.message_id)
    forget_digests(conn, inbound.place.parent.key, inbound.message_id)
    before = _message_row(conn, inbound)
    if before is None:
        return _delete_post(conn, inbound, orphans)
    conn.execute(
        update(inbox).where(inbox.c.place == before.place, inbox.c.message_id == before.message_id).values(body="")
    )
    turn = find_turn(conn, before.turn_id) if before.turn_id else None
    if turn is None or turn.state not in (TurnState.WAITING, TurnState.RUNNING):
        return Accepted(Outcome.ERASED, before.conversation, before.turn_id, orphans)
    if count(conn, inbox, inbox.c.turn_id == turn.id, inbox.c.body != "", inbox.c.kind != InboundKind.BUTTON):
        return Accepted(Outcome.CHANGED, turn.conversation, turn.id, orphans)
    conn.execute(
        update(turns)
        .where(turns.c.id == turn.id)
        .values(state=TurnState.CANCELLED, ended_at=now, delivered=0, final=None)
    )
    return Accepted(Outcome.WITHDRAWN, turn.conversation, turn.id, orphans)


def _message_row(conn: Connection, inbound: Inbound) -> Row[Any] | None:
    """The inbox row of the message that an edit or a deletion is about; the question, if it became one."""
    return conn.execute(
        select(inbox)
        .where(
            inbox.c.place == inbound.place.key,
            inbox.c.message_id == inbound.message_id,
            inbox.c.conversation.is_not(None),
            inbox.c.kind.in_((InboundKind.MESSAGE, InboundKind.EDIT)),
        )
        .order_by(inbox.c.turn_id.is_(None), inbox.c.id)
    ).first()


def _is_deleted(conn: Connection, inbound: Inbound, before: Row[Any] | None) -> bool:
    """Whether the message of an edit is gone. The body of what never was a question is empty from the start."""
    if before is not None and before.turn_id is not None:
        return not before.body
    return bool(
        count(
            conn,
            inbox,
            inbox.c.place == inbound.place.key,
            inbox.c.message_id == inbound.message_id,
            inbox.c.kind == InboundKind.DELETE,
        )
    )


def _items_of_message(conn: Connection, inbound: Inbound) -> Sequence[Row[Any]]:
    return conn.execute(
        select(items).where(
            items.c.place == inbound.place.key, items.c.message_id == inbound.message_id, items.c.erased == 0
        )
    ).all()


def _rewrite_items(conn: Connection, inbound: Inbound) -> bool:
    """Let the items of a message say what it says now; files that were read stay."""
    rows = _items_of_message(conn, inbound)
    ids = [row.id for row in rows]
    with reworded(conn, ids):
        for row in rows:
            body = dump(replace(load_item(row), text=inbound.text))
            conn.execute(update(items).where(items.c.id == row.id).values(body=body))
    forget_vectors(conn, Owner.ITEM, ids)
    forget_recaps_of(conn, rows)
    forget_echoes(conn, rows, inbound.text)
    bump_prefix(conn, {row.conversation for row in rows})
    return bool(rows)


def _edit_unasked(
    conn: Connection, inbound: Inbound, target: Target, before: Row[Any] | None, turn_id: str, now: float
) -> Accepted:
    """An edit of what was no question: a mention added later asks now."""
    if inbound.addressed:
        erase_items(conn, _items_of_message(conn, inbound))
        conn.execute(delete(inbox).where(inbox.c.key == inbound.key))
        return accept_message(conn, inbound, target, turn_id, now)
    if _rewrite_items(conn, inbound) and before is not None:
        return Accepted(Outcome.CHANGED, before.conversation)
    return Accepted(Outcome.IGNORED)


def _delete_post(conn: Connection, inbound: Inbound, orphans: tuple[str, ...]) -> Accepted:
    """Somebody deleted a message of ours: what it said goes out of history too."""
    row = conn.execute(
        select(posts).where(
            posts.c.place_key == inbound.place.key,
            posts.c.message_id == inbound.message_id,
            posts.c.state != "gone",
        )
    ).first()
    if row is None:
        return Accepted(Outcome.ERASED if orphans else Outcome.IGNORED, orphans=orphans)
    conn.execute(update(posts).where(posts.c.key == row.key).values(state="gone"))
    turn = find_turn(conn, row.turn_id)
    parts = answer_parts(conn, turn) if turn else (row.turn_id,)
    said = conn.execute(
        select(items).where(items.c.turn_id.in_(parts), items.c.role.in_(_said_in(turn)), items.c.erased == 0)
    ).all()
    orphans += erase_items(conn, said)
    return Accepted(Outcome.ERASED, turn.conversation if turn else None, row.turn_id, orphans)


def _said_in(turn: Turn | None) -> tuple[Role, ...]:
    """Whose words a message of ours shows: of a picture's, the wish as well, which stands nowhere else."""
    wished = turn is not None and turn.kind is TurnKind.IMAGINE
    return (Role.ASSISTANT, Role.USER) if wished else (Role.ASSISTANT,)
