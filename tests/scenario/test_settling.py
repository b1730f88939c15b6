"""Answers that ended without their price: asked for with growing pauses, over restarts, at last an estimate."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from bot.errors import GatewayDown, NotOffered
from bot.gateway.client import OpenAIGateway
from bot.ledger.credit import EVERY_SECONDS, CreditWatch
from bot.ledger.ledger import Ledger
from bot.ledger.settling import PAUSES, Settling
from bot.messages import Account, Credits, Estimate, SpendingLimits, Usage
from bot.store.engine import Store, open_store
from bot.store.intents.accounts import State, dollars
from bot.store.schema import usage
from tests.databases import new_database
from tests.virtual_time import run_virtual
from tests.wire.hurried_time import run_hurried
from tests.wire.raw_server import Exchange, raw_server

ADA = Account("town:ada", "town:w:square", "town:w")
CALL = Estimate("acme/alpha", Decimal("0.1"))


def stands(conn: Connection) -> list[tuple[str, Decimal]]:
    """Every request's state and what it counts for."""
    return [(row.state, dollars(row.amount)) for row in conn.execute(select(usage).order_by(usage.c.id))]


@asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[tuple[Store, Ledger]]:
    """A store and its ledger, by the loop's own time."""
    store = await asyncio.to_thread(open_store, new_database(directory / "ledger.db"))
    numbers = iter(range(100))
    ledger = Ledger(
        store,
        SpendingLimits(Decimal(5)),
        lambda _: None,
        clock=asyncio.get_running_loop().time,
        new_id=lambda: f"{next(numbers):03d}",
    )
    try:
        yield store, ledger
    finally:
        await store.close()


async def settled(store: Store) -> list[tuple[str, Decimal]]:
    """How every request stands, once nothing is owed any more."""
    async with asyncio.timeout(5):
        while State.OWED in [state for state, _ in await store.read(stands)]:  # noqa: ASYNC110 - no bell
            await asyncio.sleep(0.01)
    return await store.read(stands)


async def break_off(store: Store, ledger: Ledger, generation: str) -> None:
    """An answer begins, and nobody hears its end."""
    async with ledger.spend(ADA, CALL) as spending:
        ledger.begun(spending, generation)
    await store.write(lambda _: None)


def test_a_broken_answer_is_priced_once_the_gateway_knows(tmp_path: Path) -> None:
    asked: list[float] = []
    told = asyncio.Event()

    async def answer(exchange: Exchange) -> None:
        assert exchange.path == "/v1/generation?id=gen_1"
        asked.append(asyncio.get_running_loop().time())
        if len(asked) < 3:
            await exchange.reply(404, b'{"error":"Usage event not found","id":"gen_1"}')
        else:
            await exchange.reply(200, b'{"data":{"total_cost":0.0042,"tokens_prompt":7}}')
            told.set()

    async def play() -> None:
        async with raw_server(answer) as server, opened(tmp_path) as (store, ledger):
            gateway = OpenAIGateway(base_url=server.base_url, credential=_key, clock=time.time, random=Random(1))
            await gateway.warm()
            began = asyncio.get_running_loop().time()
            working = asyncio.create_task(Settling(store, ledger, gateway.cost_of, ledger._clock).run())
            await break_off(store, ledger, "gen_1")
            await told.wait()
            assert await settled(store) == [(State.SETTLED, Decimal("0.0042"))]
            working.cancel()
            await gateway.close()
            waits = [after - before for before, after in zip([began, *asked], asked, strict=False)]
            assert [round(wait, -1) for wait in waits] == [10, 30, 90]

    run_hurried(play())


async def _key() -> str:
    return "key"


def test_what_is_never_told_is_asked_for_a_few_times_and_then_stays_an_estimate(tmp_path: Path) -> None:
    times: list[float] = []
    told = asyncio.Event()

    async def ask(_: str) -> Usage | None:
        times.append(asyncio.get_running_loop().time())
        if len(times) == 2:
            raise GatewayDown("just now")
        if len(times) == 1 + len(PAUSES):
            told.set()
        return None

    async def play() -> None:
        async with opened(tmp_path) as (store, ledger):
            working = asyncio.create_task(Settling(store, ledger, ask, ledger._clock).run())
            await break_off(store, ledger, "gen_1")
            await told.wait()
            assert await settled(store) == [(State.ESTIMATED, Decimal("0.1"))]
            working.cancel()
            waits = [after - before for before, after in pairwise(times)]
            assert [round(wait, -1) for wait in waits] == list(PAUSES)

    run_hurried(play())


async def test_a_gateway_that_tells_no_prices_is_asked_once(tmp_path: Path) -> None:
    async def ask(_: str) -> Usage | None:
        raise NotOffered("status 404")

    async with opened(tmp_path) as (store, ledger):
        await break_off(store, ledger, "chatcmpl-1")
        await store.write(_make_due)
        working = asyncio.create_task(Settling(store, ledger, ask, ledger._clock).run())
        assert await settled(store) == [(State.ESTIMATED, Decimal("0.1"))]
        working.cancel()


def _make_due(conn: Connection) -> None:
    conn.execute(usage.update().values(due=0))


async def test_a_restart_goes_on_where_it_was_and_takes_over_what_was_open(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, ledger):
        await break_off(store, ledger, "gen_0")
        for generation in ("gen_1", None):
            spending = await ledger.spend(ADA, CALL).__aenter__()
            if generation:
                ledger.begun(spending, generation)
        await store.write(_make_due)

    asked: list[str] = []

    async def ask(generation: str) -> Usage | None:
        asked.append(generation)
        return Usage(cost="0.01")

    async with opened(tmp_path) as (store, ledger):
        settling = Settling(store, ledger, ask, ledger._clock)
        await settling.take_over()
        working = asyncio.create_task(settling.run())
        left = await settled(store)
        working.cancel()

    assert sorted(asked) == ["gen_0", "gen_1"]
    assert left == [
        (State.SETTLED, Decimal("0.01")),
        (State.SETTLED, Decimal("0.01")),
        (State.ESTIMATED, Decimal("0.1")),
    ]


@pytest.mark.parametrize(
    ("error", "state"),
    [(GatewayDown("500"), State.RELEASED), (ValueError("ours"), State.ESTIMATED)],
)
async def test_a_request_that_fails_before_its_first_word_costs_only_if_it_may(
    tmp_path: Path, error: Exception, state: State
) -> None:
    async with opened(tmp_path) as (store, ledger):
        with pytest.raises(type(error)):
            async with ledger.spend(ADA, CALL):
                raise error
        await store.write(lambda _: None)
        assert [one for one, _ in await store.read(stands)] == [state]


def test_the_credit_is_asked_for_every_ten_minutes_and_the_operator_told_once_when_it_is_low() -> None:
    answers = ["20", "4", "3.5", "50", "1"]
    times: list[float] = []

    async def ask() -> Credits:
        times.append(asyncio.get_running_loop().time())
        if not answers:
            raise NotOffered("gone")
        return Credits(answers.pop(0), "0")

    async def play() -> CreditWatch:
        watch = CreditWatch(ask, SpendingLimits(Decimal(5)))
        await watch.run()
        return watch

    with capture_logs() as logs:
        watch = run_virtual(play())

    assert times == [n * EVERY_SECONDS for n in range(6)]
    assert [entry["left"] for entry in logs if entry["event"] == "credit is low"] == ["4", "1"]
    assert watch.credits == Credits("1", "0")
