"""What requests cost and whose money they spend. Amounts are US dollars, exact."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.messages.places import Person, Place, person_key


class Whose(StrEnum):
    """Who shares a daily limit."""

    PERSON = "person"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class SpendingLimits:
    """What may be spent in a day (UTC); None is no limit, zero lets nothing out at all, not even what is free.

    In `play` the model is the built-in one, whose prices are not real: what it costs is noted and never limited.
    """

    everyone: Decimal | None = None
    person: Decimal | None = None
    play: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """How much of a day's limit is used, by what was paid and what is set aside for requests under way."""

    whose: Whose
    limit: Decimal
    used: Decimal


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request to this model costs at most, and what the cheaper model, if any, would take for it."""

    model: str
    amount: Decimal
    cheaper: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside for one request."""

    id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that may cost more than is left. `cheaper_fits` tells whether the cheaper model's would not."""

    level: Level
    wanted: Decimal
    cheaper_fits: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Whose money a request spends, by keys; all empty for what nobody in particular asked for.

    `reservation` is what was set aside for it already; without one the ledger sets it aside before the request.
    """

    person: str = ""
    channel: str = ""
    workspace: str = ""
    turn: str | None = None
    reservation: Reservation | None = None


NOBODY = Account()
"""Pays for what the program does of its own accord; it counts towards everybody's limit."""


def account_of(place: Place, person: Person, turn: str | None = None) -> Account:
    """The account of a person who asks in a place."""
    return Account(person_key(place.platform, person), place.parent.key, place.workspace_key, turn)
