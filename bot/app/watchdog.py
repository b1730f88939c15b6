"""Doubts a platform's silence: a connection that looks alive and is not is made anew before people notice."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.app.health import SILENT_AFTER
from bot.errors import PlatformError
from bot.ports import Adapter, Clock, Health, RenewsConnection, ReportsHealth, offers

log = structlog.get_logger(__name__)

LOOK_EVERY = 30.0
"""Seconds between two looks."""

DOUBT_AFTER = 600.0
"""Seconds without a single event after which the platform is asked whether there really was nothing."""


@dataclass(slots=True)
class _Watched:
    """A platform, and when its silence was last doubted."""

    name: str
    connection: RenewsConnection
    platform: ReportsHealth
    doubted_at: float


class Watchdog:
    """Watches every connection that can be made anew."""

    def __init__(self, adapters: Sequence[Adapter], clock: Clock) -> None:
        self._clock = clock
        self._watched = [
            _Watched(one.platform, one, one, clock())
            for one in adapters
            if offers(one, RenewsConnection) and offers(one, ReportsHealth)
        ]

    async def run(self) -> None:
        """Never returns."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look_around()

    async def look_around(self) -> None:
        """Look at every connection once, and do about it what is needed."""
        for one in self._watched:
            await self._look(one)

    async def _look(self, one: _Watched) -> None:
        health = one.platform.health()
        if not health.connected:
            return
        try:
            await self._doubt(one, health)
        except PlatformError as error:
            log.warning("watchdog: no answer", platform=one.name, failure=error.failure.kind)
        except Exception:
            log.exception("watchdog: connection not looked at", platform=one.name)

    async def _doubt(self, one: _Watched, health: Health) -> None:
        now = self._clock()
        if health.heard_at is not None and now - health.heard_at > SILENT_AFTER:
            log.warning("watchdog: connection is dead", platform=one.name, silent=round(now - health.heard_at))
            await one.connection.renew()
        elif now - max(health.told_at or 0.0, one.doubted_at) > DOUBT_AFTER:
            one.doubted_at = now
            if not await one.connection.hears():
                log.warning("watchdog: connection is deaf", platform=one.name)
                await one.connection.renew()
