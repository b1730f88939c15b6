"""SIGTERM on the real program while many answers are written: it ends in time, and the next start finishes."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from tests.crash.play import Platform, judged, stage
from tests.crash.verdict import Question

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM on Windows")

_SHORT, _LONG = "pace 40 " + "quick " * 50, "pace 15 " + "slow " * 95
"""Answers that end within the time an orderly end leaves them, and some that are handed over."""


_HANDED_OVER = (1, 4, 7)


def _question(n: int) -> tuple[str, str, Question]:
    """Who asks, under which name, and what."""
    person = ("ada", "grace")[n % 2]
    words = f"{_LONG if n in _HANDED_OVER else _SHORT}number {n}"
    message_id = f"{person}-busy-{n:06d}-0"
    question = Question(message_id, f"general/{message_id}", f"@Gatepost repeat after me: {words}", words)
    return person, f"busy-{n:06d}-0", question


@pytest.mark.parametrize("platform", [Platform.PAGE, Platform.DISCORD, Platform.SLACK])
async def test_an_orderly_end_under_load_takes_less_than_ten_seconds_and_loses_nothing(
    platform: Platform, tmp_path: Path
) -> None:
    busy = [_question(n) for n in range(8)]
    questions = [question for _, _, question in busy]
    async with stage(platform, tmp_path) as (running, people):
        before = set(people.seen)
        await asyncio.gather(*(people.say(who, one.text, "general", name) for who, name, one in busy))
        await people.until(lambda seen: sum(one.us and key not in before for key, one in seen.items()) >= 7)
        began = time.monotonic()
        await running.stop()
        took = time.monotonic() - began
        left = {one.id: one.words for one in people.seen.values() if one.us and not one.id.startswith("status")}
        await running.start()
        broken, _ = await judged(people, questions)

        assert broken == []
        assert took < 10
        assert left.keys() <= people.seen.keys()
        done = {n for n in range(8) if any(words.endswith(f"number {n}") for words in left.values())}
        assert done == set(range(8)) - set(_HANDED_OVER)
        assert "Traceback" not in running.log()
