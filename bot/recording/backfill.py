"""Reads what was said in recorded channels before they were.

A page at a time, gently, and from where the last process stopped.
"""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from bot.errors import GatepostError, PlatformError
from bot.messages import FailureKind, PastMessage, PersonKind, Place
from bot.ports import Adapter, Clock, OpensThreads, ReadsHistory, ReadsSince, offers
from bot.recording.readers import OwnReaders
from bot.store.engine import Store
from bot.store.intents.recorded import forget_message, outdated, record_again
from bot.store.intents.recordings import Backfill, drop_backfill, keep_page, next_backfills

log = structlog.get_logger(__name__)

PAGE = 100
"""Messages asked for at once: what the platforms give in one call."""

PAUSE = 2.0
"""Seconds between two pages, so that answers never wait for a platform that is busy with us."""

LATER = 60.0
"""Seconds until a platform that could not be asked is asked again, unless it says how many."""

MOST_AT_ONCE = 2_000
"""Messages of a thread, or of what was missed, that are read in one go."""

MOST_REFUSALS = 5
"""How often we ask for what has to be read in one go, when we ask for too much."""

SETTLED = 10.0
"""Seconds: what is younger may be on its way to us still."""

WRITTEN_AT_A_TIME = 20


class Backfilling:
    """Works through what is to be read, one platform beside the other. `pause` is seconds between pages."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        readers: OwnReaders,
        clock: Clock,
        *,
        pause: float = PAUSE,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._readers = readers
        self._clock = clock
        self._pause = pause
        self._refused: dict[int, int] = {}
        self._some = {platform: asyncio.Event() for platform in adapters}

    def begin(self) -> None:
        """There may be something to read."""
        for some in self._some.values():
            some.set()

    async def run(self) -> None:
        """Never returns. The platforms have to be connected."""
        async with asyncio.TaskGroup() as group:
            for platform in self._adapters:
                group.create_task(self._work(platform))

    async def _work(self, platform: str) -> None:
        while True:
            await self._some[platform].wait()
            try:
                wait = await self._read_next(platform)
            except GatepostError as error:
                log.warning("nothing read of the past", platform=platform, error=type(error).__name__)
                wait = LATER
            except Exception:
                log.exception("reading the past broke", platform=platform)
                wait = LATER
            await asyncio.sleep(wait)

    async def _read_next(self, platform: str) -> float:
        """Read and keep one page of what is to be read; the seconds to wait until the next."""
        self._some[platform].clear()
        todo = await self._store.read(next_backfills, platform)
        if not todo:
            return 0.0
        self._some[platform].set()
        backfill, adapter, began = todo[0], self._adapters[platform], self._clock()
        try:
            said, before = await self._page(adapter, backfill)
        except PlatformError as error:
            failure = error.failure
            log.info("the past can't be read", place=backfill.place.key, failure=failure.kind)
            if failure.kind.passes and not self._is_too_much(backfill, failure.kind):
                return failure.retry_after or LATER
            await self._store.write(drop_backfill, backfill.id)
            return self._pause
        if backfill.before is None and 0 < len(said) < MOST_AT_ONCE:
            await self._correct(backfill, said, began)
        await self._keep(backfill, said, before, _threads(adapter, said))
        return self._pause

    def _is_too_much(self, backfill: Backfill, kind: FailureKind) -> bool:
        """Whether the platform gives less at once than has to be read in one go: it said so often enough."""
        if backfill.before is None and kind is FailureKind.RATE_LIMIT:
            self._refused[backfill.id] = self._refused.get(backfill.id, 0) + 1
        return self._refused.get(backfill.id, 0) >= MOST_REFUSALS

    async def _correct(self, backfill: Backfill, said: Sequence[PastMessage], began: float) -> None:
        """Follow what was edited or deleted while nobody told us, as far back as all was read."""
        place, until = backfill.place, began - SETTLED
        gone, changed = await self._store.read(outdated, place, said, backfill.since, until)
        for message_id in gone:
            await self._store.write(forget_message, place, message_id)
        apart = await self._readers.apart([place])
        for one in changed:
            await self._store.write(record_again, one, apart)

    async def _page(self, adapter: object, backfill: Backfill) -> tuple[Sequence[PastMessage], str | None]:
        """What is read next, the oldest first, and the message before which it goes on."""
        place, before, since = backfill.place, backfill.before, backfill.since
        if before is None:
            if not offers(adapter, ReadsSince):
                return (), None
            said = await adapter.past_since(place, since, MOST_AT_ONCE, lambda _: None)
            return [one for one in said if one.sent_at >= since], None
        if not offers(adapter, ReadsHistory):
            return (), None
        page = await adapter.history(place, before, PAGE)
        young = [one for one in page if one.sent_at >= since]
        return young, page[0].message_id if page and len(young) == len(page) else None

    async def _keep(
        self, backfill: Backfill, said: Sequence[PastMessage], before: str | None, threads: Sequence[Place]
    ) -> None:
        """Keep a page, a few messages to a commit; the last of them moves on."""
        peoples = [one for one in said if one.person.kind is not PersonKind.SELF and one.place is not None]
        apart = await self._readers.apart(one.place for one in peoples)
        while len(peoples) > WRITTEN_AT_A_TIME:
            some, peoples = peoples[:WRITTEN_AT_A_TIME], peoples[WRITTEN_AT_A_TIME:]
            await self._store.write(keep_page, backfill, some, backfill.before, apart)
        await self._store.write(keep_page, backfill, peoples, before, apart, threads, last=True)


def _threads(adapter: object, said: Sequence[PastMessage]) -> Sequence[Place]:
    """The threads that hang on these messages."""
    if not offers(adapter, OpensThreads):
        return ()
    hanging = [one for one in said if one.has_thread and one.place is not None and one.place.thread is None]
    found = [adapter.thread_for(one.place, one.message_id) for one in hanging if one.place is not None]
    return [thread for thread in found if thread is not None]
