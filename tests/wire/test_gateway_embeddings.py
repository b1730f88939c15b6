"""Texts to vectors over a real socket: in few requests, in order, whatever the answers look like."""

import base64
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import orjson
import pytest

from bot.demo.server import DemoGateway
from bot.errors import AnswerEmpty, GatewayDown, GatewayError, PromptTooLong
from bot.gateway.client import OpenAIGateway
from bot.gateway.embedding import LONGEST, MOST_CHARACTERS, MOST_TEXTS
from bot.messages import Embedded, Usage
from tests.wire.hurried_time import run_hurried
from tests.wire.raw_server import Exchange, RawServer, Script, raw_server

MODEL = "acme/embed"


async def _key() -> str:
    return "vck_test"


async def _counts(exchange: Exchange) -> None:
    """Answers each text with its length as a vector, out of order."""
    texts = exchange.json["input"]
    data = [{"object": "embedding", "index": n, "embedding": [len(text), 1]} for n, text in enumerate(texts)]
    gateway = {"cost": "0.00000002", "generationId": f"gen_{len(texts)}"}
    answer = {"data": data[::-1], "usage": {"prompt_tokens": 3}, "providerMetadata": {"gateway": gateway}}
    await exchange.reply(200, orjson.dumps(answer))


def _replies(status: int, body: object) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.reply(status, orjson.dumps(body))

    return script


def _refuses(message: str) -> Script:
    return _replies(400, {"error": {"message": message, "type": "invalid_request_error"}})


@asynccontextmanager
async def _gateway(*scripts: Script) -> AsyncIterator[tuple[OpenAIGateway, RawServer]]:
    async with raw_server(*scripts) as server:
        gateway = OpenAIGateway(base_url=server.base_url, credential=_key, clock=lambda: 0.0, random=Random(1))
        try:
            yield gateway, server
        finally:
            await gateway.close()


async def test_texts_are_sent_as_one_list_and_the_vectors_put_in_their_order() -> None:
    async with _gateway(_counts) as (gateway, server):
        embedded = await gateway.embed(["a", "bb", "ccc"], MODEL, 512)

    (asked,) = server.seen
    assert (asked.method, asked.path) == ("POST", "/v1/embeddings")
    assert asked.json == {
        "model": MODEL,
        "input": ["a", "bb", "ccc"],
        "encoding_format": "float",
        "dimensions": 512,
    }
    assert asked.headers["authorization"] == "Bearer vck_test"
    assert asked.headers["accept"] == "application/json"
    assert embedded == Embedded(
        MODEL,
        ((1.0, 1.0), (2.0, 1.0), (3.0, 1.0)),
        Usage(prompt_tokens=3, cost="0.00000002"),
        ("gen_3",),
    )


async def test_many_texts_take_several_requests_and_their_bills_are_added_up() -> None:
    texts = ["x" * (n % 7 + 1) for n in range(2 * MOST_TEXTS + 1)]
    async with _gateway(_counts) as (gateway, server):
        embedded = await gateway.embed(texts, MODEL)

    assert [len(exchange.json["input"]) for exchange in server.seen] == [MOST_TEXTS, MOST_TEXTS, 1]
    assert "dimensions" not in server.seen[0].json
    assert [int(vector[0]) for vector in embedded.vectors] == [len(text) for text in texts]
    assert embedded.usage == Usage(prompt_tokens=9, cost="0.00000006")


async def test_long_texts_are_sent_by_their_beginning_and_empty_ones_not_empty() -> None:
    async with _gateway(_counts) as (gateway, server):
        await gateway.embed(["x" * (LONGEST + 1)] * 20 + [" ", ""], MODEL)

    sent = [exchange.json["input"] for exchange in server.seen]
    assert all(sum(map(len, texts)) <= MOST_CHARACTERS for texts in sent)
    assert {len(text) for texts in sent for text in texts} == {LONGEST, 1}
    assert len(sent) < 5


async def test_nothing_to_embed_asks_nobody() -> None:
    async with _gateway(_counts) as (gateway, server):
        assert await gateway.embed([], MODEL) == Embedded(MODEL, ())
    assert server.seen == []


