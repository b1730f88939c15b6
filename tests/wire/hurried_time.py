"""An event loop that cuts long waits short, for tests whose two ends talk over real sockets in one process."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_REAL_WAIT = 0.06
"""Seconds in which a socket or a thread of ours has spoken if it has anything to say."""


class _HurriedSelector(selectors.DefaultSelector):
    """Waits for a moment; if nothing happens, puts the clock forward to the next timer."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= _REAL_WAIT:
            return super().select(timeout)
        ready = super().select(_REAL_WAIT)
        if not ready:
            self.skipped += timeout - _REAL_WAIT
        return ready


class _HurriedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._hurried = _HurriedSelector()
        super().__init__(self._hurried)

    def time(self) -> float:
        return super().time() + self._hurried.skipped


def run_hurried(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end, its long waits taking a moment each."""
    with asyncio.Runner(loop_factory=_HurriedLoop) as runner:
        return runner.run(main)
