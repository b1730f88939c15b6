"""How often Discord may be called: fifty times in any second over all, and what its headers say of each bucket.

Times are the event loop's. A call counts against the total from its start until a second has passed since its end,
as only Discord knows when in between it arrived.
"""

import asyncio
import heapq
from collections.abc import Mapping
from enum import IntEnum
from itertools import count
from typing import NamedTuple

TOTAL_CALLS, TOTAL_SECONDS = 48, 1.0
"""Discord allows one bot 50, over all calls but those that answer interactions. Two are left to whoever looks the
installation over beside us."""

_MARGIN = 0.001
"""Seconds added to a window: two clocks never agree entirely."""

_KEPT_BACK = 5
"""Calls of a second that are not for refreshes and what is less."""


class Rank(IntEnum):
    """What goes first when there is not room for everything."""

    FIRST = 0  # finals, first texts and what has to come before them
    READ = 1
    REFRESH = 2
    TYPING = 3


class Total:
    """The calls of a second over everything, the more important ones first.

    A first text takes more than one call: its thread is opened, what was said before is read. Where many questions
    come at once, each that has begun is brought to its first text before another begins.
    """

    def __init__(self, calls: int = TOTAL_CALLS, seconds: float = TOTAL_SECONDS) -> None:
        self._calls = calls
        self._seconds = seconds
        self._running = 0
        self._returns: list[float] = []
        self._waiting: list[_Place] = []
        self._kept: dict[int, _Kept] = {}
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._blocked_until = float("-inf")

    async def enter(self, rank: Rank, about: int = 0, leads_to: int = 0) -> None:
        """Wait until a call may be made; `leave` has to follow it.

        Of the same rank the older question goes first: `about` is its id, 0 what goes before them all. So many
        calls as this one `leads_to` are kept for the same question for a second.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting and self._room(loop.time(), rank, about):
            self._begin(about, leads_to)
            return
        place: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._waiting, _Place(rank, about, next(self._order), leads_to, place))
        self._wake()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()
            raise

    def is_free(self, rank: Rank) -> bool:
        """Whether a call would not have to wait."""
        return not self._waiting and self._room(asyncio.get_running_loop().time(), rank)

    def leave(self) -> None:
        """The call has ended."""
        self._running -= 1
        ends = asyncio.get_running_loop().time() + self._seconds + _MARGIN
        heapq.heappush(self._returns, ends)
        self._wake()

    def block(self, seconds: float) -> None:
        """Let nobody through for so long."""
        self._blocked_until = max(self._blocked_until, asyncio.get_running_loop().time() + seconds)

    def _begin(self, about: int, leads_to: int) -> None:
        self._running += 1
        before = self._kept.pop(about, None)
        calls = max(leads_to, before.calls - 1 if before is not None else 0)
        if calls:
            self._kept[about] = _Kept(calls, asyncio.get_running_loop().time() + self._seconds)

    def _room(self, now: float, rank: Rank, about: int = 0) -> bool:
        while self._returns and self._returns[0] <= now:
            heapq.heappop(self._returns)
        self._kept = {one: kept for one, kept in self._kept.items() if kept.until > now}
        kept = sum(kept.calls for kept in self._kept.values()) if about not in self._kept else 0
        free = self._calls - self._running - len(self._returns) - kept
        return now >= self._blocked_until and free > (_KEPT_BACK if rank >= Rank.REFRESH else 0)

    def _wake(self) -> None:
        """Let through whom there is room for; look again when there will be more."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting and (first := self._waiting[0]):
            if not first.future.done():
                if not self._room(now, first.rank, first.about):
                    break
                self._begin(first.about, first.leads_to)
                first.future.set_result(None)
            heapq.heappop(self._waiting)
        if self._waiting and self._timer is None:
            more = [*self._returns[:1], *(kept.until for kept in self._kept.values())]
            again = min(more, default=now + self._seconds)
            self._timer = loop.call_at(max(again, self._blocked_until), self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        self._wake()


class _Place(NamedTuple):
    """One who waits; the least goes first."""

    rank: Rank
    about: int
    order: int
    leads_to: int
    future: "asyncio.Future[None]"


class _Kept(NamedTuple):
    """Calls that are kept for a question, until then."""

    calls: int
    until: float


class Bucket:
    """What Discord allows of one kind of call in one place: by its headers, and by our own count without them."""

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.seconds = seconds
        self.told = False
        self._left = calls
        self._under_way = 0
        self._resets_at = float("-inf")

    @property
    def is_idle(self) -> bool:
        """Whether nothing of it has to be remembered now."""
        return not self._under_way and self._resets_at <= asyncio.get_running_loop().time()

    async def enter(self) -> None:
        """Wait until a call may be made; `leave` has to follow it."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            if self._resets_at <= now:
                self._left, self._resets_at = self.calls - self._under_way, now + self.seconds
            if self._left > 0:
                self._left -= 1
                self._under_way += 1
                return
            await asyncio.sleep(self._resets_at - now)

    def leave(self, headers: Mapping[str, str]) -> None:
        """The call has ended, with these headers."""
        self._under_way -= 1
        try:
            calls = int(headers["X-RateLimit-Limit"])
            left = int(headers["X-RateLimit-Remaining"])
            seconds = float(headers["X-RateLimit-Reset-After"])
        except (KeyError, ValueError):
            return
        if left == calls - 1:  # the first of a window: this is how long one lasts
            self.seconds = seconds
        self.calls, self.told = max(1, calls), True
        self._left = max(0, left - self._under_way)
        self._resets_at = asyncio.get_running_loop().time() + seconds

    def block(self, seconds: float) -> None:
        """Discord said that it was one too many: wait as long as it says."""
        self._left, self._resets_at = 0, asyncio.get_running_loop().time() + seconds
