"""Every tool and every command on Discord, on Slack and on the page, over the whole core and the built-in model.

One row for each: what somebody types, and what is seen of it, by whom. What it does in depth is tested elsewhere.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pytest
import pytest_asyncio

from bot.commands import COMMANDS
from bot.messages import OutFile
from bot.tools import TOOLS
from bot.tools.base import ToolContext, ToolResult
from bot.tools.own import tool, tool_of
from tests.discord_town.town import DiscordTown
from tests.leak.secrets import Spot
from tests.leak.side_discord import DiscordSide
from tests.leak.side_page import PageSide
from tests.leak.side_slack import SlackSide
from tests.leak.sides import ADA, GRACE, Side, Sight
from tests.slack_town.town import Town
from tests.three_towns import Towns, three_towns
from tests.tool_stage import WEATHER, says

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIDE = ("tide.txt", "The water is high at noon.")
SURFACES = ("discord", "slack", "web")
SERVER = """
from mcp.server import MCPServer
server = MCPServer("notes")

@server.tool()
def echo(words: str) -> str:
    '''Say it back.'''
    return f"echo of {words}"

@server.tool()
def add(words: str) -> str:
    '''Write it down.'''
    return f"written: {words}"

server.run("stdio")
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What Ada says or types, and what is to be seen of it; with a `file`, in the public channel or `alone`."""

    name: str
    says: str
    seen: str
    file: tuple[str, str] | None = None
    alone: bool = False


TOOL_ROWS = (
    Row("create_poll", "start a poll: Lunch? Pizza, Sushi", "Sushi", alone=True),
    Row("remind", "remind me in 5 minutes to stretch", "stretch", alone=True),
    Row("calculate", "calculate 15% of 80", "12", alone=True),
    Row("convert_time", "when it is 9:00 in Europe/Berlin, what is it in Asia/Tokyo?", "Asia/Tokyo", alone=True),
    Row("convert_units", "convert 5 km to mile", "3.10", alone=True),
    Row("current_time", "what time is it in Lima?", "America/Lima", alone=True),
    Row("draw_picture", "draw a red square", "picture-1.png", alone=True),
    Row("weather", "what is the weather in Berlin?", "light rain, 7.5", alone=True),
    Row(
        "open_file",
        "open tide.txt again",
        "high at noon",
        file=("tide.txt", "The water is high at noon."),
        alone=True,
    ),
    Row("read_link", "read {page}", "Why they shine", alone=True),
    Row("recent_messages", "what do the last 20 messages say?", "the harbour opens at noon"),
    Row("search_messages", "search here for harbour", "the harbour opens at noon"),
    Row("summarise", "summarise this thread", "Of "),
)
MORE_ROWS = (
    Row("roll_dice", 'use the roll_dice tool with {{"count": 2}}', "Ada rolled 2", alone=True),
    Row("roll_dice", 'use the roll_dice tool with {{"count": 3}}', "rolls.csv", alone=True),
    Row("notes_echo", 'use the notes_echo tool with {{"words": "hello"}}', "echo of hello", alone=True),
)
COMMAND_ROWS = (
    Row("model", "model", "gatepost/scripted"),
    Row("ask", "ask calculate 15% of 80", "12"),
    Row("models", "models", "gatepost/painter"),
    Row("summary", "summary 24", "Of "),
    Row("imagine", "imagine a red square", ".png"),
    Row("search", "search harbour", "harbour"),
    Row("remind", "remind in 1 hour to stretch", "stretch"),
    Row("persona", "persona", "concise"),
    Row("settings", "settings", "max_tokens"),
    Row("reset", "reset", "afresh", alone=True),
    Row("stop", "stop", "othing"),
    Row("usage", "usage", "$"),
    Row("export", "export", "gatepost-export"),
    Row("forget", "forget", "Shall I forget"),
    Row("status", "status", "gatepost/scripted"),
    Row("help", "help", "calculate"),
)


@tool(label="roll dice")
async def roll_dice(count: int, context: ToolContext) -> ToolResult:
    """Roll dice."""
    return ToolResult(f"{context.requester.name} rolled {count}", (OutFile("rolls.csv", "text/csv", b"1,2\n"),))


@dataclass
class Scene:
    """The three towns, a side of each, and where Ada talks on it."""

    towns: Towns
    sides: dict[str, Side]

    def places(self, surface: str) -> tuple[Spot, Spot]:
        """Her direct messages, and the channel that everybody reads."""
        side = self.sides[surface]
        spots = side.spots(ADA)
        alone = next(spot for spot in spots if side.is_alone(spot))
        return alone, spots[0]

    async def asks(self, surface: str, row: Row) -> Sequence[Sight]:
        """What is seen of a question to the model."""
        side, (alone, square) = self.sides[surface], self.places(surface)
        page = self.towns.site.url("/page")
        await side.sights()
        await side.says(ADA, alone if row.alone else square, row.says.format(page=page), asks=True, file=row.file)
        await self.towns.rest()
        return await side.sights()

    async def types(self, surface: str, row: Row) -> Sequence[Sight]:
        """What is seen of a command, once it is seen at all."""
        side, (alone, square) = self.sides[surface], self.places(surface)
        await side.sights()
        await side.commands(ADA, alone if row.alone else square, row.says)
        seen: list[Sight] = []
        async with asyncio.timeout(10):
            while row.seen not in _read(seen):
                await self.towns.rest()
                seen += await side.sights()
        return seen


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    directory = tmp_path_factory.mktemp("surfaces")
    made: list[tuple[DiscordSide, SlackSide]] = []

    def furnish(discord: DiscordTown, slack: Town) -> None:
        made.append((DiscordSide(discord), SlackSide(slack)))

    own = tool_of("roll_dice", roll_dice)
    async with AsyncExitStack() as stack:
        stack.enter_context(patch("bot.app.core.every_tool", lambda: (*TOOLS, own)))
        config = _notes(directory)
        towns = await stack.enter_async_context(three_towns(directory, furnish=furnish, mcp_config=config))
        serving = asyncio.create_task(towns.parts.servers.run())
        stack.push_async_callback(_ended, serving)
        sides: tuple[Any, ...] = (*made[0], PageSide())
        for side in sides:
            side.here = towns
        await stack.enter_async_context(sides[2].open_tabs())
        _furnish_site(towns)
        here = Scene(towns, {side.platform: side for side in sides})
        for surface, side in here.sides.items():
            for who, said in ((GRACE, "the harbour opens at noon"), (ADA, "thanks")):
                await side.says(who, here.places(surface)[1], said, asks=False, file=None)
        await towns.until(towns.parts.servers.tools, 20.0)
        yield here


async def _ended(serving: "asyncio.Task[None]") -> None:
    """Wait for the server's process to be gone, too: its transport has to be closed while there is a loop."""
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def _notes(directory: Path) -> Path:
    program = directory / "notes.py"
    program.write_text(SERVER)
    entry = {"command": sys.executable, "args": [str(program)], "read_only": ["echo"]}
    config = directory / "mcp.json"
    config.write_bytes(orjson.dumps({"mcpServers": {"notes": entry}}))
    return config


