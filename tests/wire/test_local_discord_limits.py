"""The local Discord's limits and faults, seen by unmodified discord.py."""

import asyncio

import aiohttp
import discord
import pytest

from tests.discord_town.client import Recorder, connected, place
from tests.discord_town.faults import Fault, cut, fails, lost, reset, slow, too_many
from tests.discord_town.limits import Limit
from tests.discord_town.people import Person
from tests.discord_town.town import DiscordTown
from tests.discord_town.world import Channel, Guild


async def test_a_client_that_reads_the_headers_never_hears_a_429(
    town: DiscordTown, client: Recorder, square: Channel
) -> None:
    town.limits.limits["create_message"] = Limit(2, 0.2)
    for number in range(5):
        await place(client, square).send(str(number))
    posts = town.calls.of("create_message")
    assert [one.status for one in posts] == [200] * 5
    assert posts[2].at - posts[0].at >= 0.2
    assert posts[4].at - posts[2].at >= 0.2


async def test_the_headers_say_what_is_left_and_a_call_too_many_is_refused(
    town: DiscordTown, square: Channel
) -> None:
    headers = {"Authorization": f"Bot {town.token}"}
    url = f"{town.base_url}/channels/{square.id}/messages"
    async with aiohttp.ClientSession(headers=headers) as session:
        for left in (4, 3, 2, 1, 0):
            async with session.post(url, json={"content": "hello"}) as response:
                assert response.headers["X-RateLimit-Limit"] == "5"
                assert response.headers["X-RateLimit-Remaining"] == str(left)
                assert 0 < float(response.headers["X-RateLimit-Reset-After"]) <= 5.001
                assert response.headers["Content-Type"] == "application/json"
        async with session.post(url, json={"content": "hello"}) as response:
            assert response.status == 429
            assert response.headers["X-RateLimit-Scope"] == "user"
            assert response.headers["Via"]
            refusal = await response.json()
    assert 0 < refusal["retry_after"] <= 5.001
    assert refusal["global"] is False
    assert len(square.messages) == 5
    town.clock.advance(5.01)
    assert len(town.calls.refused()) == 1
    assert town.limits.refused == {"create_message": 1}


async def test_channels_have_buckets_of_their_own_and_edits_share_theirs(
    town: DiscordTown, client: Recorder, guild: Guild, square: Channel
) -> None:
    other = town.channel(guild, "other")
    await client.hear("guild_channel_create")
    messages = [await place(client, channel).send("…") for channel in (square, square, other)]
    for message in messages:
        await message.edit(content="done")
    buckets = town.limits.left("edit_message", town.clock())
    assert buckets == {str(square.id): 3, str(other.id): 4}


async def test_a_429_is_waited_for_and_the_same_post_comes_again(
    town: DiscordTown, client: Recorder, square: Channel
) -> None:
    town.faults.add("create_message", too_many(0.05))
    await place(client, square).send("hello")
    first, second = town.calls.of("create_message")
    assert (first.status, second.status) == (429, 200)
    assert second.at - first.at >= 0.05
    assert first.body["nonce"] == second.body["nonce"]
    assert square.visible() == ["hello"]


async def test_a_429_without_via_is_no_answer_of_discords(
    town: DiscordTown, client: Recorder, square: Channel
) -> None:
    town.faults.add("create_message", too_many(0.05, via=False))
    with pytest.raises(discord.HTTPException) as refused:
        await place(client, square).send("hello")
    assert refused.value.status == 429
    assert len(town.calls.of("create_message")) == 1


async def test_too_many_calls_over_all_channels_are_refused_everywhere(
    town: DiscordTown, client: Recorder, guild: Guild, square: Channel
) -> None:
    others = [town.channel(guild, f"room-{number}") for number in range(3)]
    await client.hear("guild_channel_create", 3)
    town.limits.total = Limit(2, 0.1)
    town.clock.advance(1)
    await asyncio.gather(*(place(client, channel).send("hello") for channel in others))
    assert town.limits.refused["global"] >= 1
    assert all(channel.visible() == ["hello"] for channel in others)


