"""Who may call a platform next: a lane for each budget, a place's or a kind of call's, and a total above them."""

import asyncio
import heapq
from collections.abc import Coroutine, Mapping

from bot.delivery.lanes import Caller, Lane, Load, Report
from bot.delivery.pacing import RESOLUTION, Urgency, Window
from bot.messages import Budget, CallKind, Capabilities, FailureKind, Place
from bot.ports import LearnsBudgets

_AT_ONCE = 16  # replies served in one turn of the event loop: a thousand at once must not hold it up
_KEPT_BACK = 10  # one call in so many of the total budget is not for refreshes
_BEGINNINGS = (CallKind.POST, CallKind.START)


class Share:
    """A reply's share of the budgets: the lanes through which its calls go, one for each kind, or one for all."""

    def __init__(self, schedule: "Schedule", lanes: Mapping[CallKind | None, Lane], load: Load) -> None:
        self._schedule = schedule
        self._lanes = lanes
        self.load = load

    @property
    def by_kind(self) -> bool:
        """Whether each kind of call has a budget of its own."""
        return None not in self._lanes

    def wake(self) -> None:
        """Something may have changed."""
        for lane in self._lanes.values():
            self._schedule.wake(lane)

    def opens_at(self, kind: CallKind, now: float, age: float) -> float:
        """About when a refresh by such a call can be made."""
        lane = self._lanes[kind if self.by_kind else None]
        at = lane.pace.opens_at(now, Urgency.REFRESH, age, lane.ends)
        return max(at, now + self._schedule.wait_of(lane))

    def leave(self, caller: Caller) -> None:
        """Take the caller out for good."""
        for lane in self._lanes.values():
            lane.callers.pop(caller, None)
            self._schedule.wake(lane)

    def may_stream(self, now: float) -> bool:
        """Whether one more reply should stream rather than be edited.

        Its end has to be paid for, and a stream must not see less of the appends than an edited one of the edits.
        """
        start, stop = self._lanes[CallKind.START].pace, self._lanes[CallKind.STOP].pace
        if not start.is_open(now) or stop.window.free(now) <= self.load.streaming:
            return False
        appends, edits = (self._lanes[kind].pace.window.slot for kind in (CallKind.APPEND, CallKind.EDIT))
        return (self.load.streaming + 1) * appends <= (self.load.editing + 1) * edits


