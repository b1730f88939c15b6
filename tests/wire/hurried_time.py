"""An event loop that cuts long waits short, for tests whose two ends talk over real sockets in one process."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

_REAL_WAIT = 0.06
"""Seconds in which a socket, or a thread of its own, has spoken if it has anything to say."""


class _HurriedSelector(selectors.DefaultSelector):
    """Waits for a moment; if nothing happens, puts the clock forward to the next timer.

    Not while a thread of the loop is at work: what it does takes as long as the machine takes for it.
    """

    skipped = 0.0
    working = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= _REAL_WAIT:
            return super().select(timeout)
        ready = super().select(_REAL_WAIT)
        if not ready and not self.working:
            self.skipped += timeout - _REAL_WAIT
        return ready


class _HurriedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._hurried = _HurriedSelector()
        super().__init__(self._hurried)

    def time(self) -> float:
        return super().time() + self._hurried.skipped

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], T], *args: *Arguments
    ) -> "asyncio.Future[T]":
        self._hurried.working += 1
        work = super().run_in_executor(executor, func, *args)
        work.add_done_callback(self._ended)
        return work

    def _ended(self, _work: "asyncio.Future[Any]") -> None:
        self._hurried.working -= 1


def run_hurried(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end, its long waits taking a moment each."""
    with asyncio.Runner(loop_factory=_HurriedLoop) as runner:
        return runner.run(main)
