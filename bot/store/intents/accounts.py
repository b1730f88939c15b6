"""What requests cost: set aside before they go out, settled after, and never more of it than is allowed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from bot.messages import (
    Account,
    Estimate,
    Item,
    Level,
    Refusal,
    Reservation,
    SpendingLimits,
    Turn,
    Usage,
    Whose,
    account_of,
)
from bot.store.schema import spent, usage

NEAR = Decimal("0.8")
"""The part of a limit from which on people are told that it is nearly used."""

EVERYONE = ""
"""The scope in which everybody's spending is added up."""

_PARTS = 10**12


@dataclass(frozen=True, slots=True)
class _Spent:
    """What one scope has spent in a day, and whether it was told that its limit is near."""

    amount: int
    warned: bool


_Day: TypeAlias = Mapping[str, _Spent]


_ADD = (
    update(spent)
    .where(
        spent.c.day == bindparam("on"),
        or_(spent.c.scope == bindparam("first"), spent.c.scope == bindparam("second")),
    )
    .values(amount=spent.c.amount + bindparam("more"))
    .returning(spent.c.scope, spent.c.amount, spent.c.warned)
)
_BEGIN = insert(spent)
_WARNED = update(spent).where(spent.c.day == bindparam("on"), spent.c.scope == bindparam("whose")).values(warned=1)
_SET_ASIDE = insert(usage)
_ROW = select(usage).where(usage.c.id == bindparam("name"))


class State(StrEnum):
    """Where the money of one request stands."""

    OPEN = "open"  # set aside; the request is about to go out, or under way
    OWED = "owed"  # it ended without its price, which is to be asked for
    SETTLED = "settled"  # the gateway named its cost
    ESTIMATED = "estimated"  # nobody ever will: what was set aside stays
    RELEASED = "released"  # no model was asked


@dataclass(frozen=True, slots=True)
class Purse:
    """What sets money aside for a turn in the commit that begins it: a fresh name, the limits, and what the turn
    may cost by its model, its history and what was chosen."""

    name: str
    limits: SpendingLimits
    estimate: Callable[[str, Sequence[Item], Mapping[str, str]], Estimate]
    now: float


UNSETTLED = (State.OPEN, State.OWED)


@dataclass(frozen=True, slots=True)
class Owed:
    """A request whose price is to be asked for, and how often it was."""

    id: str
    generation_id: str
    tries: int


def day_of(now: float) -> str:
    """The day on which something is spent: UTC, as the gateway's own limits count."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"


def reserve(
    conn: Connection,
    name: str,
    account: Account,
    estimate: Estimate,
    limits: SpendingLimits,
    now: float,
    *,
    notify: bool = False,
) -> Reservation | Refusal:
    """Set money aside for one request under a fresh name, or refuse: nothing is changed then.

    The check and the reservation are one step, so that many at once cannot pass a limit together. What costs
    nothing is refused only by a limit of zero. With `notify` limits that are near are marked as told.
    """
    day, wanted = day_of(now), stored(estimate.amount)
    counted = 0 if limits.play else wanted
    before = _add_up(conn, day, account.person, counted)
    levels = _levels(before, account.person, limits)
    for level in levels:
        if _passes(level, wanted):
            _add_up(conn, day, account.person, -counted)
            fits = estimate.cheaper is not None and not _passes(level, stored(estimate.cheaper))
            return Refusal(level, estimate.amount, fits)
    conn.execute(_SET_ASIDE, _row(name, account, estimate.model, wanted, limits, day, now))
    near = tuple(_near(conn, day, levels, before, account.person)) if notify else ()
    return Reservation(name, dollars(wanted), near)


def reserve_for_turn(
    conn: Connection, turn: Turn, items: Sequence[Item], chosen: Mapping[str, str], purse: Purse
) -> Reservation | Refusal:
    """Set aside what the first request of a turn may cost."""
    account = account_of(turn.place, turn.requester, turn.id)
    estimate = purse.estimate(turn.model or "", items, chosen)
    return reserve(conn, purse.name, account, estimate, purse.limits, purse.now, notify=True)


def raise_to(conn: Connection, name: str, amount: Decimal, limits: SpendingLimits) -> Refusal | None:
    """Set more aside for a request that turned out larger; a refusal leaves it as it was."""
    row = conn.execute(_ROW, {"name": name}).first()
    if row is None or row.state != State.OPEN or stored(amount) <= row.amount:
        return None
    more = stored(amount) - row.amount
    for level in _levels(_add_up(conn, row.day, row.person, 0), row.person, limits):
        if _passes(level, more):
            return Refusal(level, amount)
    _change(conn, row, stored(amount), reserved=stored(amount))
    return None


def begin(conn: Connection, name: str, generation_id: str) -> None:
    """Note the gateway's id of an answer that began: under it the price can be asked for."""
    conn.execute(
        update(usage).where(usage.c.id == name, usage.c.state == State.OPEN).values(generation_id=generation_id)
    )


