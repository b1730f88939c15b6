"""The terminal: whatever writing raises, whoever waits for the end is told."""

from pathlib import Path

import pytest

from adapters.terminal.adapter import HERE, TerminalAdapter
from bot.messages import OutFile, Rendered


@pytest.mark.parametrize("error", [OSError("full"), AttributeError("closed"), ValueError("no such character")])
async def test_whatever_writing_raises_ends_the_answer(error: Exception) -> None:
    def write(_text: str) -> None:
        raise error

    adapter = TerminalAdapter(write, lambda _note: None, lambda: 0.0)
    await adapter.post(HERE, Rendered("An answer.", final=True), "k")

    assert adapter.ended.exception() is error


async def test_a_picture_is_saved_beside_others_of_its_name_and_where_is_told(tmp_path: Path) -> None:
    noted: list[str] = []
    picture = OutFile("a-cat.png", "image/png", b"png", "A cat")
    for _ in range(2):
        adapter = TerminalAdapter(lambda _text: None, noted.append, lambda: 0.0, tmp_path)
        await adapter.post(HERE, Rendered("Here.", files=(picture,), final=True), "k")
        assert adapter.ended.done()

    assert noted == [f"saved {tmp_path / 'a-cat.png'}", f"saved {tmp_path / 'a-cat-2.png'}"]
    assert (tmp_path / "a-cat-2.png").read_bytes() == b"png"
