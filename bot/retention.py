"""Lets go with time: what was kept long enough, and what of a request to forget had to wait for the next day."""

import asyncio
from collections.abc import Callable

import structlog

from bot.errors import StoreError
from bot.forgetting import erase
from bot.ports import Clock
from bot.store.engine import Store
from bot.store.files import Files
from bot.store.intents.erasures import ErasureState, drop_unconfirmed, end_erasure, erasures_in
from bot.store.intents.kept import KEPT
from bot.store.scrubbing import BREATH, scrub

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3_600.0
DAY = 86_400.0


class Retention:
    """Looks at the start and every hour. What was kept for longer than `days` goes; without `days` it stays.

    `deleted` is told when files may be left that nobody refers to. Once a day nothing of what went is left
    in the files, whoever took it away.
    """

    def __init__(
        self, store: Store, files: Files, clock: Clock, days: int | None, deleted: Callable[[], None]
    ) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._days = days
        self._deleted = deleted
        self._scrubbed_at = 0.0

    async def run(self) -> None:
        """Look now and then, for ever. A look that fails is logged, no more."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("nothing let go", error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Let go of everything whose time has come. Raises StoreError."""
        await self._store.write(drop_unconfirmed, self._clock())
        for erasure_id in await self._store.read(erasures_in, ErasureState.TOLD):
            await erase(self._store, self._files, erasure_id, self._clock, again=True)
            await self._store.write(end_erasure, erasure_id, self._clock())
        if self._days is not None and (gone := await self._expire(self._clock() - self._days * DAY)):
            log.info("let go with time", rows=gone, days=self._days)
            self._deleted()
        if self._clock() >= self._scrubbed_at + DAY:
            await scrub(self._store)
            self._scrubbed_at = self._clock()

    async def _expire(self, before: float) -> int:
        gone = 0
        for entry in KEPT:
            while entry.expire is not None:
                taken = await self._store.write(entry.expire, before)
                await self._files.remove(taken.orphans)
                gone += taken.rows
                if not taken.more:
                    break
                await asyncio.sleep(BREATH)
        return gone
