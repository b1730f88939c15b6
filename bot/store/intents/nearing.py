"""Limits that are nearly used: found where an answer ends, and marked as told, each once a day."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import Connection, bindparam, func, or_, select, update

from bot.messages import Level, Rendered, SpendingLimits, Whose
from bot.store.intents.accounts import EVERYONE, State, day_of, dollars
from bot.store.prepared import Prepared
from bot.store.schema import spent, usage

NEAR = Decimal("0.8")
"""The part of a limit from which on people are told that it is nearly used."""

_UNTOLD = Prepared(
    select(spent.c.scope, spent.c.amount).where(
        spent.c.day == bindparam("on"),
        spent.c.warned == 0,
        or_(spent.c.scope == bindparam("first"), spent.c.scope == bindparam("second")),
    )
)
_TOLD = update(spent).where(spent.c.day == bindparam("on"), spent.c.scope == bindparam("whose")).values(warned=1)
_UNDER_WAY = select(func.sum(usage.c.amount)).where(
    usage.c.state == State.OPEN,
    usage.c.day == bindparam("on"),
    usage.c.play == 0,
    or_(bindparam("whose") == EVERYONE, usage.c.person == bindparam("whose")),
)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of limits that are nearly used, and in which words."""

    person: str
    limits: SpendingLimits
    say: Callable[[Level], str]
    now: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The final form of an answer as it is kept, and the limits that it tells of."""

    final: Rendered
    near: tuple[Level, ...] = ()


def noting_limits(conn: Connection, final: Rendered, watch: Watch) -> Ended:
    """The final form, with a line for each limit that is nearly used and of which nobody was told today."""
    near = tuple(_near(conn, watch))
    lines = [*([final.status] if final.status else []), *map(watch.say, near)]
    return Ended(replace(final, status="\n".join(lines) or None), near)


def _near(conn: Connection, watch: Watch) -> Iterator[Level]:
    limits = {watch.person: (Whose.PERSON, watch.limits.person), EVERYONE: (Whose.EVERYONE, watch.limits.everyone)}
    if watch.limits.play or not any(limit for _, limit in limits.values()):
        return
    day = day_of(watch.now)
    for row in _UNTOLD(conn, {"on": day, "first": watch.person, "second": EVERYONE}):
        whose, limit = limits[row.scope]
        if not limit or dollars(row.amount) < limit * NEAR:
            continue
        # What is set aside for answers under way may come back.
        used = dollars(row.amount - (conn.scalar(_UNDER_WAY, {"on": day, "whose": row.scope}) or 0))
        if used >= limit * NEAR:
            conn.execute(_TOLD, {"on": day, "whose": row.scope})
            yield Level(whose, limit, used)
