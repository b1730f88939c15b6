"""Keeps the program alive while it is tried out: starts it as a child, and starts it again when it dies.

Light on purpose, for it stays in memory beside the program: the standard library and nothing else.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from types import FrameType

CHILD = "GATEPOST_CHILD"
"""Set in the environment of the supervised program: how many times it was started, this time included."""

_QUICK = 10.0
_MOST_DEATHS = 5
_WAITS = (0.1, 0.2, 0.5, 1.0)
_WINDOWS = sys.platform == "win32"
_LOOK = 0.2 if _WINDOWS else None
"""Seconds between looks at the child where a signal does not interrupt waiting for it."""


def supervise(command: Sequence[str]) -> int:
    """Run the command, again and again while it crashes; the exit status of the last run.

    A clean end is the end. So is an exit status of 1 or 2 soon after the first start: the program has said why it
    cannot start. After five deaths within ten seconds it gives up, with one sentence. SIGINT and SIGTERM are
    passed on to the child and end the supervision with it. Call it from the main thread.
    """
    return _Supervision(command).run()


def end_with_parent() -> None:
    """In a supervised program: end at once when the supervisor is gone, however it went. Otherwise does nothing.

    The supervisor holds the other end of standard input and never writes; when it is gone, reading ends.
    """
    if os.environ.pop(CHILD, None) is None:
        return
    line = os.dup(sys.stdin.fileno())
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    threading.Thread(target=_end_with, args=(line,), name="end-with-parent", daemon=True).start()


class Deaths:
    """The deaths of late, and what follows from them."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_MOST_DEATHS)

    def add(self, now: float) -> float | None:
        """Seconds to wait before the next start; None is to give up."""
        self._times.append(now)
        recent = sum(now - time < _QUICK for time in self._times)
        if recent >= _MOST_DEATHS:
            return None
        return _WAITS[recent - 1]


class _Supervision:
    """The child at work, and what to do when it ends."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping: int | None = None
        self._starts = 0

    def run(self) -> int:
        """Start, wait, judge; until there is nothing more to start."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._pass_on)
        deaths = Deaths()
        while True:
            started = time.monotonic()
            status = self._run_once()
            now = time.monotonic()
            if self._is_final(status, now - started):
                return status if status >= 0 else 128 - status
            wait = deaths.add(now)
            if wait is None:
                _say(f"Gatepost died {_MOST_DEATHS} times in a row, the last time {_cause(status)}. I give up.")
                return 1
            _say(f"Gatepost died ({_cause(status)}) and is started again.")
            time.sleep(wait)
            if self._stopping is not None:
                return 128 + self._stopping

    def _run_once(self) -> int:
        self._starts += 1
        with subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            env=os.environ | {CHILD: str(self._starts)},
            # A group of its own, so that Ctrl-C in a terminal reaches the child once: through us.
            process_group=None if _WINDOWS else 0,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        ) as child:
            self._child = child
            if self._stopping is not None:
                self._pass_on(self._stopping, None)
            status = self._wait(child)
            self._child = None
        return status

    def _wait(self, child: subprocess.Popen[bytes]) -> int:
        while True:
            try:
                return child.wait(_LOOK)
            except subprocess.TimeoutExpired:
                continue

    def _is_final(self, status: int, lived: float) -> bool:
        """Whether there is nothing to start again: stopped, ended cleanly, or never able to start."""
        cannot_start = status in (1, 2) and self._starts == 1 and lived < _QUICK
        return self._stopping is not None or status == 0 or cannot_start

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        self._stopping = number
        if self._child is not None:
            self._child.send_signal(getattr(signal, "CTRL_BREAK_EVENT", number))


def _end_with(line: int) -> None:
    while os.read(line, 1024):
        pass
    os._exit(1)


def _cause(status: int) -> str:
    return f"by signal {-status}" if status < 0 else f"with exit status {status}"


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
