"""Shows or switches the model of a place."""

from collections.abc import Sequence

from bot.commands.base import Command, CommandContext, Completion
from bot.commands.wording import describe, label
from bot.errors import CommandRefused
from bot.messages import Choice, CommandOption, CommandSpec, PlaceKind, person_key
from bot.preferences import Scope
from bot.store.intents.settings import MODEL as CHOSEN
from bot.store.intents.settings import choose, in_force

DEFAULT = "default"


async def run(context: CommandContext) -> str:
    """Without an option, which model answers here; with one, switch to it."""
    wanted = context.option("id")
    if not wanted:
        return await _show(context)
    ports, place = context.ports, context.place
    if place.kind is PlaceKind.CHANNEL:
        ports.may_set(place.platform, context.person, Scope.CHANNEL)
    if wanted == DEFAULT:
        await ports.store.write(choose, place.key, CHOSEN, None)
        now = await current_model(context)
        return f"{_here(context)} goes back to `{now}`."
    if ports.gateway.models() and ports.gateway.model(wanted) is None:
        raise CommandRefused(_unknown(context, wanted))
    await ports.store.write(choose, place.key, CHOSEN, wanted)
    return f"{_here(context)} now uses `{wanted}`."


async def current_model(context: CommandContext) -> str:
    """The model that answers this person here."""
    ports, place = context.ports, context.place
    chosen = await ports.store.read(in_force, place, person_key(place.platform, context.person))
    return chosen.get(CHOSEN, ports.about.default_model)


async def _show(context: CommandContext) -> str:
    ports = context.ports
    current = await current_model(context)
    known = ports.gateway.model(current)
    said = describe(known) if known else current
    return f"{_here(context)} uses {said}.\nSwitch with `/model ID`, go back with `/model {DEFAULT}`."


def _unknown(context: CommandContext, wanted: str) -> str:
    near = [model.id for model in context.ports.gateway.search(wanted.split("/")[-1], 3)]
    hint = f" Did you mean {', '.join(f'`{name}`' for name in near)}?" if near else " See `/models`."
    return f"There is no model `{wanted}`.{hint} Nothing was changed."


def _here(context: CommandContext) -> str:
    names = {PlaceKind.DM: "This conversation", PlaceKind.THREAD: "This thread", PlaceKind.CHANNEL: "This channel"}
    return names[context.place.kind]


def complete(completion: Completion) -> Sequence[Choice]:
    """Models of the catalogue, described; those used in this channel lately first."""
    ports = completion.ports
    found = ports.gateway.search(completion.typed, recent=ports.recent.of(completion.place))
    return [Choice(model.id, label(model)) for model in found]


MODEL = Command(
    CommandSpec(
        "model",
        "Show or switch the model that answers here",
        (CommandOption("id", "The model's id; `default` goes back", rest=True, complete=True),),
        private=False,
    ),
    run,
    complete,
)