async def test_a_503_is_raised_at_once_and_nothing_is_shown(
    town: DiscordTown, client: Recorder, square: Channel
) -> None:
    town.faults.add("create_message", fails(503))
    with pytest.raises(discord.DiscordServerError):
        await place(client, square).send("hello")
    assert square.visible() == []
    assert await place(client, square).send("hello")


@pytest.mark.parametrize("fault", [lost(), reset(done=True), fails(503, done=True), slow(0.01) & lost()])
async def test_a_post_whose_answer_was_lost_is_the_same_message_by_its_nonce(
    town: DiscordTown, client: Recorder, square: Channel, fault: Fault
) -> None:
    town.faults.add("create_message", fault)
    with pytest.raises((aiohttp.ClientError, discord.DiscordServerError)):
        await place(client, square).send("hello", nonce="t1-1")
    again = await place(client, square).send("hello", nonce="t1-1")
    assert [again.id] == list(square.messages)
    await again.delete()
    with pytest.raises(discord.NotFound) as gone:
        await place(client, square).send("hello", nonce="t1-1")
    assert gone.value.code == 10008
    town.clock.advance(600)
    assert await place(client, square).send("hello", nonce="t1-1")


async def test_a_connection_that_breaks_before_leaves_nothing(
    town: DiscordTown, client: Recorder, square: Channel
) -> None:
    town.faults.add("edit_message", cut())
    town.faults.add("edit_message", reset())
    message = await place(client, square).send("one")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await message.edit(content="two")
    with pytest.raises(aiohttp.ClientOSError):
        await message.edit(content="two")
    assert square.visible() == ["one"]
    assert [one.done for one in town.calls.of("edit_message")] == [False, False]


async def test_a_call_is_slow_before_or_after_it_is_done(
    town: DiscordTown, client: Recorder, square: Channel
) -> None:
    town.faults.add("create_message", slow(0.03, late=0.04))
    sending = asyncio.ensure_future(place(client, square).send("hello"))
    await town.until(lambda: square.messages)
    assert not sending.done()
    await sending
    (post,) = town.calls.of("create_message")
    assert post.answered is not None
    assert post.answered - post.at >= 0.04


async def test_a_fault_meets_only_the_calls_it_is_meant_for(
    town: DiscordTown, client: Recorder, square: Channel
) -> None:
    town.faults.add("*", fails(403, 50013), times=2, where=lambda call: call.body.get("content") == "bad")
    await place(client, square).send("good")
    for _ in range(2):
        with pytest.raises(discord.Forbidden):
            await place(client, square).send("bad")
    await place(client, square).send("bad")
    assert square.visible() == ["good", "bad"]
    assert len(town.calls.invalid()) == 2


async def test_a_download_breaks_in_the_middle(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    ada.says(square, files={"a.bin": b"x" * 100_000})
    (attachment,) = (await client.hear("message")).attachments
    town.faults.add("cdn", cut())
    with pytest.raises(aiohttp.ClientPayloadError):
        await attachment.read()
    town.faults.add("cdn", fails(500))
    with pytest.raises(discord.HTTPException):
        await attachment.read()
    assert len(await attachment.read()) == 100_000
    assert [one.status for one in town.calls.of("cdn")] == [0, 500, 200]


async def test_a_wrong_token_is_refused(town: DiscordTown) -> None:
    town.state.application.token = "another"
    with pytest.raises(discord.LoginFailure):
        async with connected(town):
            pass
    assert [one.status for one in town.calls.made] == [401]


async def test_what_nobody_serves_is_noticed(town: DiscordTown, client: Recorder) -> None:
    with pytest.raises(discord.NotFound):
        await client.http.request(discord.http.Route("GET", "/nowhere"))
    assert [one.path for one in town.calls.of("?")] == ["/api/v10/nowhere"]
