"""Commands and stops that a process took in and died over: the next one does what was asked, once."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.commands.base import Command, CommandContext
from bot.conversation.ports import Limits
from bot.messages import Action, ActionName, CommandSpec
from bot.store.intents.rows import last_turn
from bot.store.schema import turns
from tests.house import House, house
from tests.scenario.test_recovery import seen, visible
from tests.town import ADA, DM, GRACE, Shown, Town


class Count:
    """A command that counts its runs, and may hang in them."""

    def __init__(self, *, private: bool, hangs: bool) -> None:
        self.runs = 0
        self.began = asyncio.Event()
        self.hangs = hangs
        self.spec = CommandSpec("count", "Counts", private=private)

    async def run(self, _context: CommandContext) -> str:
        self.runs += 1
        self.began.set()
        if self.hangs:
            await asyncio.Event().wait()
        return "counted"

    def table(self) -> Sequence[Command]:
        return [Command(self.spec, self.run)]


async def die_over_stop(here: House, stop: Coroutine[Any, Any, None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Take in a stop, and die before anything is done about it."""
    taken_in = asyncio.Event()

    async def die(*_: object) -> bool:
        taken_in.set()
        return await asyncio.Event().wait()

    monkeypatch.setattr(here.desk, "stop_turn", die)
    stopping = asyncio.create_task(stop)
    async with asyncio.timeout(10):
        await taken_in.wait()
    stopping.cancel()


async def test_a_command_that_was_not_carried_out_is_carried_out_and_answered_once(tmp_path: Path) -> None:
    town, count = Town(), Count(private=True, hangs=True)
    async with house(tmp_path, town, commands=count.table(), orderly=False) as here:
        typed = here.people.typed("count")
        await here.people.deliver(typed)
        await count.began.wait()
    count.hangs = False
    for _ in range(2):
        async with house(tmp_path, town, commands=count.table()) as here:
            await town.until(lambda town: town.whispers)
            await here.people.deliver(typed)

    assert count.runs == 2
    assert town.whispers == [(ADA, "counted")]


async def test_what_a_command_said_to_all_is_not_said_again_where_the_platform_can_tell(tmp_path: Path) -> None:
    town, count = Town(silent=True), Count(private=False, hangs=False)
    async with house(tmp_path, town, commands=count.table(), orderly=False) as here:
        await here.people.command("count")
        await town.until(lambda town: town.ours())
    town.silent = False
    async with house(tmp_path, town, commands=count.table()) as here:
        pass

    assert count.runs == 2
    assert [shown.text for shown in town.ours()] == ["counted"]
    assert len(town.posts) == 1


async def test_a_command_that_took_two_processes_with_it_is_given_up_with_one_sentence(tmp_path: Path) -> None:
    town, count = Town(), Count(private=True, hangs=True)
    async with house(tmp_path, town, commands=count.table(), orderly=False) as here:
        await here.people.command("count")
        await count.began.wait()
    count.began.clear()
    async with house(tmp_path, town, commands=count.table(), orderly=False):
        await count.began.wait()
    for _ in range(2):
        async with house(tmp_path, town, commands=count.table()):
            await town.until(lambda town: town.whispers)

    assert count.runs == 2
    assert town.whispers == [(ADA, "I was interrupted twice while doing that, so I stopped. Please try it again.")]


async def test_a_command_that_breaks_says_so_and_is_owed_no_more(tmp_path: Path) -> None:
    runs = 0

    async def run(_context: CommandContext) -> str:
        nonlocal runs
        runs += 1
        raise LookupError("broken")

    town, table = Town(), [Command(CommandSpec("count", "Counts"), run)]
    for _ in range(2):
        async with house(tmp_path, town, commands=table) as here:
            if not runs:
                await here.people.command("count")
            await town.until(lambda town: town.whispers)

    assert runs == 1
    assert town.whispers == [(ADA, "Something went wrong on my side.")]


def press_stop(here: House, shown: Shown) -> Coroutine[Any, Any, None]:
    return here.people.press(ActionName.STOP, shown)


