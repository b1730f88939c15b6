"""The terminal: whatever writing raises, whoever waits for the end is told."""

import pytest

from adapters.terminal.adapter import HERE, TerminalAdapter
from bot.messages import Rendered


@pytest.mark.parametrize("error", [OSError("full"), AttributeError("closed"), ValueError("no such character")])
async def test_whatever_writing_raises_ends_the_answer(error: Exception) -> None:
    def write(_text: str) -> None:
        raise error

    adapter = TerminalAdapter(write, lambda _note: None, lambda: 0.0)
    await adapter.post(HERE, Rendered("An answer.", final=True), "k")

    assert adapter.ended.exception() is error
