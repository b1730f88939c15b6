"""Lets nothing that was taken away stand in the files: of the index, of the database, of its log."""

import asyncio

import structlog

from bot.errors import StoreError
from bot.store.engine import Store
from bot.store.fulltext import rewrite

log = structlog.get_logger(__name__)

BREATH = 0.05
"""Seconds between two pieces: whoever waits for the disk comes first."""

_MOST_TRIES = 40
_PAUSE = 0.25


async def scrub(store: Store) -> None:
    """Write the index anew, piece by piece, then empty the log, in which older states of pages are kept.

    What is freed in the database is overwritten as it is freed. Where somebody reads or writes all the while, the
    log is left as it is, for the next time. Raises StoreError.
    """
    more = await store.write(rewrite, begin=True)
    while more:
        await asyncio.sleep(BREATH)
        more = await store.write(rewrite, begin=False)
    for _ in range(_MOST_TRIES):
        if await store.empty_log():
            return
        await asyncio.sleep(_PAUSE)
    log.info("log not emptied")


async def try_to_scrub(store: Store) -> None:
    """The same; a failure is logged, no more."""
    try:
        await scrub(store)
    except StoreError as error:
        log.warning("files not scrubbed", error=type(error).__name__)
