"""A platform for tests: it shows what it is sent, in the loop's own time, counts calls, and fails when told to."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from bot.errors import PlatformError
from bot.messages import Attachment, Budget, Capabilities, Failure, FailureKind, Place, Rendered
from bot.ports import Intake


@dataclass(frozen=True, slots=True)
class Call:
    """One call that arrived. `at` is when, `seen` when its effect was there for people to see."""

    verb: str
    place: Place
    at: float
    seen: float
    key: str = ""
    message_id: str = ""
    rendered: Rendered | None = None


@dataclass(slots=True)
class ShownMessage:
    """A message as people see it."""

    id: str
    place: Place
    key: str
    rendered: Rendered


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one call. `taken` says that the platform does it all the same; None hangs for ever."""

    failure: Failure | None
    taken: bool = False


@dataclass(slots=True)
class SimulatedPlatform:
    """An adapter whose platform is a dict. Enforces its budgets: a call too many is a 429 and a violation.

    A call takes `latency` seconds; it counts and takes effect after the share `arrives` of that.
    """

    capabilities: Capabilities = field(default_factory=lambda: Capabilities(text_limit=2000, edits=Budget(5, 5.0)))
    latency: float = 0.08
    arrives: float = 1.0
    markup: Callable[[str], str] = str
    platform: str = "simulated"
    calls: list[Call] = field(default_factory=list)
    messages: dict[str, ShownMessage] = field(default_factory=dict)
    faults: deque[Fault | None] = field(default_factory=deque)
    violations: list[str] = field(default_factory=list)
    reconciled: int = 0
    _ids: Iterator[int] = field(default_factory=count)
    _arrivals: dict[str, deque[float]] = field(default_factory=dict)

    async def start(self, intake: Intake) -> None:
        """Nobody speaks here."""

    async def stop(self) -> None:
        """Nothing to end."""

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """There are no files."""
        raise NotImplementedError

    def render(self, markdown: str) -> str:
        """Markdown as this platform writes it."""
        return self.markup(markdown)

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """Show a new message; a key that was used before is the same message."""
        known = next((one for one in self.messages.values() if one.key == key), None)
        message_id = known.id if known else f"m{next(self._ids)}"

        def show() -> None:
            if known is None:
                self.messages[message_id] = ShownMessage(message_id, place, key, rendered)

        await self._call("post", place, rendered, show, key=key, message_id=message_id)
        return message_id

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        """Replace a message."""

        def show() -> None:
            self._require(message_id)
            self.messages[message_id].rendered = rendered

        await self._call("edit", place, rendered, show, message_id=message_id)

    async def delete(self, place: Place, message_id: str) -> None:
        """Take a message away."""

        def remove() -> None:
            self.messages.pop(message_id, None)

        await self._call("delete", place, None, remove, message_id=message_id)

    def shown(self, place: Place | None = None) -> list[str]:
        """The texts that people see, in the order of their posts."""
        return [one.rendered.text for one in self.messages.values() if place in (None, one.place)]

    async def _call(
        self,
        verb: str,
        place: Place,
        rendered: Rendered | None,
        effect: Callable[[], None],
        *,
        key: str = "",
        message_id: str = "",
    ) -> None:
        loop = asyncio.get_running_loop()
        fault = self.faults.popleft() if self.faults else None
        await asyncio.sleep(self.latency * self.arrives)
        now = loop.time()
        self._count(place, now)
        if rendered is not None and len(rendered.text) > self.capabilities.text_limit:
            self.violations.append(f"{len(rendered.text)} characters at {now:.2f} s")
            raise PlatformError(Failure(FailureKind.INVALID), "too long")
        if fault is None or fault.taken:
            effect()
            self.calls.append(Call(verb, place, now, now, key, message_id, rendered))
        await asyncio.sleep(self.latency * (1 - self.arrives))
        if fault is not None:
            await self._fail(fault)

    async def _fail(self, fault: Fault) -> None:
        if fault.failure is None:
            await asyncio.get_running_loop().create_future()
        else:
            raise PlatformError(fault.failure, "as told")

    def _require(self, message_id: str) -> None:
        if message_id not in self.messages:
            raise PlatformError(Failure(FailureKind.NOT_FOUND), "no such message")

    def _count(self, place: Place, now: float) -> None:
        budgets = [(place.key, self.capabilities.edits)]
        if self.capabilities.total is not None:
            budgets.append(("", self.capabilities.total))
        for name, budget in budgets:
            arrivals = self._arrivals.setdefault(name, deque())
            while arrivals and arrivals[0] <= now - budget.seconds + 1e-9:
                arrivals.popleft()
            arrivals.append(now)
            if len(arrivals) > budget.calls:
                self.violations.append(
                    f"call {len(arrivals)} of {budget.calls} at {now:.3f} s in {name or 'total'}"
                )
                raise PlatformError(Failure(FailureKind.RATE_LIMIT, budget.seconds), "too many")


class ReconcilingPlatform(SimulatedPlatform):
    """One that can be asked what became of a post."""

    async def reconcile(self, place: Place, key: str) -> str | None:
        """The id of the message with this key."""
        self.reconciled += 1
        await asyncio.sleep(self.latency)
        return next((one.id for one in self.messages.values() if one.key == key), None)


@dataclass(slots=True)
class TypingPlatform(SimulatedPlatform):
    """One with a sign that somebody is writing."""

    typed: list[float] = field(default_factory=list)

    async def typing(self, place: Place) -> None:
        """Note when it was shown."""
        self.typed.append(asyncio.get_running_loop().time())
