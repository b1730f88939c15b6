"""Who may be shown what: whether what was said in one place may be shown in another, to whoever asks there."""

import asyncio
from collections.abc import Iterable, Mapping
from enum import Enum

import structlog

from bot.errors import PlatformError
from bot.messages import Audience, Person, Place, Reach
from bot.ports import Adapter, ChecksReaders, KnowsAudience, offers

log = structlog.get_logger(__name__)


PATIENCE = 8.0
"""Seconds that a platform has to tell; one that limits our calls may make us wait for longer."""


class Disclosure(Enum):
    """How something may be shown to whoever asks: where they ask, to them alone, or not at all."""

    HERE = "here"
    PRIVATELY = "privately"
    NOT = "not"


def covers(source: Audience, here: Audience, asker: str) -> bool:
    """Whether everyone who can read `here` can read the source, given that the asker can. Pure."""
    if here.reach is Reach.ALONE:
        return here.alone_with == asker
    if source.circle == here.circle or source.circle in here.within:
        return True
    return source.reach is Reach.WORKSPACE and source.workspace == here.workspace and not here.outsiders


class Discretion:
    """Asks one platform, at this moment. What it can't tell counts as a no."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    async def can_read(self, person: Person, place: Place) -> bool:
        """Whether this person can open the place by themselves."""
        if place.platform != self._adapter.platform or not offers(self._adapter, ChecksReaders):
            return False
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._adapter.can_read(person, place)
        except (PlatformError, TimeoutError) as error:
            _log_untold(place, error)
            return False

    async def may_show(self, source: Place, here: Place, asker: Person) -> bool:
        """Whether what was said in `source` may be shown in `here`, where this person asks."""
        return await self._disclosure(source, here, asker) is Disclosure.HERE

    async def disclosures(self, sources: Iterable[Place], here: Place, asker: Person) -> Mapping[str, Disclosure]:
        """How what was said in each of these places may be shown to the asker, by the place's key."""
        places = {place.key: place for place in sources}
        found = await asyncio.gather(*(self._disclosure(place, here, asker) for place in places.values()))
        return dict(zip(places, found, strict=True))

    async def _disclosure(self, source: Place, here: Place, asker: Person) -> Disclosure:
        if not await self.can_read(asker, source):
            return Disclosure.NOT
        if source == here:
            return Disclosure.HERE
        readers, onlookers = await asyncio.gather(self._audience(source), self._audience(here))
        if onlookers is None:
            return Disclosure.PRIVATELY
        if onlookers.reach is Reach.ALONE:
            return Disclosure.HERE if onlookers.alone_with == asker.id else Disclosure.PRIVATELY
        shown = readers is not None and covers(readers, onlookers, asker.id)
        return Disclosure.HERE if shown else Disclosure.PRIVATELY

    async def _audience(self, place: Place) -> Audience | None:
        adapter = self._adapter
        if place.platform != self._adapter.platform or not offers(adapter, KnowsAudience):
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                return await adapter.audience(place)
        except (PlatformError, TimeoutError) as error:
            _log_untold(place, error)
            return None


def _log_untold(place: Place, error: Exception) -> None:
    log.warning("readers not told", place=place.key, error=str(error) or type(error).__name__)
