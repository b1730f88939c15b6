"""Commands typed without a process of their own: starting Python and every library is most of what one costs."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import run
from bot.settings import Settings
from tests.scenario.program import Ran

ELSEWHERE = {"AI_GATEWAY_BASE_URL": "http://127.0.0.1:9/v1"}
"""A gateway that is not the built-in one, so that nothing is supervised; nobody asks it before the start."""


@dataclass(frozen=True, slots=True)
class Here:
    """As `Shell`, over the same directory: for commands that end by themselves, without a supervisor."""

    directory: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str, **settings: str) -> Ran:
        """Run a command to its end, in this process."""
        own = {"DATA_DIR": str(self.directory / "data"), "HTTP_PORT": "0"}
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.directory)
            for name in map(str.upper, Settings.model_fields):
                patch.delenv(name, raising=False)
            for name, value in (own | settings).items():
                patch.setenv(name, value)
            status = _status(words)
        out, err = self.capsys.readouterr()
        return Ran(status, out, err)


def _status(words: tuple[str, ...]) -> int:
    try:
        return run(words)
    except SystemExit as wrong_usage:
        return int(wrong_usage.code or 0)


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], logging_as_before: None) -> Iterator[Here]:
    """A directory to type commands in; afterwards logs and garbage go where they went before."""
    yield Here(tmp_path, capsys)
    gc.unfreeze()
