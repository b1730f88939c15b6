"""How the tests are run: many of them in parallel, a single file in one process."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog


def pytest_configure() -> None:
    """Let programs under test hear Ctrl-C, also where the run itself was started in the background.

    What the first of them has compiled, the hundred others and the workers need not compile again. Exceptions are
    logged as they are: rich, where it is installed, draws all variables too, and holds up the event loop.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One worker more than there are processors: half of what tests do is to wait.

    No workers for one file or one test: starting them takes longer, and hides what is printed.
    """
    if len(config.args) == 1 and not Path(config.args[0].partition("::")[0]).is_dir():
        return 0
    return _processors() + 1


def _processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """The program starts logging once and for all; the tests that come later have their own wishes."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
