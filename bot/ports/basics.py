"""What everything is given that would otherwise reach for it: time and ids."""

from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Seconds since the epoch. Waiting and pacing use the event loop's own time, which a test can turn."""


NewId: TypeAlias = Callable[[], str]
"""A fresh id: unguessable, short, sortable by nothing."""
