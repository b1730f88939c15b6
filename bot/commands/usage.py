"""Says what was spent: by the person, in the channel, or by all; today and lately, in words and as a chart."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from bot.commands.base import Command, CommandContext, CommandResult
from bot.commands.chart import Bar, draw
from bot.errors import CommandRefused, NotAllowed
from bot.ledger.words import money, resets
from bot.messages import CommandOption, CommandSpec, Level, OutFile, Whose, person_key
from bot.store.intents.spending import By, Spent, levels_of, spending

DAYS, MOST_DAYS = 7, 90
MOST_MODELS = 6
DESCRIBED = 31
"""Days that the chart's alternative text tells one by one: the newest."""

_WHOSE = {"me": By.PERSON, "channel": By.CHANNEL, "workspace": By.WORKSPACE, "all": By.ALL}
_ADMINS_ONLY = (By.WORKSPACE, By.ALL)
_TITLES = {
    By.PERSON: "Your spending",
    By.CHANNEL: "This channel's spending",
    By.WORKSPACE: "This workspace's spending",
    By.ALL: "Everybody's spending",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What is looked at: whose, over which days (UTC, the last is today), what was spent, and today's limits."""

    by: By
    days: tuple[date, ...]
    spent: tuple[Spent, ...]
    levels: tuple[Level, ...] = ()

    def of(self, day: date) -> tuple[Spent, ...]:
        """What was spent on one day."""
        return tuple(one for one in self.spent if one.day == day.isoformat())


async def run(context: CommandContext) -> CommandResult:
    """The words first; the chart where there is anything to draw."""
    statement = await _statement(context)
    ports = context.ports
    said = "\n".join(_lines(statement, ports.clock(), play=ports.ledger.limits.play))
    if not statement.spent:
        return CommandResult(said)
    return CommandResult(said, (await asyncio.to_thread(chart, statement),))


async def _statement(context: CommandContext) -> Statement:
    by = _WHOSE[_whose(context)]
    if by in _ADMINS_ONLY and not context.ports.is_admin(context.place.platform, context.person):
        raise NotAllowed(
            "Only admins can see what others spend. `/usage` shows yours, `/usage channel` this channel's."
        )
    ports, store = context.ports, context.ports.store
    now, limits = ports.clock(), ports.ledger.limits
    today = datetime.fromtimestamp(now, UTC).date()
    days = tuple(today - timedelta(days=back) for back in reversed(range(_days(context))))
    since = datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC).timestamp()
    person = person_key(context.place.platform, context.person)
    keys = {
        By.PERSON: person,
        By.CHANNEL: context.place.parent.key,
        By.WORKSPACE: context.place.workspace_key,
        By.ALL: "",
    }
    found = await store.read(spending, by, keys[by], since, play=limits.play)
    levels = await store.read(levels_of, person, limits, now)
    concerned = [level for level in levels if by is By.PERSON or level.whose is Whose.EVERYONE]
    held_back = by in (By.PERSON, By.ALL) or any(level.limit == 0 for level in concerned)
    return Statement(by, days, found, tuple(concerned) if held_back else ())


def _whose(context: CommandContext) -> str:
    return context.option("of").lower() or "me"


def _days(context: CommandContext) -> int:
    wanted = context.option("days") or str(DAYS)
    if not wanted.isascii() or not wanted.isdecimal() or not 1 <= int(wanted) <= MOST_DAYS:
        raise CommandRefused(f"`days` has to be a whole number from 1 to {MOST_DAYS}.")
    return int(wanted)


def _lines(statement: Statement, now: float, *, play: bool) -> Iterator[str]:
    yield f"**{_TITLES[statement.by]}**"
    today = statement.of(statement.days[-1])
    yield f"- Today: {_sum(today)}{_of_limits(statement, now)}"
    if len(statement.days) > 1:
        yield f"- Last {len(statement.days)} days: {_sum(statement.spent)}"
    yield from _by_model(statement.spent)
    unsure = sum((one.estimated for one in statement.spent), Decimal(0))
    if unsure:
        yield f"- {money(unsure)} of it is set aside or estimated: the gateway has not named the price (yet)."
    if play and statement.spent:
        yield "\nThe built-in model's prices are play money: nothing of this is paid."


def _sum(spent: Sequence[Spent]) -> str:
    if not spent:
        return "nothing"
    cost = sum((one.cost for one in spent), Decimal(0))
    requests, tokens = sum(one.requests for one in spent), sum(one.tokens for one in spent)
    return f"{money(cost)} in {requests} {'request' if requests == 1 else 'requests'}, {tokens:,} tokens"


def _of_limits(statement: Statement, now: float) -> str:
    """What is left for today, by the limit that has least left where there are two."""
    if not statement.levels:
        return ""
    if any(level.limit == 0 for level in statement.levels):
        return "; nothing may be spent, and only the operator can change that."
    own, *others = statement.levels
    whose = "everybody's " if own.whose is Whose.EVERYONE and statement.by is By.PERSON else ""
    said = f"; {money(_left(own))} of {whose}{money(own.limit)} is left"
    for other in others:
        if _left(other) < _left(own):
            said += f", but of everybody's {money(other.limit)} only {money(_left(other))}"
    return f"{said}. {resets(now)}"


def _left(level: Level) -> Decimal:
    return max(level.limit - level.used, Decimal(0))


def _by_model(spent: Sequence[Spent]) -> Iterator[str]:
    costs: dict[str, Decimal] = {}
    for one in spent:
        costs[one.model] = costs.get(one.model, Decimal(0)) + one.cost
    dearest = sorted(costs, key=lambda model: costs[model], reverse=True)
    if len(dearest) > 1:
        for model in dearest[:MOST_MODELS]:
            yield f"- `{model}`: {money(costs[model])}"
    if len(dearest) > MOST_MODELS:
        yield f"- {len(dearest) - MOST_MODELS} other models"


def chart(statement: Statement) -> OutFile:
    """The days as bars: US dollars, or requests where all was free."""
    paid = any(one.cost for one in statement.spent)
    bars = [_bar(day, statement.of(day), paid=paid) for day in statement.days]
    unit = "US dollars a day" if paid else "requests a day"
    title = f"{_TITLES[statement.by]}, {unit}{' (light: estimated)' if any(bar.unsure for bar in bars) else ''}"
    write = money if paid else _whole
    heights = ", ".join(f"{bar.label} {write(bar.value)}" for bar in bars[-DESCRIBED:] if bar.value)
    description = f"Bar chart. {title}. {heights or 'Nothing lately'}."
    return OutFile("usage.png", "image/png", draw(title, bars, write), description)


def _bar(day: date, spent: Sequence[Spent], *, paid: bool) -> Bar:
    label = f"{day.day} {day:%b}"
    if not paid:
        return Bar(label, Decimal(sum(one.requests for one in spent)))
    cost, unsure = sum((one.cost for one in spent), Decimal(0)), sum((one.estimated for one in spent), Decimal(0))
    return Bar(label, cost, unsure)


def _whole(value: Decimal) -> str:
    return f"{value:.0f}"


USAGE = Command(
    CommandSpec(
        "usage",
        "What was spent: by you, in this channel; by all, for admins",
        (
            CommandOption("of", "Whose spending", choices=tuple(_WHOSE)),
            CommandOption("days", f"How many days, today included ({DAYS})"),
        ),
    ),
    run,
)
