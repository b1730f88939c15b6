"""Which channels somebody can read, for what they are typing: as it was a moment ago, for a keystroke waits for no
platform."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

import structlog

from bot.errors import PlatformError
from bot.messages import Person, Place, person_key
from bot.ports import Adapter, Clock, ListsReadable, offers

log = structlog.get_logger(__name__)

STALE = 20.0
"""Seconds after which the next keystroke has them read anew, in the background."""

_MOST_KNOWN = 500


class ReadableChannels:
    """Names of channels, by person and workspace, as of the last reading; the first keystroke finds none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[float, Sequence[str]]] = OrderedDict()
        self._reading: dict[tuple[str, str], asyncio.Task[None]] = {}

    def names(self, adapter: Adapter, person: Person, place: Place) -> Sequence[str]:
        """What this person can read in the workspace of a place, or from a direct message everywhere."""
        if not offers(adapter, ListsReadable):
            return ()
        key = person_key(place.platform, person), place.workspace_key
        at, names = self._known.get(key, (-STALE, ()))
        if key not in self._reading and self._clock() - at >= STALE:
            reading = self._reading[key] = asyncio.create_task(self._read(adapter, person, place, key))
            reading.add_done_callback(lambda _: self._reading.pop(key, None))
        return names

    async def _read(self, source: ListsReadable, person: Person, place: Place, key: tuple[str, str]) -> None:
        try:
            found = await source.readable(person, place.workspace)
        except PlatformError as error:
            log.warning("channels not listed", place=place.key, failure=error.failure.kind)
            found = ()  # what was known may be theirs no more
        self._known[key] = (self._clock(), tuple(dict.fromkeys(one.name for one in found)))
        self._known.move_to_end(key)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
