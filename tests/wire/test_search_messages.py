"""Search as people meet it: the tool in a channel and in direct messages, the command, on every platform."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from bot.messages import Hit, PastMessage, Person, Place, Query, Role
from bot.search.saying import NO_CHANNEL, ONLY_HERE
from bot.store.intents.calls import NOT_KEPT
from bot.store.intents.recorded import record
from bot.store.schema import items
from tests.discord_house import DiscordHouse, discord_house
from tests.discord_town.rights import Right
from tests.discord_town.world import Channel, Message, Overwrite
from tests.house import Answering
from tests.slack_house import SlackHouse, slack_house
from tests.slack_town.values import BOT_USER
from tests.tool_stage import stage
from tests.web_page import tab

VIEW = int(Right.VIEW_CHANNEL)


def told(model: Answering) -> str:
    """What the search told the model."""
    return "\n".join(str(message["content"]) for message in model.messages if message["role"] == "tool")


async def searched(home: "DiscordHouse | SlackHouse", **wish: object) -> str:
    """Let the model search once, and answer; what it was told."""
    model = await (home.request() if isinstance(home, DiscordHouse) else home.house.request())
    await model.call(("c1", "search_messages", orjson.dumps(wish).decode()))
    return told(await home.answer("done"))


async def kept(store: Any) -> list[str]:
    """The tools' results in the history."""
    query = select(items.c.body).where(items.c.role == Role.TOOL)
    return [str(orjson.loads(body)["text"]) for body in await store.read(lambda conn: conn.scalars(query).all())]


def _written(directory: Path) -> bytes:
    """Every byte that was kept."""
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


# --- Discord -------------------------------------------------------------------------------------


@pytest.fixture
async def discord(tmp_path: Path) -> AsyncIterator[DiscordHouse]:
    async with discord_house(tmp_path) as home:
        home.town.limits.limits = {}
        yield home


def den_of(home: DiscordHouse, *, grace: bool = False) -> Channel:
    """A channel that Ada and the bot see, and Grace perhaps."""
    people = [home.ada.id, home.town.me.id, *([home.grace.id] if grace else [])]
    allowed = [Overwrite(one, 1, allow=VIEW) for one in people]
    return home.town.channel(home.guild, "den", overwrites=(Overwrite(home.guild.id, 0, deny=VIEW), *allowed))


def alone(home: DiscordHouse, person: Any) -> list[Message]:
    """What the bot wrote to somebody in direct messages."""
    return home.ours(person.dm)


async def test_in_a_channel_the_model_sees_what_everybody_there_can_read_and_the_asker_the_rest(
    discord: DiscordHouse,
) -> None:
    den = den_of(discord)
    said = discord.grace.says(discord.general, "the launch is on Friday")
    secret = discord.ada.says(den, "the launch is really on Sunday")
    discord.ada.mentions_bot(discord.general, "search everywhere for launch")
    seen = await searched(discord, words="launch", where="everywhere")
    await discord.town.until(lambda: alone(discord, discord.ada))
    await discord.rest()

    assert "the launch is on Friday" in seen
    assert f"/{discord.general.id}/{said.id}" in seen
    assert "Sunday" not in seen
    assert "den" not in seen
    assert ONLY_HERE in seen
    (whispered,) = alone(discord, discord.ada)
    assert "the launch is really on Sunday" in whispered.text
    assert f"/{den.id}/{secret.id}" in whispered.text
    assert alone(discord, discord.grace) == []
    assert await kept(discord.parts.store) == [NOT_KEPT]


async def test_neither_the_question_nor_its_growing_answer_is_found_by_it(discord: DiscordHouse) -> None:
    discord.grace.says(discord.general, "the launch is on Friday")
    discord.ada.types_command(discord.general, "ask", text="search everywhere for launch")
    seen = await searched(discord, words="launch", where="everywhere")
    await discord.rest()

    assert "the launch is on Friday" in seen
    assert "[2]" not in seen


async def test_however_often_the_model_searches_the_asker_is_told_once(discord: DiscordHouse) -> None:
    discord.ada.says(den_of(discord), "the launch is really on Sunday")
    discord.ada.mentions_bot(discord.general, "search everywhere for launch")
    wish = orjson.dumps({"words": "launch", "where": "everywhere"}).decode()
    for calls in (("c1", "c2"), ("c3",)):
        model = await discord.request()
        await model.call(*((one, "search_messages", wish) for one in calls))
    await discord.answer("done")
    await discord.rest()

    assert len(alone(discord, discord.ada)) == 1


