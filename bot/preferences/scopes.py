"""For whom or where a choice holds, and the keys under which it is kept."""

from collections.abc import Mapping
from enum import StrEnum

from bot.messages import Person, Place, person_key


class Scope(StrEnum):
    """For whom or where a choice holds."""

    HERE = "here"
    CHANNEL = "channel"
    ME = "me"
    WORKSPACE = "workspace"


NEAREST_FIRST = (Scope.HERE, Scope.CHANNEL, Scope.ME, Scope.WORKSPACE)
"""Which choice wins: the thread's or conversation's, then the channel's, the person's, the workspace's."""

SHARED = frozenset({Scope.CHANNEL, Scope.WORKSPACE})
"""Scopes in which one person chooses for others."""


def scope_keys(place: Place, asker: str) -> Mapping[Scope, str]:
    """Where choices are looked for: the key of each scope. `asker` is a person's key."""
    return {
        Scope.HERE: place.key,
        Scope.CHANNEL: place.parent.key,
        Scope.ME: asker,
        Scope.WORKSPACE: place.workspace_key,
    }


def scope_key(scope: Scope, place: Place, person: Person) -> str:
    """The key under which a choice of this scope is kept."""
    return scope_keys(place, person_key(place.platform, person))[scope]
