"""SIGKILL on the real program while people talk with it on Discord: one complete answer each, one message a part.

A hundred times: `python -m tests.crash --platform discord`.
"""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from tests.crash.discord_people import discord_people
from tests.crash.play import Platform, Result, play_all
from tests.crash.verdict import Question, violations

SEEDS = (12, 7, 2)
"""A death just after a question was said, at the first post, and in the middle of an answer."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Result]:
    directory = tmp_path_factory.mktemp("crash-discord")
    played = asyncio.run(play_all(SEEDS, directory, side_by_side=1, quiet=1.0, platform=Platform.DISCORD))
    return {result.plan.seed: result for result in played}


async def test_an_orderly_end_takes_less_than_ten_seconds_and_the_next_start_finishes_the_answer(
    tmp_path: Path,
) -> None:
    words = "pace 5 " + " ".join(f"word{n}" for n in range(60))
    question = Question("ada-slow", "dm-ada", f"repeat after me: {words}", words)
    async with discord_people(tmp_path) as (running, people):
        await people.say("ada", question.text, "dm-ada", "slow")
        await people.until(lambda seen: any(one.us and "word3" in one.words for one in seen.values()))
        began = time.monotonic()
        await running.stop()
        took = time.monotonic() - began
        before = [one.id for one in people.seen.values() if one.us]
        await running.start()
        await people.until(lambda seen: violations([question], list(seen.values())) == [])

        assert took < 10
        assert [one.id for one in people.seen.values() if one.us] == before


@pytest.mark.parametrize("seed", SEEDS)
def test_every_question_on_discord_is_answered_once(seed: int, results: dict[int, Result]) -> None:
    result = results[seed]
    assert result.broken == (), result.log[-4000:]
