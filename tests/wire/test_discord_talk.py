"""Talking on Discord: who is spoken to and where it is answered, over the wire and the whole core."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord.inbound import KEPT_BACK
from tests.discord_house import DiscordHouse, discord_house, labels
from tests.discord_town.faults import fails
from tests.discord_town.rights import Right
from tests.discord_town.town import discord_town
from tests.discord_town.world import ChannelType, MessageFlag


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[DiscordHouse]:
    async with discord_house(tmp_path) as opened:
        yield opened


async def test_a_mention_is_answered_in_a_thread_named_after_the_question(home: DiscordHouse) -> None:
    question = home.ada.mentions_bot(home.general, "what is a heron?")
    answering = await home.answer("A wading bird.")
    thread = await home.thread_of(question)
    answer = (await home.says(thread, "A wading bird."))[0]
    await home.rest()

    assert answering.question.endswith("what is a heron?")
    assert thread.name == "what is a heron?"
    assert labels(answer) == ["Regenerate", "Other model"]
    assert home.ours(home.general) == []


async def test_in_its_threads_no_mention_is_needed_but_who_speaks_to_others_is_left_alone(
    home: DiscordHouse,
) -> None:
    question = home.ada.mentions_bot(home.general, "what is a heron?")
    await home.answer("A wading bird.")
    thread = await home.thread_of(question)
    await home.says(thread, "A wading bird.")
    home.grace.says(thread, f"{home.ada.user.mention} did you know?")
    home.grace.says(thread, "@everyone look at this")
    home.grace.says(thread, " @here and at that")
    home.grace.says(thread, "and an egret?")
    answering = await home.answer("Another one.")
    await home.says(thread, "A wading bird.", "Another one.")

    assert answering.question.endswith("and an egret?")
    assert "did you know?" in answering.prompt


async def test_direct_messages_need_no_mention_and_other_messages_are_not_answered(home: DiscordHouse) -> None:
    home.ada.says(home.general, "lunch?")
    home.ada.says(home.ada.dm, "hello")
    answering = await home.answer("Hi.")
    await home.says(home.ada.dm, "Hi.")

    assert answering.question.endswith("hello")
    assert home.asked.empty()


async def test_a_reply_brings_the_message_it_replies_to_with_its_files(home: DiscordHouse) -> None:
    said = home.grace.says(home.general, "the launch is at noon", files={"plan.txt": b"bring a hat"})
    for n in range(60):
        home.grace.says(home.general, f"chatter {n}")
    home.ada.replies(said, f"{home.town.me.mention} when is it?")
    answering = await home.answer("At noon.")

    assert "the launch is at noon" in answering.prompt
    assert "bring a hat" in answering.prompt


async def test_a_forwarded_message_is_read(home: DiscordHouse) -> None:
    said = home.grace.says(home.general, "the launch is at noon", files={"plan.txt": b"bring a hat"})
    home.ada.forwards(said, home.ada.dm)
    answering = await home.answer("A launch, at noon.")

    assert "the launch is at noon" in answering.prompt
    assert "bring a hat" in answering.prompt


async def test_called_into_a_thread_of_others_it_has_read_how_that_began(home: DiscordHouse) -> None:
    start = home.grace.says(home.general, "herons are blue")
    thread = home.grace.opens_thread(start, "herons")
    home.grace.says(thread, "or grey")
    home.ada.mentions_bot(thread, "which is it?")
    answering = await home.answer("Grey.")
    await home.says(thread, "Grey.")

    assert answering.question.endswith("which is it?")
    assert "herons are blue" in answering.prompt
    assert "or grey" in answering.prompt


async def test_what_was_said_in_a_thread_before_it_was_called_in_is_not_answered_though_told_with_the_call(
    home: DiscordHouse,
) -> None:
    forum = home.town.channel(home.guild, "forum", kind=ChannelType.FORUM)
    thread = home.grace.opens_thread(forum, "herons")
    home.grace.says(thread, "they are blue")
    home.ada.mentions_bot(thread, "which colour?")
    answering = await home.answer("Blue.")
    await home.says(thread, "Blue.")
    await home.rest()

    assert answering.question.endswith("which colour?")
    assert "they are blue" in answering.prompt
    assert home.asked.empty()


async def test_a_reply_to_its_message_without_a_ping_speaks_to_it(home: DiscordHouse) -> None:
    home.town.forbids(home.general, Right.CREATE_PUBLIC_THREADS)
    home.ada.mentions_bot(home.general, "what is a heron?")
    await home.answer("A wading bird.")
    answer = (await home.says(home.general, "A wading bird."))[0]
    home.ada.replies(answer, "how tall?", ping=False)
    answering = await home.answer("A metre.")
    await home.says(home.general, "A wading bird.", "A metre.")

    assert "A wading bird." in answering.prompt


async def test_where_it_may_not_open_threads_it_answers_in_place_as_a_reply(home: DiscordHouse) -> None:
    home.town.forbids(home.general, Right.CREATE_PUBLIC_THREADS)
    question = home.ada.mentions_bot(home.general, "what is a heron?")
    await home.answer("A wading bird.")
    answer = (await home.says(home.general, "A wading bird."))[0]

    assert answer.reference is not None
    assert answer.reference.message_id == question.id


async def test_a_thread_that_discord_refuses_only_then_leaves_the_answer_in_place(home: DiscordHouse) -> None:
    home.town.faults.add("thread_from_message", fails(403, 50013, "Missing Permissions"))
    question = home.ada.mentions_bot(home.general, "what is a heron?")
    await home.answer("A wading bird.")
    answer = (await home.says(home.general, "A wading bird."))[0]
    await home.rest()
    home.ada.replies(answer, "how tall?")
    answering = await home.answer("A metre.")
    await home.says(home.general, "A wading bird.", "A metre.")

    assert question.thread is None
    assert "A wading bird." in answering.prompt


async def test_in_place_a_reply_goes_on_and_a_mention_begins_anew(tmp_path: Path) -> None:
    async with discord_house(tmp_path, reply_in="place") as home:
        question = home.ada.mentions_bot(home.general, "what is a heron?")
        await home.answer("A wading bird.")
        answer = (await home.says(home.general, "A wading bird."))[0]
        home.grace.replies(answer, "how tall?")
        follow_up = await home.answer("A metre.")
        await home.says(home.general, "A wading bird.", "A metre.")
        home.ada.mentions_bot(home.general, "what is a crane?")
        another = await home.answer("Another bird.")
        await home.says(home.general, "A wading bird.", "A metre.", "Another bird.")

        roles = [message["role"] for message in follow_up.messages]
        assert question.thread is None
        assert "assistant" in roles
        assert "assistant" not in [message["role"] for message in another.messages]


async def test_a_channel_can_be_set_to_be_answered_in_place(home: DiscordHouse) -> None:
    moderator = home.town.person("Mod", home.guild, roles=(home.town.moderators(home.guild),))
    await home.town.until(lambda: home.town.state.application.commands)
    act = moderator.types_command(home.general, "settings", name="reply_in", value="place", scope="channel")
    await home.town.until(lambda: act.texts)
    question = home.ada.mentions_bot(home.general, "what is a heron?")
    await home.answer("A wading bird.")
    await home.says(home.general, "A wading bird.")

    assert question.thread is None


async def test_nobody_but_the_asker_is_ever_notified_and_links_show_no_preview(home: DiscordHouse) -> None:
    everyone = f"@everyone <@{home.grace.id}> <@{home.ada.id}> <@&{home.guild.id}> https://example.com"
    question = home.ada.mentions_bot(home.general, "whom do you name?")
    answering = await home.request()
    await answering.say(everyone)
    thread = await home.thread_of(question)
    await home.town.until(lambda: home.ours(thread))
    await answering.finish(f" {everyone}")
    await home.rest()
    answer = home.ours(thread)[0]

    assert answer.ever_pinged.users == {home.ada.id}
    assert not answer.ever_pinged.everyone
    assert answer.ever_pinged.roles == frozenset()
    assert answer.flags & MessageFlag.SUPPRESS_EMBEDS


async def test_a_voice_message_gets_an_honest_sentence(home: DiscordHouse) -> None:
    home.ada.sends_voice(home.ada.dm, b"OggS\x00\x02" + bytes(100))
    await home.answer("Please write it.")
    await home.rest()

    assert "voice-message.ogg is a voice message" in home.ours(home.ada.dm)[0].text
    assert home.town.calls.of("cdn") == []


async def test_editing_a_question_before_the_first_word_changes_it_and_deleting_it_takes_the_answer(
    home: DiscordHouse,
) -> None:
    question = home.ada.says(home.ada.dm, "what is a heron?")
    first = await home.request()
    home.ada.edits(question, "what is a crane?")
    second = await home.request()
    assert second.question.endswith("what is a crane?")
    await second.say("A bird")
    await home.town.until(lambda: home.ours(home.ada.dm))
    home.ada.deletes(question)
    await home.town.until(lambda: not home.ours(home.ada.dm))
    assert first is not second


async def test_without_the_message_content_intent_it_leaves_alone_what_it_can_not_read(tmp_path: Path) -> None:
    async with discord_town() as town:
        town.state.application.message_content = False
        async with discord_house(tmp_path, town) as home:
            question = home.ada.mentions_bot(home.general, "what is a heron?")
            await home.answer("A wading bird.")
            thread = await home.thread_of(question)
            await home.says(thread, "A wading bird.")
            home.ada.says(thread, "how tall?")
            await home.quiet()
            await home.rest()
            home.ada.mentions_bot(thread, "how tall?")
            await home.answer("A metre.")

            await home.says(thread, "A wading bird.", "A metre.")


async def test_without_the_intent_a_reply_it_can_not_read_is_told_so_once_and_no_model_is_asked(
    tmp_path: Path,
) -> None:
    async with discord_town() as town:
        town.state.application.message_content = False
        async with discord_house(tmp_path, town, reply_in="place") as home:
            home.ada.mentions_bot(home.general, "what is a heron?")
            await home.answer("A wading bird.")
            answer = (await home.says(home.general, "A wading bird."))[0]
            blank = home.ada.replies(answer, "how tall?", ping=False)
            home.ada.edits(blank, "how tall is it?")
            told = (await home.says(home.general, "A wading bird.", KEPT_BACK))[1]
            said = home.grace.says(home.general, "herons are grey")
            home.ada.replies(said, f"{home.town.me.mention} is that so?")
            answering = await home.answer("Yes.")
            await home.says(home.general, "A wading bird.", KEPT_BACK, "Yes.")

            assert told.reference is not None
            assert told.reference.message_id == blank.id
            assert told.ever_pinged.users == frozenset()
            assert "does not show me what this message says" in answering.prompt
