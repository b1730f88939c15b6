"""The pause of a reply after a call that failed in passing; longer each time, up to half a minute."""

import asyncio
from collections.abc import Callable

_FIRST, _LONGEST = 0.5, 30.0


class Backoff:
    """Counts failures in a row. `over` is called at the end of every pause."""

    def __init__(self, loop: asyncio.AbstractEventLoop, over: Callable[[], None]) -> None:
        self._loop = loop
        self._over = over
        self._failures = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def lasts(self) -> bool:
        """Whether there is to be no call just now."""
        return self._timer is not None

    def begin(self) -> None:
        """A call has failed: wait until it is tried again."""
        wait = min(_LONGEST, _FIRST * 2**self._failures)
        self._failures += 1
        self.end()
        self._timer = self._loop.call_later(wait, self.end)

    def end(self) -> None:
        """Try again at once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._over()

    def forget(self) -> None:
        """A call went well: the next pause is a short one again."""
        self._failures = 0
