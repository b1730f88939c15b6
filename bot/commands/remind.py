"""Reminds: makes, lists, changes, cancels and snoozes one's reminders, by words and from a message's menu."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.commands.base import Command, CommandContext
from bot.errors import CommandRefused
from bot.messages import Caller, CommandOption, CommandSpec, MenuEntry, Where
from bot.reminders.book import ReminderBook
from bot.reminders.numbers import length_in
from bot.reminders.parting import split_when

HOW = (
    "`/remind tomorrow at 9 to call Bob` reminds you; begin with `here` or `channel` to remind everybody there. "
    "`/remind list`, `/remind cancel 3`, `/remind snooze 3 1 h`, `/remind change 3 tomorrow at 10`."
)


async def run(context: CommandContext) -> str:
    """The first word says what is to be done; without one of those, it is when and of what."""
    caller = Caller(context.key, context.person, context.place, about=context.about)
    what, when = context.option("what"), context.option("when")
    book = context.ports.reminders
    first, _, rest = what.partition(" ")
    verb = _VERBS.get(first.lower())
    if verb is not None and not when:
        return await verb(book, caller, rest.strip())
    if not what and not when:
        return f"{await book.list(caller)}\n{HOW}"
    if first.lower() in set(Where):
        return await _make(book, caller, rest.strip(), when, Where(first.lower()))
    where = context.option("where")
    return await _make(book, caller, what, when, Where(where) if where else None)


async def _make(book: ReminderBook, caller: Caller, what: str, when: str, where: Where | None) -> str:
    if when:
        return await book.make(caller, when, what, where)
    zone = await book.zone_of(caller)
    meant, text = await asyncio.to_thread(split_when, what, zone, book.now())
    return await book.keep(caller, meant, text, where)


async def _list(book: ReminderBook, caller: Caller, _rest: str) -> str:
    return await book.list(caller)


async def _cancel(book: ReminderBook, caller: Caller, rest: str) -> str:
    return await book.cancel(caller, _number(rest, "cancel"))


async def _change(book: ReminderBook, caller: Caller, rest: str) -> str:
    number, _, new = rest.partition(" ")
    return await book.change(caller, _number(number, "change"), new.strip())


async def _snooze(book: ReminderBook, caller: Caller, rest: str) -> str:
    """`3 1 h`, `3 tomorrow`, `3`; without a number, the one that came last: `1 h`, `tomorrow`, ``."""
    first, _, after = rest.partition(" ")
    alone = first.isascii() and first.isdigit() and length_in(rest.lower()) is None
    if alone:
        return await book.snooze(caller, int(first), after.strip() or "10 minutes")
    return await book.snooze(caller, None, rest or "10 minutes")


def _number(word: str, verb: str) -> int:
    digits = word.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        raise CommandRefused(f"Which one? `/remind {verb} 3`; `/remind list` shows the numbers.")
    return int(digits)


_VERBS: dict[str, Callable[[ReminderBook, Caller, str], Awaitable[str]]] = {
    "list": _list,
    "cancel": _cancel,
    "change": _change,
    "snooze": _snooze,
}

REMIND_ME = MenuEntry(
    "remind_me",
    "Remind me",
    "Have Gatepost remind you of this message",
    CommandOption("when", "When? Such as: tomorrow at 9", required=True),
)

REMIND = Command(
    CommandSpec(
        "remind",
        "Remind you, or all here: “tomorrow at 9 to call Bob”; or list, cancel, snooze, change",
        (
            CommandOption("what", "When and of what; or list, cancel 3, snooze 3 1 h, change 3 Friday", rest=True),
            CommandOption("when", "The time, if it is not named with the rest", phrase=True),
            CommandOption("where", "Whom to remind: you, all here, all in the channel", choices=tuple(Where)),
        ),
        entry=REMIND_ME,
    ),
    run,
)
