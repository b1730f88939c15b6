"""How the app is told: every event, command and interaction, its attempts and its answer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tests.slack_town.values import Json
from tests.slack_town.world import World

EVENTS, COMMANDS, INTERACTIONS = "events_api", "slash_commands", "interactive"
RETRIES = (0.0, 60.0, 300.0)
"""Seconds to each new attempt to deliver an event: at once, after a minute, after five."""


class Undelivered(Exception):
    """An attempt failed; `reason` as Slack puts it. `final` forbids another."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


@dataclass(slots=True)
class Attempt:
    """One try: `number` is 0 for the first, `reason` why it was needed, `failure` how it failed, if it did."""

    number: int
    reason: str
    at: float
    ended: float | None = None
    failure: str = ""


@dataclass(slots=True, eq=False)
class Delivery:
    """Something the app is to be told."""

    kind: str
    payload: Json
    attempts: list[Attempt] = field(default_factory=list)
    acked: float | None = None
    answer: Json = field(default_factory=dict)
    """What came with the acknowledgement."""
    given_up: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def event_id(self) -> str:
        """The id of an event, the same in all its deliveries."""
        return str(self.payload.get("event_id", ""))

    @property
    def event(self) -> Json:
        """What happened."""
        found: Json = self.payload.get("event", {})
        return found

    @property
    def took(self) -> float:
        """Seconds between the last attempt and its acknowledgement."""
        assert self.acked is not None
        return self.acked - self.attempts[-1].at

    async def answered(self, seconds: float = 10.0) -> Json:
        """Wait for the acknowledgement, and what came with it. Raises Undelivered when Slack gave up."""
        async with asyncio.timeout(seconds):
            await self.over.wait()
        if self.given_up:
            raise Undelivered(self.attempts[-1].failure if self.attempts else "never tried")
        return self.answer


class Route(Protocol):
    """A way to the app."""

    async def carry(self, delivery: Delivery, attempt: Attempt) -> Json:
        """Make one attempt; what came with the acknowledgement. Raises Undelivered."""


class Deliveries:
    """Delivers over the route, tries events again, and remembers everything."""

    def __init__(self, world: World, route: Route) -> None:
        self.world = world
        self.route = route
        self.all: list[Delivery] = []
        self.unfinished: set[Delivery] = set()
        self.retries: Sequence[float] = RETRIES
        self.twice = False
        """Every event is delivered twice, with one event id."""
        self._held: list[Callable[[], None]] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def send(
        self, kind: str, payload: Json, then: Callable[[Delivery], None] | None = None, *, retry: int = 0
    ) -> Delivery:
        """Tell the app, in a task of its own; `then` is called with the answer.

        `retry` makes it look like the so-many-th attempt.
        """
        delivery = Delivery(kind, payload)
        self.all.append(delivery)
        self.unfinished.add(delivery)

        def begin() -> None:
            task = asyncio.ensure_future(self._deliver(delivery, then, retry))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        if self._held is None:
            begin()
        else:
            self._held.append(begin)
        return delivery

    def again(self, delivery: Delivery) -> Delivery:
        """Deliver the same once more, as a retry, as Slack does when it lost an acknowledgement."""
        return self.send(delivery.kind, delivery.payload, retry=max(len(delivery.attempts), 1))

    def hold(self) -> None:
        """Keep back what is to be delivered."""
        self._held = []

    def release(self, *, backwards: bool = False) -> None:
        """Deliver what was kept back, in its order or backwards."""
        held, self._held = self._held or [], None
        for begin in reversed(held) if backwards else held:
            begin()

    async def close(self) -> None:
        """Give up on everything."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, delivery: Delivery, then: Callable[[Delivery], None] | None, first: int) -> None:
        pauses = (0.0, *self.retries) if delivery.kind == EVENTS else (0.0,)
        reason = "timeout" if first else ""
        for number, pause in enumerate(pauses, start=first):
            await self.world.clock.sleep(pause)
            attempt = Attempt(number, reason, self.world.clock.now())
            delivery.attempts.append(attempt)
            try:
                delivery.answer = await self.route.carry(delivery, attempt)
            except Undelivered as failed:
                attempt.failure = reason = failed.reason
                attempt.ended = self.world.clock.now()
                self.world.ring()
                if failed.final:
                    break
            else:
                attempt.ended = delivery.acked = self.world.clock.now()
                break
        self._finish(delivery, then)

    def _finish(self, delivery: Delivery, then: Callable[[Delivery], None] | None) -> None:
        delivery.given_up = delivery.acked is None
        delivery.over.set()
        self.unfinished.discard(delivery)
        if then is not None and not delivery.given_up:
            then(delivery)
        self.world.ring()
