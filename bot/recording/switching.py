"""Switches recording on and off, channel by channel, as people chose: said in the channel, forgotten in the end.

It always looks at what was chosen and at what is done of it, so it goes on wherever the last process stopped.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from bot.errors import CommandRefused, GatepostError, PlatformError
from bot.messages import Place, PlaceKind, Rendered
from bot.ports import Adapter, Clock, Reconciles, offers
from bot.recording import words
from bot.recording.recorder import Recorder
from bot.store.engine import Store
from bot.store.intents.recorded import forget_recorded
from bot.store.intents.recordings import (
    Recording,
    RecordingState,
    backfills_left,
    begin_recording,
    end_recording,
    find_recording,
    read_gap,
    refuse_recording,
    settle_choices,
)

log = structlog.get_logger(__name__)

LOOK_EVERY = 60.0
"""Seconds after which it looks by itself: what did not work is tried again."""

FORGOTTEN_AT_A_TIME = 50
"""Messages that are forgotten in one commit."""

OVERLAP = 180.0
"""Seconds before we began, or before something was let go, that are read as well."""

LOOK_BACK = 24 * 3600.0
"""Seconds before the last message kept that are read again after a start: there may be edits and deletions."""

MOST_DAYS = 365
"""How far back earlier messages are read, however long messages are kept."""

_DAY = 86_400.0


class Switching:
    """Keeps every channel as it was chosen.

    `serves` says where the operator lets us be, `days` how long messages are kept; None is without end. `begun` is
    told when there is something of the past to read.
    """

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        recorder: Recorder,
        clock: Clock,
        serves: Callable[[Place], bool],
        days: int | None,
        begun: Callable[[], None],
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._recorder = recorder
        self._clock = clock
        self._serves = serves
        self._days = days
        self._begun = begun
        self._one = asyncio.Lock()
        self._again = asyncio.Event()

    async def recover(self) -> None:
        """Listen where recording is on, and have read what was missed. Before anything is heard."""
        async with self._one:
            for recording in await self._settled():
                await self._store.write(read_gap, recording.place.key, LOOK_BACK)
            self._begun()

    async def run(self) -> None:
        """Never returns. The platforms have to be connected."""
        while True:
            try:
                await self.look()
            except GatepostError as error:
                log.warning("recording not looked at", error=type(error).__name__)
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await self._again.wait()
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Take every channel a step on: say that it is recorded, or forget what was and say that."""
        self._again.clear()
        async with self._one:
            for recording in await self._settled():
                if recording.state is RecordingState.WANTED:
                    await self._begin(recording)
                elif recording.state is RecordingState.OFF:
                    await self._end(recording)
            for channel in tuple(self._recorder.lost):
                await self._store.write(read_gap, channel, OVERLAP)
                self._recorder.lost.discard(channel)
                self._begun()

    async def chosen(self, place: Place) -> str:
        """Act on what was chosen for the channel of this place; what there is to say of it.

        Raises CommandRefused where nothing can be recorded; then nothing is.
        """
        channel = place.parent
        if place.kind is PlaceKind.DM:
            await self._store.write(refuse_recording, channel.key)
            raise CommandRefused(words.NOT_HERE)
        async with self._one:
            here = next((one for one in await self._settled() if one.place.key == channel.key), None)
            if here is not None and here.state is RecordingState.WANTED:
                await self._begin(here)
                if await self._store.read(find_recording, channel.key) is None:
                    raise CommandRefused(words.CANT_SAY)
        self._again.set()
        return await self.progress(place)

    async def progress(self, place: Place) -> str:
        """How the channel of this place is recorded; empty where it is not."""
        channel = place.parent.key
        recording = await self._store.read(find_recording, channel)
        return words.progress(recording, await self._store.read(backfills_left, channel))

    async def _settled(self) -> Sequence[Recording]:
        """Every channel as it stands now; the recorder keeps what is said where recording is on."""
        settled = await self._store.write(settle_choices, self._clock())
        on = (one.place for one in settled if one.state is RecordingState.ON)
        self._recorder.keep({place.key for place in on if self._serves(place)})
        return settled

    async def _begin(self, recording: Recording) -> None:
        """Tell the people in the channel, and only then record it."""
        place, now = recording.place, self._clock()
        if place.platform not in self._adapters or not self._serves(place):
            return
        message_id = await self._say(place, words.begun(self._days), f"recording:on:{place.key}:{recording.since}")
        if message_id is not None:
            since = now - min(self._days or MOST_DAYS, MOST_DAYS) * _DAY
            await self._store.write(begin_recording, place.key, message_id, now, since, OVERLAP)
            await self._settled()
            self._begun()
            log.info("recording begins", place=place.key)

    async def _end(self, recording: Recording) -> None:
        """Forget what was recorded, and say so."""
        place = recording.place
        more = True
        while more:
            more = bool(await self._store.write(forget_recorded, place.key, FORGOTTEN_AT_A_TIME))
        if place.platform in self._adapters:
            said = await self._say(place, words.ENDED, f"recording:off:{place.key}:{recording.since}")
            if said is None and await self._store.read(find_recording, place.key) is not None:
                return  # it can't be said just now
        await self._store.write(end_recording, place.key)
        log.info("recording ended", place=place.key)
        self._again.set()  # it may have been chosen again meanwhile

    async def _say(self, place: Place, said: str, key: str) -> str | None:
        """Show it in the channel, once; the message's id. None where it can't be said, for now or for good."""
        adapter = self._adapters[place.platform]
        try:
            known = await adapter.reconcile(place, key) if offers(adapter, Reconciles) else None
            return known or await adapter.post(place, Rendered(adapter.render(said), final=True), key)
        except PlatformError as error:
            log.warning("recording not announced", place=place.key, failure=error.failure.kind)
            if not error.failure.kind.passes:
                await self._store.write(refuse_recording, place.key)
            return None
