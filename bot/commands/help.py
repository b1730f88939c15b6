"""Says what can be typed."""

from bot.commands.base import Command, CommandContext
from bot.messages import CommandSpec
from bot.tools import TOOLS


async def run(context: CommandContext) -> str:
    """The whole table of commands, and what tools there are."""
    lines = ["Mention me, write in my thread, or send me a direct message. Pictures and PDFs can be attached."]
    lines += [f"- `{usage(spec)}` {spec.description}" for spec in context.specs]
    lines += ["", f"Where it is set up, I can also {', '.join(tool.label for tool in TOOLS)}: just ask."]
    return "\n".join(lines)


def usage(spec: CommandSpec) -> str:
    """How a command is typed: behind an option that takes all further words, the others need their names."""
    words, named = [f"/{spec.name}"], False
    for option in spec.options:
        shown = f"{option.name}:{option.name.upper()}" if named else option.name.upper()
        words.append(shown if option.required else f"[{shown}]")
        named = named or option.rest
    return " ".join(words)


HELP = Command(CommandSpec("help", "What I can do"), run)
