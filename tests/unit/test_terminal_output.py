"""The terminal: whatever writing raises, whoever waits for the end is told."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.terminal.adapter import HERE, TerminalAdapter
from adapters.terminal.wording import at_a_shell
from bot.conversation import words
from bot.errors import GatewayError
from bot.ledger.words import refused
from bot.messages import Ability, Level, OutFile, Refusal, Rendered, Whose


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


def _sentences() -> Iterator[str]:
    """What may stand under an answer."""
    kinds = [GatewayError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        yield kind.sentence
    yield from (words.unable("acme/alpha", ability) for ability in Ability)
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
    for limit, wanted in (("0.1", "0.05"), ("0.1", "0.2"), ("0", "0")):
        level = Level(Whose.PERSON, Decimal(limit), Decimal("0.09"))
        yield refused(Refusal(level, Decimal(wanted)), "zeta/fast", noon)


def test_nobody_at_a_shell_is_told_to_type_a_command_or_press_a_button() -> None:
    said = [at_a_shell(one) for one in _sentences()]

    assert len(said) > 20
    assert [one for one in said if re.search(r"(?<!\w)/\w|button|thread", one)] == []


def test_the_way_out_is_named_as_it_is_here() -> None:
    assert at_a_shell("That model no longer exists. Try /model.") == ("That model no longer exists. Try -m MODEL.")
    assert at_a_shell("`zeta/a-1` still fits: press the button, or switch with `/model zeta/a-1`.") == (
        "`zeta/a-1` still fits: ask again with -m zeta/a-1."
    )