async def test_base64_is_read_as_well() -> None:
    vector = base64.b64encode(struct.pack("<2f", 0.5, -1.0)).decode()
    async with _gateway(_replies(200, {"data": [{"index": 0, "embedding": vector}]})) as (gateway, _):
        embedded = await gateway.embed(["a"], MODEL)

    assert embedded.vectors == ((0.5, -1.0),)


async def test_a_batch_that_is_too_much_goes_in_halves() -> None:
    too_long = _refuses("This model's maximum context length is 10 tokens")
    async with _gateway(too_long, _counts) as (gateway, server):
        embedded = await gateway.embed(["a", "bb", "ccc"], MODEL)
        with_one = await _failure(too_long)

    assert [exchange.json["input"] for exchange in server.seen] == [["a", "bb", "ccc"], ["a"], ["bb", "ccc"]]
    assert [vector[0] for vector in embedded.vectors] == [1.0, 2.0, 3.0]
    assert type(with_one) is PromptTooLong


async def test_dimensions_that_are_not_taken_are_left_to_the_model() -> None:
    refuses = _refuses("Unsupported parameter: 'dimensions'")
    async with _gateway(refuses, _counts) as (gateway, server):
        embedded = await gateway.embed(["a"], MODEL, 512)

    assert len(embedded.vectors[0]) == 2
    assert ["dimensions" in exchange.json for exchange in server.seen] == [True, False]


@pytest.mark.parametrize(
    "data",
    [
        [],
        [{"index": 1, "embedding": [1.0]}],
        [{"index": 0, "embedding": []}],
        [{"index": 0, "embedding": [1.0, "x"]}],
        [{"index": 0, "embedding": "%%"}],
        [{"index": 0, "embedding": [1.0, None]}],
        "none",
    ],
)
async def test_vectors_that_make_no_sense_are_none(data: object) -> None:
    assert type(await _failure(_replies(200, {"data": data}))) is AnswerEmpty


def test_trouble_is_tried_again() -> None:
    async def main() -> tuple[Embedded, int]:
        async with _gateway(_replies(503, {}), _replies(429, {}), _counts) as (gateway, server):
            return await gateway.embed(["a"], MODEL), len(server.seen)

    embedded, asked = run_hurried(main())

    assert embedded.vectors == ((1.0, 1.0),)
    assert asked == 3


async def test_vectors_that_came_before_a_failure_are_to_be_paid_for() -> None:
    texts = ["x"] * (MOST_TEXTS + 1)
    async with _gateway(_counts, _refuses("no")) as (gateway, _):
        with pytest.raises(GatewayError) as partly:
            await gateway.embed(texts, MODEL)
    async with _gateway(_refuses("no")) as (gateway, _):
        with pytest.raises(GatewayError) as never:
            await gateway.embed(texts, MODEL)

    assert (partly.value.billable, never.value.billable) == (True, False)


async def test_a_request_that_may_have_been_answered_is_not_made_once_more() -> None:
    async def drops(exchange: Exchange) -> None:
        exchange.drop()

    async with _gateway(drops, _counts) as (gateway, server):
        with pytest.raises(GatewayDown):
            await gateway.embed(["a"], MODEL)

    assert len(server.seen) == 1


async def test_a_bill_of_which_a_part_is_missing_names_no_cost() -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.reply(200, orjson.dumps({"data": [{"index": 0, "embedding": [1.0, 1.0]}]}))

    async with _gateway(_counts, silent) as (gateway, _):
        embedded = await gateway.embed(["x"] * (MOST_TEXTS + 1), MODEL)

    assert embedded.usage.cost is None


async def test_the_built_in_embedder_puts_texts_that_share_words_near_each_other() -> None:
    async with DemoGateway() as demo:
        gateway = OpenAIGateway(base_url=demo.base_url, credential=_key, clock=time.time, random=Random(1))
        embedded = await gateway.embed(["red boats", "boats, red", "a kettle"], "gatepost/embedder", 64)
        await gateway.close()

    one, same, other = embedded.vectors
    assert len(one) == 64
    assert _likeness(one, same) > 0.99 > _likeness(one, other)


def _likeness(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def _failure(script: Script) -> GatewayError | None:
    async with _gateway(script) as (gateway, _):
        try:
            await gateway.embed(["a"], MODEL)
        except GatewayError as error:
            return error
    return None
