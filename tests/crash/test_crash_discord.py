"""SIGKILL on the real program while people talk with it on Discord: one complete answer each, one message a part.

A hundred times: `python -m tests.crash --platform discord`.
"""

import asyncio
import sys

import pytest

from tests.crash.play import Platform, Result, play_all

SEEDS = (12, 7, 2)
"""A death just after a question was said, at the first post, and in the middle of an answer."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Result]:
    directory = tmp_path_factory.mktemp("crash-discord")
    played = asyncio.run(play_all(SEEDS, directory, side_by_side=1, quiet=1.0, platform=Platform.DISCORD))
    return {result.plan.seed: result for result in played}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_question_on_discord_is_answered_once(seed: int, results: dict[int, Result]) -> None:
    result = results[seed]
    assert result.broken == (), result.log[-4000:]
