"""What the commands share that let people choose something by scope."""

from collections.abc import Mapping

from bot.commands.base import CommandContext
from bot.errors import CommandRefused, NotAllowed
from bot.messages import CommandOption, Place, PlaceKind, person_key
from bot.preferences import Preference, default_scope
from bot.preferences.scopes import NEAREST_FIRST, Scope, scope_key
from bot.store.intents.settings import By, Chosen, choose, chosen_where

DEFAULT = "default"
"""What is typed to take a choice back."""

_WHERE: Mapping[Scope, str] = {
    Scope.HERE: "here",
    Scope.CHANNEL: "in this channel",
    Scope.ME: "for you",
    Scope.WORKSPACE: "in this workspace",
}

SCOPE = CommandOption("scope", "For whom or where", choices=tuple(NEAREST_FIRST))


async def choose_for(context: CommandContext, preference: Preference, typed: str) -> Scope:
    """Keep what was typed, for the scope that is named or meant.

    Raises CommandRefused for a value or a scope that can't be, NotAllowed for a scope in which this person may not
    choose for others; then nothing is changed.
    """
    scope = allowed_scope(context, preference)
    ports, place, person = context.ports, context.place, context.person
    kept = None if typed.lower() == DEFAULT else _read(preference, typed)
    by = By(person_key(place.platform, person), person.name, ports.clock())
    await ports.store.write(choose, scope_key(scope, place, person), preference.name, kept, by)
    return scope


def allowed_scope(context: CommandContext, preference: Preference) -> Scope:
    """The scope that is named or meant. Raises CommandRefused, or NotAllowed where it is not this person's."""
    scope = _scope(context, preference)
    if _alone(context.place, scope):
        return scope
    try:
        context.ports.may_set(context.place.platform, context.person, scope)
    except NotAllowed as refused:
        if Scope.ME not in preference.scopes:
            raise
        instead = f"You can for yourself, with the scope `{Scope.ME}`."
        raise NotAllowed(f"{refused.said} {instead}") from refused
    return scope


def where(scope: Scope, place: Place) -> str:
    """For whom or where a choice of this scope holds, as seen from a place."""
    if place.kind is PlaceKind.DM and scope is Scope.CHANNEL:
        return "in our direct messages"
    return _WHERE[scope]


def _alone(place: Place, scope: Scope) -> bool:
    """Whether whoever chooses does so for nobody else: in direct messages the channel is theirs."""
    return place.kind is PlaceKind.DM and scope in (Scope.HERE, Scope.CHANNEL)


async def chosen_in(context: CommandContext) -> Mapping[str, Chosen]:
    """What is in force for this person in this place."""
    asker = person_key(context.place.platform, context.person)
    return await context.ports.store.read(chosen_where, context.place, asker)


def _scope(context: CommandContext, preference: Preference) -> Scope:
    named = context.option("scope").lower()
    scope = Scope(named) if named in list(Scope) else None
    if named and scope not in preference.scopes:
        allowed = ", ".join(preference.scopes)
        raise CommandRefused(f"`{preference.name}` can be set for: {allowed}. Nothing was changed.")
    meant = scope or default_scope(preference, context.place)
    in_channel = meant is Scope.HERE and context.place.kind is PlaceKind.CHANNEL
    return Scope.CHANNEL if in_channel else meant


def _read(preference: Preference, typed: str) -> str:
    try:
        return preference.read(typed)
    except ValueError as error:
        raise CommandRefused(f"`{preference.name}` has to be {error}. Nothing was changed.") from error
