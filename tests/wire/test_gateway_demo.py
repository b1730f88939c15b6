"""The client against the built-in gateway: answers, tools, pictures, and the faults it makes on request."""

import struct
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import orjson
import pytest

from bot.demo.server import DemoGateway
from bot.errors import (
    AnswerCutOff,
    AnswerEmpty,
    GatewayBusy,
    GatewayDown,
    GatewayError,
    GatewayRefused,
    GatewaySilent,
    GatewayUnpaid,
    KeyLimitReached,
    ModelNotAllowed,
    ModelUnknown,
    PartNotSupported,
    PrivacyUnmet,
    PromptTooLong,
    RequestInvalid,
    RequestRefused,
    RequestTooLarge,
    ToolsNotSupported,
)
from bot.gateway.client import OpenAIGateway
from bot.gateway.exchange import Timeouts
from bot.messages import (
    ChatRequest,
    Delta,
    FilePart,
    Finish,
    Part,
    PicturePart,
    PromptMessage,
    Retrying,
    Started,
    TextDelta,
    TextPart,
    ToolSpec,
)

NOW = ToolSpec(
    "current_time",
    "Tells the current time.",
    {"type": "object", "properties": {"timezone": {"type": "string"}}, "required": []},
)


class _NoWait(Random):
    def uniform(self, a: float, b: float) -> float:
        return 0.001


async def _key() -> str:
    return "demo"


@asynccontextmanager
async def _demo(timeouts: Timeouts | None = None) -> AsyncIterator[OpenAIGateway]:
    async with DemoGateway(pace=5000, first_token=0.0) as demo:
        client = OpenAIGateway(
            base_url=demo.base_url, credential=_key, clock=time.time, random=_NoWait(), timeouts=timeouts
        )
        yield client
        await client.close()


@pytest.fixture
async def gateway() -> AsyncIterator[OpenAIGateway]:
    async with _demo() as client:
        yield client


async def _ask(
    gateway: OpenAIGateway, *parts: Part, model: str = "gatepost/scripted", tools: tuple[ToolSpec, ...] = ()
) -> tuple[list[Delta], GatewayError | None]:
    deltas: list[Delta] = []
    try:
        async for delta in gateway.stream(ChatRequest(model, (PromptMessage("user", parts),), tools=tools)):
            deltas.append(delta)  # noqa: PERF401 - those before a failure count
    except GatewayError as error:
        return deltas, error
    return deltas, None


async def _ask_for(gateway: OpenAIGateway, fault: str) -> tuple[list[Delta], GatewayError | None]:
    return await _ask(gateway, TextPart(f"write 60 words\nfault: {fault}"), model="gatepost/faulty")


