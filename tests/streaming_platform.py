"""A platform for tests on which messages grow by what is appended, and every kind of call has its own budget."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.errors import PlatformError
from bot.messages import Budget, CallKind, Capabilities, Failure, FailureKind, Place, Quota, Rendered
from tests.simulated_platform import Call, Fault, SimulatedPlatform

QUOTAS = {
    CallKind.POST: Quota(Budget(5, 5.0), by_channel=True),
    CallKind.EDIT: Quota(Budget(50, 60.0)),
    CallKind.STATUS: Quota(Budget(100, 60.0)),
    CallKind.START: Quota(Budget(20, 60.0)),
    CallKind.APPEND: Quota(Budget(100, 60.0)),
    CallKind.STOP: Quota(Budget(20, 60.0)),
}
CAPABILITIES = Capabilities(text_limit=11_000, edits=Budget(50, 60.0), quotas=QUOTAS, stream_seconds=240.0)


@dataclass(slots=True)
class Grown:
    """A message that was begun as a stream: its text, whether it still grows, and since when."""

    text: str
    begun: float
    open: bool = True


@dataclass(slots=True)
class StreamingPlatform(SimulatedPlatform):
    """Streams live `life` seconds. What a stream is told is in `grown`, by message id."""

    capabilities: Capabilities = field(default_factory=lambda: CAPABILITIES)
    life: float = 300.0
    grown: dict[str, Grown] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)
    named: dict[str, FailureKind] = field(default_factory=dict)
    """Calls, by verb, that are refused in this way."""
    lost: set[str] = field(default_factory=set)
    """Verbs of which the next call is done and its answer lost."""

    def takes_streams(self, place: Place) -> bool:
        """It does."""
        return True

    def takes_status(self, place: Place) -> bool:
        """It can."""
        return True

    def streamable(self, text: str) -> str:
        """Everything, as nobody is pinged here."""
        return text

    async def show_status(self, place: Place, status: str) -> None:
        """Note it."""
        await self._step("status", CallKind.STATUS, place, None, lambda: self.statuses.append(status))

    async def start_stream(self, place: Place, text: str, asker: str) -> str:
        """Show a message that grows."""
        message_id = f"s{next(self._ids)}"

        def begin() -> None:
            self.grown[message_id] = Grown(text, asyncio.get_running_loop().time())

        await self._step("start", CallKind.START, place, Rendered(text), begin, message_id)
        return message_id

    async def append_stream(self, place: Place, message_id: str, text: str, status: str | None) -> None:
        """Add to it."""
        shown = Rendered(text, status)
        await self._step("append", CallKind.APPEND, place, shown, lambda: self._add(message_id, text), message_id)

    async def stop_stream(self, place: Place, message_id: str, text: str, rendered: Rendered, key: str) -> None:
        """Add the last and end it."""

        def end() -> None:
            self._add(message_id, text)
            self.grown[message_id].open = False

        await self._step("stop", CallKind.STOP, place, Rendered(text, final=True), end, message_id)

    async def edit_streamed(self, place: Place, message_id: str, rendered: Rendered, key: str) -> None:
        """Replace its text."""

        def replace() -> None:
            self.grown[message_id] = Grown(rendered.text, 0.0, open=False)

        await self._step("edit", CallKind.EDIT, place, rendered, replace, message_id)

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """An ordinary message."""
        message_id = f"m{next(self._ids)}"

        def show() -> None:
            self.grown[message_id] = Grown(rendered.text, 0.0, open=False)

        await self._step("post", CallKind.POST, place, rendered, show, message_id)
        return message_id

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        """Replace its text."""
        await self.edit_streamed(place, message_id, rendered, "")

    async def reconcile(self, place: Place, key: str) -> str | None:
        """The last message, which is a stream's unless it was stopped."""
        return max(self.grown, default=None)

    def texts(self) -> list[str]:
        """What people read, message by message."""
        return [one.text for one in self.grown.values()]

    def open_streams(self) -> int:
        """How many messages still grow."""
        return sum(one.open for one in self.grown.values())

    def _add(self, message_id: str, text: str) -> None:
        one = self.grown[message_id]
        if not one.open or asyncio.get_running_loop().time() > one.begun + self.life:
            one.open = False
            raise PlatformError(Failure(FailureKind.CLOSED), "not in streaming state")
        one.text += text

    async def _step(
        self,
        verb: str,
        kind: CallKind,
        place: Place,
        rendered: Rendered | None,
        effect: Callable[[], None],
        message_id: str = "",
    ) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self.latency)
        self._count_kind(kind, place, loop.time())
        if verb in self.named:
            raise PlatformError(Failure(self.named[verb]), "as told")
        effect()
        self.calls.append(Call(verb, place, loop.time(), loop.time(), "", message_id, rendered))
        if verb in self.lost:
            self.lost.discard(verb)
            raise PlatformError(Failure(FailureKind.TRANSIENT), "lost")

    def _count_kind(self, kind: CallKind, place: Place, now: float) -> None:
        quota = QUOTAS[kind]
        arrivals = self._arrivals.setdefault(f"{kind} {place.channel if quota.by_channel else ''}", deque())
        while arrivals and arrivals[0] <= now - quota.budget.seconds + 1e-9:
            arrivals.popleft()
        arrivals.append(now)
        if len(arrivals) > quota.budget.calls:
            self.violations.append(f"{kind} {len(arrivals)} at {now:.2f} s")
            raise PlatformError(Failure(FailureKind.RATE_LIMIT, quota.budget.seconds), "too many")


__all__ = ["CAPABILITIES", "Fault", "Grown", "StreamingPlatform"]