class Schedule:
    """All calls to one platform. `learned` tells what it has allowed in a place of late, where it does tell."""

    def __init__(self, capabilities: Capabilities, learned: LearnsBudgets | None = None) -> None:
        self._learned = learned
        self._budget = capabilities.edits
        self._quotas = capabilities.quotas
        self._loads: dict[str, Load] = {}
        self._total = Window(capabilities.total) if capabilities.total else None
        self._last_refresh = float("-inf")
        self._lanes: dict[str, Lane] = {}
        self._ready: dict[Lane, None] = {}
        self._waiting: set[Lane] = set()  # for the total budget
        self._total_timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._draining = False

    def join(self, place: Place, caller: Caller) -> Share:
        """Put a caller into the lanes through which its calls in this place go."""
        load = self._loads.setdefault(place.workspace, Load())
        if not self._quotas:
            return Share(self, {None: self._lane(place.key, place, self._budget, None, caller)}, load)
        lanes: dict[CallKind | None, Lane] = {}
        for kind, quota in self._quotas.items():
            where = place.key if quota.by_place else place.channel if quota.by_channel else ""
            lanes[kind] = self._lane(f"{kind} {place.workspace} {where}", place, quota.budget, kind, caller)
            if kind is CallKind.EDIT and not where:
                lanes[kind].load = load
        return Share(self, lanes, load)

    def _lane(self, key: str, place: Place, budget: Budget, kind: CallKind | None, caller: Caller) -> Lane:
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key, place, budget, kind)
            self._learn(lane)
        lane.callers[caller] = None
        return lane

    def wake(self, lane: Lane) -> None:
        """Look at a lane again, soon: something in it may have changed."""
        self._ready[lane] = None
        if not self._draining:
            self._draining = True
            self._loop.call_soon(self._drain)

    def spare(self) -> bool:
        """Whether a call outside all lanes may be made now; it counts."""
        if self._total is None:
            return True
        now = self._loop.time()
        if self._total.free(now) * 2 < self._total.budget.calls:
            return False
        self._total.begin()
        self._total.end(now)
        return True

    def wait_of(self, lane: Lane) -> float:
        """About how many seconds a lane waits for the total: half of those who wait go before it."""
        if self._total is None or lane not in self._waiting:
            return 0.0
        return len(self._waiting) * self._total.slot / 2

    async def close(self) -> None:
        """End every call that is still under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for lane in self._lanes.values():
            _cancel(lane.timer)
        _cancel(self._total_timer)

    def _drain(self) -> None:
        for lane in list(self._ready)[:_AT_ONCE]:
            del self._ready[lane]
            self._serve(lane)
        self._draining = bool(self._ready)
        if self._draining:
            self._loop.call_soon(self._drain)

    def _serve(self, lane: Lane) -> None:
        _cancel(lane.timer)
        lane.timer = None
        self._waiting.discard(lane)
        now = self._loop.time()
        while (first := lane.first()) is not None:
            urgency, _, caller = first
            at = lane.pace.opens_at(now, urgency, caller.age(now), lane.ends)
            if at > now + RESOLUTION:
                lane.timer = self._loop.call_at(at, self.wake, lane)
                return
            if not self._total_allows(now, urgency):
                self._wait_for_total(lane, now)
                return
            call = caller.next_call(lane.kind)
            if call is not None:
                self._start(lane, urgency, call)
        self._drop_if_idle(lane, now)

    def _start(self, lane: Lane, urgency: Urgency, call: Coroutine[None, None, Report]) -> None:
        now = self._loop.time()
        lane.pace.begin(now)
        if self._total is not None:
            self._total.begin()
            if urgency == Urgency.REFRESH:
                self._last_refresh = now
        if lane.kind in _BEGINNINGS and CallKind.START in self._quotas:
            self._ask_again(lane.place.workspace)
        task = self._loop.create_task(self._run(lane, call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ask_again(self, workspace: str) -> None:
        """Have those who have not begun decide anew whether to stream: one more reply grows."""
        for lane in self._lanes.values():
            if lane.kind in _BEGINNINGS and lane.place.workspace == workspace:
                self.wake(lane)

    async def _run(self, lane: Lane, call: Coroutine[None, None, Report]) -> None:
        report = Report()
        try:
            report = await call
        finally:
            now = self._loop.time()
            self._learn(lane)
            lane.pace.window.end(now, made=report.made)
            if self._total is not None:
                self._total.end(now, made=report.made)
        if report.failure is None:
            lane.pace.accepted()
        elif report.failure.kind == FailureKind.RATE_LIMIT:
            lane.pace.refused(now, report.failure.retry_after)
        self.wake(lane)

    def _learn(self, lane: Lane) -> None:
        if self._learned is not None and lane.kind is not None:
            budget = self._learned.budget(lane.place, lane.kind)
            lane.pace.window.budget = budget or lane.pace.window.budget

    def _total_allows(self, now: float, urgency: Urgency) -> bool:
        if self._total is None:
            return True
        if urgency != Urgency.REFRESH:
            return self._total.free(now) > 0
        if self._learned is not None and not self._learned.has_room():
            return False  # begun now it would wait there, and show what is old by then
        return self._total.free(now) > self._kept_back and now >= self._last_refresh + self._total.slot

    @property
    def _kept_back(self) -> int:
        """How many calls of the total are not for refreshes."""
        return -(-self._total.budget.calls // _KEPT_BACK) if self._total is not None else 0

    def _wait_for_total(self, lane: Lane, now: float) -> None:
        self._waiting.add(lane)
        self._await_total(now)

    def _await_total(self, now: float) -> None:
        assert self._total is not None
        if self._total_timer is None:
            full = self._total.free(now) <= self._kept_back
            at = max(self._total.next_return(now) if full else now, now + self._total.slot)
            self._total_timer = self._loop.call_at(at, self._total_opens)

    def _total_opens(self) -> None:
        assert self._total is not None
        self._total_timer = None
        turns = [(first[:2], id(lane), lane) for lane in self._waiting if (first := lane.first())]
        self._waiting = {lane for _, _, lane in turns}  # whoever wants something again is looked at by itself
        urgent = sum(urgency < Urgency.REFRESH for (urgency, _), _, _ in turns)
        free = max(1, min(self._total.free(self._loop.time()), urgent + 1))  # of refreshes one at a time goes out
        for _, _, lane in heapq.nsmallest(free, turns):
            self.wake(lane)
            self._waiting.discard(lane)
        if self._waiting:
            self._await_total(self._loop.time())

    def _drop_if_idle(self, lane: Lane, now: float) -> None:
        if lane.callers:
            return
        if lane.pace.is_idle(now):
            self._lanes.pop(lane.key, None)
        else:
            lane.timer = self._loop.call_at(now + lane.pace.window.budget.seconds, self.wake, lane)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