async def test_a_search_that_finds_nothing_secret_says_the_very_same(discord: DiscordHouse) -> None:
    discord.grace.says(discord.general, "the launch is on Friday")
    for text, secret in (("search everywhere for launch", False), ("search for launch again", True)):
        if secret:
            discord.ada.says(den_of(discord), "the launch is really on Sunday")
        discord.ada.mentions_bot(discord.general, text)
        seen = await searched(discord, words="launch Friday", where="everywhere")
        await discord.rest()

        assert seen.count("[1]") == 1
        assert seen.count("[2]") == 0
        assert ONLY_HERE in seen


async def test_a_private_channel_that_is_named_in_the_open_is_as_good_as_none(discord: DiscordHouse) -> None:
    den = den_of(discord)
    discord.ada.says(den, "the launch is really on Sunday")
    answers = []
    for where, asker in (("den", discord.ada), ("no-such", discord.ada), ("den", discord.grace)):
        asker.mentions_bot(discord.general, f"search in {where} for launch")
        answers.append(await searched(discord, words="launch", where=where))
        await discord.rest()

    assert all(NO_CHANNEL in one for one in answers)
    assert len({one.replace(one.split("<untrusted ")[1].split(" ")[0], "") for one in answers}) == 1
    assert "Sunday" in alone(discord, discord.ada)[0].text
    assert alone(discord, discord.grace) == []


async def test_in_a_direct_message_all_that_the_asker_can_read_is_seen_by_the_model(discord: DiscordHouse) -> None:
    den = den_of(discord)
    discord.ada.says(den, "the launch is really on Sunday")
    discord.grace.says(discord.general, "the launch is on Friday")
    for asker in (discord.ada, discord.grace):
        asker.says(asker.dm, "search for launch")
        seen = await searched(discord, words="launch")
        await discord.rest()

        assert "Friday" in seen
        assert ("Sunday" in seen) is (asker is discord.ada)
        assert ONLY_HERE not in seen


async def test_access_that_ends_while_it_is_searched_shows_nothing(discord: DiscordHouse) -> None:
    den = den_of(discord, grace=True)
    discord.ada.says(den, "the launch is really on Sunday")
    await discord.quiet()
    searching, ended = discord.adapter.search, list[bool]()

    async def slow(person: Person, query: Query, handle: str | None) -> Sequence[Hit]:
        found = await searching(person, query, handle)
        assert [hit.text for hit in found] == ["the launch is really on Sunday"]
        discord.town.set_overwrites(
            den,
            Overwrite(discord.guild.id, 0, deny=VIEW),
            Overwrite(discord.ada.id, 1, allow=VIEW),
            Overwrite(discord.town.me.id, 1, allow=VIEW),
        )
        while not _has_heard(discord, den):  # noqa: ASYNC110 - the library has no bell
            await asyncio.sleep(0.002)
        ended.append(True)
        return found

    discord.adapter.search = slow  # type: ignore[method-assign]
    discord.grace.says(discord.grace.dm, "search for launch")
    seen = await searched(discord, words="launch")

    assert ended
    assert "Sunday" not in seen
    assert "Nothing was found." in seen
    assert "did not answer" not in seen


async def test_who_takes_no_direct_messages_is_told_nothing_more_and_nobody_else_is(discord: DiscordHouse) -> None:
    discord.ada.user.dms_closed = True
    discord.ada.says(den_of(discord), "the launch is really on Sunday")
    discord.ada.mentions_bot(discord.general, "search everywhere for launch")
    seen = await searched(discord, words="launch", where="everywhere")
    await discord.rest()

    assert seen.count("Nothing was found.") == 1
    assert all(
        "Sunday" not in one.text
        for channel in discord.town.state.channels.values()
        for one in discord.ours(channel)
    )


