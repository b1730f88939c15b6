"""Finds what people wrote, and shows it to whoever asked alone."""

import asyncio
from collections.abc import Sequence

from bot.commands.base import Command, CommandContext, Completion
from bot.errors import CommandRefused
from bot.messages import Choice, CommandOption, CommandSpec, PlaceKind, account_of
from bot.ports import RepliesPrivately, offers
from bot.search.finder import Finder, NoSuchChannel
from bot.search.saying import for_people
from bot.search.when import parted_moment
from bot.search.wish import EVERYWHERE, HERE, Asker, Found, Wish

LONGEST = 300
"""Characters of what is looked for."""

HOW = (
    "What shall I look for? For example `/search launch date`, `/search in:everywhere launch date from:me`, "
    "`/search has_file:yes after:2026-05-01`."
)


async def run(context: CommandContext) -> str:
    """The messages, best first; of those in other places only where nobody else sees the answer."""
    wish = await _wish(context)
    if not (wish.words or wish.author or wish.after or wish.before or wish.has_file):
        raise CommandRefused(HOW)
    ports, place = context.ports, context.place
    adapter = ports.adapters[place.platform]
    finder = Finder(adapter, ports.store, ports.gateway, ports.clock, ports.recording)
    account = account_of(place, context.person)
    asker = Asker(context.person, place, place, handle=context.handle, account=account)
    try:
        found = await finder.find(asker, wish)
    except NoSuchChannel as error:
        raise CommandRefused(
            "There is no such channel, or you can't read it, or I am not in it. `in:everywhere` looks in all that "
            "both of us can read."
        ) from error
    alone = place.kind is PlaceKind.DM or offers(adapter, RepliesPrivately)
    return _said(found, wish, alone=alone)


async def _wish(context: CommandContext) -> Wish:
    """What was typed. The words may stand behind a filter that takes several itself: `from:me launch`."""
    words = context.option("words")
    given = {name: context.option(name) for name in ("from", "after", "before")}
    if not words and context.call.options:
        last = list(context.call.options)[-1]
        if last == "from":
            given[last], words = _parted_name(given[last])
        elif last in given:
            now = context.ports.clock()
            given[last], words = await asyncio.to_thread(parted_moment, given[last], now)
    return Wish(
        words[:LONGEST],
        context.option("in"),
        given["from"],
        given["after"],
        given["before"],
        context.option("has_file") == "yes",
    )


def _parted_name(said: str) -> tuple[str, str]:
    """Myself or a mention, which are one word, and what stands behind it; a name may be of any number."""
    first, _, rest = said.partition(" ")
    alone = first.lower() == "me" or first.startswith("<@")
    return (first, rest.strip()) if alone else (said, "")


def _said(found: Found, wish: Wish, *, alone: bool) -> str:
    hits = sorted((*found.here, *(found.privately if alone else ())), key=lambda hit: -hit.score)[: wish.limit]
    unordered = [found.unordered] if found.unordered and len(hits) > 1 else []
    notes = "".join(f"\n\n{note}" for note in (*found.notes, *unordered))
    if not hits:
        return f"Nothing was found. {_WIDER if not _is_wide(wish) else ''}".rstrip() + notes
    many = "1 message" if len(hits) == 1 else f"{len(hits)} messages"
    more = ", the best of them; more words, `from`, `after` or `before` narrow it down" * (len(hits) == wish.limit)
    return f"**{many}**{more}:\n\n{for_people(hits, found, wish.words)}{notes}"


_WIDER = "`in:everywhere` looks in all that both of us can read."


def _is_wide(wish: Wish) -> bool:
    return wish.where.lower() == EVERYWHERE


def complete(completion: Completion) -> Sequence[Choice]:
    """Two words that are no channel's name, and the channels that whoever types can read."""
    if completion.option != "in":
        return ()
    ports, place = completion.ports, completion.place
    names = ports.channels.names(ports.adapters[place.platform], completion.person, place)
    offered = [Choice(HERE, "in this channel"), Choice(EVERYWHERE, "everywhere you can read")]
    offered += [Choice(name, f"#{name}") for name in names]
    typed = completion.typed.lower().lstrip("#")
    return [one for one in offered if one.value.lower().startswith(typed)][:25]


SEARCH = Command(
    CommandSpec(
        "search",
        "Find what people wrote: here, or in all that you can read; only you see it",
        (
            CommandOption("words", "What to look for; a phrase in quotes", rest=True),
            CommandOption("in", "Where: here, everywhere, or a channel's name", complete=True),
            CommandOption("from", "Who wrote it: a name, or me", phrase=True, also=("person", "by", "author")),
            CommandOption("after", "Only later: a date, yesterday, last week", phrase=True, also=("since",)),
            CommandOption("before", "Only earlier", phrase=True, also=("until",)),
            CommandOption("has_file", "Only messages with files", choices=("yes", "no")),
        ),
    ),
    run,
    complete,
    quotes=True,
)
