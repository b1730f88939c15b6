"""Shows or switches the model: of a thread, a channel, oneself or the workspace, the nearest wins."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from bot.commands.base import Command, CommandContext, Completion
from bot.commands.choosing import DEFAULT, SCOPE, allowed_scope, choose_for, where
from bot.commands.wording import facts, label
from bot.errors import CommandRefused
from bot.gateway.search import near, spelled_as_listed
from bot.messages import Choice, CommandOption, CommandSpec, PlaceKind, person_key
from bot.preferences import Preference
from bot.preferences.readers import model_id
from bot.preferences.scopes import NEAREST_FIRST, Scope, scope_keys
from bot.store.intents.settings import MODEL as NAME
from bot.store.intents.settings import Chosen, choices_of, in_force

CHOICE = Preference(NAME, "The model that answers", model_id, "the default")


async def run(context: CommandContext) -> str:
    """Without an option, which model answers here and why; with one, switch to it."""
    wanted = spelled_as_listed(context.ports.gateway.models(), context.option("id"))
    if not wanted:
        return await _show(context)
    allowed_scope(context, CHOICE)
    if wanted.lower() != DEFAULT:
        _check(context, wanted)
    scope = await choose_for(context, CHOICE, wanted)
    now = await current_model(context)
    if wanted.lower() == DEFAULT:
        return _went_back(context, scope, now)
    lines = [_switched(context, scope, wanted)]
    if now != wanted:
        lines.append(f"Here `{now}` still answers, because {await _why(context)}: the nearest choice wins.")
    else:
        conversation = context.place.key
        lines += [f"⚠ {one}" for one in await context.ports.desk.misfits(conversation, wanted)]
    return "\n".join(lines)


async def current_model(context: CommandContext) -> str:
    """The model that answers this person here."""
    ports, place = context.ports, context.place
    chosen = await ports.store.read(in_force, place, person_key(place.platform, context.person))
    return chosen.get(NAME, ports.about.default_model)


def _check(context: CommandContext, wanted: str) -> None:
    """Raises CommandRefused for a model that can't be chosen."""
    known = context.ports.gateway.model(wanted)
    if known is None and context.ports.gateway.models():
        raise CommandRefused(_unknown(context, wanted))
    if known is not None and known.type == "embedding":
        raise CommandRefused(f"`{wanted}` does not chat, it makes vectors. Nothing was changed.")


async def _show(context: CommandContext) -> str:
    ports = context.ports
    current = await current_model(context)
    known = ports.gateway.model(current)
    lines = [f"`{current}` answers {_place(context)}, because {await _why(context)}."]
    if known is not None:
        lines.append(" · ".join(facts(known)))
    elif ports.gateway.models():
        lines.append(f"It is not listed any more; if it is gone, `{ports.about.default_model}` answers instead.")
    lines += [f"- {line}" for line in await _others(context)]
    lines.append(f"Switch with `/model ID [SCOPE]`; `{DEFAULT}` takes a choice back. The nearest scope wins.")
    return "\n".join(lines)


async def _choices(context: CommandContext) -> Mapping[Scope, Chosen]:
    place = context.place
    asker = person_key(place.platform, context.person)
    return await context.ports.store.read(choices_of, place, asker, NAME)


async def _why(context: CommandContext) -> str:
    """Which choice is in force, and by whom."""
    choices = await _choices(context)
    nearest = next((choices[scope] for scope in _apart(context) if scope in choices), None)
    if nearest is None:
        return "nobody chose another: it is the default"
    return _chose(context, nearest, "it")


def _chose(context: CommandContext, chosen: Chosen, what: str) -> str:
    """Who chose it where and when, as far as that is known."""
    scope = "for yourself" if chosen.scope is Scope.ME else where(chosen.scope, context.place)
    if chosen.by is None:
        return f"{what} was chosen {scope}"
    mine = chosen.by.person == person_key(context.place.platform, context.person)
    day = f"{datetime.fromtimestamp(chosen.by.at, UTC):%Y-%m-%d}"
    return f"{'you' if mine else chosen.by.name} chose {what} {scope} on {day}"


async def _others(context: CommandContext) -> Iterator[str]:
    """What is chosen in the scopes that do not win here."""
    choices = await _choices(context)
    losing = [choices[scope] for scope in _apart(context) if scope in choices][1:]
    return (f"Farther away: {_chose(context, one, f'`{one.value}`')}." for one in losing)


def _apart(context: CommandContext) -> Sequence[Scope]:
    """The scopes that differ here, the nearest first: in a channel `here` is the channel."""
    place = context.place
    keys = scope_keys(place, person_key(place.platform, context.person))
    inner = Scope.CHANNEL if place.kind is PlaceKind.CHANNEL else Scope.HERE
    outer = Scope.CHANNEL if keys[Scope.CHANNEL] != keys[Scope.HERE] else inner
    return tuple(scope for scope in NEAREST_FIRST if scope in {inner, outer, Scope.ME, Scope.WORKSPACE})


def _unknown(context: CommandContext, wanted: str) -> str:
    gateway = context.ports.gateway
    found = [model.id for model in gateway.search(wanted.split("/")[-1], 3)] or near(gateway.models(), wanted)
    hint = f" Did you mean {', '.join(f'`{name}`' for name in found)}?" if found else " See `/models`."
    return f"There is no model `{wanted}`.{hint} Nothing was changed."


def _place(context: CommandContext) -> str:
    names = {
        PlaceKind.DM: "in this conversation",
        PlaceKind.THREAD: "in this thread",
        PlaceKind.CHANNEL: "in this channel",
    }
    return names[context.place.kind]


def _switched(context: CommandContext, scope: Scope, model: str) -> str:
    if scope is Scope.ME:
        return f"From now on `{model}` answers you."
    subject, plural = _subject(context, scope)
    return f"{subject} now {'use' if plural else 'uses'} `{model}`."


def _went_back(context: CommandContext, scope: Scope, model: str) -> str:
    if scope is Scope.ME:
        return f"You go back to `{model}`."
    subject, plural = _subject(context, scope)
    return f"{subject} {'go' if plural else 'goes'} back to `{model}`."


def _subject(context: CommandContext, scope: Scope) -> tuple[str, bool]:
    """What a choice of this scope is about, and whether that is more than one thing."""
    alone = context.place.kind is PlaceKind.DM
    if scope is Scope.CHANNEL:
        return ("Our direct messages", True) if alone else ("This channel", False)
    here = "This conversation" if alone else "This thread"
    return (here if scope is Scope.HERE else "This workspace"), False


def complete(completion: Completion) -> Sequence[Choice]:
    """Models of the catalogue, described; those used in this channel lately first."""
    ports = completion.ports
    found = ports.gateway.search(completion.typed, recent=ports.recent.of(completion.place))
    return [Choice(model.id, label(model)) for model in found]


MODEL = Command(
    CommandSpec(
        "model",
        "Show or switch the model that answers: here, in this channel, for you, in the workspace",
        (CommandOption("id", f"The model's id; `{DEFAULT}` takes a choice back", complete=True), SCOPE),
        private=False,
    ),
    run,
    complete,
)
