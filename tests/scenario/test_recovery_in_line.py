"""Turns in line when the process died: stopped, merged or still to come, with or without a sign of it."""

import asyncio
from pathlib import Path

from sqlalchemy import select

from bot.conversation.ports import Limits
from bot.messages import ActionName, TurnState
from bot.store.schema import posts
from tests.house import House, house
from tests.scenario.test_recovery import seen
from tests.town import DM, GRACE, PlainTownAdapter, Shown, Town


async def receipt_kept(here: House, shown: Shown) -> None:
    """Wait until it is stored that the platform has this message."""
    rows = select(posts.c.key).where(posts.c.message_id == shown.id)
    async with asyncio.timeout(10):
        while await here.store.read(lambda conn: conn.scalar(rows)) is None:  # noqa: ASYNC110 - the store has no bell
            await asyncio.sleep(0.005)


async def test_a_turn_stopped_in_line_ends_where_it_was_heard(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, limits=Limits(turns=1), orderly=False) as here:
        await here.people.say("long", place=DM)
        await here.request()
        await here.people.say("short", GRACE)
        await town.until(lambda town: any("seen this" in (shown.status or "") for shown in town.ours()))
        town.held.add("final")
        stopping = asyncio.create_task(here.people.press(ActionName.STOP, town.ours()[0], GRACE))
        await here.store_holds(TurnState.STOPPED)
        stopping.cancel()
    town.held.clear()
    async with house(tmp_path, town) as here:
        model = await here.answer("done")
        await here.answered(2)

    assert "long" in model.question
    assert sorted(seen(town)) == [("", "Stopped."), ("done", None)]


async def test_a_turn_stopped_before_anything_of_it_was_shown_stays_unseen(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, limits=Limits(turns=1), orderly=False) as here:
        await here.people.say("long", place=DM)
        await here.request()
        await here.people.say("short", GRACE)
        await here.people.command("stop", GRACE)
        await here.store_holds(TurnState.STOPPED)
        await town.until(lambda town: town.whispers)
    async with house(tmp_path, town) as here:
        await here.answer("done")
        await here.answered()

    assert seen(town) == [("done", None)]


async def test_a_sign_with_a_receipt_is_known_again_where_the_platform_cannot_be_asked(tmp_path: Path) -> None:
    town = Town(forgets=True)
    async with house(tmp_path, town, limits=Limits(turns=1), adapter=PlainTownAdapter, orderly=False) as here:
        await here.people.say("long", place=DM)
        await here.request()
        await here.people.say("short", GRACE)
        await town.until(lambda town: town.ours())
        await receipt_kept(here, town.ours()[0])
    (sign,) = town.ours()
    async with house(tmp_path, town, limits=Limits(turns=1), adapter=PlainTownAdapter) as here:
        model = await here.request()
        await town.until(lambda _: sign.edits)
        await model.finish("done")
        await here.answer("done")
        await here.answered(2)

    assert [text for text, _ in seen(town)] == ["done", "done"]
    assert (sign.text, sign.status) == ("done", None)


async def test_a_turn_in_line_keeps_its_sign_while_the_one_before_it_begins_again(tmp_path: Path) -> None:
    town = Town()
    async with house(tmp_path, town, orderly=False) as here:
        said = await here.people.say("what is the capital")
        first = await here.request()
        await here.people.say("and of Spain?", GRACE)
        await town.until(lambda town: any("seen this" in (shown.status or "") for shown in town.ours()))
        await here.people.edit_message(said, "what is the capital of France?")
        again = await here.request()
        first.ended.set()
        again.ended.set()
    async with house(tmp_path, town) as here:
        await here.answer("Paris")
        await here.answer("Madrid")
        await here.answered(2)

    assert "of Spain" not in again.prompt
    assert sorted(seen(town)) == [("Madrid", None), ("Paris", None)]
