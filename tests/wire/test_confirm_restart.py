"""What waits for the asker's word goes on waiting when the program is started again, on every platform."""

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bot.tools import TOOLS
from bot.tools.own import tool, tool_of
from tests.discord_town.town import discord_town
from tests.leak.side_discord import DiscordSide
from tests.leak.side_page import PageSide
from tests.leak.side_slack import SlackSide
from tests.leak.sides import ADA, Asked, Side
from tests.slack_town.town import slack_town
from tests.three_towns import Towns, three_towns
from tests.tool_stage import site

WISH = 'use the add_note tool with {"words": "low tide"}'
FILE = ("tide.txt", "The water is high at noon.")


async def asked(side: Side) -> Asked:
    """The question with its buttons, as soon as it is seen."""
    async with asyncio.timeout(20):
        while True:
            if isinstance(side, PageSide):
                await side.look_again()
            for one in side.asked():
                return one
            await asyncio.sleep(0.01)


async def test_a_question_with_buttons_outlives_the_process_on_every_platform(tmp_path: Path) -> None:
    written: list[str] = []

    @tool(effects=True)
    async def add_note(words: str) -> str:
        """Write something down for everybody."""
        written.append(words)
        return f"written: {words}"

    own = tool_of("add_note", add_note)
    async with discord_town() as discord, slack_town() as slack, site() as there:
        sides: tuple[Any, ...] = (DiscordSide(discord), SlackSide(slack), PageSide())
        standing = discord, slack, there
        with patch("bot.app.core.every_tool", lambda: (*TOOLS, own)):
            async with three_towns(tmp_path, standing=standing) as towns:
                await _ask(sides, towns)
            assert written == []
            async with three_towns(tmp_path, standing=standing) as towns:
                for side in sides:
                    side.here = towns
                    await side.presses(ADA, (await asked(side)).shown, "Confirm")
                await towns.rest()
                said = [sight for side in sides for sight in await side.sights()]

    assert written == ["low tide"] * 3
    assert sum("written: low tide" in " ".join(sight.texts) for sight in said) == 3


async def _ask(sides: tuple[Any, ...], towns: Towns) -> None:
    for side in sides:
        side.here = towns
        square = side.spots(ADA)[0]
        await side.says(ADA, square, WISH, asks=True, file=FILE)
    for side in sides:
        assert "low tide" in (await asked(side)).text