async def test_a_channel_is_read_from_its_thread_only_by_who_can_read_it_still(discord: DiscordHouse) -> None:
    den = den_of(discord)
    discord.ada.says(den, "the launch is really on Sunday")
    seen = []
    for shut in (False, True):
        thread = discord.ada.opens_thread(den, f"thread {shut}")
        discord.ada.mentions_bot(thread, "what was said in the channel?")
        model = await discord.request()
        if shut:
            discord.town.set_overwrites(den, Overwrite(discord.guild.id, 0, deny=VIEW), den.overwrites[-1])
            while not _has_heard(discord, den):  # noqa: ASYNC110 - the library has no bell
                await asyncio.sleep(0.002)
        await model.call(("c1", "recent_messages", '{"where": "channel"}'))
        seen.append(told(await discord.answer("done")))
        await discord.rest()

    assert "Sunday" in seen[0]
    assert "Sunday" not in seen[1]
    assert "may not be shown here" in seen[1]


def _has_heard(home: DiscordHouse, channel: Channel) -> bool:
    """Whether discord.py knows the channel's overwrites as they are."""
    known = home.adapter._session.connection.get_channel(channel.id)
    return known is not None and len(known.overwrites) == len(channel.overwrites)  # type: ignore[union-attr]


async def test_an_index_in_the_making_is_said_and_the_last_messages_are_found_all_the_same(
    discord: DiscordHouse,
) -> None:
    discord.town.state.search_index_ready = False
    discord.grace.says(discord.general, "the launch is on Friday")
    discord.ada.mentions_bot(discord.general, "search for launch")
    seen = await searched(discord, words="launch")

    assert "the launch is on Friday" in seen
    assert "still making its index" in seen


async def test_the_command_shows_to_whoever_typed_it_alone_what_they_can_read(discord: DiscordHouse) -> None:
    den = den_of(discord)
    discord.ada.says(den, "the **launch** is really on Sunday [click](https://evil.example)")
    discord.grace.says(discord.general, "the launch is on Friday")
    shown = {}
    for asker in (discord.ada, discord.grace):
        asked = asker.types_command(discord.general, "search", words="launch", **{"in": "everywhere"})
        await discord.town.until(lambda: asked.texts)  # noqa: B023 - it is over before the next begins
        shown[asker] = "".join(asked.texts)
        assert all(one.private_to is not None for one in asked.answers)

    assert "Friday" in shown[discord.ada]
    assert "Sunday \\[click\\]\\(`https" in shown[discord.ada]
    assert "Sunday" not in shown[discord.grace]
    assert discord.ours(discord.general) == []


async def _suggested(home: DiscordHouse, asker: Any) -> set[str]:
    """What is suggested by and by: the first keystroke only has it read."""
    async with asyncio.timeout(10):
        while True:
            typing = asker.autocompletes(home.general, "search", "in", "")
            await home.town.until(lambda: typing.acknowledged)  # noqa: B023 - it is over before the next begins
            values = {str(one["value"]) for one in typing.choices}
            if "general" in values:
                return values
            await asyncio.sleep(0.005)


async def test_only_channels_that_one_can_read_are_suggested_while_one_types(discord: DiscordHouse) -> None:
    den_of(discord)
    await discord.quiet()
    suggested = {}
    for asker in (discord.ada, discord.grace):
        suggested[asker] = await _suggested(discord, asker)

    assert suggested[discord.ada] == {"here", "everywhere", "general", "den"}
    assert suggested[discord.grace] == {"here", "everywhere", "general"}


# --- Slack ---------------------------------------------------------------------------------------


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHouse]:
    async with slack_house(tmp_path) as opened:
        yield opened


async def test_slacks_own_search_is_asked_kept_nowhere_and_private_words_go_to_the_asker_alone(
    slack: SlackHouse, tmp_path: Path
) -> None:
    town = slack.town
    den, lobby = town.channel("den", town.ada, kind="group"), town.channel("lobby", town.grace)
    town.grace.says(lobby, "the launch is on Friday")
    secret = PastMessage("1.000100", Person(town.ada.id, "Ada"), "the launch is really on Sunday", 1.0)
    await slack.house.store.write(record, [replace(secret, place=Place("slack", "T0TOWN", den.id))])
    asked = town.ada.mentions(town.square, "search everywhere for launch")
    seen = await searched(slack, words="launch", where="everywhere")
    await slack.said(town.square, asked)

    assert len(town.calls("conversations.info")) <= 1  # what a list told is not asked again
    assert "the launch is on Friday" in seen
    assert "in #lobby" in seen
    assert "Sunday" not in seen
    assert town.calls("assistant.search.context")
    assert await kept(slack.house.store) == [NOT_KEPT]
    (alone_told,) = await slack.whispered(town.ada)
    assert "Sunday" in str(alone_told.blocks)
    assert town.grace.whispers == []
    written = _written(tmp_path)
    assert b"search everywhere" in written
    assert b"the launch is on Friday" not in written
    assert town.world.action_token(asked).encode() not in written


