"""Brings replies to their platforms: opens them, one schedule for each platform, and ends what was begun."""

import asyncio
from collections.abc import Sequence
from weakref import WeakSet

import structlog

from bot.delivery.posts import Outcome, Post, PostLog
from bot.delivery.schedule import Schedule
from bot.delivery.showing import Showing
from bot.messages import Place
from bot.ports import Adapter, LearnsBudgets, Meter, NewId, NoMeter, ShowsTyping, offers

__all__ = ["Outcome", "Post", "PostLog", "Pump", "Showing"]

log = structlog.get_logger(__name__)

_TYPING_EVERY = 8.0
"""Seconds; Discord shows the sign for ten."""


class Pump:
    """Shows replies as they grow, within what each platform allows. Knows no platform."""

    def __init__(self, post_log: PostLog, *, new_key: NewId, meter: Meter | None = None) -> None:
        self._log = post_log
        self._new_key = new_key
        self._meter = meter or NoMeter()
        self._schedules: dict[str, Schedule] = {}
        self._showings: WeakSet[Showing] = WeakSet()
        self._typing: set[asyncio.Task[None]] = set()
        self._openings: dict[str, asyncio.Task[Place]] = {}

    def open(
        self,
        adapter: Adapter,
        place: Place,
        turn_id: str,
        *,
        asker: str = "",
        key: str | None = None,
        posts: Sequence[Post] = (),
        text: str = "",
    ) -> Showing:
        """Begin to show an answer. `asker` is the id of the person whom it answers.

        `key` is a post's key that is stored already and was never used: the first new message takes it. `posts` is
        what an earlier attempt left; one without a message id is looked for by its key, or posted again with it.
        `text` is what those messages say already, to be continued.
        """
        schedule = self._schedules.get(adapter.platform)
        if schedule is None:
            learned = adapter if offers(adapter, LearnsBudgets) else None
            schedule = self._schedules[adapter.platform] = Schedule(adapter.capabilities, learned)
        showing = Showing(
            adapter, place, turn_id, asker, self._log, self._new_key, schedule, self._meter, self._where
        )
        showing.resume(posts, key, text)
        self._showings.add(showing)
        if offers(adapter, ShowsTyping) and not text:
            asyncio.get_running_loop().call_soon(self._show_typing, adapter, place, showing, schedule)
        return showing

    def opens(self, place: Place, opening: "asyncio.Task[Place]") -> None:
        """A place is just being opened: nothing is posted there before, and everything where `opening` says."""
        self._openings[place.key] = opening
        opening.add_done_callback(lambda _: self._opened(place, opening))

    def _opened(self, place: Place, opening: "asyncio.Task[Place]") -> None:
        if self._openings.get(place.key) is opening and (opening.cancelled() or opening.result() == place):
            del self._openings[place.key]

    async def _type(self, adapter: ShowsTyping, place: Place) -> None:
        try:
            await adapter.typing(await self._where(place))
        except Exception:  # only a sign: whatever the platform says, the answer is what counts
            log.debug("typing refused", place=place.key, exc_info=True)

    async def _where(self, place: Place) -> Place:
        opening = self._openings.get(place.key)
        return place if opening is None else await asyncio.shield(opening)

    async def close(self, drain: float) -> None:
        """Give what is being settled `drain` seconds, then end every call."""
        ending = [asyncio.create_task(showing.done()) for showing in self._showings if showing.is_settling]
        if ending:
            _, late = await asyncio.wait(ending, timeout=drain)
            for task in late:
                task.cancel()
        for schedule in self._schedules.values():
            await schedule.close()
        for typing in self._typing:
            typing.cancel()

    def _show_typing(self, adapter: ShowsTyping, place: Place, showing: Showing, schedule: Schedule) -> None:
        if showing.shown or showing.is_over:
            return
        if schedule.spare():
            task = asyncio.create_task(self._type(adapter, place))
            self._typing.add(task)
            task.add_done_callback(self._typing.discard)
        loop = asyncio.get_running_loop()
        loop.call_later(_TYPING_EVERY, self._show_typing, adapter, place, showing, schedule)
