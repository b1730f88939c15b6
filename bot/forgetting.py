"""Forgets people who ask for it: each piece is one commit, and the next process goes on where one died."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.errors import NotAllowed, StoreError
from bot.messages import Inbound, PlaceKind
from bot.ports import Clock
from bot.store.engine import Store
from bot.store.files import Files
from bot.store.intents.erasures import (
    Erasure,
    ErasureState,
    decide_erasure,
    erase_some,
    erasures_in,
    find_erasure,
    has_to_wait,
    tell_erasure,
)
from bot.store.intents.kept import entries_for
from bot.store.scrubbing import try_to_scrub

log = structlog.get_logger(__name__)

KEPT_AS_IT_IS = "Nothing was forgotten."
_NOT_THERE = "There is nothing to confirm here any more. `/forget` asks again."
_PAUSE = 2.0
"""Seconds until it is looked whether what was being answered has ended."""

_MOST_PAUSES = 60
_STORE_PAUSE = 10.0

Tell = Callable[[Inbound, str], Awaitable[None]]


class Forgetting:
    """Requests to forget, at work. `tell` answers an event privately; `deleted` is told when files may be left."""

    def __init__(self, store: Store, files: Files, clock: Clock, tell: Tell, deleted: Callable[[], None]) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._tell = tell
        self._deleted = deleted
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def decide(self, inbound: Inbound, *, wanted: bool) -> None:
        """Take in that it is wanted, or not. Raises NotAllowed where there is nothing to decide."""
        erasure_id = inbound.action.turn_id if inbound.action is not None else ""
        decided = await self._store.write(decide_erasure, inbound, erasure_id, self._clock(), wanted=wanted)
        if decided is None:
            raise NotAllowed(_NOT_THERE)
        if wanted:
            self._begin(erasure_id)
        elif decided:
            await self._tell(inbound, KEPT_AS_IT_IS)

    async def recover(self) -> None:
        """Go on with what a dead process did not come to the end of."""
        for erasure_id in await self._store.read(erasures_in, ErasureState.WANTED):
            self._begin(erasure_id)

    async def close(self) -> None:
        """Leave the rest to the next process."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _begin(self, erasure_id: str) -> None:
        if erasure_id not in self._tasks:
            task = asyncio.create_task(self._carry_out(erasure_id))
            self._tasks[erasure_id] = task
            task.add_done_callback(lambda _task: self._tasks.pop(erasure_id, None))

    async def _carry_out(self, erasure_id: str) -> None:
        while True:
            try:
                await self._until_gone(erasure_id)
                return
            except StoreError as error:
                log.warning("not forgotten yet", erasure=erasure_id, error=type(error).__name__)
                await asyncio.sleep(_STORE_PAUSE)

    async def _until_gone(self, erasure_id: str) -> None:
        """Take everything away, wait a while for what is being answered, and say what is gone."""
        for n in range(_MOST_PAUSES):
            await erase(self._store, self._files, erasure_id, self._clock, again=n > 0)
            if not await self._store.read(has_to_wait, erasure_id, self._clock()):
                break
            await asyncio.sleep(_PAUSE)
        self._deleted()
        erasure = await self._store.read(find_erasure, erasure_id)
        if erasure is None or erasure.confirmed is None:
            return
        log.info("forgotten", erasure=erasure_id, rows=sum(erasure.removed.values()))
        waits = await self._store.read(has_to_wait, erasure_id, self._clock())
        await self._tell(erasure.confirmed, told(erasure, self._clock(), waits=waits))
        await self._store.write(tell_erasure, erasure_id, self._clock())
        await try_to_scrub(self._store)


async def erase(store: Store, files: Files, erasure_id: str, clock: Clock, *, again: bool = False) -> None:
    """Take away all that may go by now, piece by piece: a reply that waits for the disk comes in between.

    `again` takes only what had to wait: reminders and settings that somebody made since then are new.
    """
    erasure = await store.read(find_erasure, erasure_id)
    entries = entries_for(erasure.theirs(clock())) if erasure is not None else ()
    for entry in (one for one in entries if one.waits or not again):
        while (taken := await store.write(erase_some, erasure_id, entry.name, clock())).more:
            await files.remove(taken.orphans)


def told(erasure: Erasure, now: float, *, waits: bool) -> str:
    """What is gone, and what remains and why."""
    entries = entries_for(erasure.theirs(now))
    counts = {one.name: erasure.removed.get(one.name, 0) for one in entries}
    head = f"Done. What I kept {_of(erasure)} is gone:" if sum(counts.values()) else nothing_kept(erasure)
    lines = [head, *listed(erasure, counts)]
    if waits:
        lines.append("What is still being answered goes as soon as it has ended.")
    return "\n".join((*lines, "", *remains(erasure)))


def question(erasure: Erasure) -> str:
    """What is asked before anything goes."""
    return f"Shall I forget what I keep {_of(erasure)}? It can’t be undone. That is:"


def nothing_kept(erasure: Erasure) -> str:
    """Where there is nothing to forget."""
    return f"I keep nothing {_of(erasure)}."


def listed(erasure: Erasure, counts: Mapping[str, int]) -> list[str]:
    """What there is of each kind, a line each; nothing of what there is none of."""
    named = {one.name: one.sentence for one in entries_for(erasure.theirs(0.0))}
    return [f"- {_begun(named[name])}: {count:,}" for name, count in counts.items() if count]


def remains(erasure: Erasure) -> list[str]:
    """What forgetting leaves, in words."""
    stays = [one.stays for one in entries_for(erasure.theirs(0.0)) if one.stays]
    return [
        "What remains, and why:",
        *(f"- {_begun(one)}." for one in stays),
        "- What stands on Discord or Slack themselves, where you can delete it.",
        "- Backups that were made before, until whoever runs me deletes them.",
    ]


def _of(erasure: Erasure) -> str:
    if erasure.within is None:
        return "about you"
    names = {
        PlaceKind.DM: "our direct messages",
        PlaceKind.THREAD: "this thread",
        PlaceKind.CHANNEL: "this channel and its threads",
    }
    return f"of what you said in {names[erasure.within.kind]}, with what you were answered"


def _begun(sentence: str) -> str:
    """With a capital letter."""
    return sentence[:1].upper() + sentence[1:]
