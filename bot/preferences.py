"""What people can choose about how they are answered: declared as data, chosen by scope, the nearest wins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from bot.messages import Person, Place, PlaceKind, person_key


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


@dataclass(frozen=True, slots=True)
class Preference:
    """One thing that can be chosen.

    `read` turns what was typed into the value that is kept, or raises ValueError with words that complete
    "NAME has to be …". `default` says in words what holds where nobody chose. Without `scopes` named it may be
    chosen in all of them.
    """

    name: str
    description: str
    read: Callable[[str], str]
    default: str
    choices: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = NEAREST_FIRST


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these words, however it is capitalised."""

    def read(typed: str) -> str:
        if typed.lower() not in choices:
            raise ValueError(f"{', '.join(choices[:-1])} or {choices[-1]}")
        return typed.lower()

    return read


def whole_number(least: int, most: int) -> Callable[[str], str]:
    """A whole number within limits."""

    def read(typed: str) -> str:
        digits = typed.replace(",", "").replace("_", "")
        if not (digits.isascii() and digits.isdigit() and least <= int(digits) <= most):
            raise ValueError(f"a whole number from {least:,} to {most:,}")
        return str(int(digits))

    return read


MAX_TOKENS = Preference(
    "max_tokens",
    "How long an answer may get, in tokens",
    whole_number(16, 200_000),
    "8,000",
)

REPLY_IN = Preference(
    "reply_in",
    "Where a mention in a channel is answered: in a thread of its own, or in place",
    one_of("thread", "place"),
    "as the operator has set it",
    choices=("thread", "place"),
    scopes=(Scope.CHANNEL, Scope.WORKSPACE),
)

FOLLOW_UPS = Preference(
    "follow_ups",
    "Whether I answer in a thread I take part in without being mentioned",
    one_of("always", "mention"),
    "always",
    choices=("always", "mention"),
    scopes=(Scope.HERE, Scope.CHANNEL, Scope.WORKSPACE),
)

OUTSIDERS = Preference(
    "outsiders",
    "Whether I answer guests, and people of other workspaces in shared channels",
    one_of("deny", "allow"),
    "deny",
    choices=("deny", "allow"),
    scopes=(Scope.CHANNEL, Scope.WORKSPACE),
)

PREFERENCES: tuple[Preference, ...] = (
    REPLY_IN,
    FOLLOW_UPS,
    OUTSIDERS,
    MAX_TOKENS,
)
"""Everything that can be chosen with /settings, in the order in which it is listed."""

BY_NAME: Mapping[str, Preference] = MappingProxyType({one.name: one for one in PREFERENCES})


def default_scope(preference: Preference, place: Place) -> Scope:
    """The scope that is meant when none is named: this place, or the nearest in which it may be chosen."""
    if place.kind is PlaceKind.CHANNEL and Scope.CHANNEL in preference.scopes:
        return Scope.CHANNEL
    return next(scope for scope in NEAREST_FIRST if scope in preference.scopes)
