"""Takes what our conversations hold into the index, a little after it was said, so that no answer waits for it."""

import asyncio

import structlog

from bot.errors import GatepostError
from bot.recording.readers import OwnReaders
from bot.store.engine import Store
from bot.store.intents.indexed import index_items, unindexed_places

log = structlog.get_logger(__name__)

LOOK_EVERY = 3.0
"""Seconds between two looks for what is new, while something happens; a search looks by itself first."""

QUIET_AFTER = 600.0
"""Seconds without an event after which nobody looks any more."""

AT_A_TIME = 20
"""Items that go in one commit: a reply's own waits for no more than these."""


class Indexing:
    """The index of our own conversations."""

    def __init__(self, store: Store, readers: OwnReaders) -> None:
        self._store = store
        self._readers = readers
        self._one = asyncio.Lock()
        self._stirred = asyncio.Event()
        self._until = 0.0

    def stir(self) -> None:
        """Something happened, of which a conversation may hold something soon."""
        self._until = asyncio.get_running_loop().time() + QUIET_AFTER
        self._stirred.set()

    async def catch_up(self) -> None:
        """Returns once everything that conversations hold until now can be found."""
        async with self._one:
            while True:
                last, places = await self._store.read(unindexed_places, AT_A_TIME)
                if not last:
                    return
                await self._store.write(index_items, last, AT_A_TIME, await self._readers.apart(places))

    async def run(self) -> None:
        """Look now and then, for ever."""
        self.stir()
        while True:
            await self._stirred.wait()
            try:
                await self.catch_up()
            except GatepostError as error:
                log.warning("conversations not indexed yet", error=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY)
            if asyncio.get_running_loop().time() > self._until:
                self._stirred.clear()