def press_the_platforms_own(here: House, shown: Shown) -> Coroutine[Any, Any, None]:
    return here.people.press_action(Action(ActionName.STOP, ""), shown)


def type_stop(here: House, _shown: Shown) -> Coroutine[Any, Any, None]:
    return here.people.command("stop", place=DM)


@pytest.mark.parametrize("stop", [press_stop, press_the_platforms_own, type_stop])
async def test_a_stop_that_was_taken_in_stops_the_turn_in_the_next_process_and_leaves_what_people_saw(
    stop: Callable[[House, Shown], Coroutine[Any, Any, None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("count to a million", place=DM)
        shown = await visible(here, await here.request(), "one two ")
        await die_over_stop(here, stop(here, shown), monkeypatch)
    async with house(tmp_path, town) as here:
        await here.answered()
        assert here.asked.empty()
        assert [(shown.text.rstrip(), shown.status) for shown in town.ours()] == [("one two", "Stopped.")]
        await here.people.press(ActionName.CONTINUE, town.ours()[0])
        more = await here.answer("three")
        await here.answered()

    assert ["one two " in str(message["content"]) for message in more.messages if message["role"] == "assistant"]
    assert seen(town) == [("one two three", None)]
    assert len(town.posts) == 1


async def test_of_a_stopped_answer_the_rounds_and_the_last_words_are_kept_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("what time is it?", place=DM)
        first = await here.request()
        await first.say("I will look. ")
        await first.call(("c1", "current_time", '{"time_zone": "Europe/Paris"}'))
        second = await here.request()
        await second.say("It is ")
        await town.until(lambda town: "It is" in town.ours()[0].text)
        await die_over_stop(here, press_stop(here, town.ours()[0]), monkeypatch)
    async with house(tmp_path, town) as here:
        await here.answered()
        await here.people.say("and?", place=DM)
        more = await here.answer("late")
        await here.answered(2)

    said = [message["content"] for message in more.messages if message["role"] == "assistant"]
    assert said == ["I will look. ", "It is "]
    assert town.ours()[0].text.split() == ["I", "will", "look.", "It", "is"]


async def test_a_turn_in_line_that_was_to_be_stopped_never_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town()
    async with house(tmp_path, town, limits=Limits(turns=0), orderly=False) as here:
        await here.people.say("count to a million", place=DM)
        await town.until(lambda town: town.ours() and town.ours()[0].status)
        await die_over_stop(here, press_stop(here, town.ours()[0]), monkeypatch)
    async with house(tmp_path, town) as here:
        await here.answered()
        assert here.asked.empty()

    assert seen(town) == [("", "Stopped.")]


async def test_stop_reaches_a_turn_that_waits_to_be_tried_again(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("first", place=DM)
        first = await visible(here, await here.request(), "one ")
        await here.people.say("second", GRACE)
        await (await here.request()).say("two ")
        await town.until(lambda town: len(town.ours()) == 2)
        second = next(shown for shown in town.ours() if shown is not first)
        await town.until(lambda _: second.text)
    async with house(tmp_path, town, limits=Limits(turns=1)) as here:
        model = await here.request()
        await here.people.press(ActionName.STOP, second, GRACE)
        await model.finish("one two")
        await here.answered(2)
        assert here.asked.empty()

    assert (first.text, first.status) == ("one two", None)
    assert second.status == "Stopped."


async def test_the_stop_command_is_in_the_store_before_it_is_confirmed(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("count to a million")
        model = await here.request()
        await here.people.command("stop")
        await here.town.until(lambda town: town.whispers)
        stopping = await here.store.read(lambda conn: conn.scalars(select(turns.c.stopping)).all())
        await here.answered()
        model.ended.set()

    assert here.town.whispers == [(ADA, "Stopped.")]
    assert stopping == [1]


async def test_stop_counts_while_the_question_is_being_asked_anew(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        said = await here.people.say("count to a million")
        first = await here.request()
        turn = await here.store.read(last_turn)
        assert turn is not None
        await here.people.edit_message(said, "count to two")
        assert await here.desk.stop_turn(turn.conversation, turn.id)
        await here.answered()
        first.ended.set()

    assert seen(here.town) == [("", "Stopped.")]
