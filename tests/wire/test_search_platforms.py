"""What platforms find for us and list as readable, held against what was asked for: Discord, Slack, the page."""

from pathlib import Path

import pytest

from bot.errors import SearchNotReady
from bot.messages import Person, Place, Query
from tests.discord_bot import Bot, discord_bot
from tests.discord_town.rights import Right
from tests.discord_town.world import Overwrite
from tests.slack_stage import slack_over_socket
from tests.web_page import playground
from tests.wire.test_search_audience import slack_spot, spot

VIEW = int(Right.VIEW_CHANNEL)


def ada_of(bot: Bot) -> Person:
    return Person(str(bot.ada.id), "Ada")


async def test_discord_finds_words_in_the_places_that_are_asked_for_and_open_threads_of_them() -> None:
    async with discord_bot() as bot:
        other = bot.town.channel(bot.guild, "other")
        said = bot.ada.says(bot.general, "the launch is on Friday")
        bot.ada.says(other, "another launch")
        thread = bot.ada.opens_thread(said, "plans")
        below = bot.grace.says(thread, "is the launch safe?")
        quiet = bot.ada.opens_thread(bot.general, "quiet", private=True)
        bot.ada.adds(quiet, bot.town.me)
        bot.ada.says(quiet, "a secret launch")
        await bot.quiet()
        found = await bot.adapter.search(ada_of(bot), Query("launch", (spot(bot, bot.general),)), None)
        inside = await bot.adapter.search(ada_of(bot), Query("launch", (spot(bot, quiet),)), None)

    assert {hit.message_id for hit in found} == {str(said.id), str(below.id)}
    assert {hit.place for hit in found} == {spot(bot, bot.general), spot(bot, thread)}
    assert {hit.author.name for hit in found} == {"Ada", "Grace"}
    assert f"https://discord.com/channels/{bot.guild.id}/{thread.id}/{below.id}" in {hit.link for hit in found}
    assert [hit.text for hit in inside] == ["a secret launch"]


async def test_discord_is_asked_page_by_page_for_one_person_and_a_time() -> None:
    async with discord_bot() as bot:
        bot.town.limits.limits = {}
        for n in range(30):
            bot.ada.says(bot.general, f"launch {n}")
        bot.grace.says(bot.general, "launch too")
        await bot.quiet()
        where = (spot(bot, bot.general),)
        of_ada = await bot.adapter.search(ada_of(bot), Query("launch", where, author=str(bot.ada.id)), None)
        long_ago = await bot.adapter.search(ada_of(bot), Query("launch", where, before=1_600_000_000.0), None)

    assert len({hit.message_id for hit in of_ada}) == 30
    assert {hit.author.name for hit in of_ada} == {"Ada"}
    assert long_ago == []


async def test_discord_finds_messages_by_their_files() -> None:
    async with discord_bot() as bot:
        bot.ada.says(bot.general, "the launch without a plan")
        plan = bot.ada.says(bot.general, "the launch", files={"plan.txt": b"up"})
        bare = bot.ada.says(bot.general, "", files={"more.txt": b"up"})
        await bot.quiet()
        where = (spot(bot, bot.general),)
        named = await bot.adapter.search(ada_of(bot), Query("launch", where, has_file=True), None)
        every = await bot.adapter.search(ada_of(bot), Query("", where, has_file=True), None)

    assert [(hit.message_id, hit.files) for hit in named] == [(str(plan.id), ("plan.txt",))]
    assert {hit.message_id for hit in every} == {str(plan.id), str(bare.id)}


async def test_an_index_that_is_being_made_is_no_empty_answer() -> None:
    async with discord_bot() as bot:
        bot.town.state.search_index_ready = False
        with pytest.raises(SearchNotReady, match="still making its index"):
            await bot.adapter.search(ada_of(bot), Query("launch", (spot(bot, bot.general),)), None)


