"""How the process of a command behaves: its streams, its signals, its memory."""

import contextlib
import gc
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine


def make_streams_usable() -> bool:
    """Let no character stop a command, nor a closed stderr; whether there is a standard output at all.

    A stream that was closed before the start is None, and the next file opened would take its place.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - it stays open as long as the program runs
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    return sys.stdout is not None


def silence_output() -> None:
    """Let what is still to be flushed go nowhere: whoever was to get it cannot take it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def everything_stays() -> Iterator[None]:
    """Around imports: nothing they make is garbage, and looking for some is a sixth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def until_stopped(work: "Callable[[asyncio.Event], Coroutine[Any, Any, None]]") -> int:
    """Run until SIGINT or SIGTERM asks for an orderly end; a second one, of either kind, ends at once."""
    import asyncio
    import signal

    async def run_it() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)

        def once() -> None:
            stop.set()
            for number in numbers:
                loop.remove_signal_handler(number)

        for number in numbers:
            with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
                loop.add_signal_handler(number, once)
        await work(stop)

    asyncio.run(run_it())
    return 0


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end what runs inside as Ctrl-C would, cleaning up; then exit with 143."""
    import signal

    came: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        came.append(number)
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in what a script starts in the background
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        if came:
            raise SystemExit(128 + signal.SIGTERM) from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
