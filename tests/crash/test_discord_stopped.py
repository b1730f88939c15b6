"""SIGTERM while many are answered on Discord: the program ends in time, and the next one finishes each answer."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.discord.outbound import without_status
from tests.crash.program import Program, program
from tests.discord_town.state import TOKEN
from tests.discord_town.town import DiscordTown, discord_town
from tests.discord_town.world import Channel
from tests.gateway_streams import DONE, final, role, text
from tests.wire.raw_server import EVENT_STREAM, Exchange, raw_server

MANY = 20
SECONDS = 10.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM on Windows")


class Model:
    """Never ends an answer, until it is told to."""

    def __init__(self) -> None:
        self.ends = False

    async def answer(self, exchange: Exchange) -> None:
        if not exchange.path.endswith("/chat/completions"):
            await exchange.reply(200, b'{"object":"list","data":[]}')
            return
        await exchange.send(EVENT_STREAM)
        await exchange.chunk(role() + text("Half of it"))
        if not self.ends:
            await exchange.silence()
        await exchange.chunk(text(", and the rest.") + final() + DONE)
        await exchange.end()


@asynccontextmanager
async def listening(directory: Path, town: DiscordTown, gateway: str) -> AsyncIterator[Program]:
    settings = {
        "DISCORD_BOT_TOKEN": TOKEN,
        "DISCORD_API_BASE_URL": town.base_url,
        "PLAYGROUND": "off",
        "AI_GATEWAY_API_KEY": "key",
        "AI_GATEWAY_BASE_URL": gateway,
        "DEFAULT_MODEL": "acme/alpha-2",
        "BUDGET_PER_DAY": "off",
        "BUDGET_PER_PERSON_PER_DAY": "off",
    }
    async with program(directory, **settings) as running:
        async with asyncio.timeout(20):
            while not town.gateway.online:  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.02)
        yield running


async def test_twenty_unfinished_answers_are_left_in_ten_seconds_and_finished_in_their_messages(
    tmp_path: Path,
) -> None:
    model = Model()
    async with discord_town() as town, raw_server(model.answer) as server:
        guild = town.guild()
        people = [town.person(f"p{n}", guild) for n in range(MANY)]
        channels = [town.channel(guild, f"c{n}") for n in range(MANY)]

        def threads() -> list[Channel]:
            return [one.thread for channel in channels for one in channel.in_order() if one.thread is not None]

        def shown() -> list[list[str]]:
            return [[without_status(one.text) for one in thread.by(town.me)] for thread in threads()]

        async with listening(tmp_path, town, server.base_url) as first:
            for person, channel in zip(people, channels, strict=True):
                person.mentions_bot(channel, "what is a heron?")
            await town.until(lambda: shown() == [["Half of it"]] * MANY, 30)
            asked = time.monotonic()
            await first.stop()
            took = time.monotonic() - asked
        model.ends = True
        async with listening(tmp_path, town, server.base_url):
            await town.until(lambda: shown() == [["Half of it, and the rest."]] * MANY, 30)

        assert took < SECONDS
        assert not town.calls.refused()
