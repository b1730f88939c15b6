"""Summarises a thread, the last hours of a channel, or all from a message on: for oneself, or for everybody."""

import asyncio
import math
import re
from dataclasses import dataclass

from bot.commands.base import Command, CommandContext, Question
from bot.errors import CommandRefused, TimeUnclear
from bot.messages import (
    Caller,
    CommandOption,
    CommandSpec,
    MenuEntry,
    PastMessage,
    Place,
    PlaceKind,
    SummaryWish,
    TurnKind,
    account_of,
    person_key,
)
from bot.reminders.numbers import length_in
from bot.search.when import moment_in
from bot.store.intents.settings import MODEL, in_force
from bot.summaries.wording import whole
from bot.summaries.work import Order

MOST_HOURS = 24 * 30
USUAL_HOURS = 24
"""Of a channel, where nobody says how many: it has no beginning that anyone would want."""

_THREAD, _CHANNEL, _ME, _ALL = "thread", "channel", "me", "all"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The wish, and whether all here are to see what comes of it."""

    wish: SummaryWish
    aloud: bool

    def place(self, here: Place) -> Place:
        """What is to be summarised."""
        return here.parent if self.wish.channel else here


async def ask(context: CommandContext) -> Question | None:
    """The wish as a question, where everybody is to read the answer. Raises CommandRefused."""
    wanted = await _wanted(context)
    if not wanted.aloud:
        return None
    model, _ = await _chosen(context)
    return Question(wanted.wish.text, TurnKind.SUMMARY, model)


async def run(context: CommandContext) -> str:
    """The summary, for the one who asked alone."""
    order = await _order(context)
    adapter = context.ports.adapters[order.place.platform]
    making = context.ports.summaries.make(order, adapter)
    made = await context.ports.underway.run(context.key, context.person, context.place, making)
    return whole(made, order.place, adapter)


async def _order(context: CommandContext) -> Order:
    if context.about is not None:
        return await _from(context, context.about)
    wanted = await _wanted(context)
    hours = wanted.wish.hours
    since = context.ports.clock() - hours * 3600 if hours is not None else 0.0
    return await _ordered(context, wanted.place(context.place), since, "" if hours is None else None)


async def _from(context: CommandContext, start: PastMessage) -> Order:
    """From a message to the end of the thread or channel in which it stands."""
    return await _ordered(context, start.place or context.place, start.sent_at, start.message_id)


async def _ordered(context: CommandContext, place: Place, since: float, begins: str | None) -> Order:
    model, chosen = await _chosen(context)
    account = account_of(context.place, context.person)
    routing = context.ports.routing(chosen, account.person)
    return Order(place, context.person, account, model, routing, since, begins, context.progress)


async def _chosen(context: CommandContext) -> tuple[str, dict[str, str]]:
    """The model that answers here, and everything else that was chosen; one that only draws has nothing to say."""
    ports, place = context.ports, context.place
    chosen = dict(await ports.store.read(in_force, place, person_key(place.platform, context.person)))
    wanted = chosen.get(MODEL, ports.about.default_model)
    known = ports.gateway.model(wanted)
    chats = known is None or known.type == "language"
    return wanted if chats else ports.about.default_model, chosen


async def _wanted(context: CommandContext) -> _Wanted:
    """What was typed, in whichever order. Raises CommandRefused for what says nothing."""
    typed = [context.option(name).lower() for name in ("hours", "where", "show")]
    words = [word for word in typed if word]
    hours = next((word for word in words if word not in (_THREAD, _CHANNEL, _ME, _ALL)), None)
    in_channel = context.place.kind is PlaceKind.CHANNEL
    if _THREAD in words and in_channel:
        raise CommandRefused("This is a channel. Type it in the thread; on Slack: `@gatepost !summary`.")
    channel = _CHANNEL in words and context.place.kind is PlaceKind.THREAD
    usual = USUAL_HOURS if in_channel or channel else None
    return _Wanted(SummaryWish(channel, usual if hours is None else await _hours(context, hours)), _ALL in words)


async def _hours(context: CommandContext, typed: str) -> int:
    """A number of hours, `2 days`, or since when: `yesterday`, `3 hours ago`. Raises CommandRefused."""
    number, words = _NUMBER.fullmatch(typed), _LENGTH.sub("", typed)
    length = length_in(words) or length_in(f"1 {words}")
    if number is not None:
        hours = int(number[1])
    elif length is not None:
        hours = math.ceil(sum(count * _HOURS_OF.get(unit, 1.0) for unit, count in length.items()))
    else:
        hours = await _since(context, typed)
    if not 1 <= hours <= MOST_HOURS:
        raise CommandRefused(
            f"`hours` has to be from 1 to {MOST_HOURS}, or a time such as “2 days” or “yesterday”: `/summary 24`. "
            "Of a thread, without it, I summarise everything."
        )
    return hours


async def _since(context: CommandContext, typed: str) -> int:
    """The hours since a moment that is named in words; 0 where there are none."""
    ports = context.ports
    zone = await ports.reminders.zone_of(Caller(context.key, context.person, context.place))
    try:
        moment = await asyncio.to_thread(moment_in, typed.removeprefix("since "), zone, ports.clock())
    except TimeUnclear:
        return 0
    return math.ceil((ports.clock() - moment) / 3600)


_NUMBER = re.compile(r"([0-9]{1,6}) ?(?:h|hours?)?")
_LENGTH = re.compile(r"^(?:since )?(?:the )?(?:last |past )?(?!week|month|year)| ago$")
_HOURS_OF = {
    "seconds": 1 / 3600,
    "minutes": 1 / 60,
    "days": 24.0,
    "weeks": 168.0,
    "months": 720.0,
    "years": 8760.0,
}


SUMMARISE_FROM_HERE = MenuEntry(
    "summarise_from_here",
    "Summarise from here",
    "Have Gatepost summarise what was said from this message on",
)

SUMMARY = Command(
    CommandSpec(
        "summary",
        "Summarise this thread or the last hours here: who said what, decisions, open points",
        (
            CommandOption(
                "hours",
                "How far back, in hours or “2 days”; without it a whole thread, or a day of a channel",
                phrase=True,
                also=("since", "last"),
            ),
            CommandOption("where", "This thread, or the channel it is in", choices=(_THREAD, _CHANNEL)),
            CommandOption("show", "To you alone, or to all here", choices=(_ME, _ALL)),
        ),
        entry=SUMMARISE_FROM_HERE,
    ),
    run,
    ask=ask,
    quotes=True,
)
