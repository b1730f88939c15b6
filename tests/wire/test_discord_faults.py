"""What never happens on Discord: an answer lost, shown twice or stalled, whatever the wire and people do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from math import inf
from pathlib import Path

import pytest

from bot.conversation import words
from bot.delivery.parts import NOT_TAKEN
from bot.errors import StoreFull
from bot.messages import Inbound
from tests.discord_house import DiscordHouse, discord_house, labels
from tests.discord_town.faults import Fault, cut, fails, lost, never, too_many
from tests.discord_town.gateway import Gateway
from tests.discord_town.limits import Limit
from tests.discord_town.rights import Right
from tests.discord_town.town import discord_town
from tests.discord_town.world import Channel, Message
from tests.files import picture
from tests.house import Answering

QUESTION = "what is a heron?"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[DiscordHouse]:
    async with discord_house(tmp_path) as opened:
        yield opened


async def settled(home: DiscordHouse, channel: Channel, *texts: str) -> list[Message]:
    """Wait until these are the bot's texts there, for good."""
    await home.says(channel, *texts)
    await home.rest()
    assert [one.text for one in home.ours(channel)] == list(texts)
    return home.ours(channel)


async def growing(home: DiscordHouse) -> tuple[Answering, Channel]:
    """Ada has asked in the channel, and half of the answer is shown in the thread of her question."""
    question = home.ada.mentions_bot(home.general, QUESTION)
    answering = await home.request()
    await answering.say("A wading")
    thread = await home.thread_of(question)
    await home.town.until(lambda: home.ours(thread))
    return answering, thread


async def growing_in_a_thread_of_others(home: DiscordHouse) -> tuple[Answering, Channel]:
    """Ada has asked in Grace's thread, and half of the answer is shown there."""
    thread = home.grace.opens_thread(home.grace.says(home.general, "herons"), "herons")
    home.ada.mentions_bot(thread, QUESTION)
    answering = await home.request()
    await answering.say("A wading")
    await home.town.until(lambda: home.ours(thread))
    return answering, thread


FAULTS = {
    "answer lost": lost(),
    "connection cut": cut(),
    "503": fails(503),
    "502 after it was done": fails(502, done=True),
    "429": too_many(0.2),
    "429 for everything": too_many(0.2, everywhere=True),
}
CASES = [
    *(("create_message", name) for name in FAULTS),
    *(("edit_message", name) for name in ("answer lost", "503", "429")),
    *(("thread_from_message", name) for name in ("answer lost", "503", "429")),
    *(("history", name) for name in ("503", "429")),
]


@pytest.mark.parametrize(("route", "fault"), CASES)
async def test_a_call_that_goes_wrong_once_costs_nothing(route: str, fault: str, home: DiscordHouse) -> None:
    home.town.faults.add(route, FAULTS[fault])
    answering, thread = await growing(home)
    await answering.finish(" bird.")

    await settled(home, thread, "A wading bird.")
    assert home.ours(home.general) == []


