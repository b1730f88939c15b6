"""Looking up what an answer cost and what credit is left: what is asked, and what is made of each answer."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random

import pytest

from bot.errors import GatewayBusy, GatewayDown, GatewayError, GatewayRefused, NotOffered
from bot.gateway.client import OpenAIGateway
from bot.ledger.credit import EVERY_SECONDS, REFUSED_SECONDS, CreditWatch
from bot.messages import Credits, SpendingLimits, Usage
from tests.wire.hurried_time import run_hurried
from tests.wire.raw_server import Exchange, RawServer, raw_server

RECORD = b"""{"data":{"id":"gen_1","total_cost":0.0012,"usage":0.0012,"model":"acme/alpha","tokens_prompt":100,
 "tokens_completion":50,"native_tokens_cached":20,"native_tokens_reasoning":10}}"""
NOT_YET = b'{"error":"Usage event not found","id":"gen_1","message":"try later"}'


@asynccontextmanager
async def told(status: int, body: bytes) -> AsyncIterator[tuple[OpenAIGateway, RawServer]]:
    """A gateway that answers everything with this."""

    async def answer(exchange: Exchange) -> None:
        await exchange.reply(status, body)

    async def key() -> str:
        return "vck_secret"

    async with raw_server(answer) as server:
        gateway = OpenAIGateway(base_url=server.base_url, credential=key, clock=time.time, random=Random(1))
        try:
            yield gateway, server
        finally:
            await gateway.close()


async def test_an_answers_cost_is_asked_for_by_its_id_with_the_key() -> None:
    async with told(200, RECORD) as (gateway, server):
        used = await gateway.cost_of("gen_1&x=1")
    (asked,) = server.seen

    assert used == Usage(100, 50, 20, 10, "0.0012")
    assert (asked.method, asked.path) == ("GET", "/v1/generation?id=gen_1%26x%3D1")
    assert asked.headers["authorization"] == "Bearer vck_secret"
    assert asked.body == b""


async def test_the_smallest_cost_keeps_its_digits() -> None:
    async with told(200, b'{"data":{"total_cost":8e-08}}') as (gateway, _):
        used = await gateway.cost_of("gen_1")
    assert used is not None
    assert used.cost == "0.00000008"


async def test_what_is_not_known_yet_may_be_asked_for_again() -> None:
    async with told(404, NOT_YET) as (gateway, _):
        assert await gateway.cost_of("gen_1") is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<html>not found</html>"),
        (404, b'{"error":{"message":"no such path","type":"not_found_error"}}'),
        (400, b'{"error":"Invalid generation ID format. Expected format: gen_<ulid>"}'),
        (405, b""),
        (200, b'{"data":{}}'),
        (200, b"[]"),
        (200, b'{"data":{"total_cost":-1}}'),
    ],
)
async def test_what_will_never_be_told_is_not_asked_for_again(status: int, body: bytes) -> None:
    async with told(status, body) as (gateway, _):
        with pytest.raises(NotOffered):
            await gateway.cost_of("gen_1")


@pytest.mark.parametrize(
    ("status", "kind"), [(401, GatewayRefused), (429, GatewayBusy), (502, GatewayDown), (503, GatewayDown)]
)
async def test_a_look_up_that_fails_says_why(status: int, kind: type[GatewayError]) -> None:
    async with told(status, b"vck_secret") as (gateway, _):
        with pytest.raises(kind) as failed:
            await gateway.cost_of("gen_1")
    assert not isinstance(failed.value, NotOffered)


async def test_a_gateway_that_is_not_there_is_down() -> None:
    async def key() -> str:
        return "key"

    async with raw_server() as server:
        address = server.base_url
    gateway = OpenAIGateway(base_url=address, credential=key, clock=time.time, random=Random(1))
    with pytest.raises(GatewayDown):
        await gateway.cost_of("gen_1")
    await gateway.close()


async def test_the_credit_is_read_from_decimal_strings() -> None:
    async with told(200, b'{"balance":"95.50000000","total_used":"4.50"}') as (gateway, server):
        assert await gateway.credits() == Credits("95.50000000", "4.50")
    (asked,) = server.seen
    assert (asked.method, asked.path) == ("GET", "/v1/credits")
    assert asked.headers["authorization"] == "Bearer vck_secret"


@pytest.mark.parametrize(("status", "body"), [(404, b""), (200, b'{"balance":null}')])
async def test_another_endpoint_has_no_credit_to_tell(status: int, body: bytes) -> None:
    async with told(status, body) as (gateway, _):
        with pytest.raises(NotOffered):
            await gateway.credits()


def test_the_credit_is_asked_for_gently_until_the_gateway_says_that_it_tells_none() -> None:
    balance, refusal = b'{"balance":"9.50","total_used":"0.5"}', b'{"error":{"type":"authentication_error"}}'
    replies = [(200, balance), (503, b""), (200, balance), (401, refusal), (200, balance), (404, b"<html>")]
    asked: list[float] = []

    async def tells(exchange: Exchange) -> None:
        assert (exchange.path, exchange.headers["authorization"]) == ("/v1/credits", "Bearer vck_secret")
        status, body = replies[len(asked)]
        asked.append(asyncio.get_running_loop().time())
        await exchange.reply(status, body, connection="close")

    async def key() -> str:
        return "vck_secret"

    async def main() -> Credits | None:
        async with raw_server(tells) as server:
            gateway = OpenAIGateway(base_url=server.base_url, credential=key, clock=time.time, random=Random(1))
            await gateway.warm()
            watch = CreditWatch(gateway.credits, SpendingLimits())
            await watch.run()
            await gateway.close()
        return watch.credits

    assert run_hurried(main()) == Credits("9.50", "0.5")
    waits = [round(after - before, -1) for before, after in pairwise(asked)]
    assert waits == [EVERY_SECONDS] * 3 + [REFUSED_SECONDS, EVERY_SECONDS]