def _words(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


def _red_png(width: int, height: int) -> bytes:
    def block(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + b"\xe0\x10\x10" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    blocks = block(b"IHDR", head) + block(b"IDAT", zlib.compress(rows)) + block(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + blocks


async def test_an_answer_has_an_id_words_and_a_bill(gateway: OpenAIGateway) -> None:
    deltas, failure = await _ask(gateway, TextPart("Hello!"))

    assert failure is None
    first, *_, last = deltas
    assert isinstance(first, Started)
    assert first.generation_id.startswith("gen_")
    assert _words(deltas)
    assert isinstance(last, Finish)
    assert last.usage is not None
    assert last.usage.cost is not None
    assert last.usage.prompt_tokens > 0


async def test_a_picture_arrives_as_the_bytes_that_were_sent(gateway: OpenAIGateway) -> None:
    deltas, failure = await _ask(
        gateway, TextPart("What is in this picture?"), PicturePart("image/png", _red_png(37, 23))
    )

    assert failure is None
    said = _words(deltas)
    assert "37" in said
    assert "23" in said
    assert "red" in said.lower()


async def test_an_offered_tool_is_called_with_whole_arguments(gateway: OpenAIGateway) -> None:
    deltas, failure = await _ask(gateway, TextPart("What time is it?"), tools=(NOW,))

    assert failure is None
    last = deltas[-1]
    assert isinstance(last, Finish)
    (call,) = last.tool_calls
    assert call.name == "current_time"
    assert isinstance(orjson.loads(call.arguments), dict)


async def test_its_models_are_in_the_catalogue_with_what_they_can(gateway: OpenAIGateway) -> None:
    await gateway.refresh()

    scripted, blind = gateway.model("gatepost/scripted"), gateway.model("gatepost/scripted-blind")
    assert scripted is not None
    assert blind is not None
    assert (scripted.sees, scripted.reads_files, scripted.calls_tools) == (True, True, True)
    assert not blind.sees


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("bad-request", RequestInvalid),
        ("context-too-long", PromptTooLong),
        ("no-images", PartNotSupported),
        ("no-files", PartNotSupported),
        ("no-tools", ToolsNotSupported),
        ("zdr", PrivacyUnmet),
        ("unauthorized", GatewayRefused),
        ("no-credit", GatewayUnpaid),
        ("quota", KeyLimitReached),
        ("no-card", GatewayRefused),
        ("not-allowed", ModelNotAllowed),
        ("forbidden", RequestRefused),
        ("not-found", ModelUnknown),
        ("too-large", RequestTooLarge),
        ("failed-dependency", RequestInvalid),
        ("rate-limit:90", GatewayBusy),
        ("error-first", PromptTooLong),
        ("empty", AnswerEmpty),
    ],
)
async def test_a_refusal_is_told_for_what_it_is(
    gateway: OpenAIGateway, fault: str, kind: type[GatewayError]
) -> None:
    asked = TextPart(f"write 60 words\nfault: {fault}")
    held = PicturePart("image/png", _red_png(8, 8)), FilePart("a.pdf", "application/pdf", b"%PDF-1.4")
    deltas, failure = await _ask(gateway, asked, *held, model="gatepost/faulty", tools=(NOW,))

    assert type(failure) is kind
    assert _words(deltas) == ""
    assert not any(isinstance(delta, Retrying) and delta.seconds for delta in deltas)


@pytest.mark.parametrize("fault", ["no-images", "no-files", "no-tools"])
async def test_what_a_request_does_not_hold_is_not_refused(gateway: OpenAIGateway, fault: str) -> None:
    deltas, failure = await _ask_for(gateway, fault)

    assert failure is None
    assert _words(deltas)


@pytest.mark.parametrize(
    "fault",
    ["timeout", "server-error", "bad-gateway", "unavailable", "gateway-timeout", "flat-error", "empty-error"],
)
async def test_trouble_is_survived_if_it_passes_and_told_if_not(gateway: OpenAIGateway, fault: str) -> None:
    deltas, failure = await _ask_for(gateway, f"first:2:{fault}")
    assert failure is None
    assert [delta.attempt for delta in deltas if isinstance(delta, Retrying)] == [1, 2]
    assert _words(deltas)

    deltas, failure = await _ask_for(gateway, fault)
    assert type(failure) is GatewayDown
    assert _words(deltas) == ""


@pytest.mark.parametrize(
    "fault",
    [
        "drop-mid-stream",
        "reset-mid-stream",
        "silent-end",
        "error-mid-stream",
        "error-envelope",
        "error-event",
        "garbage:6",
    ],
)
async def test_a_stream_that_breaks_keeps_its_words(gateway: OpenAIGateway, fault: str) -> None:
    deltas, failure = await _ask_for(gateway, fault)

    assert type(failure) is AnswerCutOff
    assert failure.generation_id is not None
    assert _words(deltas)


async def test_silence_is_not_waited_for_without_end() -> None:
    async with _demo(Timeouts(first=0.2)) as gateway:
        _, failure = await _ask_for(gateway, "slow-start:9")
    assert type(failure) is GatewaySilent

    async with _demo(Timeouts(idle=0.2)) as gateway:
        deltas, failure = await _ask_for(gateway, "stall")
    assert type(failure) is AnswerCutOff
    assert _words(deltas)


@pytest.mark.parametrize(
    "fault", ["no-done", "usage-chunk", "comments", "crlf", "split-bytes", "garbage:5", "huge-line"]
)
async def test_a_stream_of_odd_shape_is_read_like_any_other(gateway: OpenAIGateway, fault: str) -> None:
    plain, _ = await _ask(gateway, TextPart("write 60 words"))

    deltas, failure = await _ask_for(gateway, fault)

    assert failure is None
    assert _words(deltas) == _words(plain)
    last = deltas[-1]
    assert isinstance(last, Finish)
    assert last.usage is not None


@pytest.mark.parametrize(("fault", "reason"), [("content-filter", "content_filter"), ("cut-off", "length")])
async def test_an_answer_that_ends_early_says_why(gateway: OpenAIGateway, fault: str, reason: str) -> None:
    deltas, failure = await _ask_for(gateway, fault)

    assert failure is None
    assert _words(deltas)
    last = deltas[-1]
    assert isinstance(last, Finish)
    assert last.reason == reason


@pytest.mark.parametrize("fault", ["tools-stop", "same-call-ids"])
async def test_tool_calls_come_whole_however_they_are_told(gateway: OpenAIGateway, fault: str) -> None:
    question = TextPart(f"What time is it in UTC and in Europe/Rome?\nfault: {fault}")

    deltas, failure = await _ask(gateway, question, model="gatepost/faulty", tools=(NOW,))

    assert failure is None
    last = deltas[-1]
    assert isinstance(last, Finish)
    ids = [call.id for call in last.tool_calls]
    assert ids
    assert len(ids) == len(set(ids))
