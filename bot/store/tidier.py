"""Takes away files that nobody refers to any more: deleted messages' pictures, what a crash left behind."""

import asyncio

import structlog

from bot.errors import StoreError
from bot.ports import Clock
from bot.store.engine import Store
from bot.store.files import REUSE_SECONDS, Files
from bot.store.held import held_files

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3600.0
FOLLOW_UP_SECONDS = 60.0


class Tidier:
    """Looks at start, every hour, and `follow_up` seconds after `soon`, once for many deletions.

    What was put within the last `grace` seconds stays at every look: somebody may be about to refer to it. Where a
    deletion names its files, `Files.remove` takes them at once; others go at the first look after their grace, so
    within two hours.
    """

    def __init__(
        self,
        store: Store,
        files: Files,
        clock: Clock,
        grace: float = REUSE_SECONDS,
        follow_up: float = FOLLOW_UP_SECONDS,
    ) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._grace = grace
        self._follow_up = follow_up
        self._asked = asyncio.Event()

    def soon(self) -> None:
        """Something was deleted."""
        self._asked.set()

    async def run(self) -> None:
        """Look now and then, for ever. A look that fails is logged, no more."""
        while True:
            await self._tidy()
            try:
                async with asyncio.timeout(EVERY_SECONDS):  # wait_for may swallow a cancellation (Python 3.11)
                    await self._asked.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(self._follow_up)
            self._asked.clear()

    async def _tidy(self) -> None:
        before = self._clock() - self._grace
        try:
            gone = await self._files.sweep(await self._store.read(held_files), before)
        except StoreError as error:
            log.warning("files not tidied", error=type(error).__name__)
        else:
            if gone:
                log.info("files removed", count=gone)
