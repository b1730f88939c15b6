"""The town's time: it runs with the event loop's and can be put forward by hand."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Timer:
    """A call to come, as long as nobody cancels it."""

    def __init__(self, deadline: float, callback: Callable[[], None]) -> None:
        self.deadline = deadline
        self.callback = callback
        self.handle: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """Never call."""
        if self.handle is not None:
            self.handle.cancel()


class Clock:
    """Seconds since 1970 by the town's hall. Starts at the real time; a loop that hurries takes it along."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._offset = time.time() - self._loop.time()
        self._timers: set[Timer] = set()

    def now(self) -> float:
        """The town's time."""
        return self._loop.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Put the clock forward; what has become due by that happens at once."""
        self._offset += seconds
        for timer in list(self._timers):
            timer.cancel()
            self._arm(timer)

    def later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back in so many seconds of the town's time."""
        timer = Timer(self.now() + seconds, callback)
        self._timers.add(timer)
        self._arm(timer)
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of the town's time."""
        if seconds > 0:
            over = asyncio.Event()
            timer = self.later(seconds, over.set)
            try:
                await over.wait()
            finally:
                self.drop(timer)

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[None]:
        """Raise TimeoutError when what is done inside takes longer than so many seconds of the town's time."""
        async with asyncio.timeout(None) as limit:
            timer = self.later(seconds, lambda: limit.reschedule(self._loop.time()))
            try:
                yield
            finally:
                self.drop(timer)

    def drop(self, timer: Timer) -> None:
        """Forget a timer."""
        timer.cancel()
        self._timers.discard(timer)

    def _arm(self, timer: Timer) -> None:
        timer.handle = self._loop.call_later(max(timer.deadline - self.now(), 0.0), self._ring, timer)

    def _ring(self, timer: Timer) -> None:
        self._timers.discard(timer)
        timer.callback()
