"""The time of a town, and the ids that carry it."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

EPOCH = 1_420_070_400.0
"""When Discord's time begins, as a Unix time."""


class TownClock:
    """Unix time that runs with the event loop's clock, and can be put forward."""

    def __init__(self, start: float | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._offset = (time.time() if start is None else start) - self._loop.time()

    def __call__(self) -> float:
        return self._loop.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Let time pass for the town alone."""
        self._offset += seconds


@dataclass
class Snowflakes:
    """Ids in Discord's form: milliseconds in the upper 42 bits, a running number in the lower 22."""

    made: int = field(default=0)

    def __call__(self, at: float) -> int:
        """A new id made at this Unix time."""
        self.made += 1
        return int((at - EPOCH) * 1000) << 22 | self.made & 0x3FFFFF


def time_of(snowflake: int) -> float:
    """When an id was made, as a Unix time."""
    return (snowflake >> 22) / 1000 + EPOCH


def iso(at: float | None) -> str | None:
    """A Unix time as Discord writes it."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
