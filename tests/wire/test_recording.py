"""Recording as people meet it on every platform: what others say is found, and follows what becomes of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.discord.inbound import message_link
from bot.messages import Hit, Place, PlaceKind, Query
from bot.recording.room import RecordingRoom
from tests.discord_house import DiscordHouse, discord_house
from tests.slack_house import SlackHouse, slack_house
from tests.slack_town.values import TEAM
from tests.tool_stage import stage


async def found(room: RecordingRoom, words: str, place: Place) -> Sequence[Hit]:
    return await room.find(Query(words, (place,)))


async def until_found(room: RecordingRoom, words: str, place: Place, *ids: str) -> None:
    """Wait until exactly these messages are found."""
    async with asyncio.timeout(10):
        while {hit.message_id for hit in await found(room, words, place)} != set(ids):  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.01)


async def until_on(room: RecordingRoom, place: Place) -> None:
    async with asyncio.timeout(10):
        while "is on here" not in await room.progress(place):  # noqa: ASYNC110 - it has no bell
            await asyncio.sleep(0.01)


# --- Discord -------------------------------------------------------------------------------------


@pytest.fixture
async def discord(tmp_path: Path) -> AsyncIterator[DiscordHouse]:
    async with discord_house(tmp_path, records=True) as home:
        yield home


def in_general(home: DiscordHouse, thread: int | None = None) -> Place:
    kind = PlaceKind.CHANNEL if thread is None else PlaceKind.THREAD
    return Place("discord", str(home.guild.id), str(home.general.id), str(thread) if thread else None, kind)


async def recorded_on_discord(home: DiscordHouse) -> Place:
    """Have a moderator switch it on."""
    place = in_general(home)
    await home.town.until(lambda: home.town.state.application.commands)
    moderator = home.town.person("Mod", home.guild, roles=(home.town.moderators(home.guild),))
    moderator.types_command(home.general, "settings", name="recording", value="on")
    await until_on(home.recording, place)
    return place


async def test_on_discord_a_recorded_channel_holds_what_people_say_as_it_reads_now(discord: DiscordHouse) -> None:
    room = discord.recording
    place = await recorded_on_discord(discord)
    (told,) = [one for one in discord.ours(discord.general) if "Recording is on" in one.text]
    said = discord.grace.says(discord.general, "the heron eats frogs")
    gone = discord.grace.says(discord.general, "the egret eats frogs")
    await until_found(room, "frogs", place, str(said.id), str(gone.id))

    discord.grace.edits(said, "the heron eats fish")
    discord.grace.deletes(gone)
    await until_found(room, "fish", place, str(said.id))
    assert await found(room, "frogs", place) == []
    assert "/settings recording off" in told.text
    (hit,) = await found(room, "fish", place)
    assert (hit.author.name, hit.place) == ("Grace", place)
    assert discord.adapter.link(hit.place, hit.message_id) == message_link(place, str(said.id))


async def test_on_discord_threads_count_and_private_ones_are_not_found_from_the_channel(
    discord: DiscordHouse,
) -> None:
    room = discord.recording
    place = await recorded_on_discord(discord)
    begun = discord.ada.says(discord.general, "herons")
    thread = discord.ada.opens_thread(begun, "herons")
    secret = discord.ada.opens_thread(discord.general, "plans", private=True)
    discord.ada.adds(secret, discord.town.me)
    said = discord.ada.says(thread, "frogs in a thread")
    hidden = discord.ada.says(secret, "frogs in secret")

    await until_found(room, "frogs", place, str(said.id))
    await until_found(room, "frogs", in_general(discord, secret.id), str(hidden.id))
    await until_found(room, "frogs", place, str(said.id))


async def test_on_discord_what_was_said_before_is_read_with_its_threads(discord: DiscordHouse) -> None:
    old = [discord.grace.says(discord.general, f"frogs {n}") for n in range(3)]
    reply = discord.ada.says(discord.ada.opens_thread(old[1], "about frogs"), "frogs indeed")
    place = await recorded_on_discord(discord)

    await until_found(discord.recording, "frogs", place, *(str(one.id) for one in old), str(reply.id))


async def test_on_discord_history_goes_on_past_pages_in_which_nobody_speaks(discord: DiscordHouse) -> None:
    said = discord.grace.says(discord.general, "frogs")
    for n in range(5):
        discord.ada.opens_thread(discord.general, f"thread {n}")  # the channel is told of each
    last = discord.ada.says(discord.general, "and now?")

    past = await discord.adapter.history(in_general(discord), str(last.id), 2)
    assert [one.message_id for one in past] == [str(said.id)]


# --- Slack ---------------------------------------------------------------------------------------


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHouse]:
    async with slack_house(tmp_path, records=True) as home:
        yield home


async def recorded_on_slack(home: SlackHouse) -> Place:
    """Have whoever made the channel switch it on."""
    town = home.town
    town.square.creator = town.ada.id
    place = Place("slack", TEAM, town.square.id)
    town.ada.types("/gatepost settings recording on", town.square)
    await until_on(home.house.recording, place)
    return place


async def test_on_slack_a_recorded_channel_holds_what_people_say_as_it_reads_now(slack: SlackHouse) -> None:
    room, town = slack.house.recording, slack.town
    place = await recorded_on_slack(slack)
    said = town.grace.says(town.square, "the heron eats frogs")
    reply = town.ada.says(town.square, "and more frogs", thread=said)
    gone = town.grace.says(town.square, "the egret eats frogs")
    await until_found(room, "frogs", place, said.ts, reply.ts, gone.ts)

    town.grace.edits(said, "the heron eats fish")
    town.grace.deletes(gone)
    await until_found(room, "fish", place, said.ts)
    await until_found(room, "frogs", place, reply.ts)
    (hit,) = await found(room, "fish", place)
    assert hit.author.name == "Grace"
    link = slack.adapter.link(hit.place, hit.message_id)
    assert link is not None
    assert f"/archives/{town.square.id}/p{said.ts.replace('.', '')}" in link


async def test_on_slack_what_other_apps_say_is_recorded_and_forgotten_as_well(slack: SlackHouse) -> None:
    room, town = slack.house.recording, slack.town
    bot = town.other_bot("Builds")
    town.square.members.add(bot.id)
    place = await recorded_on_slack(slack)
    said = bot.says(town.square, "the build of frogs failed")
    await until_found(room, "frogs", place, said.ts)
    bot.edits(said, "the build of frogs is fine")
    await until_found(room, "fine", place, said.ts)
    bot.deletes(said)

    await until_found(room, "frogs", place)


async def test_on_slack_what_was_said_before_is_read_with_its_threads(slack: SlackHouse) -> None:
    town = slack.town
    old = [town.grace.says(town.square, f"frogs {n}") for n in range(3)]
    reply = town.ada.says(town.square, "frogs indeed", thread=old[1])
    place = await recorded_on_slack(slack)

    await until_found(slack.house.recording, "frogs", place, *(one.ts for one in old), reply.ts)


# --- the page ------------------------------------------------------------------------------------


async def test_on_the_page_recording_begins_and_ends_by_a_command(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        place = Place("web", "local", "general")
        before = await here.ada.say("frogs before", "general")
        typed = {"channel": "general", "tab": "one"}
        await here.ada.post("/api/messages", text="/settings recording on", **typed, id="settings-recording-1")
        await until_on(here.recording, place)
        after = await here.ada.say("frogs after", "general")
        await until_found(here.recording, "frogs", place, before, after)

        await here.ada.post("/api/messages", text="/settings recording off", **typed, id="settings-recording-2")
        await here.until("general", lambda one: "Recording is off" in one["html"])
        assert await found(here.recording, "frogs", place) == []
