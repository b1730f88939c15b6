"""Opens the thread in which a question is answered; where that can't be, the answer goes where it was asked."""

import asyncio

import structlog

from bot.conversation.ports import Ports
from bot.conversation.titles import thread_title
from bot.errors import PlatformError, StoreError
from bot.messages import Inbound, Place
from bot.ports import OpensThreads
from bot.store.intents.posts import answer_in

log = structlog.get_logger(__name__)

_TRIES = 4
_PAUSE = 0.5
"""Seconds before the second try; doubled for each that follows."""


async def open_thread(ports: Ports, adapter: OpensThreads, asked: Inbound, thread: Place, turn_id: str) -> Place:
    """Open it, and say where the answer goes. Idempotent: whether a process that died came to it is not known."""
    for tries in range(1, _TRIES + 1):
        try:
            await adapter.open_thread(asked.place, asked.about, thread_title(asked.text))
            return thread
        except PlatformError as error:
            failure = error.failure
            log.warning(
                "thread not opened", place=asked.place.key, turn=turn_id, failure=failure.kind, tries=tries
            )
            if not failure.kind.passes or tries == _TRIES:
                break
            await asyncio.sleep(failure.retry_after or _PAUSE * 2 ** (tries - 1))
    return await _in_place(ports, asked, thread, turn_id)


async def _in_place(ports: Ports, asked: Inbound, thread: Place, turn_id: str) -> Place:
    try:
        await ports.store.write(answer_in, turn_id, asked.place)
    except StoreError as error:
        log.warning("place of answer not stored", turn=turn_id, error=type(error).__name__)
        return thread
    return asked.place
