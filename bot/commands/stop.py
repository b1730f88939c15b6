"""Stops the answer being written."""

from bot.commands.base import Command, CommandContext
from bot.messages import CommandSpec


async def run(context: CommandContext) -> str:
    """For those who asked, and for admins."""
    ports, key = context.ports, context.place.key
    if ports.underway.stop(context.place.platform, context.person, place=context.place):
        return "Stopped."
    asked = await ports.desk.speakers_at_work(key)
    if asked:
        ports.may_press(context.place.platform, context.person, asked)
    if asked and await ports.desk.stop(key):
        return "Stopped."
    return "Nothing is being answered here."


STOP = Command(CommandSpec("stop", "Stop the answer being written here"), run)
