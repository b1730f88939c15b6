"""Lists the catalogue."""

from bot.commands.base import Command, CommandContext
from bot.commands.wording import describe
from bot.messages import CommandOption, CommandSpec

MOST = 20


async def run(context: CommandContext) -> str:
    """Models that match what was typed, best first."""
    wanted = context.option("search")
    gateway = context.ports.gateway
    if not gateway.models():
        return "The list of models has not arrived yet. Try again in a moment."
    found = gateway.search(wanted, MOST + 1)
    if not found:
        return f"No model matches `{wanted}`."
    lines = [f"- {describe(model)}" for model in found[:MOST]]
    if len(found) > MOST:
        lines.append("There are more: narrow it down with `/models WORDS`.")
    return "\n".join(lines)


MODELS = Command(
    CommandSpec(
        "models",
        "List the models, with context, price and abilities",
        (CommandOption("search", "Words in the id or the name", rest=True),),
    ),
    run,
)
