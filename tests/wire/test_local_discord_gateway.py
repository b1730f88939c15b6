"""The local Discord's gateway, seen by unmodified discord.py: reconnects of every kind, intents, guilds."""

from collections.abc import Callable

import discord
import pytest

from tests.discord_town.client import INTENTS, Recorder, connected, place
from tests.discord_town.gateway import RESUME_PATH, Gateway
from tests.discord_town.people import Person
from tests.discord_town.rights import Right
from tests.discord_town.town import DiscordTown, discord_town
from tests.discord_town.world import Channel, Guild
from tests.wire.hurried_time import run_hurried


def said(client: Recorder) -> list[str]:
    """The texts of the messages that the client heard of."""
    return [one.content for one in client.events("message")]


@pytest.mark.parametrize(
    "break_off",
    [
        Gateway.cut,
        Gateway.drop,
        Gateway.ask_to_reconnect,
        lambda gateway: gateway.invalidate(resumable=True),
    ],
    ids=["cut", "closed with 4000", "asked to reconnect", "invalidated for now"],
)
async def test_a_resumed_client_hears_what_it_missed_once(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person, break_off: Callable[[Gateway], None]
) -> None:
    ada.says(square, "before")
    await client.hear("message")
    break_off(town.gateway)
    ada.says(square, "meanwhile")
    await client.hear("resumed")
    ada.says(square, "after")
    await client.hear("message", 3)
    assert said(client) == ["before", "meanwhile", "after"]
    assert len(client.events("ready")) == 1
    assert len(town.gateway.identified) == 1
    assert town.gateway.resumed == [RESUME_PATH]


async def test_a_resume_may_tell_something_twice(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    ada.says(square, "one")
    await client.hear("message")
    town.gateway.replay_again = 1
    town.gateway.drop()
    await client.hear("resumed")
    town.gateway.repeat()
    await client.hear("message", 3)
    assert said(client) == ["one", "one", "one"]


async def test_what_is_said_before_a_new_session_is_never_told_but_can_be_read(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    first = ada.says(square, "before")
    await client.hear("message")
    town.gateway.invalidate()
    ada.says(square, "meanwhile")
    await client.hear("ready", 2)
    ada.says(square, "after")
    await client.hear("message", 2)
    assert said(client) == ["before", "after"]
    read = place(client, square).history(after=discord.Object(first.id), oldest_first=True)
    assert [one.content async for one in read] == ["meanwhile", "after"]


async def test_a_session_that_was_away_too_long_begins_anew(town: DiscordTown, client: Recorder) -> None:
    town.gateway.forget_sessions()
    town.gateway.drop()
    await client.hear("ready", 2)
    assert len(town.gateway.identified) == 2
    assert town.gateway.resumed == []


async def test_a_zombie_is_left_and_its_silence_made_good(town: DiscordTown, square: Channel, ada: Person) -> None:
    town.gateway.heartbeat_interval = 0.05
    async with connected(town, heartbeat_timeout=0.2) as client:
        town.gateway.become_zombie()
        ada.says(square, "anybody?")
        await client.hear("resumed")
        await client.hear("message")
        told = [name for name, _ in client.heard]
        assert told.index("disconnect") < told.index("message")
        assert said(client) == ["anybody?"]
        assert town.gateway.heartbeats


def test_a_gateway_that_refuses_is_tried_again() -> None:
    async def refuse_twice() -> None:
        async with discord_town() as town, connected(town) as client:
            town.gateway.refusals = 2
            town.gateway.drop()
            await client.hear("resumed", seconds=60)
            assert town.gateway.refusals == 0

    run_hurried(refuse_twice())


async def test_an_intent_that_is_switched_off_ends_the_connection(town: DiscordTown, square: Channel) -> None:
    town.state.application.message_content = False
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with connected(town):
            pass


async def test_without_the_intent_only_what_is_meant_for_the_bot_can_be_read(
    town: DiscordTown, square: Channel, ada: Person
) -> None:
    town.state.application.message_content = False
    intents = discord.Intents(INTENTS.value)
    intents.message_content = False
    async with connected(town, intents=intents) as client:
        own = await place(client, square).send("own")
        ada.says(square, "between us", files={"a.txt": b"a"})
        ada.mentions_bot(square, "for you")
        ada.replies(square.messages[own.id], "with a ping")
        ada.replies(square.messages[own.id], "without", ping=False)
        ada.says(ada.dm, "in private")
        await client.hear("message", 6)
        heard = said(client)
        assert heard == ["own", "", f"<@{town.me.id}> for you", "with a ping", "", "in private"]
        assert client.events("message")[1].attachments == []
        read = [one.content async for one in place(client, square).history(oldest_first=True)]
        assert read == ["own", "", f"<@{town.me.id}> for you", "with a ping", ""]


async def test_what_the_bot_may_not_see_it_is_not_told(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    town.forbids(square, Right.VIEW_CHANNEL)
    ada.says(square, "secret")
    ada.says(ada.dm, "open")
    await client.hear("message")
    assert said(client) == ["open"]


async def test_a_guild_is_joined_and_left(town: DiscordTown, client: Recorder) -> None:
    other = town.guild("Other", bot=False)
    grace = town.person("grace", other)
    hall = town.channel(other, "hall")
    town.joins(town.me, other)
    joined = await client.hear("guild_join")
    assert (joined.name, [one.name for one in joined.text_channels]) == ("Other", ["hall"])
    grace.says(hall, "welcome")
    assert (await client.hear("message")).guild == joined
    town.outage(other)
    await client.hear("guild_unavailable")
    town.recovers(other)
    await client.hear("guild_available")
    town.leaves(town.me, other)
    await client.hear("guild_remove")


async def test_a_thread_the_client_never_heard_of_has_no_parent(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    town.gateway.withheld.add("THREAD_CREATE")
    thread = ada.opens_thread(square, "unheard of")
    ada.says(thread, "hello")
    heard = await client.hear("message", 2)
    assert isinstance(heard.channel, discord.PartialMessageable)
    fetched = await client.fetch_channel(thread.id)
    assert isinstance(fetched, discord.Thread)
    assert fetched.parent_id == square.id


async def test_a_timeout_of_the_bot_is_told_and_ends(
    town: DiscordTown, client: Recorder, guild: Guild, square: Channel
) -> None:
    town.times_out(town.me, guild, 60)
    await client.hear("member_update")
    with pytest.raises(discord.Forbidden):
        await place(client, square).send("hello")
    town.clock.advance(61)
    await place(client, square).send("hello")
    assert square.visible() == ["hello"]
