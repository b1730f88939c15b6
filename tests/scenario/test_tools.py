"""The tool loop: side by side, within limits, arguments checked, every call recorded, none without end."""

import asyncio
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy import select

from bot.conversation.ports import Limits
from bot.errors import ToolFailed
from bot.store.schema import tool_calls
from bot.tools import TOOLS
from bot.tools.base import Tool, ToolContext
from tests.house import Answering, house


class Meeting(BaseModel):
    """Wait until the other call is there too."""

    name: str


def results(model: Answering) -> list[str]:
    """What the model was told by its tools, in order."""
    return [message["content"] for message in model.messages if message["role"] == "tool"]


async def test_a_tool_is_called_and_its_result_answers(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("what time is it in Tokyo?")
        model = await here.request()
        await model.call(("c1", "current_time", '{"timezone": "Asia/Tokyo"}'))
        await here.town.until(lambda town: town.ours() and "using current_time" in (town.ours()[0].status or ""))
        then = await here.answer("It is noon.")
        await here.answered()

        assert "Asia/Tokyo" in results(then)[0]
        assert "<untrusted" in str(then.messages[-1]["content"])
    assert [shown.text for shown in here.town.ours()] == ["It is noon."]
    assert here.town.ours()[0].status is None


async def test_calls_of_one_round_run_side_by_side_and_keep_their_order(tmp_path: Path) -> None:
    together = asyncio.Barrier(2)

    async def meet(_context: ToolContext, arguments: Meeting) -> str:
        async with asyncio.timeout(5):
            await together.wait()
        if arguments.name == "first":
            await asyncio.sleep(0.02)
        return f"{arguments.name} met"

    meeting = Tool(name="meet", arguments=Meeting, run=meet)
    async with house(tmp_path, tools=[*TOOLS, meeting]) as here:
        await here.people.say("meet")
        model = await here.request()
        await model.call(("c1", "meet", '{"name": "first"}'), ("c2", "meet", '{"name": "second"}'))
        then = await here.answer("done")
        await here.answered()

    assert ["first met" in results(then)[0], "second met" in results(then)[1]] == [True, True]


async def test_wrong_arguments_and_unknown_tools_are_handed_back_to_the_model(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("try")
        model = await here.request()
        await model.call(
            ("c1", "current_time", '{"timezone": 5}'),
            ("c2", "current_time", "not json"),
            ("c3", "current_time", '{"timezone": "Mars/Olympus"}'),
            ("c4", "launch", "{}"),
        )
        then = await here.answer("sorry")
        await here.answered()

    told = results(then)
    assert "invalid arguments: timezone" in told[0]
    assert "invalid arguments" in told[1]
    assert "unknown time zone" in told[2]
    assert "no tool 'launch'" in told[3]
    assert [shown.text for shown in here.town.ours()] == ["sorry"]


async def test_a_tool_that_takes_too_long_or_says_too_much_is_cut_off(tmp_path: Path) -> None:
    class Nothing(BaseModel):
        """No arguments."""

    async def sleep(_context: ToolContext, _arguments: Nothing) -> str:
        await asyncio.sleep(60)
        return "never"

    async def chatter(_context: ToolContext, _arguments: Nothing) -> str:
        return "x" * 5000

    async def decline(_context: ToolContext, _arguments: Nothing) -> str:
        raise ToolFailed("not today")

    tools = [
        Tool(name="sleep", arguments=Nothing, run=sleep, seconds=0.05),
        Tool(name="chatter", arguments=Nothing, run=chatter, characters=100),
        Tool(name="decline", arguments=Nothing, run=decline),
    ]
    async with house(tmp_path, tools=tools) as here:
        await here.people.say("all of them")
        model = await here.request()
        await model.call(("c1", "sleep", ""), ("c2", "chatter", "{}"), ("c3", "decline", "{}"))
        then = await here.answer("ok")
        await here.answered()

    told = results(then)
    assert "did not finish within 0.05 seconds" in told[0]
    assert "4900 more characters left out" in told[1]
    assert "error: not today" in told[2]


async def test_a_tool_that_breaks_ends_the_turn_with_a_sentence(tmp_path: Path) -> None:
    class Nothing(BaseModel):
        """No arguments."""

    async def broken(_context: ToolContext, _arguments: Nothing) -> str:
        raise ZeroDivisionError("our own mistake")

    async with house(tmp_path, tools=[Tool(name="broken", arguments=Nothing, run=broken)]) as here:
        await here.people.say("go")
        model = await here.request()
        await model.call(("c1", "broken", "{}"))
        then = await here.answer("it did not work")
        await here.answered()

    assert "error: broken failed" in results(then)[0]
    assert "our own mistake" not in str(then.messages)


async def test_the_loop_ends_after_so_many_rounds(tmp_path: Path) -> None:
    async with house(tmp_path, limits=Limits(rounds=3)) as here:
        await here.people.say("for ever")
        for n in range(3):
            model = await here.request()
            await model.call((f"c{n}", "current_time", "{}"))
        await here.answered()

        assert here.asked.empty()
    assert here.town.ours()[0].status == "Stopped after 3 steps."


async def test_calls_under_the_same_id_in_two_rounds_stay_two_calls(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("twice")
        for _ in range(2):
            model = await here.request()
            await model.call(("same", "current_time", "{}"))
        then = await here.answer("done")
        await here.answered()
        rows = await here.store.read(lambda conn: conn.execute(select(tool_calls.c.state)).scalars().all())

    assert len(results(then)) == 2
    assert rows == ["done", "done"]
    asked = [call["id"] for message in then.messages for call in message.get("tool_calls", ())]
    answered = [message["tool_call_id"] for message in then.messages if message["role"] == "tool"]
    assert asked == answered
    assert len(set(asked)) == 2


async def test_text_between_rounds_is_kept_apart_and_in_order(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.people.say("look it up")
        model = await here.request()
        await model.say("Let me see.")
        await model.call(("c1", "current_time", "{}"))
        then = await here.answer("It is noon.")
        await here.answered()

    assert [shown.text for shown in here.town.ours()] == ["Let me see.\n\nIt is noon."]
    assert [m["role"] for m in then.messages[-4:]] == ["user", "user", "assistant", "tool"]
