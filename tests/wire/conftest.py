"""A local Discord with a guild, a channel and somebody in it, and a client that is connected to it."""

from collections.abc import AsyncIterator

import pytest

from tests.discord_town.client import Recorder, connected
from tests.discord_town.people import Person
from tests.discord_town.town import DiscordTown, discord_town
from tests.discord_town.world import Channel, Guild


@pytest.fixture
async def town() -> AsyncIterator[DiscordTown]:
    async with discord_town() as opened:
        yield opened


@pytest.fixture
def guild(town: DiscordTown) -> Guild:
    return town.guild()


@pytest.fixture
def square(town: DiscordTown, guild: Guild) -> Channel:
    return town.channel(guild, "square")


@pytest.fixture
def ada(town: DiscordTown, guild: Guild) -> Person:
    return town.person("ada", guild)


@pytest.fixture
async def client(town: DiscordTown, square: Channel, ada: Person) -> AsyncIterator[Recorder]:
    async with connected(town) as ready:
        yield ready
