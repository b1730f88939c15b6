"""The client over real sockets, against a server that sends exactly what the gateway would."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from random import Random

import pytest

from bot.errors import AnswerCutOff, AnswerEmpty, GatewayDown, GatewayError, GatewaySilent, RequestInvalid
from bot.gateway.client import OpenAIGateway
from bot.gateway.exchange import Timeouts
from bot.messages import (
    ChatRequest,
    Delta,
    Finish,
    ImageDelta,
    PromptMessage,
    ReasoningDelta,
    Retrying,
    Started,
    TextDelta,
    TextPart,
)
from tests.gateway_streams import DONE, GENERATION, answer, chunk, final, role, text
from tests.wire.hurried_time import run_hurried
from tests.wire.raw_server import EVENT_STREAM, Exchange, RawServer, Script, event, raw_server

QUESTION = PromptMessage("user", (TextPart("Hello?"),))
REQUEST = ChatRequest("acme/alpha-2", (QUESTION,))


class _NoWait(Random):
    """Chooses the shortest of pauses, and shorter than any."""

    def uniform(self, a: float, b: float) -> float:
        return 0.001


async def _key() -> str:
    return "vck_test"


@asynccontextmanager
async def _gateway(*scripts: Script) -> AsyncIterator[tuple[OpenAIGateway, RawServer]]:
    async with raw_server(*scripts) as server:
        gateway = OpenAIGateway(base_url=server.base_url, credential=_key, clock=lambda: 0.0, random=_NoWait())
        try:
            yield gateway, server
        finally:
            await gateway.close()


async def _outcome(gateway: OpenAIGateway) -> tuple[list[Delta], GatewayError | None]:
    deltas: list[Delta] = []
    try:
        async for delta in gateway.stream(REQUEST):
            deltas.append(delta)  # noqa: PERF401 - those before a failure count
    except GatewayError as error:
        return deltas, error
    return deltas, None


def _streams(*pieces: bytes) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.stream(*pieces)

    return script


def _breaks_after(*pieces: bytes) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.send(EVENT_STREAM)
        for piece in pieces:
            await exchange.chunk(piece)
        # The bytes have to be on their way before the cut, or the kernel throws them away with the connection.
        await asyncio.sleep(0.02)
        exchange.drop()

    return script


def _stalls_after(*pieces: bytes) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.send(EVENT_STREAM)
        for piece in pieces:
            await exchange.chunk(piece)
        await exchange.silence()

    return script


async def _says_nothing(exchange: Exchange) -> None:
    await exchange.silence()


ANSWER = _streams(answer("Hel", "lo"))


def _words(deltas: Sequence[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


async def test_an_answer_arrives_as_it_is_written() -> None:
    go_on = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await exchange.send(EVENT_STREAM)
        await exchange.chunk(role() + text("Hel"))
        await go_on.wait()
        await exchange.chunk(text("lo") + final() + DONE)
        await exchange.end()

    async with _gateway(script) as (gateway, _), aclosing(gateway.stream(REQUEST)) as deltas:
        assert await anext(deltas) == Started(GENERATION)
        assert await anext(deltas) == TextDelta("Hel")
        go_on.set()
        assert await anext(deltas) == TextDelta("lo")
        assert isinstance(await anext(deltas), Finish)
        assert [delta async for delta in deltas] == []


@pytest.mark.parametrize("size", [1, 2, 7])
async def test_letters_and_events_cut_anywhere_arrive_whole(size: int) -> None:
    stream = role() + text("Grüße, 世界 👋🏽") + final() + DONE
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]

    async with _gateway(_streams(*pieces)) as (gateway, _):
        deltas, failure = await _outcome(gateway)

    assert failure is None
    assert _words(deltas) == "Grüße, 世界 👋🏽"


async def test_a_second_question_uses_the_same_connection() -> None:
    async with _gateway(ANSWER) as (gateway, server):
        await _outcome(gateway)
        await _outcome(gateway)

        assert [exchange.connection for exchange in server.seen] == [1, 1]


async def test_the_finish_is_told_at_once_and_a_server_that_lingers_is_left() -> None:
    async with _gateway(_stalls_after(answer("Hi"))) as (gateway, server), asyncio.timeout(1):
        deltas, failure = await _outcome(gateway)

        assert failure is None
        assert isinstance(deltas[-1], Finish)
        await server.hung_up.wait()


async def test_closing_the_stream_closes_the_connection() -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.send(EVENT_STREAM)
        await exchange.chunk(role())
        while True:
            await exchange.chunk(text("on and "))
            await asyncio.sleep(0.001)

    async with _gateway(endless) as (gateway, server):
        async with aclosing(gateway.stream(REQUEST)) as deltas:
            while not isinstance(await anext(deltas), TextDelta):
                pass

        async with asyncio.timeout(2):
            await server.hung_up.wait()


async def test_cancelling_the_reader_closes_the_connection() -> None:
    async with _gateway(_stalls_after(role(), text("Hi"))) as (gateway, server):
        heard = asyncio.Event()

        async def read() -> None:
            async with aclosing(gateway.stream(REQUEST)) as deltas:
                async for delta in deltas:
                    if isinstance(delta, TextDelta):
                        heard.set()

        reading = asyncio.create_task(read())
        await heard.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

        async with asyncio.timeout(2):
            await server.hung_up.wait()


async def test_a_picture_of_five_megabytes_comes_in_one_line() -> None:
    url = "data:image/png;base64," + "QUJD" * 1_300_000
    picture = event(chunk({"images": [{"type": "image_url", "image_url": {"url": url}}]}))

    async with _gateway(_streams(role(), picture, final(), DONE)) as (gateway, _):
        started = time.process_time()
        deltas, failure = await _outcome(gateway)
        spent = time.process_time() - started

    assert failure is None
    assert isinstance(deltas[1], ImageDelta)
    assert len(deltas[1].data) == 3_900_000
    assert spent < 1.0, "it takes about a tenth of a second; a search from the start for every piece takes minutes"


async def test_a_fast_stream_is_read_in_beats_and_the_first_word_at_once() -> None:
    """Two hundred tokens in one burst of writes wake the reader a few times, not two hundred."""

    async def fast(exchange: Exchange) -> None:
        await exchange.send(EVENT_STREAM)
        await exchange.chunk(role())
        for _ in range(200):
            await exchange.chunk(text("x"))
            await asyncio.sleep(0.001)
        await exchange.chunk(final() + DONE)
        await exchange.end()

    async with _gateway(fast) as (gateway, _):
        deltas = gateway.stream(REQUEST)
        read = [delta.text async for delta in deltas if isinstance(delta, TextDelta)]

    assert "".join(read) == "x" * 200
    assert len(read) < 100


async def test_who_rests_between_two_looks_gets_all_that_came_meanwhile_as_one() -> None:
    asked, sent = asyncio.Queue[int](), asyncio.Queue[None]()

    async def slowly(exchange: Exchange) -> None:
        await exchange.send(EVENT_STREAM)
        await exchange.chunk(role())
        while tokens := await asked.get():
            for _ in range(tokens):
                await exchange.chunk(text("x"))
                await asyncio.sleep(0.001)
            sent.put_nowait(None)
        await exchange.chunk(final() + DONE)
        await exchange.end()

    async with _gateway(slowly) as (gateway, _), aclosing(gateway.stream(REQUEST)) as deltas:
        read = []
        assert await anext(deltas) == Started(GENERATION)
        for tokens in (1, 5, 7, 2, 0):
            asked.put_nowait(tokens)
            if tokens:
                await sent.get()
                await asyncio.sleep(0.01)
            read.append(await anext(deltas))

    assert read[:4] == [TextDelta("x" * tokens) for tokens in (1, 5, 7, 2)]
    assert isinstance(read[4], Finish)


# --- failures before the first word: tried again -------------------------------------------------


async def test_a_drop_before_the_first_word_is_tried_again_and_said() -> None:
    async with _gateway(_breaks_after(role()), ANSWER) as (gateway, server):
        deltas, failure = await _outcome(gateway)

    assert failure is None
    assert _words(deltas) == "Hello"
    assert [delta.attempt for delta in deltas if isinstance(delta, Retrying)] == [1]
    assert len(server.seen) == 2


async def test_thinking_is_no_word_and_may_be_tried_again() -> None:
    thought = event(chunk({"reasoning": "Hm"}))

    async with _gateway(_breaks_after(role(), thought), ANSWER) as (gateway, _):
        deltas, failure = await _outcome(gateway)

    assert failure is None
    assert ReasoningDelta("Hm") in deltas
    assert _words(deltas) == "Hello"


async def test_a_half_told_tool_call_is_never_released() -> None:
    call = {"index": 0, "id": "call_1", "function": {"name": "pay", "arguments": '{"euros":1'}}
    half = event(chunk({"tool_calls": [call]}))

    async with _gateway(_breaks_after(role(), half)) as (gateway, server):
        deltas, failure = await _outcome(gateway)

    assert isinstance(failure, GatewayDown)
    assert not any(isinstance(delta, Finish) for delta in deltas)
    assert len(server.seen) == 3


async def test_a_stream_that_ends_without_a_word_is_tried_twice_more_then_told_as_down() -> None:
    async with _gateway(_streams(role(), DONE)) as (gateway, server):
        deltas, failure = await _outcome(gateway)

    assert isinstance(failure, GatewayDown)
    assert [delta.attempt for delta in deltas if isinstance(delta, Retrying)] == [1, 2]
    assert len(server.seen) == 3


async def test_a_connection_cut_before_any_answer_is_tried_again() -> None:
    async def cut(exchange: Exchange) -> None:
        exchange.drop()

    async with _gateway(cut, ANSWER) as (gateway, _):
        deltas, failure = await _outcome(gateway)

    assert failure is None
    assert _words(deltas) == "Hello"


async def test_an_answer_that_is_no_http_is_a_failure_of_the_gateway() -> None:
    async def gibberish(exchange: Exchange) -> None:
        await exchange.send(b"SSH-2.0-OpenSSH_9.7\r\n\r\n")
        exchange.drop()

    async with _gateway(gibberish) as (gateway, _):
        _, failure = await _outcome(gateway)

    assert isinstance(failure, GatewayDown)


async def test_nobody_listening_is_tried_again_then_told() -> None:
    async with raw_server() as gone:
        base_url = gone.base_url
    gateway = OpenAIGateway(base_url=base_url, credential=_key, clock=lambda: 0.0, random=_NoWait())

    deltas, failure = await _outcome(gateway)
    await gateway.close()

    assert isinstance(failure, GatewayDown)
    assert not isinstance(failure, GatewaySilent)
    assert [type(delta) for delta in deltas] == [Retrying, Retrying]


async def test_an_empty_answer_is_tried_once_more_without_a_word_about_it() -> None:
    empty = _streams(role(), final(), DONE)

    async with _gateway(empty, ANSWER) as (gateway, _):
        deltas, failure = await _outcome(gateway)
    assert failure is None
    assert _words(deltas) == "Hello"
    assert not any(isinstance(delta, Retrying) and delta.seconds for delta in deltas)

    async with _gateway(empty) as (gateway, server):
        _, failure = await _outcome(gateway)
    assert isinstance(failure, AnswerEmpty)
    assert len(server.seen) == 2


@pytest.mark.parametrize("script", [_says_nothing, _stalls_after(), _stalls_after(role())])
def test_silence_before_the_first_word_ends_in_time_and_is_not_tried_again(script: Script) -> None:
    async def main() -> tuple[list[Delta], GatewayError | None, int, float]:
        async with _gateway(script) as (gateway, server):
            await gateway.warm()
            started = asyncio.get_running_loop().time()
            deltas, failure = await _outcome(gateway)
            return deltas, failure, len(server.seen), asyncio.get_running_loop().time() - started

    deltas, failure, asked, waited = run_hurried(main())

    assert isinstance(failure, GatewaySilent)
    assert not any(isinstance(delta, Retrying) and delta.seconds for delta in deltas)
    assert asked == 1
    assert waited == pytest.approx(Timeouts().first, abs=1.0)


# --- failures after the first word: what was said stands ----------------------------------------

SAID = (role(), text("Hi"))
ERROR_CHUNK = {"id": GENERATION, "error": {"code": "error", "message": "Stream error occurred"}}
BARE_ERROR = {"error": {"message": "Overloaded", "type": "rate_limit_exceeded"}}


@pytest.mark.parametrize(
    "script",
    [
        _breaks_after(*SAID),
        _stalls_after(*SAID),
        _streams(*SAID),
        _streams(*SAID, DONE),
        _streams(*SAID, event(ERROR_CHUNK)),
        _streams(*SAID, event(ERROR_CHUNK), DONE),
        _streams(*SAID, event(BARE_ERROR)),
        _streams(*SAID, b"event: error\n" + event({"message": "Overloaded"})),
        _streams(*SAID, *[b"data: {oops\n\n"] * 6, final()),
    ],
    ids=["drop", "stall", "end", "done", "error", "error and done", "bare error", "error event", "garbage"],
)
def test_after_the_first_word_every_failure_is_an_interruption(script: Script) -> None:
    async def main() -> tuple[list[Delta], GatewayError | None, int]:
        async with _gateway(script) as (gateway, server):
            deltas, failure = await _outcome(gateway)
            return deltas, failure, len(server.seen)

    deltas, failure, asked = run_hurried(main())

    assert deltas == [Started(GENERATION), TextDelta("Hi")]
    assert isinstance(failure, AnswerCutOff)
    assert failure.generation_id == GENERATION
    assert asked == 1


@pytest.mark.parametrize("break_off", [_breaks_after, _stalls_after, _streams])
def test_a_complete_answer_whose_bill_never_comes_is_complete(break_off: Callable[..., Script]) -> None:
    async def main() -> tuple[list[Delta], GatewayError | None]:
        async with _gateway(break_off(*SAID, final(usage=None))) as (gateway, _):
            await gateway.warm()
            async with asyncio.timeout(5):
                return await _outcome(gateway)

    deltas, failure = run_hurried(main())

    assert failure is None
    assert deltas[-1] == Finish("stop", model="acme/alpha-2")


async def test_a_drop_after_the_finish_is_of_no_interest() -> None:
    async with _gateway(_breaks_after(*SAID, final())) as (gateway, _):
        deltas, failure = await _outcome(gateway)

    assert failure is None
    assert isinstance(deltas[-1], Finish)


async def test_what_cannot_be_written_is_never_sent() -> None:
    lone_surrogate = ChatRequest("acme/alpha-2", (PromptMessage("user", (TextPart("\ud800"),)),))

    async with _gateway(ANSWER) as (gateway, server):
        with pytest.raises(RequestInvalid):
            await anext(gateway.stream(lone_surrogate))

        assert server.seen == []
