"""What was said while we were away: since we last listened, place by place, through the same intake.

Young questions are answered, older ones are offered. What came in before does no harm: each event is taken
in once.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Protocol

import structlog

from bot.errors import StoreError
from bot.messages import Inbound, Place, PlaceKind
from bot.ports import CatchesUp, Clock
from bot.store.engine import Store
from bot.store.intents.absence import begin_presence, known_dms, present, present_until

log = structlog.get_logger(__name__)

ANSWERED_WITHIN = 15 * 60.0
"""Seconds; a question older than that is offered to be answered, and not answered unasked."""

OFFERED_WITHIN = 7 * 24 * 3600.0
"""Seconds; what is older still is let be."""

OVERLAP = 180.0
"""Seconds before the last sign of us that are looked at again: a connection is found dead only some time after."""

NOTED_EVERY = 20.0
"""Seconds between two notes that we are here."""

PAUSE = 5.0
"""Seconds until what could not be read is tried again."""

MOST_IN_A_PLACE, MOST_DMS, PLACES_AT_ONCE = 100, 100, 3


class Late(Protocol):
    """The intake, as far as catching up needs it."""

    async def accept(self, inbound: Inbound) -> None:
        """Take it in as if it were said now."""

    async def offer(self, late: Sequence[Inbound]) -> None:
        """Take in what was asked too long ago, all in one conversation, and ask whether it is still wanted."""


class CatchUp:
    """Catches up with one platform: at the start, and whenever it may have lost something.

    `missed` is told of that, too: edits and deletions are told by no history.
    """

    def __init__(
        self,
        platform: str,
        source: CatchesUp,
        intake: Late,
        store: Store,
        clock: Clock,
        *,
        pause: float = PAUSE,
        missed: Callable[[str], None] = lambda _platform: None,
    ) -> None:
        self._platform = platform
        self._source = source
        self._intake = intake
        self._store = store
        self._clock = clock
        self._pause = pause
        self._missed = asyncio.Event()
        self._tell = missed
        source.when_missed(self._may_have_missed)

    def _may_have_missed(self) -> None:
        self._tell(self._platform)
        self._missed.set()

    async def run(self) -> None:
        """Never returns. What is said while we catch up comes in by itself, and counts once."""
        first = await self._begin()
        while True:
            await self._missed.wait()
            self._missed.clear()
            if not first:
                await self._until_caught_up()
            first = False
            await self._stay()

    async def _begin(self) -> bool:
        """Whether this is the first start of all, which looks back at nothing.

        It is noted before anything is heard: who is killed over the first questions has to look back at them.
        """
        try:
            return await self._store.write(begin_presence, self._platform, self._clock())
        except StoreError as error:
            log.warning("presence not stored", platform=self._platform, error=type(error).__name__)
            return False

    async def _until_caught_up(self) -> None:
        done = set[Place]()  # a place that was read stays read, however often others have to be asked again
        while True:
            try:
                await self._catch_up(done)
            except Exception:
                log.exception("not caught up yet", platform=self._platform)
                await asyncio.sleep(self._pause)
            else:
                return

    async def _catch_up(self, done: set[Place]) -> None:
        now = self._clock()
        until = await self._store.read(present_until, self._platform)
        if until is None:
            return
        since = max(until - OVERLAP, now - OFFERED_WITHIN)
        known = await self._store.read(known_dms, self._platform, MOST_DMS)
        places = [one for one in await self._source.places_since(since, known) if one not in done]
        gate = asyncio.Semaphore(PLACES_AT_ONCE)

        async def read(place: Place) -> None:
            async with gate:
                await self._take_in(await self._source.said_since(place, since, MOST_IN_A_PLACE), now)
                done.add(place)

        ends = await asyncio.gather(*map(read, places), return_exceptions=True)
        if failed := [end for end in ends if end is not None]:
            raise failed[0]
        log.info("caught up", platform=self._platform, away=round(now - until), places=len(done))

    async def _take_in(self, said: Sequence[Inbound], now: float) -> None:
        for is_late, some in groupby(said, lambda one: one.addressed and now - one.sent_at > ANSWERED_WITHIN):
            if not is_late:
                for inbound in some:
                    await self._intake.accept(inbound)
                continue
            late = list(some)
            together = [late] if late[0].place.kind is not PlaceKind.CHANNEL else [[one] for one in late]
            for conversation in together:
                await self._intake.offer(conversation)

    async def _stay(self) -> None:
        """Note that we are here, until something may have been missed."""
        while not self._missed.is_set():
            if self._source.listening():
                try:
                    await self._store.write(present, self._platform, self._clock())
                except StoreError as error:
                    log.warning("presence not stored", platform=self._platform, error=type(error).__name__)
            try:
                async with asyncio.timeout(NOTED_EVERY):
                    await self._missed.wait()
            except TimeoutError:
                continue
