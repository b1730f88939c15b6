"""Who shares a budget: the callers of a lane, and whose turn it is among them."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Protocol

from bot.delivery.pacing import Burst, Pace, Urgency
from bot.messages import Budget, CallKind, Failure, Place

_RHYTHMIC = (None, CallKind.EDIT, CallKind.APPEND)
"""Kinds of call that a growing reply makes again and again, so that they keep a rhythm; None is every kind."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a call went. `made` is false when it turned out not to be needed."""

    failure: Failure | None = None
    made: bool = True


class Caller(Protocol):
    """Something that has calls to make, one at a time."""

    def urgency(self, kind: CallKind | None) -> Urgency | None:
        """How urgent its next call is; None while it has none of this kind to make. `kind` None is any."""

    @property
    def since(self) -> float:
        """Since when the call is due, in the loop's time."""

    def age(self, now: float) -> float:
        """For how many seconds people have been seeing something of it."""

    def next_call(self, kind: CallKind | None) -> Coroutine[None, None, Report] | None:
        """The call to make now; None when there is nothing of this kind to do after all."""


@dataclass(slots=True)
class Load:
    """How many replies of a workspace grow, by how they do."""

    streaming: int = 0
    editing: int = 0


class Lane:
    """The callers who share a budget: for every call in one place, or for one kind of call."""

    __slots__ = ("callers", "key", "kind", "load", "pace", "place", "timer")

    def __init__(self, key: str, place: Place, budget: Budget, kind: CallKind | None = None) -> None:
        self.key = key
        self.place = place
        self.kind = kind
        self.pace = Pace(budget) if kind in _RHYTHMIC else Burst(budget)
        self.callers: dict[Caller, None] = {}
        self.timer: asyncio.TimerHandle | None = None
        self.load: Load | None = None

    @property
    def ends(self) -> int:
        """How many replies may want their last edit at once, where a whole workspace shares the lane."""
        return self.load.editing if self.load is not None else 0

    def first(self) -> tuple[Urgency, float, Caller] | None:
        """The caller whose turn it is: the most urgent, and of those the one that has waited longest."""
        best: tuple[Urgency, float, Caller] | None = None
        for caller in self.callers:
            urgency = caller.urgency(self.kind)
            if urgency is not None and (best is None or (urgency, caller.since) < best[:2]):
                best = (urgency, caller.since, caller)
        return best
