"""When the next call may be made: a sliding window of calls, and the rhythm in which a place spends it. No clock.

Times are seconds of one steady clock. A call counts from its start until the window has passed since its end, as
only the platform knows when in between it arrived: so the platform never sees more calls than it allows.
"""

import heapq
from enum import IntEnum

from bot.messages import Budget

RESOLUTION = 1e-9  # seconds; a timer may fire this much early, and must not be set again for what is left
_MARGIN = 0.001  # seconds added to a window: two clocks never agree entirely, and timers fire a trifle early
_FIRST_GAP = 0.32  # slots between the first text of a reply and its second look
_LONGEST_GAP = 1.48  # slots between two refreshes while the early ones are paid for
_LONGEST_GAP_OF_FIRSTS = 2.5  # slots between first texts when many come at once: three go out together
_MOST_KEPT_BACK = 3  # fifths of a budget that many replies share, for finals that all come at once
_LONGEST_TAIL = 0.9  # slots until a final could go out at worst, its own call not counted
_SLOWEST = 8.0
_SLOW_DOWN, _RECOVER = 2.0, 0.8


class Urgency(IntEnum):
    """What goes first when there is not room for everything."""

    FINAL = 0
    FIRST = 1
    REFRESH = 2


class Window:
    """Calls made against one budget."""

    __slots__ = ("_returns", "_running", "budget")

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._running = 0
        self._returns: list[float] = []  # when each call that has ended stops counting; a heap

    @property
    def slot(self) -> float:
        """Seconds between calls that go on for ever."""
        return self.budget.seconds / self.budget.calls

    def begin(self) -> None:
        """A call starts."""
        self._running += 1

    def end(self, now: float, *, made: bool = True) -> None:
        """A call has ended; `made` is false when it never went out."""
        self._running -= 1
        if made:
            heapq.heappush(self._returns, now + self.budget.seconds + _MARGIN)

    def is_idle(self, now: float) -> bool:
        """Whether no call counts any more."""
        self._forget(now)
        return self._running == 0 and not self._returns

    def openings(self, now: float) -> list[float]:
        """When the next calls, as many as the budget has, may start at the earliest; in order."""
        self._forget(now)
        free = self.budget.calls - self._running - len(self._returns)
        later = now + self.budget.seconds
        return [now] * free + sorted(self._returns) + [later] * self._running

    def free(self, now: float) -> int:
        """How many calls may start now."""
        self._forget(now)
        return self.budget.calls - self._running - len(self._returns)

    def next_return(self, now: float) -> float:
        """When a call may start at the earliest if none may now."""
        return self._returns[0] if self._returns else now + self.budget.seconds

    def _forget(self, now: float) -> None:
        while self._returns and self._returns[0] <= now + RESOLUTION:
            heapq.heappop(self._returns)


class Pace:
    """The rhythm of one place: the burst is spent early, but never so that a gap or a final has to pay for it."""

    __slots__ = ("_blocked_until", "_last", "_slowness", "window")

    def __init__(self, budget: Budget) -> None:
        self.window = Window(budget)
        self._last = float("-inf")
        self._blocked_until = float("-inf")
        self._slowness = 1.0

    def begin(self, now: float) -> None:
        """A call starts."""
        self._last = now
        self.window.begin()

    def refused(self, now: float, retry_after: float | None) -> None:
        """The platform said that we are too fast: wait as long as it says, then go slower for a while."""
        self._blocked_until = max(self._blocked_until, now + (retry_after or self.window.slot))
        self._slowness = min(_SLOWEST, self._slowness * _SLOW_DOWN)

    def is_open(self, now: float) -> bool:
        """Whether there is room for a call now."""
        return self.window.free(now) > 0 and self._blocked_until <= now

    def accepted(self) -> None:
        """A call went well: back towards the full pace, slowly."""
        self._slowness = max(1.0, self._slowness * _RECOVER)

    def is_idle(self, now: float) -> bool:
        """Whether nothing is left to remember of this place."""
        return self.window.is_idle(now) and self._blocked_until <= now

    def opens_at(self, now: float, urgency: Urgency, age: float, ends: int = 0) -> float:
        """When a call may start. `age` is how long people have been seeing something of this reply.

        `ends` is how many finals may be wanted at once: so many calls are kept back for them, up to a share.
        """
        openings = self.window.openings(now)
        soonest = max(openings[0], self._blocked_until)
        if urgency == Urgency.FINAL:
            return soonest
        soonest = max(soonest, openings[min(ends, len(openings) * _MOST_KEPT_BACK // 5)])
        gap = _LONGEST_GAP if urgency == Urgency.REFRESH else _LONGEST_GAP_OF_FIRSTS
        soonest = max(soonest, self._last_good(openings, gap * self.window.slot))
        if urgency == Urgency.REFRESH or self._slowness > 1.0:
            soonest = max(soonest, self._last + self._least_gap(age - (now - self._last)))
        return soonest

    def _least_gap(self, age: float) -> float:
        """The least gap after a call for a reply of this age then: as long as it is old, up to a slot."""
        slot = self.window.slot
        return self._slowness * (slot if self._slowness > 1.0 else min(slot, max(_FIRST_GAP * slot, age)))

    def _last_good(self, openings: list[float], gap: float) -> float:
        """The time before which a call would later cost a gap longer than `gap`, or keep a final waiting.

        The call after next but n takes opening n, and not before the one behind it is near enough for a final.
        """
        tail = _LONGEST_TAIL * self.window.slot
        following = [*openings[1:], float("-inf")]
        return max(
            max(mine, after - tail) - n * gap
            for n, (mine, after) in enumerate(zip(openings, following, strict=True))
        )


class Burst(Pace):
    """No rhythm: whatever there is room for is spent at once. For calls that are made once in a reply."""

    __slots__ = ()

    def opens_at(self, now: float, urgency: Urgency, age: float, ends: int = 0) -> float:
        """When a call may start."""
        return max(self.window.openings(now)[0], self._blocked_until)
