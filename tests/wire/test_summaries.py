"""Summaries on Discord, on Slack and on the page: from menus, by command and by the model, for one or for all."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.messages import Place
from bot.store.intents.summaries import kept_digests
from bot.summaries.asking import VERSION
from tests.built_in import BuiltIn, built_in_model
from tests.discord_house import DiscordHouse, discord_house, labels
from tests.discord_town.world import Channel, Message
from tests.slack_house import SlackHouse, read, slack_house
from tests.tool_stage import Stage, stage
from tests.web_page import tab

_LINK = re.compile(r"\[↗\]\((?P<url>[^)]+)\)")


@asynccontextmanager
async def on_discord(directory: Path) -> AsyncIterator[tuple[DiscordHouse, BuiltIn]]:
    async with discord_house(directory) as home, built_in_model(home.asked) as model:
        await home.town.until(lambda: home.town.state.application.commands.get(0))
        home.town.limits.limits = {}
        yield home, model


@asynccontextmanager
async def on_slack(directory: Path) -> AsyncIterator[tuple[SlackHouse, BuiltIn]]:
    async with slack_house(directory) as slack, built_in_model(slack.house.asked) as model:
        yield slack, model


def talk(home: DiscordHouse, channel: Channel, count: int) -> list[Message]:
    """So many messages in a channel, by two people in turn."""
    people = (home.ada, home.grace)
    return [people[n % 2].says(channel, f"Number {n} of what there was to say.") for n in range(count)]


# --- Discord -------------------------------------------------------------------------------------


async def test_on_discord_a_menu_summarises_from_a_message_on_for_the_one_who_chose_it(tmp_path: Path) -> None:
    async with on_discord(tmp_path) as (home, model):
        talk(home, home.general, 3)
        start = home.grace.says(home.general, "We agreed to ship on Friday.")
        last = home.ada.says(home.general, "Who tells the press?")
        chosen = home.ada.uses_menu(start, "Summarise from here")
        await home.town.until(lambda: "Of 2 messages" in "".join(chosen.texts))
        said = "\n".join(chosen.texts)

    channel = f"https://discord.com/channels/{home.guild.id}/{home.general.id}"
    assert f"**Decided**\n- We agreed to ship on Friday. [↗]({channel}/{start.id})" in said
    assert f"**Open**\n- Who tells the press? [↗]({channel}/{last.id})" in said
    assert "Number" not in said
    assert chosen.original is not None
    assert chosen.original.private_to == home.ada.user
    assert home.ours(home.general) == []
    assert len(model.requests) == 1


async def test_on_discord_a_thread_of_hundreds_is_summarised_for_all_and_nobody_is_pinged(tmp_path: Path) -> None:
    async with on_discord(tmp_path) as (home, _):
        start = home.ada.says(home.general, "Let's plan the party.")
        thread = home.ada.opens_thread(start, "party")
        said = talk(home, thread, 330)
        evil = home.grace.says(
            thread, f"We agreed: @everyone <@{home.ada.id}> https://evil.test/x [a](https://evil.test)"
        )
        home.ada.types_command(thread, "summary", show="all")
        await home.town.until(lambda: any("Of 332 messages" in one.text for one in home.ours(thread)), seconds=30)
        await home.rest()
        shown = home.ours(thread)
    text = "\n".join(one.text for one in shown)

    urls = [found["url"] for found in _LINK.finditer(text)]
    own = {str(one.id) for one in (start, evil, *said)}
    assert urls
    assert all(url.rpartition("/")[2] in own for url in urls)
    assert f"https://discord.com/channels/{home.guild.id}/{home.general.id}/{start.id}" in urls
    assert "evil.test" not in "".join(urls)
    assert not any(one.ever_pinged.users or one.ever_pinged.everyone for one in shown)
    assert labels(shown[-1]) == ["Regenerate"]


async def test_on_discord_one_who_waits_sees_how_far_it_is_and_may_stop_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.progress.FIRST", 0.0)
    async with on_discord(tmp_path) as (home, model):
        talk(home, home.general, 5)
        model.free.clear()
        typed = home.ada.types_command(home.general, "summary")
        await home.town.until(lambda: typed.texts and typed.original is not None and labels(typed.original))
        assert typed.original is not None
        before = typed.texts[0]
        home.ada.presses(typed.original, "Stop")
        await home.town.until(lambda: typed.texts == ["Stopped."])

    assert before in ("summarising…", "reading… 5 messages")
    assert labels(typed.original) == []
    assert home.ours(home.general) == []


async def test_on_discord_what_is_deleted_is_in_the_next_summary_no_more(tmp_path: Path) -> None:
    async with on_discord(tmp_path) as (home, _):
        talk(home, home.general, 3)
        gone = home.grace.says(home.general, "We agreed on swordfish.")
        first = home.ada.types_command(home.general, "summary")
        await home.town.until(lambda: "Of 4 messages" in "".join(first.texts))
        home.grace.deletes(gone)
        place = Place("discord", str(home.guild.id), str(home.general.id))
        async with asyncio.timeout(10):
            while await home.parts.store.read(kept_digests, place.key, VERSION):  # noqa: ASYNC110 - no bell
                await asyncio.sleep(0.005)
        second = home.ada.types_command(home.general, "summary")
        await home.town.until(lambda: "Of 3 messages" in "".join(second.texts))

    assert "swordfish" in first.texts[0]
    assert "swordfish" not in second.texts[0]


# --- Slack ---------------------------------------------------------------------------------------


async def test_on_slack_the_shortcut_summarises_from_a_message_on_for_the_one_who_chose_it(tmp_path: Path) -> None:
    async with on_slack(tmp_path) as (slack, model):
        town = slack.town
        town.grace.says(town.square, "Nothing of note.")
        start = town.grace.says(town.square, "We agreed to ship on Friday.")
        last = town.ada.says(town.square, f"Who tells <@{town.grace.id}> and <!channel>?")
        await town.ada.uses_shortcut("summarise_from_here", start).answered()
        (told,) = await slack.whispered(town.ada)
        said = read(told)

    base = f"https://town.slack.com/archives/{town.square.id}"
    assert f"- We agreed to ship on Friday. [↗]({base}/p{start.ts.replace('.', '')})" in said
    assert f"[↗]({base}/p{last.ts.replace('.', '')})" in said
    assert "Nothing of note" not in said
    assert "<!channel>" not in said
    assert f"<@{town.grace.id}>" not in said
    assert town.grace.whispers == []
    assert slack.ours(town.square) == []
    assert len(model.requests) == 1


async def test_on_slack_a_thread_is_summarised_where_it_stands_for_oneself_or_for_all(tmp_path: Path) -> None:
    async with on_slack(tmp_path) as (slack, model):
        town = slack.town
        root = town.ada.mentions(town.square, "hello")
        await slack.said(town.square, root)
        for n in range(260):
            (town.ada, town.grace)[n % 2].says(town.square, f"<@{town.ada.id}> number {n}", thread=root)
        decided = town.grace.says(town.square, "We agreed: no cake.", thread=root)
        await slack.rest()
        town.ada.says(town.square, "!summary", thread=root)
        (alone,) = await slack.whispered(town.ada)
        asked = len(model.requests)
        town.ada.says(town.square, "!summary all", thread=root)
        await town.until(lambda: any("We agreed: no cake." in read(one) for one in slack.ours(town.square, root)))
        await slack.rest()

    link = f"p{decided.ts.replace('.', '')}?thread_ts={root.ts}&cid={town.square.id})"
    assert f"- We agreed: no cake. [↗](https://town.slack.com/archives/{town.square.id}/{link}" in read(alone)
    assert alone.thread_ts == root.ts
    assert len(model.requests) <= asked + 1, "for all it only reads what was said since"


async def test_on_slack_one_who_waits_is_told_once_and_may_stop_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.progress.FIRST", 0.0)
    monkeypatch.setattr("bot.commands.progress.EVERY", 0.0)
    async with on_slack(tmp_path) as (slack, model):
        town = slack.town
        town.grace.says(town.square, "We agreed to ship on Friday.")
        model.free.clear()
        await town.ada.types("/gatepost summary", town.square).answered()
        (shown,) = await slack.whispered(town.ada)
        await model.asked()
        await town.ada.presses(shown, "Stop").answered()
        told = await slack.whispered(town.ada, 2)

    assert "I'll tell you here when it is done." in read(shown)
    assert [read(one) for one in told[1:]] == ["Stopped."]
    assert slack.ours(town.square) == []


# --- the page ------------------------------------------------------------------------------------


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as built:
        yield built


async def whispered(here: Stage, typed: str, channel: str) -> str:
    """What a command tells Ada alone, as HTML."""
    async with tab(here.ada) as socket:
        await here.ada.say(typed, channel, tab="tab")
        while True:
            note = (await socket.receive_json(timeout=15)).get("private")
            if note and not note["id"].startswith("progress-"):
                return str(note["html"])


async def test_on_the_page_a_summary_leads_to_its_messages_and_only_one_sees_it(here: Stage) -> None:
    decided = await here.ada.say("We agreed on blue.", "random")
    html = await whispered(here, "/summary", "random")

    assert f'We agreed on blue. <a href="#/channel/random/thread/-/message/{decided}">↗</a>' in html
    assert [one["text"] for one in await here.ada.shown("random")] == ["We agreed on blue."]


async def test_on_the_page_the_built_in_model_summarises_when_asked_in_plain_words(here: Stage) -> None:
    root = await here.ada.say("@Gatepost hello", "general")
    await here.until("general", lambda one: one["person"]["us"] and one["final"] and one["thread"] == root)
    await here.ada.say("We agreed on a picnic.", "general", thread=root)
    await here.ada.say("summarise this thread", "general", thread=root)
    shown = await here.until("general", lambda one: "summarise" in one["html"] and "picnic" in one["html"])

    assert "We agreed on a picnic." in shown["html"]
    assert f"#/channel/general/thread/{root}/message/" in shown["html"]
