"""What the next process makes of what a dead one left, for every step at which it can die."""

import asyncio
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.conversation.ports import Limits
from bot.messages import ActionName, TurnState
from bot.tools.base import Tool, ToolContext
from tests.house import Answering, House, house
from tests.town import CHANNEL, PlainTownAdapter, Shown, Town

LINES = [f"This is line {n} of a long answer, and it says no more than that.\n\n" for n in range(60)]


async def visible(here: House, model: Answering, text: str) -> Shown:
    """Write this, and wait until people see it."""
    await model.say(text)
    await here.town.until(lambda town: any(shown.text.startswith(text.strip()) for shown in town.ours()))
    return here.town.ours()[0]


def seen(town: Town) -> list[tuple[str, str | None]]:
    """What stands there in the end, every message of it final."""
    assert all(shown.final for shown in town.ours())
    return [(shown.text, shown.status) for shown in town.ours()]


async def test_a_question_that_was_taken_in_and_not_begun_is_answered(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, limits=Limits(turns=0), orderly=False) as here:
        await here.people.say("hello")
    async with house(tmp_path, town) as here:
        await here.answer("hi")
        await here.answered()

    assert seen(town) == [("hi", None)]


async def test_a_turn_that_had_begun_and_shown_nothing_is_answered(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("hello")
        await here.request()
    async with house(tmp_path, town) as here:
        model = await here.answer("hi")
        await here.answered()

    assert "hello" in model.question
    assert seen(town) == [("hi", None)]


async def test_a_post_without_a_receipt_is_found_and_finished_by_editing(tmp_path: Path) -> None:
    town = Town(silent=True)
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("hello")
        first = await visible(here, await here.request(), "half of ")
    town.silent = False
    async with house(tmp_path, town) as here:
        await here.answer("half of it, and the rest")
        await here.answered()

    assert seen(town) == [("half of it, and the rest", None)]
    assert town.ours()[0].id == first.id
    assert len(town.posts) == 1


async def test_an_answer_in_several_messages_is_finished_in_the_same_ones(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("tell me everything")
        model = await here.request()
        await model.say(*LINES[:40])
        await here.town.until(lambda town: len(town.ours()) == 2 and "line 39 " in town.ours()[1].text)
        before = [shown.id for shown in town.ours()]
    async with house(tmp_path, town) as here:
        await here.answer(*LINES)
        await here.answered(3)

    assert [shown.id for shown in town.ours()][:2] == before
    assert len(town.posts) == len(town.ours()) == 3
    assert "\n".join(text for text, _ in seen(town)).split() == "".join(LINES).split()


async def test_messages_that_the_second_answer_does_not_need_are_taken_away(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("tell me everything")
        model = await here.request()
        await model.say(*LINES[:40])
        await here.town.until(lambda town: len(town.ours()) == 2)
    async with house(tmp_path, town) as here:
        await here.answer("In short: no.")
        await here.answered()

    assert seen(town) == [("In short: no.", None)]


class Booking(BaseModel):
    """Book a room."""


def booking(*, effects: bool, begun: list[str], begins: asyncio.Event, hangs: bool) -> Tool[Booking]:
    """A tool that notes each time it runs, and may never come back."""

    async def book(context: ToolContext, _arguments: Booking) -> str:
        begun.append(context.key)
        begins.set()
        if hangs:
            await asyncio.Event().wait()
        return "booked"

    return Tool(name="book", arguments=Booking, run=book, effects=effects)


@pytest.mark.parametrize(
    ("effects", "runs", "told"),
    [
        pytest.param(True, 1, "whether it took effect is unknown", id="with effects"),
        pytest.param(False, 2, "booked", id="without effects"),
    ],
)
async def test_a_call_that_did_not_end_is_made_again_only_where_that_changes_nothing(
    effects: bool, runs: int, told: str, tmp_path: Path
) -> None:
    town, begun, begins = Town(), list[str](), asyncio.Event()
    tools = [booking(effects=effects, begun=begun, begins=begins, hangs=True)]
    async with house(tmp_path, town, tools=tools, orderly=False) as here:
        await here.people.say("book it")
        await (await here.request()).call(("c1", "book", "{}"))
        await begins.wait()
    tools = [booking(effects=effects, begun=begun, begins=begins, hangs=False)]
    async with house(tmp_path, town, tools=tools) as here:
        model = await here.answer("done")
        await here.answered()

    assert len(begun) == runs
    assert len(set(begun)) == 1
    assert [told in str(message["content"]) for message in model.messages if message["role"] == "tool"] == [True]
    assert seen(town) == [("done", None)]


async def test_an_answer_that_was_kept_and_not_shown_to_the_end_is_shown_without_asking_again(
    tmp_path: Path,
) -> None:
    town = Town(held={"final"})
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("hello")
        model = await here.request()
        await visible(here, model, "good ")
        await model.finish("morning")
        await here.store_holds(TurnState.DONE)
    town.held.clear()
    async with house(tmp_path, town) as here:
        await here.answered()
        assert here.asked.empty()

    assert seen(town) == [("good morning", None)]
    assert len(town.posts) == 1


async def test_an_answer_whose_question_was_deleted_is_taken_away(tmp_path: Path) -> None:
    town = Town(held={"delete"})
    async with house(tmp_path, town, orderly=False) as here:
        said = await here.people.say("never mind")
        await visible(here, await here.request(), "well, ")
        await here.people.delete_message(said.message_id)
        await here.store_holds(TurnState.CANCELLED)
    town.held.clear()
    async with house(tmp_path, town) as here:
        await here.town.until(lambda town: not town.ours())
        await here.rest()
        assert here.asked.empty()


async def test_continuing_goes_on_in_the_same_message(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("count")
        model = await here.request()
        shown = await visible(here, model, "one two ")
        await here.people.press(ActionName.STOP, shown)
        await here.answered()
        model.ended.set()
        await here.people.press(ActionName.CONTINUE, shown)
        await (await here.request()).say("three ")
        await town.until(lambda town: "three" in town.ours()[0].text)
    async with house(tmp_path, town) as here:
        more = await here.answer("three four")
        await here.answered()

    assert "Continue exactly" in more.prompt
    assert seen(town) == [("one two three four", None)]
    assert len(town.posts) == 1


async def test_regenerating_goes_on_in_the_same_message(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("tell me a joke")
        await here.answer("a bad joke")
        await here.answered()
        await here.people.press(ActionName.REGENERATE, town.ours()[0])
        await visible(here, await here.request(), "a better ")
    async with house(tmp_path, town) as here:
        again = await here.answer("a good joke")
        await here.answered()

    assert "bad joke" not in again.prompt
    assert seen(town) == [("a good joke", None)]
    assert len(town.posts) == 1


async def test_a_turn_that_took_two_processes_with_it_ends_with_one_apology(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("hello")
        await visible(here, await here.request(), "half ")
    async with house(tmp_path, town, orderly=False) as here:
        await here.request()
    for _ in range(2):
        async with house(tmp_path, town) as here:
            await here.answered()
            assert here.asked.empty()

    ((text, status),) = seen(town)
    turn_id = next(action.turn_id for shown in town.ours() if shown.rendered for action in shown.rendered.actions)
    assert text == ""
    assert status == f"⚠ I tried this twice and did not get through, so I stopped. (ref {turn_id[:8]})"


async def test_an_orderly_end_is_no_attempt(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town) as here:
        await here.people.say("hello")
        await here.request()
    for _ in range(3):
        async with house(tmp_path, town) as here:
            await here.request()
    async with house(tmp_path, town) as here:
        await here.answer("hi")
        await here.answered()

    assert seen(town) == [("hi", None)]


async def test_the_thread_of_a_question_is_opened_by_the_next_process(tmp_path: Path) -> None:
    town = Town(threads=True, held={"thread"})
    async with house(tmp_path, town, orderly=False) as here:
        said = await here.people.say("what is up?", place=CHANNEL)
        await here.request()
    town.held.clear()
    async with house(tmp_path, town) as here:
        await here.answer("the sky")
        await here.answered()

    assert town.titles == {said.message_id: "what is up?"}


async def test_where_a_lost_receipt_cannot_be_asked_for_the_answer_is_whole_and_says_it_may_stand_twice(
    tmp_path: Path,
) -> None:
    """The one window that remains: the platform took a post, we died, and it will not let us look."""
    town = Town(silent=True, forgets=True)
    async with house(tmp_path, town, adapter=PlainTownAdapter, orderly=False) as here:
        await here.people.say("hello")
        await visible(here, await here.request(), "half of ")
    town.silent = False
    async with house(tmp_path, town, adapter=PlainTownAdapter) as here:
        await here.answer("half of it, and the rest")
        await here.answered()

    earlier, answer = town.ours()
    assert (earlier.text, earlier.final, earlier.edits) == ("half of", False, 0)
    assert (answer.text, answer.final) == ("half of it, and the rest", True)
    assert "may stand here twice" in (answer.status or "")
