"""How the tests are run: many of them in parallel, a single file in one process."""

import signal
from pathlib import Path

import pytest


def pytest_configure() -> None:
    """Let programs under test hear Ctrl-C, also where the run itself was started in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """No workers for one file or one test: starting them takes longer, and hides what is printed."""
    return 0 if len(config.args) == 1 and not Path(config.args[0].partition("::")[0]).is_dir() else None
