"""Keeps what is said in recorded channels: noted in memory at once, written a little later, behind all else.

What a crash takes from memory is read again from the platform's history.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import structlog

from bot.errors import PlatformError, StoreError
from bot.messages import Inbound, InboundKind, PastMessage, Person, PersonKind
from bot.ports import Adapter, NamesPeople, offers
from bot.recording.readers import OwnReaders
from bot.store.engine import Store
from bot.store.intents.recorded import keep_heard

log = structlog.get_logger(__name__)

AT_A_TIME = 20
"""Messages that go in one commit: a reply's own waits for no more than these."""

GATHER, BREATH = 0.5, 0.01
"""Seconds for which messages are gathered before they are written, and between two commits."""

MOST_WAITING = 20_000
"""Messages in memory; past that the oldest are let go, and read again from history."""

NAMED_WITHIN = 1.0
"""Seconds that a message waits for the name of its author."""

PAUSE = 5.0
"""Seconds until the store is tried again."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it was said, or as it was rewritten."""

    said: PastMessage
    rewritten: bool


class Recorder:
    """What is said, on its way into the index. `channels` are the keys of the recorded ones."""

    def __init__(self, store: Store, adapters: Mapping[str, Adapter], readers: OwnReaders) -> None:
        self.channels: frozenset[str] = frozenset()
        self.lost: set[str] = set()
        """Channels of which something was let go, and that have to be read again."""
        self._store = store
        self._adapters = adapters
        self._readers = readers
        self._waiting: deque[Heard] = deque()
        self._some = asyncio.Event()
        self._wanted = asyncio.Event()
        self._moved = asyncio.Event()
        self._noted = 0
        self._stuck = False

    def hear(self, inbound: Inbound) -> None:
        """Note what happened, if it is to be kept. From memory, in no time."""
        channel = inbound.place.parent.key
        if channel not in self.channels:
            return
        if inbound.kind is InboundKind.DELETE:
            self._drop(inbound)
        elif inbound.kind in _SPOKEN and inbound.person.kind is not PersonKind.SELF:
            self._note(Heard(_said(inbound), inbound.kind is InboundKind.EDIT), channel)

    def keep(self, channels: Collection[str]) -> None:
        """Keep what is said in these channels from now on, and in no others."""
        self.channels = frozenset(channels)
        self._waiting = deque(one for one in self._waiting if _channel(one) in self.channels)
        self._tell()

    async def written(self) -> None:
        """Returns once everything noted until now can be found, or can't be for the moment."""
        upto = self._noted
        while self._noted - len(self._waiting) < upto:
            self._wanted.set()
            await self._moved.wait()
            if self._stuck:
                return

    async def run(self) -> None:
        """Write what is noted, a few at a time, for ever."""
        while True:
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GATHER):
                    await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._write_waiting()
            except StoreError as error:
                log.warning("not recorded yet", waiting=len(self._waiting), error=type(error).__name__)
                self._stuck = True
                self._tell()
                await asyncio.sleep(PAUSE)
                self._stuck = False

    def _note(self, heard: Heard, channel: str) -> None:
        self._waiting.append(heard)
        self._noted += 1
        if len(self._waiting) > MOST_WAITING:
            self.lost.add(_channel(self._waiting.popleft()))
        self._tell()

    def _drop(self, deleted: Inbound) -> None:
        place, message_id = deleted.place.key, deleted.message_id
        same = [one for one in self._waiting if one.said.message_id == message_id and _place(one) == place]
        for one in same:
            self._waiting.remove(one)
        self._tell()

    async def _write_waiting(self) -> None:
        for _ in range(len(self._waiting) // AT_A_TIME + 1):
            await self._write_some()
            await asyncio.sleep(0 if self._wanted.is_set() else BREATH)

    async def _write_some(self) -> None:
        some = [self._waiting[n] for n in range(min(AT_A_TIME, len(self._waiting)))]
        apart = await self._readers.apart(one.said.place for one in some)
        named = [replace(one, said=await self._named(one.said)) for one in some]
        await self._store.write(keep_heard, [(one.said, one.rewritten) for one in named], apart)
        for one in some:
            if self._waiting and self._waiting[0] is one:
                self._waiting.popleft()
        self._tell()

    def _tell(self) -> None:
        """Wake those who wait for something to write, and those who wait until it is written."""
        if self._waiting:
            self._some.set()
        else:
            self._some.clear()
        self._moved.set()
        self._moved.clear()

    async def _named(self, said: PastMessage) -> PastMessage:
        """With the name people know its author by, where we were told only an id."""
        adapter = self._adapters.get(said.place.platform) if said.place else None
        if said.place is None or said.person.name != said.person.id or not offers(adapter, NamesPeople):
            return said
        try:
            async with asyncio.timeout(NAMED_WITHIN):
                name = await adapter.name_of(said.person, said.place)
            return replace(said, person=replace(said.person, name=name))
        except (PlatformError, TimeoutError) as error:
            log.info("name not told", place=said.place.key, error=type(error).__name__)
            return said


_SPOKEN = (InboundKind.MESSAGE, InboundKind.EDIT)


def _said(inbound: Inbound) -> PastMessage:
    person = Person(inbound.person.id, inbound.person.name, inbound.person.kind)
    return PastMessage(
        inbound.message_id, person, inbound.text, inbound.sent_at, inbound.attachments, inbound.place
    )


def _place(heard: Heard) -> str:
    return heard.said.place.key if heard.said.place else ""


def _channel(heard: Heard) -> str:
    return heard.said.place.parent.key if heard.said.place else ""
