"""What a worker gives up before it opens anything: files, memory, its turn at the processor."""

import contextlib
import os
import signal
import sys
import time

_SPARE_SECONDS = 5


def confine(memory: int) -> None:
    """Bound this process for good, as far as the system lets it; where it does not, the reader's clock and the
    checks ahead of decoding remain."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which then closes our input
    if sys.platform == "win32":
        return
    import resource

    os.nice(5)
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_NOFILE, 32)
    _bound(resource.RLIMIT_AS, memory)


def bound_processor(seconds: float) -> None:
    """End this process by itself should it use so much more processor time: a backstop to the reader's clock."""
    if sys.platform == "win32":
        return
    import resource

    most = int(time.process_time() + seconds) + _SPARE_SECONDS
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


def _bound(limit: int, most: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(limit, (most, most))
