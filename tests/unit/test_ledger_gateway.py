"""Every way to a model is paid for: streamed, whole, checked, drawn, as vectors."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import cast

import pytest
from pydantic import BaseModel
from sqlalchemy import Connection, select

from bot.errors import AnswerCutOff, BudgetReached, GatewayDown
from bot.ledger.gateway import PaidGateway
from bot.ledger.ledger import Ledger
from bot.messages import (
    Account,
    ChatRequest,
    Delta,
    Embedded,
    Estimate,
    Finish,
    ImageDelta,
    Model,
    PictureRequest,
    PromptMessage,
    Reservation,
    Retrying,
    Routing,
    SpendingLimits,
    Started,
    TextDelta,
    TextPart,
    Usage,
)
from bot.ports import Gateway
from bot.store.engine import Store, open_store
from bot.store.intents.accounts import State, dollars, reserve
from bot.store.schema import usage
from tests.databases import new_database

ADA = Account("town:ada", "town:w:square", "town:w")
REQUEST = ChatRequest("acme/alpha", (PromptMessage("user", (TextPart("hi"),)),), max_tokens=1_000, account=ADA)
MODELS = {
    "acme/alpha": Model("acme/alpha", input_price="0", output_price="0.00001"),
    "acme/dear": Model("acme/dear", input_price="0", output_price="0.0005"),
    "acme/free": Model("acme/free", input_price="0", output_price="0"),
    "acme/brush": Model("acme/brush", type="image", image_price="0.04"),
    "acme/embed": Model("acme/embed", type="embedding", input_price="0.00001"),
}
Answer = Callable[[ChatRequest], AsyncGenerator[Delta, None]]
NO = SpendingLimits()


class Reminder(BaseModel):
    """What to remember."""

    text: str


class Scripted:
    """A gateway that answers by a function, and keeps what it was asked."""

    def __init__(self, answer: Answer | None) -> None:
        self._answer = answer
        self.asked: list[ChatRequest] = []

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        self.asked.append(request)
        assert self._answer is not None
        async for delta in self._answer(request):
            yield delta

    whole = stream

    async def draw(self, request: PictureRequest) -> AsyncGenerator[Delta, None]:
        yield Started("gen_picture")
        yield ImageDelta("image/png", b"png")
        yield Finish("stop", usage=Usage(cost="0.03"))

    async def embed(
        self, texts: Sequence[str], model: str, dimensions: int | None = None, *, account: Account
    ) -> Embedded:
        return Embedded(model, ((1.0,),) * len(texts), Usage(9, cost="0.00000008"), ("gen_vectors",))

    def model(self, model_id: str) -> Model | None:
        return MODELS.get(model_id)


@asynccontextmanager
async def paid(
    directory: Path, answer: Answer | None = None, limits: SpendingLimits = NO
) -> AsyncIterator[tuple[PaidGateway, Scripted, Store]]:
    """A gateway with its ledger."""
    store = open_store(new_database(directory / "ledger.db"))
    numbers = count()
    scripted = Scripted(answer)
    ledger = Ledger(store, limits, MODELS.get, clock=lambda: 1e9, new_id=lambda: f"{next(numbers):03d}")
    try:
        yield PaidGateway(cast("Gateway", scripted), ledger), scripted, store
    finally:
        await store.close()


async def booked(store: Store) -> list[tuple[str, str | None, Decimal]]:
    """Every request's state, the gateway's id and the amount, once all is on the disk."""

    def rows(conn: Connection) -> list[tuple[str, str | None, Decimal]]:
        found = conn.execute(select(usage).order_by(usage.c.id))
        return [(row.state, row.generation_id, dollars(row.amount)) for row in found]

    return await store.write(rows)


async def said(*words: str, cost: str | None = "0.002") -> AsyncGenerator[Delta, None]:
    yield Started("gen_1")
    for word in words:
        yield TextDelta(word)
    yield Finish("stop", usage=Usage(5, 6, cost=cost))


async def test_the_money_is_on_the_disk_before_the_request_goes_out(tmp_path: Path) -> None:
    seen: list[object] = []

    async def answer(_: ChatRequest) -> AsyncGenerator[Delta, None]:
        seen.extend(await booked(store))
        yield Finish("stop")

    async with paid(tmp_path, answer) as (gateway, _, store):
        async for _delta in gateway.stream(REQUEST):
            pass

    assert seen == [(State.OPEN, None, Decimal("0.01"))]


async def test_an_answer_without_its_cost_is_owed_and_one_with_it_settled(tmp_path: Path) -> None:
    async with paid(tmp_path, lambda _: said("a", cost=None)) as (gateway, _, store):
        assert (await gateway.complete(REQUEST)).text == "a"
        assert await booked(store) == [(State.OWED, "gen_1", Decimal("0.01"))]


async def test_a_second_try_is_set_aside_before_it_goes_out_and_the_first_is_owed(tmp_path: Path) -> None:
    seen: list[object] = []

    async def answer(_: ChatRequest) -> AsyncGenerator[Delta, None]:
        yield Started("gen_0")
        yield Retrying(1, 0.5)
        seen.extend(await booked(store))
        async for delta in said("b"):
            yield delta

    async with paid(tmp_path, answer) as (gateway, _, store):
        await gateway.complete(REQUEST)
        assert seen == [(State.OWED, "gen_0", Decimal("0.01")), (State.OPEN, None, Decimal("0.01"))]
        assert await booked(store) == [
            (State.OWED, "gen_0", Decimal("0.01")),
            (State.SETTLED, "gen_1", Decimal("0.002")),
        ]


async def test_a_second_try_that_would_pass_the_limit_is_not_made_and_the_person_is_told(tmp_path: Path) -> None:
    tries: list[str] = []

    async def answer(_: ChatRequest) -> AsyncGenerator[Delta, None]:
        tries.append("first")
        yield Started("gen_0")
        yield Retrying(1, 0.5)
        tries.append("second")
        yield Finish("stop")

    async with paid(tmp_path, answer, SpendingLimits(person=Decimal("0.019"))) as (gateway, _, store):
        with pytest.raises(BudgetReached, match=r"nearly used up: \$0.009 is left"):
            await gateway.complete(REQUEST)
        assert await booked(store) == [(State.OWED, "gen_0", Decimal("0.01"))]
    assert tries == ["first"]


@pytest.mark.parametrize(
    ("billable", "states"), [(True, [State.ESTIMATED, State.SETTLED]), (False, [State.SETTLED])]
)
async def test_a_try_that_never_began_is_paid_for_only_if_it_may_have_cost_something(
    tmp_path: Path, billable: bool, states: list[State]
) -> None:
    async def answer(_: ChatRequest) -> AsyncGenerator[Delta, None]:
        yield Retrying(1, 0.5, billable=billable)
        async for delta in said("b"):
            yield delta

    async with paid(tmp_path, answer) as (gateway, _, store):
        await gateway.complete(REQUEST)
        assert [state for state, *_ in await booked(store)] == states


async def test_who_goes_away_while_money_is_set_aside_holds_none_of_it(tmp_path: Path) -> None:
    async with paid(tmp_path, lambda _: said("a")) as (gateway, scripted, store):
        asking = asyncio.create_task(gateway.complete(REQUEST))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await booked(store) == [(State.RELEASED, None, Decimal(0))]
    assert scripted.asked == []


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (GatewayDown("refused"), (State.RELEASED, None, Decimal(0))),
        (AnswerCutOff("gone", generation_id="gen_9"), (State.OWED, "gen_9", Decimal("0.01"))),
        (AnswerCutOff("gone"), (State.ESTIMATED, None, Decimal("0.01"))),
    ],
)
async def test_a_failure_costs_what_it_may_have_cost(
    tmp_path: Path, error: Exception, left: tuple[str, str | None, Decimal]
) -> None:
    async def answer(_: ChatRequest) -> AsyncGenerator[Delta, None]:
        raise error
        yield Finish("stop")

    async with paid(tmp_path, answer) as (gateway, _, store):
        with pytest.raises(type(error)):
            await gateway.complete(REQUEST)
        assert await booked(store) == [left]


async def test_a_checked_value_pays_for_the_first_answer_and_for_the_repair(tmp_path: Path) -> None:
    answers = iter(("nonsense", '{"text": "milk"}'))

    async with paid(tmp_path, lambda _: said(next(answers))) as (gateway, _, store):
        found = await gateway.structured(REQUEST, Reminder)
        assert found.value.text == "milk"
        assert [state for state, *_ in await booked(store)] == [State.SETTLED] * 2


async def test_what_was_set_aside_before_pays_for_the_first_answer_and_not_for_the_repair(tmp_path: Path) -> None:
    answers = iter(("nonsense", '{"text": "milk"}'))

    async with paid(tmp_path, lambda _: said(next(answers))) as (gateway, _, store):
        held = await store.write(reserve, "held", ADA, Estimate("acme/alpha", Decimal(1)), NO, 1e9)
        assert isinstance(held, Reservation)
        await gateway.structured(replace(REQUEST, account=replace(ADA, reservation=held)), Reminder)
        assert [(state, amount) for state, _, amount in await booked(store)] == [
            (State.SETTLED, Decimal("0.002"))
        ] * 2


async def test_pictures_and_vectors_go_through_the_same_door(tmp_path: Path) -> None:
    async with paid(tmp_path) as (gateway, _, store):
        async for _delta in gateway.draw(PictureRequest("acme/brush", "a heron", account=ADA)):
            pass
        await gateway.embed(["a", "b"], "acme/embed", account=ADA)
        assert await booked(store) == [
            (State.SETTLED, "gen_picture", Decimal("0.03")),
            (State.SETTLED, None, Decimal("0.00000008")),
        ]


async def test_none_of_them_passes_a_limit(tmp_path: Path) -> None:
    async with paid(tmp_path, lambda _: said("a"), SpendingLimits(person=Decimal("0.00001"))) as (
        gateway,
        scripted,
        store,
    ):
        with pytest.raises(BudgetReached):
            await gateway.complete(REQUEST)
        with pytest.raises(BudgetReached):
            async for _delta in gateway.draw(PictureRequest("acme/brush", "a heron", account=ADA)):
                pass
        with pytest.raises(BudgetReached):
            await gateway.embed(["long " * 100], "acme/embed", account=ADA)
        assert await booked(store) == []
        assert scripted.asked == []


async def test_the_dearest_of_the_models_that_may_answer_is_set_aside(tmp_path: Path) -> None:
    request = ChatRequest(
        REQUEST.model, REQUEST.messages, max_tokens=1_000, routing=Routing(fallbacks=("acme/dear",)), account=ADA
    )
    async with paid(tmp_path, lambda _: said("a"), SpendingLimits(person=Decimal("0.4"))) as (gateway, *_):
        with pytest.raises(BudgetReached):
            await gateway.complete(request)


async def test_who_chose_a_free_model_gets_no_answer_that_has_to_be_paid_for(tmp_path: Path) -> None:
    request = ChatRequest(
        "acme/free", REQUEST.messages, routing=Routing(fallbacks=("acme/dear", "acme/free")), account=ADA
    )
    async with paid(tmp_path, lambda _: said("a", cost="0"), SpendingLimits(person=Decimal("0.1"))) as (
        gateway,
        scripted,
        _,
    ):
        await gateway.complete(request)
        assert scripted.asked[0].routing.fallbacks == ("acme/free",)
