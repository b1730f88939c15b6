"""The real program, the built-in model and the page: asked in plain words, it reminds."""

import sys
from pathlib import Path

import pytest

from tests.crash.page import page
from tests.crash.program import program


@pytest.mark.skipif(sys.platform == "win32", reason="the program is ended by a signal")
async def test_the_built_in_model_reminds_when_it_is_asked_to_in_plain_words(tmp_path: Path) -> None:
    async with program(tmp_path) as running, page(running) as seen:
        await seen.say("ada", "@Gatepost remind me to stretch in 1 second", "general", "question-1")
        await seen.say("grace", "/remind in 1 second to eat", "dm-grace", "question-2")
        await seen.until(lambda shown: {"⏰ stretch", "⏰ eat"} <= {one.words for one in shown.values()})
        await seen.until(lambda shown: any("I'll remind you" in one.words for one in shown.values()))
        shown = {one.words: one for one in seen.seen.values()}

    assert shown["⏰ stretch"].place == "dm-ada"
    assert shown["⏰ eat"].place == "dm-grace"
    assert shown["⏰ eat"].buttons == ("snooze", "snooze", "snooze", "done")
