"""What everything is given that would otherwise reach for it: time, ids, and whom to tell how far it has come."""

from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Seconds since the epoch. Waiting and pacing use the event loop's own time, which a test can turn."""


NewId: TypeAlias = Callable[[], str]
"""A fresh id: unguessable, short, sortable by nothing."""

Progress: TypeAlias = Callable[[str], None]
"""Told in a short line how far something has come that takes a while."""


def unheard(_said: str) -> None:
    """The progress of what nobody watches."""
