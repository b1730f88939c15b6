"""The local Discord, seen by unmodified discord.py: what the wire promises, limits, faults, reconnects."""

import asyncio
from collections.abc import AsyncIterator

import discord
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
async def client(town: DiscordTown, square: Channel) -> AsyncIterator[Recorder]:
    async with connected(town) as ready:
        yield ready


async def test_a_client_gets_ready_and_hears_what_people_say(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    ada.mentions_bot(square, "hello")
    heard = await client.hear("message")
    assert heard.content == f"<@{town.me.id}> hello"
    assert heard.author.name == "ada"
    assert heard.channel.name == "square"
    assert [one.id for one in heard.mentions] == [town.me.id]
    assert isinstance(heard.author, discord.Member)
    assert heard.channel.permissions_for(heard.guild.me).send_messages


async def test_a_post_is_seen_and_edited(town: DiscordTown, client: Recorder, square: Channel) -> None:
    channel = client.get_channel(square.id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.send("one")
    await channel.get_partial_message(message.id).edit(content="two")
    assert square.visible() == ["two"]
    assert [one.text for one in square.last.versions] == ["one", "two"]
    await asyncio.sleep(0)


async def test_a_thread_opened_from_a_message_has_its_id_and_is_refused_a_second_time(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    ada.mentions_bot(square, "what is a thread?")
    question = await client.hear("message")
    thread = await question.create_thread(name="what is a thread?")
    assert thread.id == question.id
    await thread.send("this")
    with pytest.raises(discord.HTTPException) as refused:
        await question.create_thread(name="again")
    assert (refused.value.status, refused.value.code) == (400, 160004)
    ada.says(town.state.channels[thread.id], "thanks")
    heard = await client.hear("message", 4)
    assert (heard.content, heard.channel, heard.channel.parent.name) == ("thanks", thread, "square")


async def test_a_command_is_offered_completed_and_answered(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    tree = discord.app_commands.CommandTree(client)

    async def complete(interaction: discord.Interaction, current: str) -> list[discord.app_commands.Choice[str]]:
        return [discord.app_commands.Choice(name=f"{current}!", value=current)]

    @tree.command(name="model", description="Choose a model")
    @discord.app_commands.autocomplete(name=complete)
    async def model(interaction: discord.Interaction, name: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send(f"now {name}")
        await interaction.followup.send("for all to see")

    await tree.sync()
    assert len(town.rest.calls.of("put_commands")) == 1
    typed = ada.autocompletes(square, "model", "name", "acm")
    await town.until(lambda: typed.choices)
    assert typed.choices == [{"name": "acm!", "value": "acm"}]
    command = ada.types_command(square, "model", name="acme/alpha-2")
    await town.until(lambda: len(command.answers) == 2)
    assert command.texts == ["now acme/alpha-2", "for all to see"]
    assert square.visible() == ["for all to see"]
    assert square.visible(ada.user) == ["now acme/alpha-2", "for all to see"]
