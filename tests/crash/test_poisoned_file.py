"""A file that takes the program with it each time it is read: after the second time people get an apology."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.crash.page import Page, Seen, page
from tests.crash.program import Program, Victim, program
from tests.crash.verdict import Question, apologies, violations
from tests.files import pdf

POISONED = Question("ada-poisoned-file", "dm-ada", "what does this say?", "nothing at all", patient=True)
MEANWHILE = Question("grace-meanwhile-1", "dm-grace", "repeat after me: all is well", "all is well")
AFTERWARDS = Question("ada-afterwards-1", "dm-ada", "repeat after me: and goes on", "and goes on")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")


async def test_a_file_that_kills_the_program_twice_ends_with_an_apology_and_others_go_on(tmp_path: Path) -> None:
    async with program(tmp_path) as running, page(running) as seen:
        await seen.say("ada", POISONED.text, "dm-ada", "poisoned-file", ("poison.pdf", pdf(["a page"] * 30)))
        first = await _dies_of_it(running, seen, 0)
        asking = asyncio.create_task(seen.say("grace", MEANWHILE.text, "dm-grace", "meanwhile-1"))
        await _dies_of_it(running, seen, first)
        await asking
        await seen.until(lambda shown: _said(shown, "dm-grace", MEANWHILE) and apologies(shown.values()))
        await seen.say("ada", AFTERWARDS.text, "dm-ada", "afterwards-1")
        await seen.until(lambda shown: _said(shown, "dm-ada", AFTERWARDS))
        served_by = running.serving()
        await asyncio.sleep(1.0)
        transcript = await seen.transcript()

    assert running.serving() == served_by
    assert violations([POISONED, MEANWHILE, AFTERWARDS], transcript) == []
    assert apologies(transcript) == 1


async def _dies_of_it(running: Program, seen: Page, since: int) -> int:
    """Kill whoever has begun to read the file, as the file would; where the news stood then."""

    def reading(shown: Seen) -> list[int]:
        return [one.seq for one in shown.values() if (one.status or "").startswith("reading") and one.seq > since]

    await seen.until(reading)
    await running.kill(Victim.CHILD)
    return max(reading(seen.seen))


def _said(shown: Seen, place: str, question: Question) -> bool:
    return any(
        one.us and one.final and (one.place, one.words) == (place, question.answer) for one in shown.values()
    )
