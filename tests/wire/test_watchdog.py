"""A connection that looks alive and hears nothing is found and made anew, on a local Discord and a local Slack."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.app.watchdog import DOUBT_AFTER, Watchdog
from tests.discord_bot import Bot, discord_bot
from tests.discord_town.rights import Right
from tests.slack_stage import SlackScene, slack_over_socket

LONG = DOUBT_AFTER + 120.0


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    async with discord_bot() as opened:
        yield opened


@pytest.fixture
async def slack() -> AsyncIterator[SlackScene]:
    async with slack_over_socket() as opened:
        yield opened


async def test_a_deaf_discord_connection_is_found_and_made_anew(bot: Bot) -> None:
    watchdog = Watchdog([bot.adapter], bot.town.clock)
    missed = asyncio.Event()
    bot.adapter.when_missed(missed.set)
    bot.town.gateway.fall_silent()
    bot.town.clock.advance(LONG)
    bot.ada.says(bot.general, f"<@{bot.town.me.id}> are you there?")

    await watchdog.look_around()

    async with asyncio.timeout(10):
        await missed.wait()
    bot.ada.says(bot.general, f"<@{bot.town.me.id}> and now?")
    assert (await bot.heard()).text == "and now?"


async def test_a_quiet_discord_is_asked_once_and_left_alone(bot: Bot) -> None:
    watchdog = Watchdog([bot.adapter], bot.town.clock)
    missed = asyncio.Event()
    bot.adapter.when_missed(missed.set)
    bot.town.clock.advance(LONG)
    before = len(bot.town.calls.of("guild_channels"))

    await watchdog.look_around()
    await watchdog.look_around()

    assert len(bot.town.calls.of("guild_channels")) == before + 1
    assert not missed.is_set()
    assert bot.adapter.health().connected


async def test_what_nobody_lets_us_read_makes_no_discord_connection_suspicious(bot: Bot) -> None:
    watchdog = Watchdog([bot.adapter], bot.town.clock)
    secret = bot.town.channel(bot.guild, "secret")
    bot.town.forbids(secret, Right.VIEW_CHANNEL, bot.town.me)
    await bot.quiet()
    bot.town.clock.advance(LONG)
    bot.ada.says(secret, "nothing for you")

    await watchdog.look_around()

    assert bot.adapter.health().connected


async def test_a_deaf_slack_socket_is_found_and_made_anew(slack: SlackScene) -> None:
    ada = slack.town.person("Ada")
    room = slack.town.channel("room", ada)
    watchdog = Watchdog([slack.adapter], slack.town.clock.now)
    missed = asyncio.Event()
    await slack.town.settled()
    slack.town.sockets.silence()
    slack.town.clock.advance(LONG)
    ada.says(room, "is anybody there?")
    slack.adapter.when_missed(missed.set)
    missed.clear()

    await watchdog.look_around()

    async with asyncio.timeout(10):
        await missed.wait()
    assert slack.adapter.health().connected


async def test_a_quiet_slack_is_left_alone(slack: SlackScene) -> None:
    ada = slack.town.person("Ada")
    room = slack.town.channel("room", ada)
    ada.says(room, "hello")
    await slack.town.settled()
    watchdog = Watchdog([slack.adapter], slack.town.clock.now)
    slack.town.clock.advance(LONG)
    opened = len(slack.town.calls("apps.connections.open"))

    await watchdog.look_around()

    assert slack.town.calls("conversations.history")
    assert len(slack.town.calls("apps.connections.open")) == opened
