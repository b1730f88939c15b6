"""Lets a conversation begin anew."""

from bot.commands.base import Command, CommandContext
from bot.messages import CommandSpec, PlaceKind
from bot.store.intents.history import reset


async def run(context: CommandContext) -> str:
    """What was said before stays visible to people and is no longer shown to the model."""
    if context.place.kind is PlaceKind.CHANNEL:
        return "Each question in a channel begins a conversation of its own. Use `/reset` in its thread."
    ports = context.ports
    await ports.store.write(reset, context.place.key, context.place, ports.clock())
    return "I start afresh here: from now on I don't see what was said before."


RESET = Command(CommandSpec("reset", "Start afresh: no longer look at what was said here", private=False), run)
