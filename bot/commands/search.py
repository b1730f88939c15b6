"""Finds what people wrote, and shows it to whoever asked alone."""

from collections.abc import Sequence

from bot.commands.base import Command, CommandContext, Completion
from bot.errors import CommandRefused
from bot.messages import Choice, CommandOption, CommandSpec, PlaceKind, account_of
from bot.ports import RepliesPrivately, offers
from bot.search.finder import Finder, NoSuchChannel
from bot.search.saying import for_people
from bot.search.wish import EVERYWHERE, HERE, Asker, Found, Wish

LONGEST = 300
"""Characters of what is looked for."""

HOW = (
    "What shall I look for? For example `/search launch date`, `/search in:everywhere launch date from:me`, "
    "`/search has_file:yes after:2026-05-01`."
)


async def run(context: CommandContext) -> str:
    """The messages, best first; of those in other places only where nobody else sees the answer."""
    wish = Wish(
        context.option("words")[:LONGEST],
        context.option("in"),
        context.option("from"),
        context.option("after"),
        context.option("before"),
        context.option("has_file") == "yes",
    )
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
            CommandOption("from", "Who wrote it: a name, or me"),
            CommandOption("after", "Only later: a date, yesterday, last week"),
            CommandOption("before", "Only earlier"),
            CommandOption("has_file", "Only messages with files", choices=("yes", "no")),
        ),
    ),
    run,
    complete,
    quotes=True,
)
