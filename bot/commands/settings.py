"""Shows and changes what can be chosen about answers: here, in this channel, for oneself, for the workspace."""

from collections.abc import Mapping, Sequence

from bot.commands.base import Command, CommandContext, Completion
from bot.errors import CommandRefused
from bot.messages import Choice, CommandOption, CommandSpec, person_key
from bot.preferences import BY_NAME, NEAREST_FIRST, PREFERENCES, Preference, Scope, default_scope, scope_key
from bot.store.intents.settings import Chosen, choose, chosen_where

DEFAULT = "default"

_WORDS = {
    Scope.HERE: "here",
    Scope.CHANNEL: "in this channel",
    Scope.ME: "for you",
    Scope.WORKSPACE: "in this workspace",
}


async def run(context: CommandContext) -> str:
    """Without a name, everything that is in force here; with a value, choose it."""
    name, value = context.option("name"), context.option("value")
    if not name:
        chosen = await _in_force(context)
        return "\n".join((*(_line(one, chosen) for one in PREFERENCES), _HOW))
    preference = BY_NAME.get(name.lower())
    if preference is None:
        raise CommandRefused(f"There is no setting `{name[:40]}`. `/settings` lists them.")
    if not value:
        return f"{_line(preference, await _in_force(context))}\n{_takes(preference)}"
    return await _choose(context, preference, value)


async def _choose(context: CommandContext, preference: Preference, typed: str) -> str:
    scope = _scope(context, preference)
    ports = context.ports
    ports.may_set(context.place.platform, context.person, scope)
    kept = None if typed.lower() == DEFAULT else _read(preference, typed)
    key = scope_key(scope, context.place, context.person)
    await ports.store.write(choose, key, preference.name, kept)
    now = _line(preference, await _in_force(context)).removeprefix("- ")
    return f"Done {_WORDS[scope]}. In force now: {now}"


def _scope(context: CommandContext, preference: Preference) -> Scope:
    named = context.option("scope").lower()
    scope = Scope(named) if named in list(Scope) else None
    if named and scope not in preference.scopes:
        allowed = ", ".join(preference.scopes)
        raise CommandRefused(f"`{preference.name}` can be set for: {allowed}. Nothing was changed.")
    return scope or default_scope(preference, context.place)


def _read(preference: Preference, typed: str) -> str:
    try:
        return preference.read(typed)
    except ValueError as error:
        raise CommandRefused(f"`{preference.name}` has to be {error}. Nothing was changed.") from error


async def _in_force(context: CommandContext) -> Mapping[str, Chosen]:
    asker = person_key(context.place.platform, context.person)
    return await context.ports.store.read(chosen_where, context.place, asker)


def _line(preference: Preference, chosen: Mapping[str, Chosen]) -> str:
    choice = chosen.get(preference.name)
    held = f"`{choice.value}` ({_WORDS[choice.scope]})" if choice else f"{preference.default} (default)"
    return f"- `{preference.name}`: {held}. {preference.description}."


def _takes(preference: Preference) -> str:
    values = f" Values: {', '.join(f'`{one}`' for one in preference.choices)}." if preference.choices else ""
    scopes = ", ".join(f"`{one}`" for one in preference.scopes)
    return f"Change it with `/settings {preference.name} VALUE [SCOPE]`.{values} Scopes: {scopes}."


_HOW = f"Change one with `/settings NAME VALUE [SCOPE]`; `{DEFAULT}` goes back. The nearest scope wins."


def complete(completion: Completion) -> Sequence[Choice]:
    """The names of what can be chosen."""
    if completion.option != "name":
        return ()
    fitting = (one for one in PREFERENCES if completion.typed.lower() in one.name)
    return [Choice(one.name, f"{one.name}: {one.description}") for one in fitting]


SETTINGS = Command(
    CommandSpec(
        "settings",
        "Show or change how answers are made, here or elsewhere",
        (
            CommandOption("name", "What to change", complete=True),
            CommandOption("value", f"The new value; `{DEFAULT}` goes back"),
            CommandOption("scope", "For whom or where", choices=tuple(NEAREST_FIRST)),
        ),
    ),
    run,
    complete,
)
