"""Says how the bot is."""

from collections.abc import Iterator
from decimal import Decimal

from bot.commands.base import Command, CommandContext
from bot.commands.model import current_model
from bot.gateway.manners import GATEWAY_HOST
from bot.ledger.words import money
from bot.messages import CommandSpec
from bot.ports import KnowsRights, offers


async def run(context: CommandContext) -> str:
    """Version, model, work at hand, how long it has been up."""
    ports = context.ports
    model = await current_model(context)
    known = len(ports.gateway.models())
    lines = (
        f"Gatepost {ports.about.version}, up for {_duration(ports.clock() - ports.started_at)}.",
        f"- Here `{model}` answers, through {_source(context)}.",
        f"- {known} models are known." if known else "- The list of models has not arrived yet.",
        f"- Answers being written: {ports.desk.running}; questions waiting: {ports.desk.waiting}.",
    )
    recorded = await ports.recording.progress(context.place) if ports.recording else ""
    more = (*([f"- {recorded}"] if recorded else []), *_credit(context), *_missing(context))
    return "\n".join((*lines, *more))


def _missing(context: CommandContext) -> Iterator[str]:
    """What we are not allowed here, and what does not work without it."""
    adapter = context.ports.adapters.get(context.place.platform)
    if offers(adapter, KnowsRights):
        for lack in adapter.standing(context.place).lacks:
            yield f"- ⚠️ {lack.what[0].upper()}{lack.what[1:]}: {lack.without}."


def _source(context: CommandContext) -> str:
    """What takes the questions; where it is concerns those alone who run it."""
    ports = context.ports
    if ports.about.demo:
        return "the built-in scripted gateway"
    if ports.about.endpoint == GATEWAY_HOST:
        return "the Vercel AI Gateway"
    kind = "an AI gateway" if ports.gateway.routes else "an OpenAI-compatible endpoint"
    admin = ports.is_admin(context.place.platform, context.person)
    return f"{kind} at `{ports.about.endpoint}`" if admin and ports.about.endpoint else kind


def _credit(context: CommandContext) -> tuple[str, ...]:
    """What is left of the gateway's credit: for those who pay."""
    told = context.ports.credits()
    if told is None or not context.ports.is_admin(context.place.platform, context.person):
        return ()
    left, used = money(Decimal(told.balance)), money(Decimal(told.used))
    return (f"- {left} of the gateway's credit is left; {used} was used.",)


def _duration(seconds: float) -> str:
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    shown = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(shown[:2]) or "0 s"


STATUS = Command(CommandSpec("status", "How the bot is, and which model answers here"), run)
