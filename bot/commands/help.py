"""Says what can be typed."""

from collections.abc import Iterator, Sequence

from bot.commands.base import Command, CommandContext
from bot.messages import Capabilities, CommandSpec
from bot.tools import TOOLS


async def run(context: CommandContext) -> str:
    """The whole table of commands, and what tools there are, on one screen."""
    how = context.ports.adapters[context.place.platform].capabilities
    return "\n".join(lines(context.specs, how))


def lines(specs: Sequence[CommandSpec], how: Capabilities) -> Iterator[str]:
    """What can be typed here. Further options are offered, or told, where they are typed."""
    yield "Mention me, write in my thread, or send me a direct message. Pictures and PDFs can be attached."
    if how.thread_prefix:
        yield f"In threads commands begin with `{how.thread_prefix}`, such as `{how.thread_prefix}stop`."
    for spec in specs:
        first = next((option for option in spec.options), None)
        typed = "" if first is None else f" {first.name.upper()}" if first.required else f" [{first.name.upper()}]"
        yield f"- `{how.command_prefix}{spec.name}{typed}` {spec.description}"
    yield ""
    yield f"Where it is set up, I can also {', '.join(tool.label for tool in TOOLS)}: just ask."


def usage(spec: CommandSpec) -> str:
    """How a command is typed: behind an option that takes all further words, the others need their names."""
    words, named = [f"/{spec.name}"], False
    for option in spec.options:
        shown = f"{option.name}:{option.name.upper()}" if named else option.name.upper()
        words.append(shown if option.required else f"[{shown}]")
        named = named or option.rest
    return " ".join(words)


HELP = Command(CommandSpec("help", "What I can do"), run)
