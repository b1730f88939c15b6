"""What requests may cost: set aside before they go out, and never more of it than is allowed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
    Whose,
    account_of,
)
from bot.store.prepared import Prepared
from bot.store.schema import spent, usage

EVERYONE = ""
"""The scope in which everybody's spending is added up."""

_PARTS = 10**12


_Day: TypeAlias = Mapping[str, int]
"""What each scope has spent in a day."""


_ADD = Prepared(
    update(spent)
    .where(
        spent.c.day == bindparam("on"),
        or_(spent.c.scope == bindparam("first"), spent.c.scope == bindparam("second")),
    )
    .values(amount=spent.c.amount + bindparam("more"))
    .returning(spent.c.scope, spent.c.amount)
)
_BEGIN = Prepared(insert(spent))
_CHANGE = Prepared(update(usage).where(usage.c.id == bindparam("name")))
_SET_ASIDE = Prepared(insert(usage))
_ROW = Prepared(select(usage).where(usage.c.id == bindparam("name")))


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


def day_of(now: float) -> str:
    """The day on which something is spent: UTC, as the gateway's own limits count."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"


def reserve(
    conn: Connection, name: str, account: Account, estimate: Estimate, limits: SpendingLimits, now: float
) -> Reservation | Refusal:
    """Set money aside for one request under a fresh name, or refuse: nothing is changed then.

    The check and the reservation are one step, so that many at once cannot pass a limit together. What costs
    nothing is refused only by a limit of zero.
    """
    day, wanted = day_of(now), stored(estimate.amount)
    counted = 0 if limits.play else wanted
    levels = _levels(add_up(conn, day, account.person, counted), account.person, limits)
    for level in levels:
        if _passes(level, wanted):
            add_up(conn, day, account.person, -counted)
            return Refusal(level, estimate.amount, _fits(estimate.cheaper, levels))
    _SET_ASIDE.change(conn, _row(name, account, estimate.model, wanted, limits, day, now))
    return Reservation(name, dollars(wanted))


def reserve_for_turn(
    conn: Connection, turn: Turn, items: Sequence[Item], chosen: Mapping[str, str], purse: Purse
) -> Reservation | Refusal:
    """Set aside what the first request of a turn may cost."""
    account = account_of(turn.place, turn.requester, turn.id)
    estimate = purse.estimate(turn.model or "", items, chosen)
    return reserve(conn, purse.name, account, estimate, purse.limits, purse.now)


def raise_to(conn: Connection, name: str, estimate: Estimate, limits: SpendingLimits) -> Refusal | None:
    """Set more aside for a request that turned out larger. Where that is refused, nothing stays set aside."""
    row, amount = find(conn, name), stored(estimate.amount)
    if row is None or row.state != State.OPEN or amount <= row.amount:
        return None
    refused = no_room(conn, row, amount, estimate, limits, instead=True)
    if refused is not None:
        change(conn, row, 0, state=State.RELEASED)
        return refused
    change(conn, row, amount, reserved=amount)
    return None


def no_room(
    conn: Connection, row: Row[Any], amount: int, estimate: Estimate, limits: SpendingLimits, *, instead: bool
) -> Refusal | None:
    """Why so much can't be set aside for a request beside what it has, or `instead`; None where it can."""
    own = dollars(row.amount) if instead and not row.play else Decimal(0)
    known = _levels(add_up(conn, row.day, row.person, 0), row.person, limits)
    levels = [replace(level, used=level.used - own) for level in known]
    passed = next((level for level in levels if _passes(level, amount)), None)
    return None if passed is None else Refusal(passed, estimate.amount, _fits(estimate.cheaper, levels))


def find(conn: Connection, name: str) -> Row[Any] | None:
    """A request's row."""
    return _ROW(conn, {"name": name}).first()


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
    used = {scope: dollars(amount) for scope, amount in before.items()}
    return [
        Level(whose, limit, used.get(scope, Decimal(0)))
        for whose, limit, scope in known
        if limit is not None and (limit == 0 or not limits.play)
    ]


def _passes(level: Level, wanted: int) -> bool:
    if level.limit == 0:
        return True
    return wanted > 0 and level.used + dollars(wanted) > level.limit


def _fits(amount: Decimal | None, levels: Sequence[Level]) -> bool:
    return amount is not None and not any(_passes(level, stored(amount)) for level in levels)


def add_up(conn: Connection, day: str, person: str, more: int) -> _Day:
    """Add to what a person and everybody have spent that day; what it was before."""
    rows = _ADD(conn, {"on": day, "first": EVERYONE, "second": person, "more": more})
    before = {row.scope: row.amount - more for row in rows}
    for scope in dict.fromkeys((EVERYONE, person)):
        if scope not in before:
            before[scope] = 0
            _BEGIN.change(conn, {"day": day, "scope": scope, "amount": more, "warned": 0})
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


def change(conn: Connection, row: Row[Any], amount: int, **values: Any) -> None:
    """Change a row, and with it what its day has cost so far."""
    _CHANGE.change(conn, {"name": row.id, "amount": amount, **values})
    if not row.play and amount != row.amount:
        add_up(conn, row.day, row.person, amount - row.amount)
