"""Only the servers that the operator names are served; in direct messages their members are."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.words import NOT_HERE
from tests.discord_house import DiscordHouse, discord_house
from tests.discord_town.town import DiscordTown, discord_town


@pytest.fixture
async def town() -> AsyncIterator[DiscordTown]:
    async with discord_town() as opened:
        yield opened


async def test_members_of_a_named_server_are_served_in_direct_messages_and_others_told_once(
    tmp_path: Path, town: DiscordTown
) -> None:
    async with discord_house(tmp_path, town) as before:
        named = f"discord:{before.guild.id}"
    async with discord_house(tmp_path, town, workspaces=(named,)) as home:
        await _talk(home)


async def _talk(home: DiscordHouse) -> None:
    other = home.town.guild()
    plaza = home.town.channel(other, "plaza")
    mallory = home.town.person("Mallory", other)
    home.ada.says(home.ada.dm, "hello")
    await home.answer("hi Ada")
    await home.says(home.ada.dm, "hi Ada")
    for _ in range(2):
        mallory.says(mallory.dm, "hello")
        mallory.mentions_bot(plaza, "hello")
    home.grace.mentions_bot(home.general, "hello")
    await home.answer("hi Grace")
    await home.rest()

    assert [one.text for one in home.ours(mallory.dm)] == [NOT_HERE]
    assert [one.text for one in home.ours(plaza)] == [NOT_HERE]
    assert home.asked.empty()
