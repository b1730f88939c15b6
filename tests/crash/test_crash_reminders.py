"""SIGKILL around the moment in which reminders are due, twice: none is lost, none comes twice.

A hundred times: `python -m tests.crash.reminders`.
"""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.crash.reminders import play_all

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")


def test_every_reminder_comes_once_whoever_is_killed_around_its_moment(tmp_path: Path) -> None:
    for result in asyncio.run(play_all((3, 8), tmp_path, side_by_side=2)):
        assert result.broken == (), result.log[-4000:]
