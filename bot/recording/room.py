"""All of recording together: what is heard, switched, read of the past, and found."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog

from bot.messages import Hit, Inbound, Place, Query
from bot.ports import Adapter, Clock
from bot.recording.backfill import PAUSE, Backfilling
from bot.recording.indexing import Indexing
from bot.recording.readers import OwnReaders
from bot.recording.recorder import Recorder
from bot.recording.switching import Switching
from bot.store.engine import Store
from bot.store.search import find

log = structlog.get_logger(__name__)

AGAIN = 30.0
"""Seconds until a part that broke begins again."""


class _Part(Protocol):
    async def run(self) -> None: ...


async def _lasting(part: _Part) -> None:
    """Run a part for ever: what broke it is logged, and the others go on."""
    while True:
        try:
            await part.run()
        except Exception:
            log.exception("recording broke", part=type(part).__name__)
        await asyncio.sleep(AGAIN)


class RecordingRoom:
    """Implements `bot.ports.Recording`. `days` is how long messages are kept; None is without end."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        clock: Clock,
        serves: Callable[[Place], bool],
        days: int | None,
        *,
        pause: float = PAUSE,
    ) -> None:
        self._store = store
        readers = OwnReaders(adapters)
        self._recorder = Recorder(store, adapters, readers)
        self._backfilling = Backfilling(store, adapters, readers, clock, pause=pause)
        self._indexing = Indexing(store, readers)
        self._switching = Switching(store, adapters, self._recorder, clock, serves, days, self._backfilling.begin)

    async def recover(self) -> None:
        """Listen where recording is on. Before anything is heard."""
        await self._switching.recover()

    async def run(self) -> None:
        """Never returns. The platforms have to be connected."""
        async with asyncio.TaskGroup() as group:
            for part in (self._recorder, self._switching, self._backfilling, self._indexing):
                group.create_task(_lasting(part))

    def hear(self, inbound: Inbound) -> None:
        """Note what happened, if it is to be kept."""
        self._recorder.hear(inbound)
        self._indexing.stir()

    async def chosen(self, place: Place) -> str:
        """Act on what was chosen for the channel of this place."""
        return await self._switching.chosen(place)

    async def progress(self, place: Place) -> str:
        """How the channel of this place is recorded."""
        return await self._switching.progress(place)

    async def find(self, query: Query) -> Sequence[Hit]:
        """What fits, everything included that was said until now."""
        await self._recorder.written()
        await self._indexing.catch_up()
        return await self._store.look_through(find, query)
