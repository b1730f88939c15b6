"""The command that runs one tool alone: for whoever writes one."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.output import note, say
from bot.errors import GatepostError, StartError

if TYPE_CHECKING:
    from bot.tools.base import Tool, ToolResult


def run_tool(options: argparse.Namespace) -> int:
    """`gatepost tool`: without a name, the list of them."""
    import asyncio

    from bot.errors import ToolFailed
    from bot.log import start_logging
    from bot.tools import every_tool

    start_logging("warning", None, ())
    tools = {tool.name: tool for tool in every_tool()}
    if options.name is None:
        for tool in tools.values():
            say(f"{tool.name}: {_first_sentence(tool.spec.description)}\n")
        return 0
    if options.name not in tools:
        raise StartError(f"There is no tool {options.name}. `gatepost tool` lists them all.")
    try:
        result = asyncio.run(_call(tools[options.name], _as_json(options.arguments)))
    except ToolFailed as error:
        raise StartError(f"{options.name}: {error.said}") from error
    except GatepostError:
        raise
    except Exception as error:  # somebody's own code: it may raise anything
        raise StartError(_broken(options.name, error)) from error
    say(result.text + "\n")
    for file in result.files:
        path = _free(Path(Path(file.name).name))
        path.write_bytes(file.data)
        note(f"saved {path}")
    return 0


def _broken(name: str, error: Exception) -> str:
    """What the code of a tool raised, and in which line of it."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    ours = Path(__file__).parents[1]
    last_of_ours = max(n for n, frame in enumerate(frames) if ours in Path(frame.filename).parents)
    there = frames[min(last_of_ours + 1, len(frames) - 1)]
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{name} failed with {said} ({there.filename}, line {there.lineno})."


async def _call(tool: "Tool[Any]", arguments: str) -> "ToolResult":
    """Call it as Ada would in a terminal. Tools that need the program around them say so."""
    from bot.messages import Person, Place, PlaceKind
    from bot.tools.base import ToolContext

    place = Place("terminal", "local", "tool", kind=PlaceKind.DM)
    context = ToolContext(time.time(), place, Person("you", "You"), "terminal", progress=note)
    return await tool.call(context, tool.check(arguments))


def _first_sentence(description: str) -> str:
    """What a tool does, without the advice to a model that follows."""
    words = " ".join(description.split())
    return f"{words.partition('. ')[0].rstrip('.')}."


def _as_json(pairs: list[str]) -> str:
    """`key=value…` as JSON: a value that is JSON stands for itself, any other is text."""
    import orjson

    given: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise StartError(f"{pair} is no key=value.")
        try:
            given[key] = orjson.loads(value)
        except orjson.JSONDecodeError:
            given[key] = value
    return orjson.dumps(given).decode()


def _free(path: Path) -> Path:
    """A name that no file here has."""
    numbered = (path.with_stem(f"{path.stem}-{n}") for n in range(2, 1_000))
    return path if not path.exists() else next(one for one in numbered if not one.exists())
