"""Events that could not be taken in at once: kept in order, and tried again until they are."""

import asyncio
from collections import deque

import structlog

from bot.errors import StoreError
from bot.messages import Inbound
from bot.ports import Intake

log = structlog.get_logger(__name__)

_PAUSE = 1.0
"""Seconds until the store is tried again."""


class Waiting:
    """Discord does not tell an event again: while the store refuses it, it waits here, and later ones behind it.

    Should the program end before, catching up finds them: we do not claim to listen while any waits.
    """

    def __init__(self) -> None:
        self._line: deque[Inbound] = deque()
        self._trying: asyncio.Task[None] | None = None

    def __bool__(self) -> bool:
        return bool(self._line)

    async def deliver(self, event: Inbound, intake: Intake) -> None:
        """Hand it over, now or after those that wait."""
        if self._line:
            self._line.append(event)
        elif not await _taken(event, intake):
            self._line.append(event)
            self._trying = asyncio.create_task(self._try_again(intake))

    def stop(self) -> None:
        """Try no more."""
        if self._trying is not None:
            self._trying.cancel()

    async def _try_again(self, intake: Intake) -> None:
        while self._line:
            await asyncio.sleep(_PAUSE)
            while self._line and await _taken(self._line[0], intake):
                self._line.popleft()


async def _taken(event: Inbound, intake: Intake) -> bool:
    """Whether it is off our hands; what the core can never take is, and is logged."""
    try:
        await intake.accept(event)
    except StoreError as error:
        log.warning("event waits for the store", key=event.key, error=type(error).__name__)
        return False
    except Exception:
        log.exception("event not taken", key=event.key, kind=event.kind, place=event.place.key)
    return True
