"""Tools of other packages: a function's signature is its schema, and none of them takes the program down."""

import random
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from bot.cli import run as gatepost
from bot.errors import ToolFailed
from bot.messages import OutFile, Person, Place
from bot.tools.base import Tool, ToolContext, ToolResult
from bot.tools.own import own_tools, tool, tool_of

HERE = ToolContext(0.0, Place("town", "w", "c"), Person("u1", "Ada"), "key")


async def greet(
    context: ToolContext, tone: Literal["warm", "cool"] = "warm", times: Annotated[int, Field(ge=1, le=3)] = 1
) -> str:
    """Greet who asks."""
    return f"{tone} hello, {context.requester.name}! " * times


@tool(effects=True, untrusted=True, seconds=3)
async def publish(text: str) -> ToolResult:
    """Publish it."""
    return ToolResult("done", (OutFile("a.txt", "text/plain", text.encode()),))


async def undocumented(text: str) -> str:
    return text


def waits(text: str) -> str:
    """Not async."""
    return text


async def untyped(text) -> str:  # type: ignore[no-untyped-def]
    """Has no types."""
    return str(text)


async def broken(sides: int) -> str:
    """Draws a number."""
    return str(random.randrange(sides))


READY = tool_of("ready", publish)


def entry(name: str, what: str) -> EntryPoint:
    return EntryPoint(name, f"{__name__}:{what}", "gatepost.tools")


async def test_a_signature_is_the_schema_and_the_context_is_not_part_of_it() -> None:
    made = tool_of("greet", greet)

    assert made.spec.description == "Greet who asks."
    assert sorted(made.spec.parameters["properties"]) == ["times", "tone"]
    assert made.spec.parameters["properties"]["tone"]["enum"] == ["warm", "cool"]
    said = await made.call(HERE, made.check('{"tone": "cool"}'))
    assert said.text == "cool hello, Ada! "
    for wrong in ('{"times": 9}', '{"context": {}}', '{"tone": "loud"}'):
        with pytest.raises(ToolFailed, match="invalid arguments"):
            made.check(wrong)


async def test_a_function_may_declare_its_effects_and_return_files() -> None:
    made = tool_of("publish", publish)

    assert (made.effects, made.untrusted, made.seconds) == (True, True, 3)
    result = await made.call(HERE, made.check('{"text": "x"}'))
    assert [file.data for file in result.files] == [b"x"]


@pytest.mark.parametrize("function", [undocumented, waits, untyped])
def test_what_can_be_no_tool_is_refused_with_a_sentence(function: object) -> None:
    with pytest.raises(TypeError, match=r"needs|has to be"):
        tool_of("it", function)  # type: ignore[arg-type]


def test_broken_tools_and_taken_names_are_left_out_and_the_others_stay() -> None:
    entries = [
        entry("greet", "greet"),
        entry("calculate", "greet"),
        entry("waits", "waits"),
        entry("gone", "not_there"),
        EntryPoint("missing", "no_such_module:x", "gatepost.tools"),
        entry("Bad Name", "greet"),
        entry("greet", "publish"),
        entry("renamed", "READY"),
    ]

    assert [one.name for one in own_tools(["calculate"], entries)] == ["greet", "renamed"]
    assert isinstance(READY, Tool)


@pytest.mark.usefixtures("logging_as_before")
def test_one_tool_runs_alone_in_a_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert gatepost(["tool", "calculate", "expression=2 ^ 10"]) == 0
    assert capsys.readouterr().out == "2 ^ 10 = 1,024\n"
    assert gatepost(["tool"]) == 0
    assert "current_time: " in capsys.readouterr().out
    assert gatepost(["tool", "calculate", "expression=9**9**9"]) == 1
    assert "too large" in capsys.readouterr().err
    assert gatepost(["tool", "fly"]) == 1
    assert gatepost(["tool", "calculate", "2"]) == 1
    assert gatepost(["tool", "weather", "place=x", "latitude=1", "longitude=1"]) == 1
    assert "can't be done here" in capsys.readouterr().err


@pytest.mark.usefixtures("logging_as_before")
def test_a_tool_that_breaks_in_a_terminal_is_told_in_one_sentence_with_its_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tools.every_tool", lambda: (tool_of("broken", broken),))

    assert gatepost(["tool", "broken", "sides=0"]) == 1
    told = capsys.readouterr().err
    line = broken.__code__.co_firstlineno + 2
    assert told.startswith("gatepost: broken failed with ValueError: empty range")
    assert told.endswith(f"({__file__}, line {line}).\n")
    assert told.count("\n") == 1
