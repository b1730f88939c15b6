"""What was spent, read: by day and model, for one person, a channel, a workspace or all."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection, case, func, select

from bot.messages import Level, SpendingLimits, Whose
from bot.store.intents.accounts import EVERYONE, State, day_of, dollars
from bot.store.schema import spent, usage

_RECENT = 2_000
"""The most answers that are looked at for what was used lately."""


class By(StrEnum):
    """Whose spending is looked at; each is called like the column that holds its key. The whole has no key."""

    PERSON = "person"
    CHANNEL = "channel"
    WORKSPACE = "workspace"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Spent:
    """What one model cost on one day (UTC, as `2026-11-20`). `estimated` is the part that nobody has named yet."""

    day: str
    model: str
    cost: Decimal
    estimated: Decimal
    requests: int
    tokens: int


def spending(conn: Connection, by: By, key: str, since: float, *, play: bool) -> tuple[Spent, ...]:
    """What was spent since then, oldest day first; `play` looks at the built-in model's play money alone."""
    unsure = case((usage.c.state == State.SETTLED, 0), else_=usage.c.amount)
    query = (
        select(
            usage.c.day,
            usage.c.model,
            func.sum(usage.c.amount).label("amount"),
            func.sum(unsure).label("unsure"),
            func.count().label("requests"),
            func.sum(usage.c.prompt_tokens + usage.c.completion_tokens).label("tokens"),
        )
        .where(usage.c.at >= since, usage.c.play == int(play), usage.c.state != State.RELEASED)
        .group_by(usage.c.day, usage.c.model)
        .order_by(usage.c.day, func.sum(usage.c.amount).desc())
    )
    if by is not By.ALL:
        query = query.where(usage.c[by.value] == key)
    return tuple(
        Spent(
            row.day, row.model, dollars(int(row.amount)), dollars(int(row.unsure)), row.requests, int(row.tokens)
        )
        for row in conn.execute(query)
    )


def spent_on(conn: Connection, day: str, scope: str) -> Decimal:
    """What counts against a scope's limit on that day: settled, or set aside."""
    amount = conn.scalar(select(spent.c.amount).where(spent.c.day == day, spent.c.scope == scope))
    return dollars(amount or 0)


def levels_of(conn: Connection, person: str, limits: SpendingLimits, now: float) -> tuple[Level, ...]:
    """The limits that hold for a person today, their own first, and what counts against each; none for play money
    but one that lets nothing out."""
    day = day_of(now)
    known = ((Whose.PERSON, limits.person, person), (Whose.EVERYONE, limits.everyone, EVERYONE))
    return tuple(
        Level(whose, limit, spent_on(conn, day, scope))
        for whose, limit, scope in known
        if limit is not None and (limit == 0 or not limits.play)
    )


def models_used(conn: Connection, since: float) -> Mapping[str, tuple[str, ...]]:
    """The models that answered in each channel since then, by `Place.key` of the channel, the last one first."""
    rows = (
        select(usage.c.channel, usage.c.model)
        .where(usage.c.at > since, usage.c.state != State.RELEASED)
        .order_by(usage.c.at.desc())
        .limit(_RECENT)
    )
    found: dict[str, dict[str, None]] = {}
    for row in conn.execute(rows):
        found.setdefault(row.channel, {})[row.model] = None
    return {channel: tuple(models) for channel, models in found.items()}
