"""Rings when a reminder is due: each occurrence is posted once, whatever is killed when.

What is due moves on in the commit that owes its occurrence to people; what is owed is shown under the occurrence's
key, which a platform is asked for before anything is posted again.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import structlog

from bot.delivery.posts import Outcome, Post
from bot.delivery.pump import Pump
from bot.errors import GatepostError, PlatformError
from bot.messages import (
    Action,
    ActionName,
    Occurrence,
    Person,
    Place,
    PlaceKind,
    Reminder,
    Where,
)
from bot.ports import Adapter, ChecksReaders, Clock, OpensDirectMessages, Reconciles, offers
from bot.reminders.book import SNOOZES
from bot.reminders.discretion import CanRead, for_owner
from bot.reminders.due import move_on
from bot.reminders.saying import announced
from bot.store.engine import Store
from bot.store.intents.posts import intend_post
from bot.store.intents.reminders import (
    Attempt,
    attempts_of,
    drop_attempt,
    mark_shown,
    next_due,
    owed_occurrences,
    take_due,
    tidy_reminders,
)

log = structlog.get_logger(__name__)

LOOK_EVERY = 30.0
"""Seconds after which it looks at the latest: a clock may be set, and what went wrong is tried again."""

KEPT = 30 * 86_400.0
"""Seconds for which a reminder that has ended is kept, so that it can still be snoozed."""

TWICE = "I was interrupted while posting this, so it may stand here twice."


class NotNow(GatepostError):
    """The platform could not be asked at this moment."""


class Bell:
    """Shows what is due, on every platform."""

    def __init__(
        self, store: Store, pump: Pump, adapters: Mapping[str, Adapter], clock: Clock, changed: asyncio.Event
    ) -> None:
        self._store = store
        self._pump = pump
        self._adapters = adapters
        self._clock = clock
        self._changed = changed
        self._at_work: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Never returns. The platforms have to be connected."""
        if not self._adapters:
            return
        while True:
            self._changed.clear()
            try:
                wait = await self.ring()
            except GatepostError as error:
                log.warning("reminders not looked at", error=type(error).__name__)
                wait = LOOK_EVERY
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def ring(self) -> float:
        """Take what is due, begin to show what is owed; the seconds until it has to be done again."""
        now, platforms = self._clock(), self._adapters.keys()
        while await self._store.write(take_due, now, platforms, move_on):
            pass
        for occurrence in await self._store.read(owed_occurrences, platforms):
            if occurrence.key not in self._at_work:
                self._begin(occurrence)
        await self._store.write(tidy_reminders, now - KEPT)
        due = await self._store.read(next_due, platforms)
        return LOOK_EVERY if due is None else min(max(due - self._clock(), 0.0), LOOK_EVERY)

    async def close(self) -> None:
        """Stop. What is not shown is owed to the next start."""
        for task in self._at_work.values():
            task.cancel()
        await asyncio.gather(*self._at_work.values(), return_exceptions=True)

    async def settled(self) -> None:
        """Wait until what is being shown is shown, or was given up for now."""
        await asyncio.gather(*self._at_work.values(), return_exceptions=True)

    def _begin(self, occurrence: Occurrence) -> None:
        task = asyncio.create_task(self._until_shown(occurrence))
        self._at_work[occurrence.key] = task
        task.add_done_callback(lambda _: self._at_work.pop(occurrence.key, None))

    async def _until_shown(self, occurrence: Occurrence) -> None:
        reminder = occurrence.reminder
        try:
            delivered = await self._show(occurrence)
            final = await self._store.write(mark_shown, occurrence, self._clock(), delivered=delivered)
        except GatepostError as error:
            log.warning("reminder put off", reminder=reminder.id, error=type(error).__name__)
        except Exception:
            log.exception("reminder not shown", reminder=reminder.id)
        else:
            log.info("reminder shown", reminder=reminder.id, place=reminder.made_in.key, delivered=delivered)
            if not final:  # its owner has answered it meanwhile
                asyncio.get_running_loop().call_soon(self._changed.set)

    async def _show(self, occurrence: Occurrence) -> bool:
        """Show it where it stands, or where it belongs, or else where it may; whether people see it."""
        adapter = self._adapters[occurrence.reminder.made_in.platform]
        tried = await self._store.read(attempts_of, occurrence.key)
        standing = next((attempt for attempt in reversed(tried) if not attempt.refused), None)
        if standing is not None:
            if await self._may_stand(adapter, standing):
                if await self._post(adapter, occurrence, standing):
                    return True
            else:
                await self._store.write(drop_attempt, standing.key)
        refused = {attempt.place.key for attempt in tried if attempt.refused}
        n = len(tried)
        async for place in self._places(adapter, occurrence.reminder):
            if place.key in refused:
                continue
            attempt = Attempt(f"{occurrence.key}-{n}" if n else occurrence.key, n, place, None, refused=False)
            await self._store.write(intend_post, attempt.key, occurrence.key, place, n)
            if await self._post(adapter, occurrence, attempt, fresh=True):
                return True
            refused.add(place.key)
            n += 1
        return False

    async def _may_stand(self, adapter: Adapter, attempt: Attempt) -> bool:
        """Whether a post may be there that nobody told us about; where there is none, its place is chosen anew."""
        if attempt.message_id is not None or not offers(adapter, Reconciles):
            return True
        with _asking(adapter):
            return await adapter.reconcile(attempt.place, attempt.key) is not None
        return False

    async def _post(
        self, adapter: Adapter, occurrence: Occurrence, attempt: Attempt, *, fresh: bool = False
    ) -> bool:
        """Show it there, as it is to be seen by now; False where the platform will not have it."""
        owner, place = occurrence.reminder.owner, attempt.place
        left = [] if fresh else [Post(attempt.key, occurrence.key, attempt.n, attempt.message_id)]
        showing = self._pump.open(
            adapter, place, occurrence.key, asker=owner.id, key=attempt.key if fresh else None, posts=left
        )
        if place.kind is not PlaceKind.DM:
            showing.summon()
        showing.push(await self._text(adapter, occurrence, place))
        doubt = TWICE if showing.may_stand_twice and occurrence.answer is None else None
        status = "\n".join(filter(None, (occurrence.answer, doubt)))
        showing.finish(status or None, _buttons(occurrence))
        outcomes = await showing.settle()
        return outcomes.get(attempt.key) is not Outcome.REFUSED

    async def _text(self, adapter: Adapter, occurrence: Occurrence, place: Place) -> str:
        """What may be said there: nothing that others would learn by it, nor its owner may not read any more."""
        reminder = await for_owner(occurrence.reminder, self._readers(adapter, occurrence.reminder))
        alone, wanted = place.kind is PlaceKind.DM, _wanted(reminder)
        why = None
        if wanted is None and not alone:
            why = "I can't send you direct messages, so this comes here."
        elif wanted is not None and wanted != place:
            why = "I can't post this where you wanted it, so it comes here."
        return announced(
            replace(occurrence, reminder=reminder),
            text=alone or wanted == place or reminder.aloud,
            quote=alone or place == reminder.about_in,
            why_here=why,
        )

    async def _places(self, adapter: Adapter, reminder: Reminder) -> AsyncIterator[Place]:
        """Where it may be posted, the best place first; none that its owner can't read at this moment."""
        wanted = _wanted(reminder)
        if wanted is not None and await self._can_read(adapter, reminder, wanted):
            yield wanted
        if (alone := await self._open_dm(adapter, reminder)) is not None:
            yield alone
        if wanted is None and await self._can_read(adapter, reminder, reminder.made_in):
            yield reminder.made_in

    def _readers(self, adapter: Adapter, reminder: Reminder) -> CanRead:
        async def can_read(_owner: Person, place: Place) -> bool:
            return await self._can_read(adapter, reminder, place)

        return can_read

    async def _can_read(self, adapter: Adapter, reminder: Reminder, place: Place) -> bool:
        """Whether its owner may read there. Who can't tell does not say yes."""
        if place.kind is PlaceKind.DM:
            return place == reminder.made_in or place == reminder.about_in
        if not offers(adapter, ChecksReaders):
            return False
        with _asking(adapter):
            return await adapter.can_read(reminder.owner, place)
        return False

    async def _open_dm(self, adapter: Adapter, reminder: Reminder) -> Place | None:
        if not offers(adapter, OpensDirectMessages):
            return None
        with _asking(adapter):
            return await adapter.open_dm(reminder.owner, reminder.made_in)
        return None


def _wanted(reminder: Reminder) -> Place | None:
    """The place in which its owner wants to be reminded; None for a direct message."""
    match reminder.where:
        case Where.HERE:
            return reminder.made_in
        case Where.CHANNEL:
            return reminder.made_in.parent
    return None


def _buttons(occurrence: Occurrence) -> tuple[Action, ...]:
    if occurrence.answer is not None:
        return ()
    snoozes = [Action(ActionName.SNOOZE, occurrence.key, value, f"Snooze {value}") for value in SNOOZES]
    ends = [Action(ActionName.CANCEL, occurrence.key, label="Stop repeating")] if occurrence.reminder.rule else []
    return (*snoozes, Action(ActionName.DONE, occurrence.key, label="Done"), *ends)


@contextmanager
def _asking(adapter: Adapter) -> Iterator[None]:
    """What a platform refuses counts as a no; what it can't say just now is asked again later."""
    try:
        yield
    except PlatformError as error:
        log.warning("platform did not say", platform=adapter.platform, failure=error.failure.kind)
        if error.failure.kind.passes:
            raise NotNow(error.failure.kind) from error
