"""What is spent stays within what is allowed, and people are told how it stands."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from bot.messages import ActionName, Credits, Person, Place, PlaceKind, SpendingLimits
from bot.store.intents.accounts import State, dollars
from bot.store.schema import usage
from tests import gateway_streams as streams
from tests.files import picture
from tests.house import House, house
from tests.town import ADA, CHANNEL, Town
from tests.wire.raw_server import event

CATALOGUE = b"""{"data": [
 {"id": "acme/alpha-2", "name": "Alpha", "type": "language", "context_window": 200000,
  "pricing": {"input": "0.000001", "output": "0.00001"}, "tags": ["vision", "tool-use"]},
 {"id": "zeta/fast-3", "name": "Fast", "type": "language", "context_window": 32000,
  "pricing": {"input": "0.0000001", "output": "0.000001"}},
 {"id": "zeta/free-1", "name": "Free", "type": "language", "pricing": {"input": "0", "output": "0"}}]}"""
"""An answer of the first may cost eight and a half cents, of the second less than one."""

EVENING = datetime(2026, 11, 20, 21, 30, tzinfo=UTC).timestamp()


def rows(conn: Connection) -> list[tuple[str, Decimal, str | None]]:
    """Every request's state, what it counts for, and the gateway's id."""
    found = conn.execute(select(usage).order_by(usage.c.at)).all()
    return [(row.state, dollars(row.amount), row.generation_id) for row in found]


def thread(n: int) -> Place:
    return Place("town", "w", "square", f"t{n}", PlaceKind.THREAD)


async def said_last(here: House, so_far: int) -> str:
    """The line under the newest answer, once there are so many."""
    await here.answered(so_far)
    return here.town.ours()[-1].status or ""


async def test_an_answer_is_paid_with_what_the_gateway_reports_in_the_commits_there_are_anyway(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, catalogue=CATALOGUE, spending=SpendingLimits(Decimal(5), Decimal(1))) as here:
        before = here.store.commits
        await here.people.say("hello")
        model = await here.request()
        await model.say("hi")
        await here.town.until(lambda town: town.ours())
        await model.finish(" there")
        await here.answered()
        spent = await here.store.read(rows)
        commits = here.store.commits - before

    assert spent == [(State.SETTLED, Decimal("0.00042"), "gen_01TESTTESTTESTTESTTESTTEST")]
    assert commits <= 5


async def test_fifty_questions_at_once_spend_no_more_than_the_three_that_are_allowed(tmp_path: Path) -> None:
    limits = SpendingLimits(everyone=Decimal("0.30"))
    async with house(tmp_path, catalogue=CATALOGUE, spending=limits) as here:
        people = [Person(f"u{n}", f"Person {n}") for n in range(50)]
        await asyncio.gather(
            *(here.people.say("hello", who, thread(n)) for n, who in enumerate(people)),
        )
        for _ in range(3):
            await here.answer("hi")
        await here.answered(50)
        requests = [one for one in here.server.seen if one.path.endswith("/chat/completions")]
        spent = await here.store.read(rows)

    refused = [one.status for one in here.town.ours() if "Everybody's $0.30 for today" in (one.status or "")]
    assert len(requests) == 3
    assert len(refused) == 47
    assert [state for state, *_ in spent] == [State.SETTLED] * 3


async def test_a_limit_that_is_reached_says_what_is_left_when_it_resets_and_what_would_still_fit(
    tmp_path: Path,
) -> None:
    limits = SpendingLimits(person=Decimal("0.10"))
    async with house(
        tmp_path, catalogue=CATALOGUE, spending=limits, cheaper="zeta/fast-3", clock=lambda: EVENING
    ) as here:
        await here.people.say("hello")
        model = await here.request()
        await here.people.say("and here", place=thread(9))
        await here.town.until(lambda town: town.ours() and town.ours()[-1].final)
        refused = here.town.ours()[-1]
        assert refused.rendered is not None
        offered = next(one for one in refused.rendered.actions if one.name is ActionName.OTHER_MODEL)
        await model.finish("hi")
        await here.answered(2)
        await here.people.press(ActionName.OTHER_MODEL, refused)
        instead = await here.answer("gladly")
        await here.answered(2)

    assert (offered.value, offered.label) == ("zeta/fast-3", "Use zeta/fast-3")
    assert refused.text == "gladly"
    assert instead.exchange.json["model"] == "zeta/fast-3"


async def test_a_limit_that_has_no_room_on_any_day_does_not_bid_anybody_wait(tmp_path: Path) -> None:
    limits = SpendingLimits(person=Decimal("0.08"))
    async with house(
        tmp_path, catalogue=CATALOGUE, spending=limits, cheaper="zeta/fast-3", clock=lambda: EVENING
    ) as here:
        await here.people.say("hello")
        said = await said_last(here, 1)
        asked = here.asked.qsize()

    assert said == (
        "⚠ This answer could cost $0.09, and only $0.08 a day may be spent for one person. "
        "Choose a cheaper model with `/model`, or shorter answers with `/settings max_tokens 1000`. "
        "`zeta/fast-3` costs less and still fits: press the button, or switch with `/model zeta/fast-3`."
    )
    assert asked == 0


async def test_the_sentence_of_a_reached_limit(tmp_path: Path) -> None:
    limits = SpendingLimits(person=Decimal("0.10"))
    async with house(
        tmp_path, catalogue=CATALOGUE, spending=limits, cheaper="zeta/fast-3", clock=lambda: EVENING
    ) as here:
        await here.people.say("hello")
        await (await here.request()).finish("hi", cost="0.05")
        await here.answered()
        await here.people.say("more")
        said = await said_last(here, 2)

    assert said == (
        "⚠ Your $0.10 for today is nearly used up: $0.05 is left, and this answer could cost $0.09. "
        "It resets at 00:00 UTC, in 2 h 30 min. "
        "`zeta/fast-3` costs less and still fits: press the button, or switch with `/model zeta/fast-3`."
    )


async def test_what_is_used_up_is_called_used_up(tmp_path: Path) -> None:
    limits = SpendingLimits(person=Decimal("0.09"))
    async with house(tmp_path, catalogue=CATALOGUE, spending=limits, clock=lambda: EVENING) as here:
        await here.people.say("hello")
        await (await here.request()).finish("hi", cost="0.09")
        await here.answered()
        await here.people.say("more")
        said = await said_last(here, 2)

    assert said == "⚠ Your $0.09 for today is used up. It resets at 00:00 UTC, in 2 h 30 min."


NEARLY = "⚠ 81 % of your $0.50 for today is used. It resets at 00:00 UTC, in 2 h 30 min."


async def test_people_are_told_once_by_the_answer_that_uses_most_of_a_limit(tmp_path: Path) -> None:
    limits = SpendingLimits(person=Decimal("0.5"))
    said = []
    async with house(tmp_path, catalogue=CATALOGUE, spending=limits, clock=lambda: EVENING) as here:
        for n, cost in enumerate(("0.1", "0.305", "0.001"), start=1):
            await here.people.say("hello")
            await (await here.request()).finish("hi", cost=cost)
            said.append(await said_last(here, n))

    assert said == ["", NEARLY, ""]


async def test_they_are_told_by_the_last_answer_before_a_refusal(tmp_path: Path) -> None:
    limits = SpendingLimits(person=Decimal("0.5"))
    async with house(tmp_path, catalogue=CATALOGUE, spending=limits, clock=lambda: EVENING) as here:
        await here.people.say("hello")
        await (await here.request()).finish("hi", cost="0.49")
        nearly = await said_last(here, 1)
        await here.people.say("more")
        refused = await said_last(here, 2)

    assert nearly.startswith("⚠ 98 % of your $0.50 for today is used.")
    assert refused.startswith("⚠ Your $0.50 for today is nearly used up: $0.01 is left")
    assert "% of" not in refused


@pytest.mark.parametrize("held", ["final", "post"])
async def test_they_are_told_exactly_once_whenever_the_process_dies(tmp_path: Path, held: str) -> None:
    limits, town = SpendingLimits(person=Decimal("0.5")), Town()
    evening = partial(house, catalogue=CATALOGUE, spending=limits, clock=lambda: EVENING)
    town.held.add(held)
    async with evening(tmp_path, town, orderly=False) as here:
        await here.people.say("hello")
        await (await here.request()).finish("hi", cost="0.405")
        await here.store_holds("done")
    town.held.clear()
    async with evening(tmp_path, town) as here:
        shown = await said_last(here, 1)
        await here.people.say("more")
        await (await here.request()).finish("hi", cost="0.001")
        after = await said_last(here, 2)

    assert (shown, after) == (NEARLY, "")


async def test_the_operator_finds_in_the_log_that_most_of_the_days_money_is_used(tmp_path: Path) -> None:
    limits = SpendingLimits(everyone=Decimal("0.5"))
    with capture_logs() as logs:
        async with house(tmp_path, catalogue=CATALOGUE, spending=limits, clock=lambda: EVENING) as here:
            for n, cost in enumerate(("0.405", "0.001", "0.001"), start=1):
                await here.people.say("hello", Person(f"u{n}", "Somebody"), thread(n))
                await (await here.request()).finish("hi", cost=cost)
                await here.answered(n)

    told = [entry for entry in logs if entry["event"] == "budget nearly used"]
    assert [(entry["setting"], entry["used"], entry["limit"]) for entry in told] == [
        ("BUDGET_PER_DAY", "0.405", "0.5")
    ]
    said = [one.status or "" for one in here.town.ours()]
    assert said[0].startswith("⚠ 81 % of everybody's $0.50 for today is used.")
    assert said[1:] == ["", ""]


async def test_a_model_that_is_free_answers_though_the_limit_is_used_up(tmp_path: Path) -> None:
    limits = SpendingLimits(person=Decimal("0.01"))
    async with house(tmp_path, catalogue=CATALOGUE, spending=limits) as here:
        await here.people.command("model", id="zeta/free-1")
        await here.town.until(lambda town: town.ours())
        await here.people.say("hello")
        await (await here.request()).finish("hi", cost=0)
        await here.answered(2)

    assert here.town.ours()[-1].text == "hi"


async def test_a_limit_of_zero_lets_nothing_out_and_says_so(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE, spending=SpendingLimits(everyone=Decimal(0))) as here:
        await here.people.command("model", id="zeta/free-1")
        await here.town.until(lambda town: town.ours())
        await here.people.say("hello")
        said = await said_last(here, 2)

    assert said == "⚠ Nothing may be spent here, so I can't answer. Only the operator can change that."
    assert [one.path for one in here.server.seen if one.path.endswith("completions")] == []


async def test_an_answer_that_is_stopped_is_owed_and_one_that_was_refused_costs_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE, spending=SpendingLimits(Decimal(5))) as here:
        await here.people.say("a long story")
        await (await here.request()).say("once upon")
        await here.town.until(lambda town: town.ours())
        await here.people.press(ActionName.STOP, here.town.ours()[0])
        await here.answered()
        await here.people.say("another")
        await (await here.request()).refuse(401, "authentication_error", "no")
        await here.answered(2)
        await here.store.write(lambda _: None)
        spent = await here.store.read(rows)

    (owed, amount, generation), refused = spent
    assert (owed, generation) == (State.OWED, "gen_01TESTTESTTESTTESTTESTTEST")
    assert amount > Decimal("0.08")
    assert refused == (State.RELEASED, Decimal(0), None)


async def test_an_answer_that_breaks_off_before_its_first_word_is_not_asked_for_again_where_that_is_too_much(
    tmp_path: Path,
) -> None:
    limits = SpendingLimits(person=Decimal("0.12"))
    async with house(tmp_path, catalogue=CATALOGUE, spending=limits, clock=lambda: EVENING) as here:
        await here.people.say("hello")
        model = await here.request()
        await model.say()
        model.drop()
        said = await said_last(here, 1)
        await here.store.write(lambda _: None)
        spent = await here.store.read(rows)

    assert said.startswith("⚠ Your $0.12 for today is nearly used up: $0.03 is left")
    assert "It resets at 00:00 UTC, in 2 h 30 min." in said
    assert here.asked.qsize() == 0
    assert [(state, generation) for state, _, generation in spent] == [
        (State.OWED, "gen_01TESTTESTTESTTESTTESTTEST")
    ]


async def test_each_round_of_tools_is_set_aside_and_paid_by_itself(tmp_path: Path) -> None:
    async with house(tmp_path, catalogue=CATALOGUE, spending=SpendingLimits(Decimal(5))) as here:
        before = here.store.commits
        await here.people.say("what time is it?")
        await (await here.request()).call(("c1", "current_time", "{}"))
        await here.answer("late")
        await here.answered()
        spent = await here.store.read(rows)
        commits = here.store.commits - before

    assert [(state, amount) for state, amount, _ in spent] == [(State.SETTLED, Decimal("0.00042"))] * 2
    assert commits <= 6, "the second request's money is set aside in the commit of the tool's result"


async def test_a_round_for_which_nothing_is_left_is_not_asked_for_and_what_was_said_stands(tmp_path: Path) -> None:
    limits = SpendingLimits(person=Decimal("0.10"))
    async with house(tmp_path, catalogue=CATALOGUE, spending=limits, clock=lambda: EVENING) as here:
        await here.people.say("what time is it?")
        model = await here.request()
        await model.say("Let me look.")
        function = {"name": "current_time", "arguments": "{}"}
        call = {"index": 0, "id": "c1", "type": "function", "function": function}
        await model.exchange.chunk(event(streams.chunk({"tool_calls": [call]})))
        await model.finish(reason="tool_calls", cost="0.05")
        said = await said_last(here, 1)
        spent = await here.store.read(rows)

    assert here.town.ours()[0].text == "Let me look."
    assert said.startswith("⚠ Your $0.10 for today is nearly used up: $0.05 is left")
    assert here.asked.qsize() == 0
    assert [(state, amount) for state, amount, _ in spent] == [(State.SETTLED, Decimal("0.05"))]


async def test_a_large_file_sets_more_aside_before_the_request_and_is_refused_where_that_is_too_much(
    tmp_path: Path,
) -> None:
    limits = SpendingLimits(person=Decimal("0.095"))
    async with house(tmp_path, catalogue=CATALOGUE, spending=limits, clock=lambda: EVENING) as here:
        await here.people.say("read this", files={"long.txt": b"many words " * 6_000})
        said = await said_last(here, 1)
        spent = await here.store.read(rows)

    assert said.startswith("⚠ This answer could cost $0.1")
    assert "only $0.10 a day may be spent for one person" in said
    assert here.asked.qsize() == 0
    assert [(state, amount) for state, amount, _ in spent] == [(State.RELEASED, Decimal(0))]


@pytest.mark.parametrize("admins", [(), ("town:u1",)])
async def test_the_credit_is_shown_to_those_who_run_the_bot_alone(tmp_path: Path, admins: tuple[str, ...]) -> None:
    async with house(tmp_path, admins=admins, credit=Credits("95.50", "4.50")) as here:
        await here.people.command("status", ADA, CHANNEL)
        await here.town.until(lambda town: town.whispers)

    shown = "- $95.50 of the gateway's credit is left; $4.50 was used." in here.town.whispers[0][1]
    assert shown == bool(admins)


async def test_pictures_are_paid_from_the_same_money(tmp_path: Path) -> None:
    brush = b"""{"data": [{"id": "acme/alpha-2", "type": "language", "pricing": {"input": "0", "output": "0"}},
     {"id": "acme/paint", "type": "image", "pricing": {"image": "0.04"}}]}"""
    limits = SpendingLimits(person=Decimal("0.05"))
    async with house(tmp_path, catalogue=brush, spending=limits, clock=lambda: EVENING) as here:
        await here.people.command("imagine", ADA, CHANNEL, prompt="a heron")
        await (await here.request()).paint(picture())
        await here.answered()
        await here.people.command("imagine", ADA, CHANNEL, prompt="another")
        said = await said_last(here, 2)
        spent = await here.store.read(rows)

    assert said.startswith(
        "⚠ Your $0.05 for today is nearly used up: $0.01 is left, and this answer could cost $0.04."
    )
    assert [(state, amount) for state, amount, _ in spent] == [(State.ESTIMATED, Decimal("0.04"))]
