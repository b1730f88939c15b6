"""What was taken in and needs no turn: a command is owed until it was carried out, a stop until its turn ended."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from bot.messages import Inbound, Rendered
from bot.store.codec import dump, load_or_skip
from bot.store.intents.inbox import record, seen
from bot.store.intents.posts import OPEN
from bot.store.intents.rows import find_turn
from bot.store.schema import inbox, turns


@dataclass(frozen=True, slots=True)
class Owed:
    """A command that a dead process did not carry out to its end, and the attempt that begins now: 2, 3…"""

    inbound: Inbound
    attempt: int


def accept_command(conn: Connection, inbound: Inbound, now: float) -> bool:
    """Take in a command, to be carried out and then settled; False when it was taken in before."""
    if seen(conn, inbound):
        return False
    record(conn, inbound, now, owed=True)
    return True


def settle_command(conn: Connection, key: str) -> None:
    """Note that a command was carried out and answered, and forget what it said."""
    conn.execute(update(inbox).where(inbox.c.key == key).values(owed=0, body="", person=None))


def take_owed(conn: Connection, platforms: Collection[str]) -> tuple[Owed, ...]:
    """The commands from these platforms that are owed, oldest first; the attempt is counted before it begins."""
    rows = conn.execute(select(inbox).where(inbox.c.owed > 0, inbox.c.body != "").order_by(inbox.c.id)).all()
    read = ((row, load_or_skip(Inbound, row.body, row.key)) for row in rows)
    mine = [(row, inbound) for row, inbound in read if inbound is not None and inbound.place.platform in platforms]
    ids = [row.id for row, _ in mine]
    conn.execute(update(inbox).where(inbox.c.id.in_(ids)).values(owed=inbox.c.owed + 1))
    return tuple(Owed(inbound, row.owed + 1) for row, inbound in mine)


def accept_stop(conn: Connection, inbound: Inbound, turn_id: str, now: float, written: str = "") -> str | None:
    """Take in that a turn is to be stopped, of which this is written; its conversation.

    None: taken in before, or the turn has ended.
    """
    if seen(conn, inbound):
        return None
    record(conn, inbound, now)
    turn = find_turn(conn, turn_id)
    return turn.conversation if turn is not None and want_stopped(conn, turn_id, written) else None


def want_stopped(conn: Connection, turn_id: str, written: str = "") -> bool:
    """Remember that a turn is to be stopped, whichever process comes to it; False when it has ended.

    What is `written` stays, also where the process dies before it has ended the turn.
    """
    kept = {"final": dump(Rendered(written))} if written else {}
    done = conn.execute(
        update(turns).where(turns.c.id == turn_id, turns.c.state.in_(OPEN)).values(stopping=1, **kept)
    )
    return done.rowcount > 0
