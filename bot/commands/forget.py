"""Forgets what is kept about whoever asks: says first what that is, and waits for a button."""

import hashlib

from bot.commands.base import Command, CommandContext, CommandResult
from bot.forgetting import listed, nothing_kept, question, remains
from bot.messages import Action, ActionName, CommandOption, CommandSpec, Place, PlaceKind
from bot.store.intents.erasures import Erasure, ask_erasure
from bot.store.intents.kept import counted

EVERYTHING, HERE = "everything", "here"


async def run(context: CommandContext) -> CommandResult:
    """What would go, with how many of each, and two buttons."""
    ports, now = context.ports, context.ports.clock()
    what = context.option("what").lower() or EVERYTHING
    erasure_id = hashlib.sha256(context.key.encode()).hexdigest()[:20]
    within = _around(context.place) if what == HERE else None
    erasure = Erasure(erasure_id, context.person, context.place.platform, within, asked_at=now)
    counts = await ports.store.look_through(counted, erasure.theirs(now))
    if not any(counts.values()):
        return CommandResult(nothing_kept(erasure))
    await ports.store.write(ask_erasure, erasure)
    text = "\n".join((question(erasure), *listed(erasure, counts), "", *remains(erasure)))
    buttons = (Action(ActionName.FORGET, erasure_id), Action(ActionName.KEEP, erasure_id))
    return CommandResult(text, actions=buttons)


def _around(place: Place) -> Place:
    """What `here` means: a thread, a channel with its threads, or all direct messages."""
    return place.parent if place.kind is PlaceKind.DM else place


FORGET = Command(
    CommandSpec(
        "forget",
        "Forget what I keep about you: everything, or what you said here",
        (CommandOption("what", "What to forget", choices=(EVERYTHING, HERE)),),
    ),
    run,
)
