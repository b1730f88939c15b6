"""What the client does after a refusal: writes the request anew, leaves a key or a model alone, looks again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import orjson
import pytest
from pydantic import BaseModel

from bot.errors import (
    AnswerEmpty,
    GatewayBusy,
    GatewayDown,
    GatewayError,
    GatewayRefused,
    GatewaySilent,
    GatewayUnpaid,
    ModelResting,
    ModelUnknown,
    PrivacyUnmet,
    RequestInvalid,
)
from bot.gateway.client import OpenAIGateway
from bot.gateway.exchange import Timeouts
from bot.messages import (
    ChatRequest,
    Delta,
    FilePart,
    PictureRequest,
    PromptMessage,
    Reasoning,
    Routing,
    Sampling,
    TextDelta,
    TextPart,
    ToolCall,
    Usage,
)
from tests.gateway_streams import GENERATION, answer, usage
from tests.gateway_streams import final as last
from tests.gateway_streams import role as first
from tests.wire.hurried_time import run_hurried
from tests.wire.raw_server import Exchange, RawServer, Script, raw_server

HELLO = PromptMessage("user", (TextPart("Hello?"),))
REQUEST = ChatRequest("acme/alpha-2", (HELLO,), max_tokens=500, sampling=Sampling(temperature=0.7))
CREDITS = "/v1/credits"


class _NoWait(Random):
    def uniform(self, a: float, b: float) -> float:
        return 0.001


async def _key() -> str:
    return "vck_test"


@asynccontextmanager
async def _gateway(
    *scripts: Script, routes: bool | None = True, timeouts: Timeouts | None = None
) -> AsyncIterator[tuple[OpenAIGateway, RawServer]]:
    async with raw_server(*scripts) as server:
        gateway = OpenAIGateway(
            base_url=server.base_url,
            credential=_key,
            clock=lambda: 0.0,
            random=_NoWait(),
            routes=routes,
            timeouts=timeouts,
            byok={"acme": [{"apiKey": "sk-canary-own"}]},
        )
        try:
            yield gateway, server
        finally:
            await gateway.close()


def _refuses(status: int, type_: str, message: str = "x", **more: object) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.reply(status, orjson.dumps({"error": {"message": message, "type": type_, **more}}))

    return script


def _says(body: object, status: int = 200) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.reply(status, orjson.dumps(body))

    return script


async def _answers(exchange: Exchange) -> None:
    await exchange.stream(answer("Hel", "lo"))


async def _is_empty(exchange: Exchange) -> None:
    await exchange.stream(first() + last())


def _by_path(chat: Script, balance: Script) -> Script:
    """One script for questions, one for the balance."""

    async def script(exchange: Exchange) -> None:
        await (balance if exchange.path == CREDITS else chat)(exchange)

    return script


async def _ask(gateway: OpenAIGateway, request: ChatRequest = REQUEST) -> tuple[list[Delta], GatewayError | None]:
    deltas: list[Delta] = []
    try:
        async for delta in gateway.stream(request):
            deltas.append(delta)  # noqa: PERF401 - those before a failure count
    except GatewayError as error:
        return deltas, error
    return deltas, None


async def _until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - nobody rings when it does
            await asyncio.sleep(0.005)


def _words(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


def _asked(server: RawServer) -> list[Any]:
    """The bodies of the questions."""
    return [exchange.json for exchange in server.seen if exchange.method == "POST"]


# --- written anew --------------------------------------------------------------------------------


async def test_a_parameter_that_is_refused_is_left_out_at_once_and_from_then_on() -> None:
    refuses = _refuses(400, "invalid_request_error", "'temperature' is not supported", param="temperature")

    async with _gateway(refuses, _answers) as (gateway, server):
        deltas, failure = await _ask(gateway)
        await _ask(gateway)

    assert failure is None
    assert _words(deltas) == "Hello"
    assert [body.get("temperature") for body in _asked(server)] == [0.7, None, None]


async def test_the_newer_name_of_the_limit_is_used_where_the_older_is_refused() -> None:
    refuses = _refuses(400, "invalid_request_error", "Unsupported parameter: 'max_tokens'", param="max_tokens")

    async with _gateway(refuses, _answers, routes=False) as (gateway, server):
        _, failure = await _ask(gateway)

    assert failure is None
    old, new = _asked(server)
    assert old["max_tokens"] == new["max_completion_tokens"] == 500
    assert "max_tokens" not in new


@pytest.mark.parametrize("routes", [True, False])
async def test_a_pdf_is_sent_in_the_other_documented_form_when_the_first_is_refused(routes: bool) -> None:
    request = ChatRequest("m/x", (PromptMessage("user", (FilePart("q3.pdf", "application/pdf", b"%PDF"),)),))

    async with _gateway(
        _refuses(400, "invalid_request_error", "messages.0.content.0.file: Invalid input"), _answers, routes=routes
    ) as (gateway, server):
        _, failure = await _ask(gateway, request)
        await _ask(gateway, request)

    gateways = {"data": "JVBERg==", "media_type": "application/pdf", "filename": "q3.pdf"}
    openais = {"filename": "q3.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}
    forms = [gateways, openais, openais] if routes else [openais, gateways, gateways]
    assert failure is None
    assert [body["messages"][0]["content"][0]["file"] for body in _asked(server)] == forms


async def test_an_invalid_request_is_told_after_both_forms_were_refused() -> None:
    request = ChatRequest("m/x", (PromptMessage("user", (FilePart("q3.pdf", "application/pdf", b"%PDF"),)),))

    async with _gateway(_refuses(400, "invalid_request_error")) as (gateway, server):
        _, failure = await _ask(gateway, request)

    assert type(failure) is RequestInvalid
    assert len(_asked(server)) == 2


async def test_an_empty_answer_is_asked_for_again_without_thinking() -> None:
    async with _gateway(_is_empty, _answers) as (gateway, server):
        deltas, failure = await _ask(gateway, ChatRequest("m/x", (HELLO,), reasoning=Reasoning("high")))

    assert failure is None
    assert _words(deltas) == "Hello"
    assert [body["reasoning"] for body in _asked(server)] == [{"effort": "high"}, {"enabled": False}]


async def test_nothing_said_twice_is_told() -> None:
    async with _gateway(_is_empty) as (gateway, server):
        _, failure = await _ask(gateway)

    assert type(failure) is AnswerEmpty
    assert len(_asked(server)) == 2


# --- what is sent to whom ------------------------------------------------------------------------


async def test_own_credentials_go_to_a_gateway_and_to_nobody_else() -> None:
    async with _gateway(_answers) as (gateway, server):
        await _ask(gateway)
    assert server.seen[0].json["providerOptions"]["gateway"]["byok"] == {"acme": [{"apiKey": "sk-canary-own"}]}

    async with _gateway(_answers, routes=None) as (gateway, server):
        await _ask(gateway)
    assert b"canary" not in server.seen[0].body
    assert "providerOptions" not in server.seen[0].json


async def test_an_endpoint_that_lists_prices_as_the_gateway_does_is_taken_for_one() -> None:
    rows = {"data": [{"id": "acme/alpha-2", "pricing": {"input": "0.000001", "output": "0.000005"}}]}

    async with _gateway(_says(rows), _answers, routes=None) as (gateway, server):
        assert not gateway.routes
        await gateway.refresh()
        assert gateway.routes
        await _ask(gateway)

    assert "providerOptions" in server.seen[1].json


async def test_a_promise_of_privacy_is_refused_before_anything_is_sent_where_nobody_could_keep_it() -> None:
    async with _gateway(_answers, routes=None) as (gateway, server):
        _, failure = await _ask(gateway, ChatRequest("m/x", (HELLO,), routing=Routing(zero_data_retention=True)))

    assert type(failure) is PrivacyUnmet
    assert server.seen == []


# --- left alone ----------------------------------------------------------------------------------


def test_a_refused_key_stops_everything_for_a_minute_and_is_looked_at_then() -> None:
    async def main() -> None:
        good = asyncio.Event()

        async def chat(exchange: Exchange) -> None:
            await (_answers if good.is_set() else _refuses(401, "authentication_error"))(exchange)

        async def balance(exchange: Exchange) -> None:
            await (_says({"balance": "9"}) if good.is_set() else _refuses(401, "x"))(exchange)

        async with _gateway(_by_path(chat, balance)) as (gateway, server):
            for _ in range(3):
                _, failure = await _ask(gateway)
                assert type(failure) is GatewayRefused
            assert len(_asked(server)) == 1, "the others were not sent"

            good.set()
            await asyncio.sleep(61)
            deltas, failure = await _ask(gateway)
            assert failure is None
            assert _words(deltas) == "Hello"

    run_hurried(main())


def test_used_up_credit_is_looked_at_every_five_minutes_until_there_is_some() -> None:
    async def main() -> None:
        balances = iter(["0", "0", "12.50"])

        async def balance(exchange: Exchange) -> None:
            await _says({"balance": next(balances), "total_used": "88"})(exchange)

        chat = [_refuses(402, "insufficient_funds"), _answers]

        async def ask(exchange: Exchange) -> None:
            await chat.pop(0)(exchange)

        async with _gateway(_by_path(ask, balance)) as (gateway, server):
            for _ in range(2):
                _, failure = await _ask(gateway)
                assert type(failure) is GatewayUnpaid
                await asyncio.sleep(301)
            _, failure = await _ask(gateway)
            assert failure is None
            asked = [exchange for exchange in server.seen if exchange.path == CREDITS]
            assert {exchange.headers["authorization"] for exchange in asked} == {"Bearer vck_test"}
            assert len(asked) == 3

    run_hurried(main())


def test_a_key_with_credit_is_not_left_alone_for_long() -> None:
    async def main() -> None:
        chat = [_refuses(401, "authentication_error"), _answers]

        async def ask(exchange: Exchange) -> None:
            await chat.pop(0)(exchange)

        async with _gateway(_by_path(ask, _says({"balance": "5"}))) as (gateway, server):
            await _ask(gateway)
            await asyncio.sleep(1)
            assert [exchange.path for exchange in server.seen][1:] == [CREDITS]
            _, failure = await _ask(gateway)
            assert failure is None

    run_hurried(main())


async def test_a_throttled_account_asks_nobody_for_a_while() -> None:
    throttled = _refuses(429, "rate_limit_exceeded", "Free tier requests are rate limited")

    async with _gateway(throttled) as (gateway, server):
        _, failure = await _ask(gateway)
        _, other = await _ask(gateway, ChatRequest("zeta/fast-3", (HELLO,)))

    assert type(failure) is type(other) is GatewayBusy
    assert len(_asked(server)) == 1


async def test_a_model_that_keeps_failing_is_left_alone_and_others_are_not() -> None:
    async def script(exchange: Exchange) -> None:
        healthy = exchange.json["model"] != "acme/alpha-2"
        await (_answers if healthy else _refuses(503, "service_unavailable"))(exchange)

    async with _gateway(script) as (gateway, server):
        await _ask(gateway)
        _, second = await _ask(gateway)
        _, third = await _ask(gateway)
        _, other = await _ask(gateway, ChatRequest("zeta/fast-3", (HELLO,)))

    assert isinstance(second, GatewayDown)
    assert type(third) is ModelResting
    assert other is None
    assert [body["model"] for body in _asked(server)].count("acme/alpha-2") == 5


async def test_pictures_and_vectors_are_not_asked_of_a_refused_key_either() -> None:
    async with _gateway(_refuses(401, "authentication_error")) as (gateway, server):
        for _ in range(2):
            with pytest.raises(GatewayRefused):
                await gateway.embed(["hello"], "acme/embed")
            with pytest.raises(GatewayRefused):
                async for _delta in gateway.draw(PictureRequest("acme/paint", "a cat")):
                    pass

    assert len(_asked(server)) == 1


async def test_a_model_that_is_gone_makes_the_catalogue_be_read_again() -> None:
    gone = _refuses(404, "model_not_found", param={"modelId": "acme/alpha-2"})

    async with _gateway(gone, _says({"data": [{"id": "acme/beta"}]})) as (gateway, server):
        _, failure = await _ask(gateway)
        await _until(gateway.models)

    assert type(failure) is ModelUnknown
    assert server.seen[1].path == "/v1/models"


# --- whole answers -------------------------------------------------------------------------------

WHOLE = {
    "id": GENERATION,
    "model": "acme/alpha-2",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": usage(),
}


async def test_an_answer_can_be_had_whole() -> None:
    async with _gateway(_says(WHOLE)) as (gateway, server):
        done = await gateway.complete(REQUEST)

    assert server.seen[0].json["stream"] is False
    assert (done.text, done.generation_id, done.finish.reason) == ("Hello", GENERATION, "stop")
    assert done.finish.usage == Usage(420, 30, 300, 12, "0.00042")


async def test_a_whole_answer_may_be_a_call() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}

    async with _gateway(_says({**WHOLE, "choices": [{"message": message, "finish_reason": "stop"}]})) as (
        gateway,
        _,
    ):
        done = await gateway.complete(REQUEST)

    assert done.finish.tool_calls == (ToolCall("call_1", "now", "{}"),)


async def test_a_whole_answer_is_tried_again_like_any_other_and_not_waited_for_without_end() -> None:
    async def silence(exchange: Exchange) -> None:
        await exchange.silence()

    async with _gateway(_refuses(503, "x"), _says(WHOLE)) as (gateway, _):
        assert (await gateway.complete(REQUEST)).text == "Hello"
    async with _gateway(silence, timeouts=Timeouts(first=0.1)) as (gateway, _):
        with pytest.raises(GatewaySilent):
            await gateway.complete(REQUEST)


class Reminder(BaseModel):
    """When to remind, and of what."""

    minutes: int
    text: str


async def test_a_value_is_asked_for_by_its_schema_and_once_more_if_it_does_not_fit() -> None:
    def content(text: str) -> Script:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return _says({**WHOLE, "choices": [choice]})

    good = '{"minutes":5,"text":"tea"}'
    async with _gateway(content('{"minutes":"soon","text":"tea"}'), content(good)) as (gateway, server):
        reminder = await gateway.structured(REQUEST, Reminder)

    assert reminder.value == Reminder(minutes=5, text="tea")
    assert len(reminder.rounds) == 2
    asked, again = _asked(server)
    assert (
        asked["response_format"]
        == again["response_format"]
        == {
            "type": "json_schema",
            "json_schema": {
                "name": "reminder",
                "description": "When to remind, and of what.",
                "schema": {
                    "type": "object",
                    "properties": {"minutes": {"type": "integer"}, "text": {"type": "string"}},
                    "required": ["minutes", "text"],
                    "additionalProperties": False,
                },
                "strict": True,
            },
        }
    )
    assert [message["role"] for message in again["messages"]] == ["user", "assistant", "user"]
    assert "minutes" in again["messages"][-1]["content"]