def _furnish_site(towns: Towns) -> None:
    page = (
        "<html><body><article><h1>Why they shine</h1><p>A lighthouse shows the coast.</p></article></body></html>"
    )
    towns.site.answers["/page"] = says(page)
    towns.site.answers["/weather/v1/forecast"] = says(orjson.dumps(WEATHER), "application/json")


def _read(sights: Sequence[Sight]) -> str:
    return "\n".join(text for sight in sights for text in sight.texts)


@pytest.mark.parametrize("row", [*TOOL_ROWS, *MORE_ROWS], ids=lambda row: f"{row.name}: {row.says[:20]}")
@pytest.mark.parametrize("surface", SURFACES)
async def test_a_tool_is_called_when_asked_in_plain_words(scene: Scene, surface: str, row: Row) -> None:
    sights = await scene.asks(surface, row)

    assert row.seen in _read(sights)
    assert all(ADA in sight.eyes for sight in sights)


@pytest.mark.parametrize("row", COMMAND_ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("surface", SURFACES)
async def test_a_command_is_carried_out_and_seen_by_whom_it_is_for(scene: Scene, surface: str, row: Row) -> None:
    sights = await scene.types(surface, row)

    spec = next(command.spec for command in COMMANDS if command.spec.name == row.name)
    private = spec.private and not spec.aloud
    seen = frozenset(name for sight in sights for name in sight.eyes if row.seen in _read([sight]))
    assert (seen == {ADA}) is (private or row.alone) or row.name == "imagine"


@pytest.mark.parametrize("presser", ["Grace, then Ada confirms", "Ada declines"])
@pytest.mark.parametrize("surface", SURFACES)
async def test_what_others_would_notice_is_done_only_when_the_asker_says_so(
    scene: Scene, surface: str, presser: str
) -> None:
    side, (_, square) = scene.sides[surface], scene.places(surface)
    await side.sights()
    wanted = 'use the notes_add tool with {"words": "low tide"}'
    await side.says(ADA, square, wanted, asks=True, file=TIDE)
    asked: list[Any] = []

    async def look() -> bool:
        if isinstance(side, PageSide):
            await side.look_again()
        asked[:] = list(side.asked())
        return bool(asked)

    async with asyncio.timeout(10):
        while not await look():  # noqa: ASYNC110 - three towns have three bells
            await asyncio.sleep(0.01)
    assert asked[0].asker == ADA
    assert "low tide" in asked[0].text
    if presser.startswith("Grace"):
        await side.presses(GRACE, asked[0].shown, "Confirm")
        assert scene.towns.desk.running == 1, "somebody else's word counts for nothing"
        await side.presses(ADA, asked[0].shown, "Confirm")
    else:
        await side.presses(ADA, asked[0].shown, "Don’t")
    await scene.towns.rest()
    said = _read(await side.sights())

    assert ("written: low tide" in said) is presser.startswith("Grace")
    assert ("declined" in said) is presser.startswith("Ada")


async def test_every_tool_and_every_command_has_a_row() -> None:
    assert sorted(row.name for row in TOOL_ROWS) == sorted(tool.name for tool in TOOLS)
    assert sorted(row.name for row in COMMAND_ROWS) == sorted(command.spec.name for command in COMMANDS)
