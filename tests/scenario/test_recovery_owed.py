"""Commands and stops that a process took in and died over: the next one does what was asked, once."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from bot.commands.base import Command, CommandContext
from bot.conversation.ports import Limits
from bot.messages import ActionName, CommandSpec, Inbound, InboundKind
from bot.store.intents.owed import accept_stop
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


async def die_over_stop(here: House, shown: Shown) -> None:
    """Take in a press on Stop, and do nothing about it."""
    assert shown.rendered is not None
    action = next(action for action in shown.rendered.actions if action.name is ActionName.STOP)
    pressed = Inbound("press", InboundKind.BUTTON, DM, "m", ADA, 0.0, action=action)
    assert await here.store.write(accept_stop, pressed, action.turn_id, 1.0) is not None


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


async def test_a_stop_that_was_taken_in_stops_the_turn_in_the_next_process_without_asking(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        await here.people.say("count to a million", place=DM)
        await die_over_stop(here, await visible(here, await here.request(), "one two "))
    async with house(tmp_path, town) as here:
        await here.answered()
        assert here.asked.empty()

    assert [status for _, status in seen(town)] == ["Stopped."]
    assert len(town.posts) == 1


async def test_a_turn_in_line_that_was_to_be_stopped_never_begins(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, limits=Limits(turns=0), orderly=False) as here:
        await here.people.say("count to a million", place=DM)
        await town.until(lambda town: town.ours() and town.ours()[0].status)
        await die_over_stop(here, town.ours()[0])
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