async def test_alone_with_the_asker_and_by_typing_in_a_thread_slacks_search_is_asked_as_well(
    slack: SlackHouse,
) -> None:
    town = slack.town
    den = town.channel("den", town.ada, kind="group")
    lobby = town.channel("lobby", town.grace)
    root = town.grace.says(lobby, "the launch is on Friday")
    town.ada.says(den, "the launch is really on Sunday")
    asked = town.ada.says(town.ada.dm, "search for launch")
    everywhere = await searched(slack, words="launch")
    await slack.said(town.ada.dm, asked)
    town.ada.says(town.ada.dm, "search in den for launch")
    named = await searched(slack, words="launch", where="den")
    await slack.rest()
    town.grace.says(lobby, f"<@{BOT_USER}> !search Friday in:everywhere", thread=root)
    typed = await slack.whispered(town.grace)

    assert "the launch is on Friday" in everywhere
    assert "the launch is really on Sunday" in named
    assert "the launch is on Friday" in str(typed[0].blocks)
    assert "was left out" not in str(typed[0].blocks)


async def test_a_guest_finds_what_stands_in_their_channels_and_a_shared_channel_shows_its_own(
    slack: SlackHouse,
) -> None:
    town = slack.town
    guest, alien = town.person("Guest", guest=True), town.stranger_person("Alien")
    lobby = town.channel("lobby", town.grace, guest)
    bridge = town.channel("bridge", town.ada, alien)
    town.grace.says(town.square, "the launch is on Friday")
    town.grace.says(lobby, "the launch needs coffee")
    town.ada.says(bridge, "the launch is shared")
    shown = {}
    for asker, place in ((guest, lobby), (town.grace, town.square)):
        await asker.types("/gatepost search launch in:everywhere", place).answered()
        shown[asker.id] = str((await slack.whispered(asker))[0].blocks)
    town.ada.mentions(bridge, "search everywhere for launch")
    seen = await searched(slack, words="launch", where="everywhere")

    assert "shared" in seen
    assert "Friday" not in seen
    assert "coffee" not in seen
    assert "Friday" not in shown[guest.id]
    assert "Slack's own search works only while" in shown[town.grace.id]


# --- the page ------------------------------------------------------------------------------------


async def test_on_the_page_the_built_in_model_searches_when_it_is_asked_in_plain_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        await here.ada.say("the launch is on Friday", "general")
        await here.ada.say("remember: the launch is really on Sunday", "dm-ada")
        await here.ada.say("@Gatepost search everywhere for launch", "general")
        answer = await here.until("general", lambda one: "search_messages" in one["html"] and one["final"])
        in_the_open = answer["html"]
        async with tab(here.ada, "one") as socket:
            typed = {"channel": "general", "tab": "one", "id": "search-command-1"}
            status, _ = await here.ada.post("/api/messages", text="/search launch in:everywhere", **typed)
            assert status == 200
            told_alone: list[str] = []
            while not any("Friday" in one for one in told_alone):
                news = orjson.loads((await socket.receive(10)).data)
                told_alone += [news["private"]["html"]] if "private" in news else []

    assert "Friday" in in_the_open
    assert "Sunday" not in in_the_open
    assert all("Sunday" in one for one in told_alone)


async def test_by_meaning_the_gateway_is_asked_and_paid_where_that_is_chosen(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        await here.ada.say("the launch is on Friday", "general")
        await here.ada.say("launch crews eat lunch", "general")
        told_alone: list[str] = []
        async with tab(here.ada, "one") as socket:
            for command in ("/settings search_by_meaning on channel", "/search launch", "/usage"):
                await here.ada.post("/api/messages", text=command, channel="general", tab="one")
                news: Any = {}
                while "private" not in news:
                    news = orjson.loads((await socket.receive(10)).data)
                told_alone.append(news["private"]["html"])

    assert "search_by_meaning" in told_alone[0]
    assert "<strong>2 messages</strong>" in told_alone[1]
    assert "not in order of meaning" not in told_alone[1]
    assert "in 2 requests" in told_alone[2]
