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
    """How a command is typed."""
    options = (f"{o.name.upper()}" if o.required else f"[{o.name.upper()}]" for o in spec.options)
    return " ".join((f"/{spec.name}", *options))


HELP = Command(CommandSpec("help", "What I can do"), run)
