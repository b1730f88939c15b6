"""What stops a start on the platforms' side, and what the program's port tells while platforms come and go."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import aiohttp
import pytest

from adapters.discord.check import check as check_discord
from adapters.slack.check import check as check_slack
from bot.messages import Finding
from tests.crash.program import PATIENCE, program
from tests.discord_town.state import TOKEN
from tests.discord_town.town import discord_town
from tests.scenario.program import Ran, Shell
from tests.slack_town import APP_TOKEN, BOT_TOKEN, Town, slack_town


async def fatal(check: AsyncGenerator[Finding, None]) -> str:
    """The sentence of the one fault that `gatepost check` finds hopeless."""
    (found,) = [row for row in [one async for one in check] if row.fatal]
    return found.said


async def started(directory: Path, **settings: str) -> Ran:
    """How a start ended; the platforms answer meanwhile."""
    quietly = {"PLAYGROUND": "off", "LOG_LEVEL": "error", "LOG_FORMAT": "json"}
    return await asyncio.to_thread(lambda: Shell(directory).run("run", **quietly, **settings))


def said(ran: Ran) -> str:
    """The sentence it stopped with, beside what it logged."""
    assert "Traceback" not in ran.err
    (sentence,) = [line for line in ran.err.splitlines() if line.startswith("gatepost: ")]
    return sentence.removeprefix("gatepost: ")


def on_slack(town: Town, **settings: str) -> dict[str, str]:
    return {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_BASE_URL": town.base_url, **settings}


async def test_a_token_of_another_platform_stops_the_start_with_the_sentence_of_the_check(
    tmp_path: Path,
) -> None:
    slacks, nobody = f"{BOT_TOKEN}-0123456789", "http://127.0.0.1:1/api/v10"

    ran = await started(tmp_path, DISCORD_BOT_TOKEN=slacks, DISCORD_API_BASE_URL=nobody)

    assert ran.status == 1
    assert said(ran) == await fatal(check_discord(slacks, nobody))


async def test_a_start_with_a_refused_discord_token_stops_with_the_sentence_of_the_check(tmp_path: Path) -> None:
    async with discord_town() as town:
        wrong = town.token + "x"

        ran = await started(tmp_path, DISCORD_BOT_TOKEN=wrong, DISCORD_API_BASE_URL=town.base_url)

        assert ran.status == 1
        assert said(ran) == await fatal(check_discord(wrong, town.base_url))


async def test_a_start_with_a_revoked_slack_token_stops_with_the_sentence_of_the_check(tmp_path: Path) -> None:
    async with slack_town() as town:
        town.tokens.revoke()

        ran = await started(tmp_path, **on_slack(town, SLACK_APP_TOKEN=APP_TOKEN))

        assert ran.status == 1
        assert said(ran) == await fatal(check_slack(BOT_TOKEN, APP_TOKEN, town.base_url))


async def test_an_app_token_without_its_scope_stops_a_start_with_the_sentence_of_the_check(
    tmp_path: Path,
) -> None:
    async with slack_town() as town:
        town.tokens.take("connections:write", token=APP_TOKEN)

        ran = await started(tmp_path, **on_slack(town, SLACK_APP_TOKEN=APP_TOKEN))

        assert ran.status == 1
        assert said(ran) == await fatal(check_slack(BOT_TOKEN, APP_TOKEN, town.base_url))


async def test_swapped_slack_tokens_stop_the_start_and_are_found_by_the_check_before_anybody_is_asked(
    tmp_path: Path,
) -> None:
    async with slack_town() as town:
        swapped = on_slack(town) | {"SLACK_BOT_TOKEN": APP_TOKEN, "SLACK_APP_TOKEN": BOT_TOKEN}

        ran = await started(tmp_path, **swapped)
        checked = await asyncio.to_thread(lambda: Shell(tmp_path).run("check", "--json", **swapped))

        assert ran.status == checked.status == 1
        assert said(ran).startswith(
            "SLACK_BOT_TOKEN is not valid: it has to be a bot token, which begins with xoxb-"
        )
        assert said(ran) in checked.out
        assert not town.calls()


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession, None]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def test_readiness_and_figures_go_down_and_up_with_each_platform(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    async with discord_town() as discord, slack_town() as slack:
        town = {"DISCORD_BOT_TOKEN": TOKEN, "DISCORD_API_BASE_URL": discord.base_url}
        async with program(
            tmp_path, PLAYGROUND="off", **town, **on_slack(slack, SLACK_APP_TOKEN=APP_TOKEN)
        ) as bot:

            async def tells(path: str, right: Callable[[str], bool]) -> str:
                async with asyncio.timeout(PATIENCE):
                    while True:
                        text = await _got(session, f"{bot.origin}{path}")
                        if right(text):
                            return text
                        await asyncio.sleep(0.02)

            up = "200 ready\nstore: ok\ngateway: ok\ndiscord: ok\nslack: ok\n"
            await tells("/readyz", up.__eq__)
            discord.gateway.refusals = 10_000
            discord.gateway.drop()
            slack.faulty("apps.connections.open", times=10_000, error="internal_error")
            slack.sockets.cut()
            lost = "503 not ready\nstore: ok\ngateway: ok\ndiscord: not connected\nslack: not connected\n"
            await tells("/readyz", lost.__eq__)
            figures = await tells("/metrics", lambda text: 'connected{platform="slack"} 0.0' in text)
            discord.gateway.refusals = 0
            slack.api.faults.clear()
            await tells("/readyz", up.__eq__)

            assert 'gatepost_platform_connected{platform="discord"} 0.0' in figures
            assert await _got(session, f"{bot.origin}/healthz") == "200 ok\n"


async def _got(session: aiohttp.ClientSession, url: str) -> str:
    try:
        async with session.get(url) as response:
            return f"{response.status} {await response.text()}"
    except aiohttp.ClientError as error:
        return type(error).__name__
