"""Lists the catalogue, and tells everything of one model."""

from bot.commands.base import Command, CommandContext
from bot.commands.matching import matching
from bot.commands.model import complete
from bot.commands.wording import at_length, describe
from bot.gateway.search import spelled_as_listed
from bot.messages import CommandOption, CommandSpec

MOST = 20


async def run(context: CommandContext) -> str:
    """Models that match what was typed, best first; one whose whole id it is, at length."""
    gateway = context.ports.gateway
    wanted = spelled_as_listed(gateway.models(), context.option("search"))
    if not gateway.models():
        return "The list of models has not arrived yet. Try again in a moment."
    if gateway.model(wanted) is not None:
        return at_length(await gateway.details(wanted))
    found = matching(gateway.models(), wanted, context.ports.recent.of(context.place))
    if not found:
        return f"No model matches `{wanted}`."
    lines = [f"- {describe(model)}" for model in found[:MOST]]
    if len(found) > MOST:
        lines += ["", "There are more: narrow it down with `/models WORDS`."]
    return "\n".join(lines)


MODELS = Command(
    CommandSpec(
        "models",
        "List the models, with context, price and abilities; or tell all about one",
        (CommandOption("search", "Words of id, name, price, abilities; or an id", rest=True, complete=True),),
    ),
    run,
    complete,
)
