"""How answers come on Discord: long ones, files, statuses; at the pace its headers allow, and never faster."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord.adapter import DiscordAdapter
from bot.errors import StartError
from tests.discord_bot import WatchedIntake, discord_bot
from tests.discord_house import DiscordHouse, discord_house, labels
from tests.discord_town.faults import slow
from tests.discord_town.limits import Limit
from tests.discord_town.town import discord_town
from tests.discord_town.world import MessageFlag


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[DiscordHouse]:
    async with discord_house(tmp_path) as opened:
        yield opened


def paragraphs(characters: int) -> str:
    """Text of about so many characters, every paragraph another."""
    found, n = "", 0
    while len(found) < characters:
        n += 1
        found += f"Paragraph {n} says what it has to say about herons, and about egrets as well.\n\n"
    return found


async def test_a_long_answer_is_whole_in_a_few_messages_with_buttons_under_the_last(home: DiscordHouse) -> None:
    text = paragraphs(12_000)
    home.ada.says(home.ada.dm, "tell me all")
    answering = await home.request()
    for start in range(0, len(text), 300):
        await answering.say(text[start : start + 300])
    await answering.finish()
    await home.rest()
    parts = home.ours(home.ada.dm)

    assert "".join("".join(one.text for one in parts).split()) == "".join(text.split())
    assert len(parts) <= 5
    assert [bool(one.flags & MessageFlag.COMPONENTS_V2) for one in parts] == [False, *[True] * (len(parts) - 1)]
    assert [labels(one) for one in parts] == [*[[]] * (len(parts) - 1), ["Regenerate", "Other model"]]
    assert home.town.calls.refused() == []


async def test_a_very_long_answer_ends_with_all_of_it_as_a_file(home: DiscordHouse) -> None:
    text = paragraphs(30_000)
    home.ada.says(home.ada.dm, "tell me everything")
    await home.answer(text)
    await home.rest()
    last = home.ours(home.ada.dm)[-1]

    assert [(one.filename, one.data.decode()) for one in last.attachments] == [("answer.md", text)]


async def test_a_file_that_discord_finds_too_large_costs_the_file_and_not_the_answer(home: DiscordHouse) -> None:
    home.town.state.file_limit = 1000
    home.town.limits.limits["create_message"] = Limit(20, 5.0)
    home.ada.says(home.ada.dm, "tell me everything")
    await home.answer(paragraphs(30_000))
    await home.rest()
    parts = home.ours(home.ada.dm)

    assert len(parts) == 5
    assert parts[-1].attachments == []
    assert "Paragraph" in parts[-1].text


async def test_while_nothing_is_said_a_small_line_tells_what_goes_on(home: DiscordHouse) -> None:
    home.town.faults.add("cdn", slow(0.4))
    home.ada.says(home.ada.dm, "what is in it?", files={"plan.txt": b"a plan"})
    await home.town.until(lambda: [one.text for one in home.ours(home.ada.dm)] == ["-# reading plan.txt…"])
    await home.answer("A plan.")

    await home.says(home.ada.dm, "A plan.")


async def test_files_are_fetched_from_discord_alone_and_anew_when_their_address_has_expired(
    home: DiscordHouse,
) -> None:
    home.town.state.attachment_life = -1.0
    said = home.ada.says(home.ada.dm, "what is in it?", files={"plan.txt": b"bring a hat"})
    await home.town.until(lambda: home.town.calls.of("get_message"))
    home.town.state.attachment_life = 86_400.0
    answering = await home.answer("A hat.")

    assert said.attachments
    assert "plan.txt" in answering.prompt


async def test_the_pace_follows_what_the_headers_say(home: DiscordHouse) -> None:
    home.town.limits.limits["edit_message"] = Limit(2, 1.0)
    home.ada.says(home.ada.dm, "count slowly")
    answering = await home.request()
    for n in range(30):
        await answering.say(f"{n} ")
        await asyncio.sleep(0.05)
    await answering.finish("done")
    await home.rest()

    assert home.ours(home.ada.dm)[0].text.endswith("done")
    assert home.town.calls.refused() == []
    assert len(home.town.calls.of("edit_message")) >= 3


async def test_many_at_once_stay_below_the_limit_over_all_channels(home: DiscordHouse) -> None:
    people = [home.town.person(f"Person {n}", home.guild) for n in range(40)]
    for person in people:
        person.mentions_bot(home.town.channel(home.guild, f"of-{person.user.name}"), "a question")
    await asyncio.gather(*(home.answer("An answer.") for _ in people))
    await home.rest()

    answers = [one for thread in home.guild.threads.values() for one in home.ours(thread)]
    assert [one.text for one in answers] == ["An answer."] * 40
    assert home.town.calls.refused() == []


async def test_it_greets_a_server_once_and_says_what_it_can_read() -> None:
    async with discord_bot() as bot:
        guild = bot.town.guild("Another", bot=False)
        channel = bot.town.channel(guild, "general")
        bot.town.joins(bot.town.me, guild)
        await bot.town.until(lambda: channel.visible())

        assert "Mention me" in channel.visible()[0]
        assert bot.general.visible() == []


async def test_where_the_operator_does_not_let_it_serve_it_joins_without_a_word() -> None:
    async with discord_bot(serves=lambda place: False) as bot:
        guild = bot.town.guild("Another", bot=False)
        channel = bot.town.channel(guild, "general")
        bot.town.joins(bot.town.me, guild)
        bot.ada.says(bot.ada.dm, "hello")
        await bot.heard()

        assert channel.visible() == []


async def test_without_the_message_content_intent_it_serves_who_speaks_to_it_and_says_so() -> None:
    async with discord_town() as town:
        town.state.application.message_content = False
        async with discord_bot(town) as bot:
            bot.ada.says(bot.general, "among people")
            bot.ada.mentions_bot(bot.general, "to you")
            await bot.heard()
            bot.ada.says(bot.ada.dm, "alone with you")
            await bot.heard(2)
            guild = town.guild("Another", bot=False)
            channel = town.channel(guild, "general")
            town.joins(town.me, guild)
            await town.until(lambda: channel.visible())

            assert [one.text for one in bot.intake.heard] == ["to you", "alone with you"]
            assert "message content intent is off" in channel.visible()[0]


async def test_a_wrong_token_stops_the_start_with_a_sentence_that_names_it() -> None:
    async with discord_town() as town:
        adapter = DiscordAdapter("a token of somebody else", town.clock, base_url=town.base_url)
        with pytest.raises(StartError, match="DISCORD_BOT_TOKEN"):
            await adapter.start(WatchedIntake())
        await adapter.stop()
