"""Nothing lost and nothing twice on Slack: redelivery, lost answers, crashes, refusals of every kind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Place, PlaceKind
from tests.slack_house import SlackHouse, read, slack_house
from tests.slack_town.tokens import BOT_TOKEN
from tests.slack_town.town import slack_town
from tests.slack_town.values import BOT_USER, TEAM, Message

LONG = " ".join(f"word{n}" for n in range(60))


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHouse]:
    async with slack_house(tmp_path) as opened:
        yield opened


async def test_what_slack_delivers_twice_is_one_question_over_a_restart_too(tmp_path: Path) -> None:
    async with slack_town() as town:
        town.deliveries.twice = True
        async with slack_house(tmp_path, town) as before:
            asked = town.ada.mentions(town.square, "once?")
            await before.answer("Once.")
            await before.said(town.square, asked)
        async with slack_house(tmp_path, town) as after:
            for told in list(asked.deliveries):
                town.deliveries.again(told)
            await after.rest()

            assert after.house.asked.empty()
            assert len(after.ours(town.square, asked)) == 1


async def test_slack_is_told_that_we_have_a_message_only_after_it_is_kept(slack: SlackHouse) -> None:
    town = slack.town
    town.sockets.answer_within = 0.3
    town.deliveries.retries = (0.7,)
    town.faulty("users.info", status=500, times=3)
    asked = town.ada.mentions(town.square, "do you have it?")
    await slack.answer("I do.")
    await slack.said(town.square, asked)
    told = town.told_of(asked)

    assert any(len(one.attempts) > 1 for one in told)
    assert len(slack.ours(town.square, asked)) == 1


@pytest.mark.parametrize("method", ["chat.startStream", "chat.stopStream", "chat.appendStream"])
async def test_a_lost_answer_in_a_stream_leaves_one_message_with_every_word_once(
    slack: SlackHouse, method: str
) -> None:
    town = slack.town
    town.faulty(method, lost=True)
    asked = town.ada.mentions(town.square, "go")
    answering = await slack.house.request()
    await answering.say("first ")
    await town.until(lambda: town.calls("chat.startStream"))
    await answering.say(LONG)
    await asyncio.sleep(0.7 if method == "chat.appendStream" else 0)
    await answering.finish(" last")
    (answer,) = await slack.said(town.square, asked)

    assert read(answer) == f"first {LONG} last"
    assert not answer.streaming


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_a_lost_answer_to_a_post_or_an_edit_leaves_one_message(slack: SlackHouse, method: str) -> None:
    town = slack.town
    town.world.streaming_off = "feature_not_enabled"
    town.faulty(method, lost=True)
    asked = town.ada.mentions(town.square, "go")
    answering = await slack.house.request()
    await answering.say("first ")
    await town.until(lambda: town.calls("chat.postMessage"))
    await answering.finish("last")
    (answer,) = await slack.said(town.square, asked)

    assert read(answer) == "first last"


async def test_where_streams_are_refused_an_answer_is_posted_and_edited_with_a_stop_button(
    slack: SlackHouse,
) -> None:
    town = slack.town
    town.world.streaming_off = "feature_not_enabled"
    asked = town.ada.mentions(town.square, "slowly")
    answering = await slack.house.request()
    await answering.say("One ")
    await town.until(lambda: slack.ours(town.square, asked))
    (growing,) = slack.ours(town.square, asked)
    await town.ada.presses(growing, "Stop").answered()
    (answer,) = await slack.said(town.square, asked)
    answering.ended.set()

    assert "One" in read(answer)
    assert "Stopped." in str(answer.blocks)
    town.ada.mentions(town.square, "again", thread=asked)
    await slack.answer("Two")
    await slack.said(town.square, asked, 2)
    assert len(town.calls("chat.startStream")) == 1  # it is not tried again and again


async def test_a_stream_left_open_by_a_crash_is_found_ended_and_finished(tmp_path: Path) -> None:
    async with slack_town() as town:
        async with slack_house(tmp_path, town, orderly=False) as before:
            asked = town.ada.mentions(town.square, "tell me")
            answering = await before.house.request()
            await answering.say("Once upon a time ")
            await town.until(lambda: before.ours(town.square, asked))
            answering.ended.set()
        (left,) = [one for one in town.square.visible(asked.ts) if one.bot]
        assert left.streaming
        async with slack_house(tmp_path, town) as after:
            await after.answer("The whole story.")
            (answer,) = await after.said(town.square, asked)

            assert answer is left
            assert not answer.streaming
            assert read(answer) == "The whole story."


async def test_a_stream_of_which_we_never_heard_back_before_a_crash_is_adopted(tmp_path: Path) -> None:
    async with slack_town() as town:
        gate = asyncio.Event()
        async with slack_house(tmp_path, town, orderly=False) as before:
            asked = town.ada.mentions(town.square, "tell me")
            town.faulty("chat.startStream", late=60.0, lost=True)
            answering = await before.house.request()
            await answering.say("Once upon a time ")
            await town.until(lambda: [one for one in town.square.visible(asked.ts) if one.bot])
            answering.ended.set()
        gate.set()
        (left,) = [one for one in town.square.visible(asked.ts) if one.bot]
        async with slack_house(tmp_path, town) as after:
            await after.answer("The whole story.")
            (answer,) = await after.said(town.square, asked)

            assert answer is left
            assert read(answer) == "The whole story."


async def test_a_stream_that_slack_ends_by_itself_is_edited_to_its_end(slack: SlackHouse) -> None:
    town = slack.town
    town.world.stream_life = 0.2
    asked = town.ada.mentions(town.square, "slowly")
    answering = await slack.house.request()
    await answering.say("first ")
    await town.until(lambda: slack.ours(town.square, asked))
    await asyncio.sleep(0.3)
    await answering.say("second ")
    await answering.finish("third")
    (answer,) = await slack.said(town.square, asked)

    assert read(answer) == "first second third"
    assert town.calls("chat.update")


async def test_slacks_own_stop_button_stops_the_answer_and_what_was_said_stays(slack: SlackHouse) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "write a lot")
    answering = await slack.house.request()
    await answering.say("A lot ")
    await town.until(lambda: slack.ours(town.square, asked))
    told = town.ada.stops(town.square, asked)
    assert told is not None
    await told.answered()
    (answer,) = await slack.said(town.square, asked)
    answering.ended.set()

    assert "A lot" in read(answer)
    assert "Stopped." in str(answer.blocks)
    await town.until(lambda: town.world.agent_thread(town.square.id, asked.ts).session == "active")


async def test_a_rate_limit_is_obeyed_and_the_answer_is_whole(slack: SlackHouse) -> None:
    town = slack.town
    town.faulty("chat.startStream", status=429, retry_after=1)
    asked = town.ada.mentions(town.square, "go")
    await slack.answer("Whole.")
    (answer,) = await slack.said(town.square, asked)

    assert read(answer) == "Whole."
    limited = next((one for one in town.calls() if one.status == 429), None)
    if limited is not None:
        later = [one for one in town.calls(limited.method) if one.at > limited.at]
        assert all(one.at >= limited.at + 1 for one in later)


@pytest.mark.parametrize("error", ["msg_too_long", "invalid_blocks", "internal_error"])
async def test_an_ok_false_on_the_last_edit_does_not_lose_the_answer(slack: SlackHouse, error: str) -> None:
    town = slack.town
    town.world.streaming_off = "feature_not_enabled"
    asked = town.ada.mentions(town.square, "go")
    answering = await slack.house.request()
    await answering.say("first ")
    await town.until(lambda: slack.ours(town.square, asked))
    town.faulty("chat.update", error=error)
    await answering.finish("last")
    (answer,) = await slack.said(town.square, asked)

    assert read(answer) == "first last"


async def test_a_deleted_answer_stays_deleted(slack: SlackHouse) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "go")
    answering = await slack.house.request()
    await answering.say("first ")
    await town.until(lambda: slack.ours(town.square, asked))
    town.ada.deletes(slack.ours(town.square, asked)[0])
    answering.ended.set()
    await slack.rest()

    assert slack.ours(town.square, asked) == []


async def test_an_archived_channel_ends_the_turn_and_nothing_is_tried_for_ever(slack: SlackHouse) -> None:
    town = slack.town
    asked = town.ada.mentions(town.square, "go")
    answering = await slack.house.request()
    town.square.archived = True
    await answering.finish("Too late.")
    await slack.rest()
    calls = len(town.calls("chat.postMessage", "chat.startStream"))
    await asyncio.sleep(0.1)

    assert slack.ours(town.square, asked) == []
    assert calls == len(town.calls("chat.postMessage", "chat.startStream"))


async def test_an_answer_that_may_not_be_posted_comes_to_whoever_asked_alone(slack: SlackHouse) -> None:
    town = slack.town
    town.square.refuses = "restricted_action_read_only_channel"
    asked = town.ada.mentions(town.square, "go")
    await slack.answer("The whole answer.")
    await slack.rest()
    [told] = [*town.ada.whispers, *(one for one in town.ada.dm.visible() if one.bot)]

    assert "The whole answer." in read(told)
    assert slack.ours(town.square, asked) == []
    assert town.grace.whispers == []


async def test_an_answer_that_a_revoked_token_kept_back_is_shown_with_the_next_one(tmp_path: Path) -> None:
    async with slack_town() as town:
        async with slack_house(tmp_path, town) as before:
            asked = town.ada.mentions(town.square, "go")
            answering = await before.house.request()
            town.tokens.revoke()
            await answering.finish("Kept.")
            await before.house.store_holds("done")
        town.tokens.dead.pop(BOT_TOKEN)
        async with slack_house(tmp_path, town) as after:
            (answer,) = await after.said(town.square, asked)

            assert read(answer) == "Kept."


async def test_what_was_said_while_we_were_away_is_answered_at_the_next_start(tmp_path: Path) -> None:
    async with slack_town() as town:
        town.deliveries.retries = ()
        async with slack_house(tmp_path, town) as before:
            asked = town.ada.mentions(town.square, "first")
            await before.answer("one")
            await before.said(town.square, asked)
        missed = town.ada.mentions(town.square, "are you there?")
        town.ada.says(town.square, "and here?", thread=asked)
        dm = town.ada.says(town.ada.dm, "and here, too?")
        async with slack_house(tmp_path, town) as after:
            questions = [(await after.answer("yes")).question for _ in range(3)]
            for place, root in ((town.square, missed), (town.ada.dm, dm)):
                await after.said(place, root)
            await after.said(town.square, asked, 2)

            assert len(set(questions)) == 3


async def test_what_slack_limits_us_in_reading_is_read_later_and_not_given_up(tmp_path: Path) -> None:
    async with slack_town() as town:
        town.deliveries.retries = ()
        async with slack_house(tmp_path, town) as before:
            asked = town.ada.mentions(town.square, "first")
            await before.answer("one")
            await before.said(town.square, asked)
        missed = town.ada.mentions(town.square, "are you there?")
        town.faulty(
            "conversations.history",
            error="ratelimited",
            status=429,
            retry_after=31,
            only=lambda call: call.text("channel") == town.square.id,
        )
        async with slack_house(tmp_path, town) as after:
            await after.answer("yes")
            await after.said(town.square, missed)


def _thread(slack: SlackHouse, replies: int, *, apart: float) -> tuple[Message, list[str]]:
    """A thread in which much was said before we came, most of it in the last hour; what was said."""
    town = slack.town
    root = town.grace.says(town.square, "the plan", quietly=True)
    town.clock.advance(3600)
    said = [f"reply {n}" for n in range(replies)]
    for n, text in enumerate(said):
        town.clock.advance(apart if n < replies // 3 else apart / 5_000)
        town.grace.says(town.square, text, thread=root, quietly=True)
    return root, said


@pytest.mark.parametrize(("replies", "apart"), [(150, 60.0), (2_500, 60.0)])
async def test_of_a_thread_however_long_the_newest_replies_are_read_in_few_calls(
    slack: SlackHouse, replies: int, apart: float
) -> None:
    town = slack.town
    root, said = _thread(slack, replies, apart=apart)
    asked = town.ada.mentions(town.square, "and now?", thread=root)
    place = Place("slack", TEAM, town.square.id, root.ts, PlaceKind.THREAD)
    before = len(town.calls("conversations.replies"))
    past = await slack.adapter.history(place, asked.ts, 100)

    assert [one.text for one in past] == said[-100:]
    assert len(town.calls("conversations.replies")) - before == 1 + replies // 1_000


async def test_a_post_of_which_we_never_heard_back_is_found_in_a_long_thread_too(slack: SlackHouse) -> None:
    town = slack.town
    town.world.streaming_off = "feature_not_enabled"
    root, _ = _thread(slack, 1_500, apart=60.0)
    town.faulty("chat.postMessage", lost=True)
    asked = town.ada.mentions(town.square, "go", thread=root)
    await slack.answer("Once.")
    (answer,) = await slack.said(town.square, asked)

    assert read(answer) == "Once."


async def test_the_newest_questions_in_a_busy_place_are_caught_up(tmp_path: Path) -> None:
    async with slack_town() as town:
        town.deliveries.retries = ()
        async with slack_house(tmp_path, town) as before:
            asked = town.ada.mentions(town.square, "first")
            await before.answer("one")
            await before.said(town.square, asked)
        robot = town.other_bot("Ticker")
        for _ in range(250):
            robot.says(town.square, "tick", quietly=True)
            robot.says(town.square, "tock", thread=asked, quietly=True)
        missed = town.ada.mentions(town.square, "are you there?")
        town.ada.mentions(town.square, "and here?", thread=asked)
        async with slack_house(tmp_path, town) as after:
            questions = [(await after.answer("yes")).question for _ in range(2)]
            await after.said(town.square, missed)
            await after.said(town.square, asked, 2)

            assert sorted(one.splitlines()[-1] for one in questions) == ["and here?", "are you there?"]


async def test_what_history_tells_again_is_neither_asked_twice_nor_taken_for_what_it_was_not(
    slack: SlackHouse,
) -> None:
    town = slack.town
    root = town.grace.says(town.square, "lunch?")
    town.grace.says(town.square, "pizza maybe", thread=root)
    edited = town.ada.says(town.square, "where is it?")
    await town.settled()
    asked = town.ada.mentions(town.square, "how much is it?", thread=root)
    await slack.answer("Ten.")
    await slack.said(town.square, asked)
    town.ada.edits(edited, f"<@{BOT_USER}> where is it?")
    await slack.answer("There.")
    await slack.said(town.square, edited)
    looked = len(town.calls("conversations.replies"))
    await town.sockets.disconnect()
    await town.until(lambda: len(town.calls("conversations.replies")) > looked)
    missed = town.ada.mentions(town.square, "and now?", thread=root)
    answering = await slack.answer("Now.")
    await slack.said(town.square, asked, 2)

    assert answering.question.endswith("and now?")
    assert slack.house.asked.empty()
    assert len(slack.ours(town.square, edited)) == 1
    assert missed.root == root.ts
