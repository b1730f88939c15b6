"""Which threads have readers of their own, so that they are not found by everybody who reads their channel."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping

import structlog

from bot.errors import PlatformError
from bot.messages import Place
from bot.ports import Adapter, KnowsAudience, offers

log = structlog.get_logger(__name__)

_MOST = 5_000


class OwnReaders:
    """Asks each platform once for each thread. Where it can't be told, a thread has readers of its own."""

    def __init__(self, adapters: Mapping[str, Adapter]) -> None:
        self._adapters = adapters
        self._known: OrderedDict[str, bool] = OrderedDict()

    async def apart(self, places: Iterable[Place | None]) -> frozenset[str]:
        """The keys of those among these places that not everybody can read who reads their channel."""
        threads = {place.key: place for place in places if place is not None and place.parent.key != place.key}
        return frozenset([key for key, thread in threads.items() if await self._is_apart(thread)])

    async def _is_apart(self, thread: Place) -> bool:
        known = self._known.get(thread.key)
        if known is None:
            known = await self._ask(thread)
            if known is None:
                return True
            self._known[thread.key] = known
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return known

    async def _ask(self, thread: Place) -> bool | None:
        """None where the platform does not tell at this moment."""
        adapter = self._adapters.get(thread.platform)
        if not offers(adapter, KnowsAudience):
            return None
        try:
            return (await adapter.audience(thread)).circle != (await adapter.audience(thread.parent)).circle
        except PlatformError as error:
            log.info("readers not told", place=thread.key, failure=error.failure.kind)
            return None