async def test_discord_lists_what_a_member_can_read_and_the_private_threads_they_are_in() -> None:
    async with discord_bot() as bot:
        staff = bot.town.role(bot.guild, "staff")
        kept = (
            Overwrite(bot.guild.id, 0, deny=VIEW),
            Overwrite(staff.id, 0, allow=VIEW),
            Overwrite(bot.town.me.id, 1, allow=VIEW),
        )
        bot.town.channel(bot.guild, "staff-room", overwrites=kept)
        bot.town.channel(bot.guild, "not-ours", overwrites=(Overwrite(bot.town.me.id, 1, deny=VIEW),))
        bot.town.channel(bot.guild, "grown-up", nsfw=True)
        boss = bot.town.person("Boss", bot.guild, roles=(staff,))
        quiet = bot.ada.opens_thread(bot.general, "quiet", private=True)
        bot.ada.adds(quiet, bot.town.me)
        elsewhere = bot.town.guild("Elsewhere", bot=False)
        bot.town.channel(elsewhere, "elsewhere")
        bot.town.joins(bot.ada.user, elsewhere)
        bot.town.joins(bot.town.me, elsewhere)
        await bot.quiet()
        here = str(bot.guild.id)
        lists = {
            one.name: {place.name for place in await bot.adapter.readable(one, where)}
            for one, where in (
                (ada_of(bot), here),
                (Person(str(boss.id), "Boss"), here),
                (Person(str(bot.grace.id), "Grace"), "dm"),
                (Person("1", "Nobody"), here),
            )
        }
        everywhere = {one.name for one in await bot.adapter.readable(ada_of(bot), "dm")}

    assert lists == {
        "Ada": {"general", "quiet"},
        "Boss": {"general", "staff-room"},
        "Grace": {"general"},
        "Nobody": set(),
    }
    assert everywhere == {"general", "quiet", "elsewhere"}


async def test_slack_searches_with_the_token_of_the_message_it_answers_and_no_longer() -> None:
    async with slack_over_socket() as slack:
        town = slack.town
        den = town.channel("den", town.ada, kind="group")
        said = town.grace.says(town.square, "the launch is on Friday")
        town.grace.says(town.channel("lobby", town.grace), "a launch elsewhere")
        town.ada.says(den, "a secret launch")
        asked = town.ada.mentions(town.square, "search for launch")
        await town.until(lambda: any(one.message_id == asked.ts for one in slack.heard))
        await town.settled()
        event = next(one for one in slack.heard if one.message_id == asked.ts)
        query = Query("launch", (slack_spot(town.square), slack_spot(den)))
        found = await slack.adapter.search(event.person, query, event.handle)
        with pytest.raises(SearchNotReady):
            await slack.adapter.search(event.person, query, None)
        town.clock.advance(16 * 60)
        with pytest.raises(SearchNotReady):
            await slack.adapter.search(event.person, query, event.handle)

    assert said.ts in {hit.message_id for hit in found}
    assert {hit.place.channel for hit in found} == {town.square.id}
    assert town.world.action_token(asked) not in str(event)


async def test_slack_lists_channels_that_both_of_us_are_in_and_public_ones_for_full_members() -> None:
    async with slack_over_socket() as slack:
        town = slack.town
        guest = town.person("Guest", guest=True)
        town.channel("den", town.ada, kind="group")
        town.channel("lobby", town.grace, guest)
        town.channel("not-ours", town.ada, app=False)
        lists = {
            name: {one.name for one in await slack.adapter.readable(Person(who.id, name), "T0TOWN")}
            for name, who in (("ada", town.ada), ("grace", town.grace), ("guest", guest))
        }

    assert lists["ada"] - {"our direct messages"} == {"square", "den", "lobby"}
    assert lists["grace"] - {"our direct messages"} == {"square", "lobby"}
    assert lists["guest"] - {"our direct messages"} == {"lobby"}


async def test_the_page_finds_what_is_on_it(tmp_path: Path) -> None:
    async with playground(tmp_path) as page, page.browser() as ada, page.browser("grace") as grace:
        said = await ada.say("The Launch is on Friday")
        below = await grace.say("is the launch safe?", thread=said)
        await ada.say("a secret launch", channel="dm-ada")
        query = Query("launch", (Place("web", "local", "general"),))
        found = await page.adapter.search(Person("grace", "Grace"), query, None)

    assert [hit.message_id for hit in found] == [below, said]
    assert found[1].link == f"#/channel/general/thread/-/message/{said}"


async def test_people_are_found_by_what_they_are_called(tmp_path: Path) -> None:
    async with discord_bot() as bot, slack_over_socket() as slack, playground(tmp_path) as page:
        bot.town.person("Grace Hopper", bot.guild)
        on_discord = await bot.adapter.called("ada", str(bot.guild.id))
        several = await bot.adapter.called("Grace", str(bot.guild.id))
        on_slack = await slack.adapter.called("grace", "T0TOWN")
        on_page = await page.adapter.called("ADA", "local")
        nobody = await slack.adapter.called("Nobody", "T0TOWN")

    assert [one.id for one in on_discord] == [str(bot.ada.id)]
    assert len(several) == 2
    assert [one.id for one in on_slack] == [slack.town.grace.id]
    assert [one.id for one in on_page] == ["ada"]
    assert nobody == []
