"""Talking on Slack: who is answered where, what belongs together, what is left alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.slack_house import SlackHouse, read, slack_house
from tests.slack_town.town import slack_town
from tests.slack_town.values import BOT_USER


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHouse]:
    async with slack_house(tmp_path) as opened:
        yield opened


async def test_a_mention_is_answered_in_its_thread_once_though_slack_tells_of_it_twice(slack: SlackHouse) -> None:
    asked = slack.town.ada.mentions(slack.town.square, "what is a < b?")
    answering = await slack.answer("It compares.")
    (answer,) = await slack.said(slack.town.square, asked)

    assert "what is a < b?" in answering.question
    assert read(answer) == "It compares."
    assert answer.thread_ts == asked.ts
    assert len(slack.town.told_of(asked)) == 2
    assert slack.town.limited() == []


async def test_an_answer_streams_from_its_first_word(slack: SlackHouse) -> None:
    asked = slack.town.ada.mentions(slack.town.square, "count")
    answering = await slack.house.request()
    await answering.say("One, ")
    await slack.town.until(lambda: slack.ours(slack.town.square, asked))
    (growing,) = slack.ours(slack.town.square, asked)
    assert growing.streaming
    assert growing.text == "One,"
    await answering.finish("two.")
    (answer,) = await slack.said(slack.town.square, asked)

    assert read(answer) == "One, two."
    assert answer.metadata is not None
    assert not slack.town.calls("chat.postMessage", "chat.update")


async def test_a_thread_goes_on_without_a_mention_and_what_is_meant_for_others_is_left_alone(
    slack: SlackHouse,
) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "first")
    await slack.answer("one")
    await slack.said(town.square, asked)
    town.grace.says(town.square, f"<@{town.ada.id}> did you see this?", thread=asked)
    town.grace.says(town.square, "<!here> lunch?", thread=asked)
    town.grace.says(town.square, "<!subteam^S123|@cooks> what is there?", thread=asked)
    await town.settled()
    await slack.rest()
    assert slack.house.asked.empty()
    town.grace.says(town.square, "and the second?", thread=asked)
    second = await slack.answer("two")
    await slack.said(town.square, asked, 2)

    assert "and the second?" in second.question
    assert "@Ada did you see this?" in second.prompt
    await slack.rest()
    assert len(slack.ours(town.square, asked)) == 2


async def test_threads_we_take_part_in_are_known_after_a_restart(tmp_path: Path) -> None:
    async with slack_town() as town:
        async with slack_house(tmp_path, town) as before:
            asked = town.ada.mentions(town.square, "first")
            await before.answer("one")
            await before.said(town.square, asked)
        async with slack_house(tmp_path, town) as after:
            town.ada.says(town.square, "go on", thread=asked)
            await after.answer("two")
            await after.said(town.square, asked, 2)


async def test_where_a_channel_chose_it_only_a_mention_is_answered(slack: SlackHouse) -> None:
    town = slack.town
    town.square.creator = town.ada.id
    await town.ada.types("/gatepost settings follow_ups mention channel", town.square).answered()
    assert "Done" in read((await slack.whispered(town.ada))[-1])
    asked = town.ada.mentions(town.square, "first")
    await slack.answer("one")
    await slack.said(town.square, asked)
    aside = town.ada.says(town.square, "thinking aloud", thread=asked)
    await town.until(lambda: aside.deliveries and aside.deliveries[0].acked)
    town.ada.mentions(town.square, "second", thread=asked)
    answering = await slack.answer("two")
    await slack.said(town.square, asked, 2)

    assert "second" in answering.question
    assert "thinking aloud" in answering.prompt


async def test_called_into_a_thread_it_has_read_what_was_said_before(slack: SlackHouse) -> None:
    town = slack.town
    root = town.grace.says(town.square, "The launch is on the 14th.", quietly=True)
    town.ada.says(town.square, "Too early!", thread=root, quietly=True)
    town.ada.mentions(town.square, "when is the launch?", thread=root)
    answering = await slack.answer("On the 14th.")

    assert "The launch is on the 14th." in answering.prompt
    assert "Too early!" in answering.prompt
    assert "Grace" in answering.prompt


async def test_our_own_name_in_the_middle_of_a_question_reads_as_a_name(slack: SlackHouse) -> None:
    town = slack.town
    town.ada.says(town.square, f"what does <@{BOT_USER}> know of herons?")
    answering = await slack.answer("They wade.")

    assert "what does @Gatepost know of herons?" in answering.question


async def test_each_direct_message_begins_a_thread_with_a_title_and_needs_no_mention(slack: SlackHouse) -> None:
    town, dm = slack.town, slack.town.ada.dm
    first, other = town.ada.says(dm, "plan my week"), town.ada.says(dm, "another thing")
    answers = {}
    for _ in (first, other):
        answering = await slack.house.request()
        answers[answering.question] = answering
        await answering.finish("done")
    await slack.said(dm, first)
    await slack.said(dm, other)
    town.ada.says(dm, "more of it", thread=first)
    third = await slack.answer("more")
    await slack.said(dm, first, 2)

    assert "plan my week" in third.prompt
    assert "another thing" not in third.prompt
    await town.until(lambda: town.world.agent_thread(dm.id, first.ts).title == "plan my week")


async def test_an_edited_question_is_the_same_question_and_an_unfurled_link_is_no_edit(slack: SlackHouse) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "what is https://example.org ?")
    first = await slack.house.request()
    town.unfurls(asked, "https://example.org")
    town.ada.edits(asked, f"<@{BOT_USER}> what is https://example.com ?")
    second = await slack.house.request()
    await second.finish("An example.")
    await slack.said(town.square, asked)
    await slack.rest()

    assert "example.org" in first.question
    assert "example.com" in second.question
    assert len(slack.ours(town.square, asked)) == 1
    assert slack.house.asked.empty()


async def test_a_message_that_mentions_us_only_after_an_edit_is_answered_once(slack: SlackHouse) -> None:
    town = slack.town
    asked = town.ada.says(town.square, "what about lunch?")
    town.ada.edits(asked, f"<@{BOT_USER}> what about lunch?")
    await slack.answer("At noon.")
    await slack.said(town.square, asked)
    await slack.rest()

    assert len(slack.ours(town.square, asked)) == 1
    assert slack.house.asked.empty()


async def test_a_deleted_question_takes_its_answer_away(slack: SlackHouse) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "never mind")
    answering = await slack.house.request()
    await answering.say("Well, ")
    await town.until(lambda: slack.ours(town.square, asked))
    town.ada.deletes(asked)
    await town.until(lambda: not slack.ours(town.square, asked))
    await slack.rest()


async def test_guests_and_strangers_are_heard_and_not_answered_unless_a_channel_allows_it(
    slack: SlackHouse,
) -> None:
    town = slack.town
    guest, stranger = town.person("Gus", guest=True), town.stranger_person("Sam")
    town.square.members |= {guest.id, stranger.id}
    town.square.shared = True
    for one in (guest, stranger):
        told = one.mentions(town.square, "hello?")
        await slack.whispered(one)
        assert "members of this workspace" in read(one.whispers[0])
        assert slack.ours(town.square, told) == []
    town.square.creator = town.ada.id
    await town.ada.types("/gatepost settings outsiders allow channel", town.square).answered()
    assert "Done" in read((await slack.whispered(town.ada))[-1])
    asked = guest.mentions(town.square, "and now?")
    await slack.answer("Welcome.")
    await slack.said(town.square, asked)


async def test_other_bots_and_joins_are_no_questions(slack: SlackHouse) -> None:
    town = slack.town
    bot = town.other_bot("Robbie")
    town.square.members.add(bot.id)
    said = bot.mentions(town.square, "hello, fellow bot")
    await town.until(lambda: all(one.acked for one in said.deliveries) and said.deliveries)

    assert slack.house.asked.empty()


async def test_what_a_tool_does_is_a_status_before_the_first_word_and_a_step_within_a_stream(
    slack: SlackHouse,
) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "what time is it?")
    first = await slack.house.request()
    await first.call(("c1", "current_time", '{"time_zone": "UTC"}'))
    second = await slack.house.request()
    await second.say("It is noon in London.")
    (answer,) = await slack.seen(town.square, asked)
    await second.call(("c2", "current_time", '{"time_zone": "Asia/Tokyo"}'))
    third = await slack.house.request()
    await third.finish("In Tokyo it is evening.")
    await slack.said(town.square, asked)
    shown = [
        text for _, method, text in town.world.agent_thread(town.square.id, asked.ts).statuses if "set" in method
    ]

    assert read(answer) == "It is noon in London.\n\nIn Tokyo it is evening."
    assert answer.stream is not None
    assert all(task["status"] == "complete" for task in answer.stream.tasks.values())
    assert all(text.startswith("is ") for text in shown)
    assert not town.calls("agents.sessions.setStatus")


async def test_what_to_type_is_told_as_slack_takes_it(slack: SlackHouse) -> None:
    asked = slack.town.ada.mentions(slack.town.square, "hello")
    refused = await slack.house.request()
    await refused.refuse(404, "model_not_found", "no such model")
    (answer,) = await slack.said(slack.town.square, asked)

    assert "Try @Gatepost !model." in str(answer.blocks)
