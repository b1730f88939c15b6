"""How the money of requests is settled: by what they cost, later if need be, or never."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from bot.messages import Estimate, Refusal, SpendingLimits, Usage
from bot.store.intents.accounts import UNSETTLED, State, add_up, change, find, no_room, stored
from bot.store.prepared import Prepared
from bot.store.schema import usage

_ADD = Prepared(insert(usage))
_OPEN = Prepared(update(usage).where(usage.c.id == bindparam("name"), usage.c.state == State.OPEN))
_UNSETTLED = Prepared(
    update(usage).where(usage.c.id == bindparam("name"), or_(*(usage.c.state == one for one in UNSETTLED)))
)


@dataclass(frozen=True, slots=True)
class Owed:
    """A request whose price is to be asked for, and how often it was."""

    id: str
    generation_id: str
    tries: int


def begin(conn: Connection, name: str, generation_id: str) -> None:
    """Note the gateway's id of an answer that began: under it the price can be asked for."""
    _OPEN.change(conn, {"name": name, "generation_id": generation_id})


def begin_again(
    conn: Connection, name: str, again: str, estimate: Estimate, limits: SpendingLimits, due: float
) -> Refusal | None:
    """The request is about to be made once more: what it took so far stays booked, as much is set aside again.

    What had begun is owed, at `due`; of the rest nobody knows, so its estimate stays. A refusal changes nothing.
    """
    row = find(conn, name)
    if row is None or row.state != State.OPEN:
        return None
    refused = no_room(conn, row, row.reserved, estimate, limits, instead=False)
    if refused is not None:
        return refused
    if row.generation_id is None:
        keep_estimate(conn, name)
    else:
        owe(conn, name, row.generation_id, due)
    _ADD.change(conn, {**row._mapping, "id": again, "generation_id": None, "amount": row.reserved})
    if not row.play:
        add_up(conn, row.day, row.person, row.reserved)
    return None


def settle(conn: Connection, name: str, cost: Decimal, used: Usage | None = None) -> bool:
    """Book what the gateway says a request cost. False where that was done before."""
    row = _unsettled(conn, name)
    if row is None:
        return False
    counts = {} if used is None else _counts(used)
    change(conn, row, stored(cost), state=State.SETTLED, due=None, **counts)
    return True


def owe(conn: Connection, name: str, generation_id: str, due: float, used: Usage | None = None) -> None:
    """A request ended without its price: it is to be asked for, by the gateway's id, at `due`."""
    counts = {} if used is None else _counts(used)
    _OPEN.change(conn, {"name": name, "state": State.OWED, "generation_id": generation_id, "due": due, **counts})


def keep_estimate(conn: Connection, name: str, used: Usage | None = None) -> None:
    """Nobody will name this request's price: what was set aside stands for it."""
    counts = {} if used is None else _counts(used)
    _UNSETTLED.change(conn, {"name": name, "state": State.ESTIMATED, "due": None, **counts})


def release(conn: Connection, name: str) -> None:
    """Give back what was set aside: no model was asked."""
    row = _unsettled(conn, name)
    if row is not None:
        change(conn, row, 0, state=State.RELEASED, due=None)


def take_over(conn: Connection, now: float) -> int:
    """What a dead process left open: asked for where the answer had begun, an estimate where its id is lost."""
    known = usage.c.generation_id.is_not(None) & (usage.c.play == 0)
    left = usage.c.state == State.OPEN
    asked = conn.execute(update(usage).where(left, known).values(state=State.OWED, due=now))
    kept = conn.execute(update(usage).where(left).values(state=State.ESTIMATED))
    return asked.rowcount + kept.rowcount


def owed(conn: Connection, now: float, most: int) -> tuple[Owed, ...]:
    """What is to be asked for by now, longest due first."""
    rows = conn.execute(
        select(usage.c.id, usage.c.generation_id, usage.c.tries)
        .where(usage.c.state == State.OWED, usage.c.due <= now)
        .order_by(usage.c.due)
        .limit(most)
    )
    return tuple(Owed(row.id, row.generation_id, row.tries) for row in rows)


def next_due(conn: Connection) -> float | None:
    """When the next price is to be asked for."""
    query = select(usage.c.due).where(usage.c.state == State.OWED).order_by(usage.c.due).limit(1)
    return conn.scalar(query)


def put_off(conn: Connection, name: str, due: float) -> None:
    """A price was asked for in vain: once more at `due`."""
    conn.execute(
        update(usage)
        .where(usage.c.id == name, usage.c.state == State.OWED)
        .values(due=due, tries=usage.c.tries + 1)
    )


def _unsettled(conn: Connection, name: str) -> Row[Any] | None:
    row = find(conn, name)
    return row if row is not None and row.state in UNSETTLED else None


def _counts(used: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.completion_tokens,
        "cached_tokens": used.cached_tokens,
    }