async def test_cloudflares_ban_is_obeyed_by_every_call(
    home: DiscordHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.errors._BAN_SECONDS", 0.3)
    home.town.faults.add("create_message", too_many(0.0, via=False))
    home.ada.says(home.ada.dm, QUESTION)
    home.grace.says(home.grace.dm, QUESTION)
    for _ in range(2):
        await home.answer("A wading bird.")
    await settled(home, home.ada.dm, "A wading bird.")
    await settled(home, home.grace.dm, "A wading bird.")

    refused = home.town.calls.refused()[0]
    assert refused.answered is not None
    later = [call for call in home.town.calls.made if refused.answered + 0.02 < call.at < refused.answered + 0.25]
    assert [call for call in later if call.route in ("create_message", "edit_message")] == []


async def test_an_answer_that_is_deleted_while_it_grows_stays_deleted(home: DiscordHouse) -> None:
    moderator = home.town.person("Mod", home.guild, roles=(home.town.moderators(home.guild),))
    answering, thread = await growing(home)
    moderator.deletes(home.ours(thread)[0])
    await answering.say(" bird, ")
    await home.rest()
    answering.drop()

    assert home.ours(thread) == []


async def test_a_thread_that_is_archived_meanwhile_is_woken_for_the_rest(home: DiscordHouse) -> None:
    answering, thread = await growing(home)
    home.ada.archives(thread)
    await answering.finish(" bird.")

    await settled(home, thread, "A wading bird.")


async def test_in_a_thread_of_others_that_sleeps_the_answer_goes_on_in_a_new_message(home: DiscordHouse) -> None:
    answering, thread = await growing_in_a_thread_of_others(home)
    first = home.ours(thread)[0]
    home.grace.archives(thread)
    await answering.finish(" bird.")
    answer = (await settled(home, thread, "A wading bird."))[0]

    assert answer.id != first.id


async def test_a_locked_thread_ends_the_answer_and_holds_nobody_else_up(home: DiscordHouse) -> None:
    moderator = home.town.person("Mod", home.guild, roles=(home.town.moderators(home.guild),))
    answering, thread = await growing_in_a_thread_of_others(home)
    moderator.archives(thread, locked=True)
    await answering.finish(" bird.")
    await home.rest()
    await home.quiet()


async def test_its_own_thread_that_moderators_lock_ends_the_answer_too(home: DiscordHouse) -> None:
    moderator = home.town.person("Mod", home.guild, roles=(home.town.moderators(home.guild),))
    answering, thread = await growing(home)
    moderator.archives(thread, locked=True)
    await answering.finish(" bird.")
    await home.rest()
    await home.quiet()

    assert thread.archived
    assert [one.text for one in home.ours(thread)] == ["A wading"]
    assert home.ours(home.ada.dm)[0].text.endswith("so here is my answer for you alone:\n\nA wading bird.")


async def test_an_answer_that_its_place_takes_no_more_after_a_restart_comes_to_its_asker_alone(
    tmp_path: Path,
) -> None:
    async with discord_town() as town:
        async with discord_house(tmp_path, town, orderly=False) as home:
            answering, thread = await growing(home)
            town.faults.add("edit_message", fails(503), times=inf)
            await answering.finish(" bird.")
            await town.until(lambda: any("wading bird." in str(one.body) for one in town.calls.of("edit_message")))
        town.faults.clear()
        town.person("Mod", home.guild, roles=(town.moderators(home.guild),)).archives(thread, locked=True)
        async with discord_house(tmp_path, town) as home:
            await town.until(lambda: home.ours(home.ada.dm))

            assert home.ours(home.ada.dm)[0].text.endswith("so here is my answer for you alone:\n\nA wading bird.")


async def test_a_channel_that_goes_away_ends_the_answer_and_holds_nobody_else_up(home: DiscordHouse) -> None:
    answering, thread = await growing(home)
    home.town.remove_channel(thread)
    await answering.finish(" bird.")
    await home.rest()
    await home.quiet()


async def told_alone(home: DiscordHouse, channel: Channel, why: str) -> None:
    """Ask where it may not write: who asked reads alone why, and the answer."""
    home.ada.mentions_bot(channel, QUESTION)
    await home.answer("A wading bird.")
    said = f"I can't post in <#{channel.id}>: {why}. So here is my answer for you alone:\n\nA wading bird."
    await settled(home, home.ada.dm, said)
    assert home.ours(channel) == []


async def test_where_it_may_not_write_the_asker_reads_alone_why_and_the_answer(home: DiscordHouse) -> None:
    home.town.forbids(home.general, Right.CREATE_PUBLIC_THREADS | Right.SEND_MESSAGES)

    await told_alone(home, home.general, "the permission Send Messages is missing")
    await home.quiet()


async def test_where_it_may_not_write_the_asker_alone_is_shown_the_picture_as_well(home: DiscordHouse) -> None:
    home.town.forbids(home.general, Right.CREATE_PUBLIC_THREADS | Right.SEND_MESSAGES)
    home.ada.mentions_bot(home.general, "draw a heron")
    answering = await home.request()
    await answering.draw(picture())
    await answering.finish("A heron.")
    await home.town.until(lambda: home.ours(home.ada.dm))

    (shown,) = home.ours(home.ada.dm)
    assert shown.text.endswith("A heron.")
    assert len(shown.attachments) == 1


async def test_in_a_thread_where_it_may_not_write_the_asker_reads_alone_why(home: DiscordHouse) -> None:
    thread = home.grace.opens_thread(home.grace.says(home.general, "herons"), "herons")
    home.town.forbids(home.general, Right.SEND_MESSAGES_IN_THREADS)

    await told_alone(home, thread, "the permission Send Messages in Threads is missing")


async def test_while_it_is_timed_out_the_asker_reads_alone_until_when(home: DiscordHouse) -> None:
    home.town.times_out(home.town.me, home.guild, 600)
    until = home.guild.members[home.town.me.id].timed_out_until or 0.0
    await home.quiet()

    await told_alone(home, home.general, f"I am timed out in this server until <t:{int(until)}>")


async def test_who_closed_their_direct_messages_as_well_holds_nobody_up(home: DiscordHouse) -> None:
    home.town.forbids(home.general, Right.CREATE_PUBLIC_THREADS | Right.SEND_MESSAGES)
    home.ada.user.dms_closed = True
    home.ada.mentions_bot(home.general, QUESTION)
    await home.answer("A wading bird.")
    await home.rest()
    await home.quiet()


async def test_a_command_where_it_may_not_write_is_answered_to_the_asker_alone(home: DiscordHouse) -> None:
    await home.town.until(lambda: home.town.state.application.commands)
    home.town.forbids(home.general, Right.SEND_MESSAGES)
    act = home.ada.types_command(home.general, "ask", text=QUESTION)
    await home.town.until(lambda: act.texts)
    first = list(act.texts)
    await home.answer("A wading bird.")
    await home.rest()

    why = f"I can't post in <#{home.general.id}>: the permission Send Messages is missing."
    assert first == [f"{why} The answer comes to you alone."]
    assert act.texts[-1] == f"{why} So here is my answer for you alone:\n\n> {QUESTION}\n\nA wading bird."
    assert home.ours(home.ada.dm) == []
    assert home.ours(home.general) == []


async def test_where_it_may_not_reply_for_want_of_history_it_answers_in_place(home: DiscordHouse) -> None:
    home.town.forbids(home.general, Right.CREATE_PUBLIC_THREADS | Right.READ_MESSAGE_HISTORY)
    home.ada.mentions_bot(home.general, QUESTION)
    await home.answer("A wading bird.")
    answer = (await settled(home, home.general, "A wading bird."))[0]

    assert answer.reference is None


async def test_where_it_may_attach_no_files_the_text_stands_whole(home: DiscordHouse) -> None:
    home.town.forbids(home.general, Right.ATTACH_FILES)
    home.town.limits.limits["create_message"] = Limit(20, 5.0)
    lines = [f"line {n} of a very long answer that goes on and on" for n in range(400)]
    question = home.ada.mentions_bot(home.general, QUESTION)
    await home.answer("\n\n".join(lines))
    thread = await home.thread_of(question)
    await home.rest()

    shown = home.ours(thread)
    assert not any(one.attachments for one in shown)
    assert shown[0].text.startswith(lines[0])
    assert NOT_TAKEN in shown[-1].text


async def test_an_answer_older_than_an_hour_is_written_again_in_a_new_message(home: DiscordHouse) -> None:
    home.ada.says(home.ada.dm, QUESTION)
    await home.answer("A wading bird.")
    old = (await settled(home, home.ada.dm, "A wading bird."))[0]
    home.town.clock.advance(7200)
    home.ada.presses(old, "Regenerate")
    answering = await home.request()
    await answering.say("A tall")
    await home.town.until(lambda: home.ours(home.ada.dm)[-1].text == "A tall")
    await answering.finish(" bird.")
    new = (await settled(home, home.ada.dm, "A tall bird."))[0]

    assert new.id != old.id


@pytest.mark.parametrize(
    "break_off",
    [Gateway.cut, Gateway.drop, Gateway.ask_to_reconnect, Gateway.invalidate],
    ids=["cut", "closed with 4000", "asked to reconnect", "a new session"],
)
async def test_what_is_said_during_a_reconnect_is_answered_once(
    home: DiscordHouse, break_off: Callable[[Gateway], None]
) -> None:
    home.town.gateway.replay_again = 3
    home.ada.says(home.ada.dm, "before")
    await home.answer("First.")
    await settled(home, home.ada.dm, "First.")
    break_off(home.town.gateway)
    await home.town.until(lambda: not home.town.gateway.online)
    home.ada.says(home.ada.dm, "meanwhile")
    home.grace.mentions_bot(home.general, "meanwhile, too")
    async with asyncio.timeout(10):
        questions = {(await home.answer("Second.")).question.rpartition("\n")[2] for _ in range(2)}
    await settled(home, home.ada.dm, "First.", "Second.")

    assert questions == {"meanwhile", "meanwhile, too"}
    assert home.asked.empty()


async def test_a_message_that_is_told_twice_is_answered_once(home: DiscordHouse) -> None:
    home.ada.says(home.ada.dm, QUESTION)
    home.town.gateway.repeat()
    await home.answer("A wading bird.")
    home.town.gateway.repeat()
    await settled(home, home.ada.dm, "A wading bird.")

    assert home.asked.empty()


async def test_a_death_between_a_post_and_its_receipt_leaves_one_message(tmp_path: Path) -> None:
    async with discord_town() as town:
        async with discord_house(tmp_path, town, orderly=False) as home:
            town.faults.add("create_message", Fault(late=60.0))
            home.ada.says(home.ada.dm, QUESTION)
            await (await home.request()).say("A wading")
            await town.until(lambda: home.ours(home.ada.dm))
        town.clock.advance(3600)  # Discord has forgotten the post's nonce
        async with discord_house(tmp_path, town) as home:
            await home.answer("A wading bird.")
            await settled(home, home.ada.dm, "A wading bird.")


async def test_a_death_in_mid_answer_is_followed_by_the_same_message_finished(tmp_path: Path) -> None:
    async with discord_town() as town:
        async with discord_house(tmp_path, town, orderly=False) as home:
            question = home.ada.mentions_bot(home.general, QUESTION)
            await (await home.request()).say("A wading")
            thread = await home.thread_of(question)
            await town.until(lambda: home.ours(thread) and home.ours(thread)[0].text)
            first = home.ours(thread)[0]
        async with discord_house(tmp_path, town) as home:
            await home.answer("A wading bird.")
            again = (await settled(home, thread, "A wading bird."))[0]

            assert again is first
            assert labels(again) == ["Regenerate", "Other model"]


async def test_after_an_absence_young_questions_are_answered_and_older_ones_offered(tmp_path: Path) -> None:
    async with discord_town() as town:
        async with discord_house(tmp_path, town) as home:
            home.ada.says(home.ada.dm, "before")
            await home.answer("First.")
            await settled(home, home.ada.dm, "First.")
            asked = home.grace.mentions_bot(home.general, "an answered one")
            await home.answer("Fine.")
            answered = await home.thread_of(asked)
            await settled(home, answered, "Fine.")
        old = home.grace.mentions_bot(home.general, "an old one")
        town.clock.advance(3600)
        home.ada.says(home.ada.dm, "a young one")
        home.grace.says(answered, "one in the thread")
        home.grace.says(home.general, "one among people")
        async with discord_house(tmp_path, town) as home:
            young = {(await home.answer("Here I am.")).question.rpartition("\n")[2] for _ in range(2)}
            thread = await home.thread_of(old)
            await town.until(lambda: home.ours(thread))
            offer = home.ours(thread)[0]
            assert words.MISSED in offer.text
            await settled(home, home.ada.dm, "First.", "Here I am.")
            home.grace.presses(offer, "Regenerate")
            answering = await home.answer("Late, but here.")
            await settled(home, thread, "Late, but here.")

            assert young == {"a young one", "one in the thread"}
            assert "an old one" in answering.prompt
            assert home.asked.empty()


async def test_a_death_while_it_catches_up_leaves_no_question_out_and_answers_none_twice(tmp_path: Path) -> None:
    async with discord_town() as town:
        async with discord_house(tmp_path, town) as home:
            home.ada.says(home.ada.dm, "before")
            await home.answer("First.")
            await settled(home, home.ada.dm, "First.")
        square = town.channel(home.guild, "square")
        asked = [home.grace.mentions_bot(home.general, "first?"), home.grace.mentions_bot(square, "second?")]
        home.ada.says(home.ada.dm, "third?")
        town.faults.add("history", never(), times=9, where=lambda call: call.place == str(square.id))
        async with discord_house(tmp_path, town, orderly=False) as home:
            begun = [(await home.request()).question.rpartition("\n")[2] for _ in range(2)]
        town.faults.clear()
        async with discord_house(tmp_path, town) as home:
            for _ in range(3):
                await home.answer("Here I am.")
            for question in asked:
                await settled(home, await home.thread_of(question), "Here I am.")
            await settled(home, home.ada.dm, "First.", "Here I am.")

            assert set(begun) == {"first?", "third?"}
            assert home.asked.empty()


async def test_a_thread_that_slept_when_it_came_is_known_when_it_wakes(tmp_path: Path) -> None:
    async with discord_town() as town:
        async with discord_house(tmp_path, town) as home:
            question = home.ada.mentions_bot(home.general, QUESTION)
            await home.answer("A wading bird.")
            thread = await home.thread_of(question)
            await settled(home, thread, "A wading bird.")
        home.ada.archives(thread)
        async with discord_house(tmp_path, town) as home:
            home.ada.says(thread, "how tall?")
            answering = await home.answer("A metre.")
            await settled(home, thread, "A wading bird.", "A metre.")

            assert "A wading bird." in answering.prompt


async def test_a_store_that_refuses_gets_the_message_again_until_it_takes_it(
    home: DiscordHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, refused = home.intake.accept, 2

    async def stubborn(inbound: Inbound) -> None:
        nonlocal refused
        if refused:
            refused -= 1
            raise StoreFull("no room")
        await accept(inbound)

    monkeypatch.setattr(home.intake, "accept", stubborn)
    monkeypatch.setattr("adapters.discord.waiting._PAUSE", 0.02)
    home.ada.says(home.ada.dm, "one")
    await home.town.until(lambda: True)
    home.ada.says(home.ada.dm, "two")
    answering = await home.request()
    while "two" not in answering.prompt:  # the second joins the first, which is then asked anew with both
        answering = await home.request()
    await answering.finish("Both.")

    assert "one" in answering.prompt
