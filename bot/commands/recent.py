"""Which models answered in which channel lately, from memory: a keystroke waits for no query."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from bot.errors import StoreError
from bot.messages import Place
from bot.ports import Clock
from bot.store.engine import Store
from bot.store.intents.spending import models_used

log = structlog.get_logger(__name__)

STALE = 20.0
"""Seconds after which the next question has it read anew, in the background."""

WITHIN = 30 * 24 * 3600.0
"""Seconds that count as lately."""


class RecentModels:
    """The models used of late, by channel, as they were at the last reading."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._used: Mapping[str, Sequence[str]] = {}
        self._read_at = 0.0
        self._reading: asyncio.Task[None] | None = None

    def of(self, place: Place) -> Sequence[str]:
        """The models that answered in this channel lately, the last one first."""
        if self._reading is None and not 0 <= self._clock() - self._read_at < STALE:
            self._reading = asyncio.create_task(self.refresh())
            self._reading.add_done_callback(self._done)
        return self._used.get(place.parent.key, ())

    async def refresh(self) -> None:
        """Read it anew; where that fails, what was known stands."""
        now = self._clock()
        try:
            self._used = await self._store.read(models_used, now - WITHIN)
            self._read_at = now
        except StoreError as error:
            log.warning("models used not read", error=type(error).__name__)

    def _done(self, _task: asyncio.Task[None]) -> None:
        self._reading = None