def begin_again(conn: Connection, name: str, again: str, due: float) -> None:
    """The request had begun and is made once more: what it took so far is owed, the same is set aside again.

    It is under way already, so no limit holds it back.
    """
    row = conn.execute(_ROW, {"name": name}).first()
    if row is None or row.state != State.OPEN:
        return
    owe(conn, name, row.generation_id, due)
    copy = {**row._mapping, "id": again, "generation_id": None, "amount": row.reserved}
    conn.execute(_SET_ASIDE, copy)
    if not row.play:
        _add_up(conn, row.day, row.person, row.reserved)


def settle(conn: Connection, name: str, cost: Decimal, used: Usage | None = None) -> bool:
    """Book what the gateway says a request cost. False where that was done before."""
    row = _unsettled(conn, name)
    if row is None:
        return False
    counts = {} if used is None else _counts(used)
    _change(conn, row, stored(cost), state=State.SETTLED, due=None, **counts)
    return True


def owe(conn: Connection, name: str, generation_id: str, due: float, used: Usage | None = None) -> None:
    """A request ended without its price: it is to be asked for, by the gateway's id, at `due`."""
    counts = {} if used is None else _counts(used)
    conn.execute(
        update(usage)
        .where(usage.c.id == name, usage.c.state == State.OPEN)
        .values(state=State.OWED, generation_id=generation_id, due=due, **counts)
    )


def keep_estimate(conn: Connection, name: str, used: Usage | None = None) -> None:
    """Nobody will name this request's price: what was set aside stands for it."""
    counts = {} if used is None else _counts(used)
    conn.execute(
        update(usage)
        .where(usage.c.id == name, usage.c.state.in_(UNSETTLED))
        .values(state=State.ESTIMATED, due=None, **counts)
    )


def release(conn: Connection, name: str) -> None:
    """Give back what was set aside: no model was asked."""
    row = _unsettled(conn, name)
    if row is not None:
        _change(conn, row, 0, state=State.RELEASED, due=None)


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


def stored(amount: Decimal) -> int:
    """Dollars as the database counts them; what is finer than that is rounded up."""
    return int((amount * _PARTS).to_integral_value(ROUND_CEILING))


def dollars(amount: int) -> Decimal:
    """What the database counts, in dollars."""
    return Decimal(amount) / _PARTS


def _levels(before: _Day, person: str, limits: SpendingLimits) -> list[Level]:
    """The limits that hold for this person, and how much of each is used; play money counts for nothing."""
    known = [(Whose.EVERYONE, limits.everyone, EVERYONE)]
    if person:
        known.insert(0, (Whose.PERSON, limits.person, person))
    used = {scope: dollars(one.amount) for scope, one in before.items()}
    return [
        Level(whose, limit, used.get(scope, Decimal(0)))
        for whose, limit, scope in known
        if limit is not None and (limit == 0 or not limits.play)
    ]


def _passes(level: Level, wanted: int) -> bool:
    if level.limit == 0:
        return True
    return wanted > 0 and level.used + dollars(wanted) > level.limit


def _near(conn: Connection, day: str, levels: list[Level], before: _Day, person: str) -> Iterator[Level]:
    for level in levels:
        scope = person if level.whose is Whose.PERSON else EVERYONE
        day_so_far = before.get(scope)
        if day_so_far is not None and not day_so_far.warned and level.used >= level.limit * NEAR:
            conn.execute(_WARNED, {"on": day, "whose": scope})
            yield level


def _add_up(conn: Connection, day: str, person: str, more: int) -> _Day:
    """Add to what a person and everybody have spent that day; what it was before."""
    rows = conn.execute(_ADD, {"on": day, "first": EVERYONE, "second": person, "more": more})
    before = {scope: _Spent(amount - more, bool(warned)) for scope, amount, warned in rows}
    for scope in dict.fromkeys((EVERYONE, person)):
        if scope not in before:
            before[scope] = _Spent(0, warned=False)
            conn.execute(_BEGIN, {"day": day, "scope": scope, "amount": more, "warned": 0})
    return before


def _row(
    name: str, account: Account, model: str, wanted: int, limits: SpendingLimits, day: str, now: float
) -> dict[str, Any]:
    return {
        "id": name,
        "turn_id": account.turn,
        "person": account.person,
        "channel": account.channel,
        "workspace": account.workspace,
        "model": model,
        "day": day,
        "state": State.OPEN,
        "reserved": wanted,
        "amount": wanted,
        "play": int(limits.play),
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "cached_tokens": 0,
        "tries": 0,
        "at": now,
    }


def _unsettled(conn: Connection, name: str) -> Row[Any] | None:
    row = conn.execute(_ROW, {"name": name}).first()
    return row if row is not None and row.state in UNSETTLED else None


def _change(conn: Connection, row: Row[Any], amount: int, **values: Any) -> None:
    """Change a row, and with it what its day has cost so far."""
    conn.execute(update(usage).where(usage.c.id == row.id).values(amount=amount, **values))
    if not row.play and amount != row.amount:
        _add_up(conn, row.day, row.person, amount - row.amount)


def _counts(used: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.completion_tokens,
        "cached_tokens": used.cached_tokens,
    }
