"""Every fault of the built-in gateway does on the wire what the table says of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson
import pytest

from bot.demo.faults import FAULTS, HEADER
from bot.demo.server import DemoGateway
from tests.wire.demo_client import Client, chat, gateway_client

REFUSALS = [name for name, fault in FAULTS.items() if fault.refuse and name != "odd-catalogue"]
TOOLS = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("one", "two")]
KEY = {"Authorization": "Bearer any"}
WORDS = "count to 60"
WHOLE = ", ".join(map(str, range(1, 61))) + "."


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with gateway_client() as client:
        yield client


async def spoilt(client: Client, fault: str, question: str = WORDS, **more: Any) -> bytes:
    """The body of a stream that ends, as it came."""
    body = chat(question, stream=True, **more)
    url = client.demo.base_url + "/chat/completions"
    async with client.session.post(url, json=body, headers={HEADER: fault}) as response:
        assert response.status == 200
        return await response.read()


async def collect(client: Client, fault: str, got: bytearray) -> None:
    """Read a stream for as long as it comes."""
    url = client.demo.base_url + "/chat/completions"
    async with client.session.post(url, json=chat(WORDS, stream=True), headers={HEADER: fault}) as response:
        async for piece in response.content.iter_any():
            got += piece


def parsed(body: bytes) -> list[Any]:
    """What the events hold, `[DONE]` and garbage left out."""
    lines = [line.removeprefix(b"data: ") for line in body.splitlines() if line.startswith(b"data: {")]
    return [orjson.loads(line) for line in lines if b"not json" not in line]


def text_of(body: bytes) -> str:
    deltas = [chunk["choices"][0]["delta"] for chunk in parsed(body) if chunk.get("choices")]
    return "".join(delta.get("content", "") for delta in deltas)


def finish_of(body: bytes) -> Any:
    return [chunk["choices"][0]["finish_reason"] for chunk in parsed(body) if chunk.get("choices")][-1]


def calls_of(body: bytes) -> list[Any]:
    deltas = [chunk["choices"][0]["delta"] for chunk in parsed(body) if chunk.get("choices")]
    return [call for delta in deltas for call in delta.get("tool_calls", ())]


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_has_the_status_of_its_description(client: Client, name: str) -> None:
    url = client.demo.base_url + "/chat/completions"
    async with client.session.post(url, json=chat("hi"), headers={HEADER: name}) as response:
        body = await response.read()
    promised = FAULTS[name].description.partition(":")[0]
    assert str(response.status) == promised
    if response.content_type == "application/json" and body:
        assert "error" in orjson.loads(body)


async def test_refusals_cover_every_status_and_shape_that_the_gateway_has(client: Client) -> None:
    seen: dict[int, set[Any]] = {}
    for name in REFUSALS:
        status, body = await client.post("/chat/completions", chat("hi"), **{HEADER: name})
        error = body["error"] if isinstance(body, dict) else None
        seen.setdefault(status, set()).add(error["type"] if isinstance(error, dict) else type(error))
    assert set(seen) == {400, 401, 402, 403, 404, 408, 413, 424, 429, 500, 502, 503, 504}
    assert seen[402] == {"insufficient_funds", "quota_for_entity_exceeded"}
    assert seen[403] == {"customer_verification_required", "no_providers_available", "permission_error"}
    assert str in seen[400]
    assert seen[502] == {type(None)}


async def test_a_rate_limit_names_the_time_only_when_asked_to(client: Client) -> None:
    url = client.demo.base_url + "/chat/completions"
    for fault, header in (("rate-limit", None), ("rate-limit:3", "3")):
        async with client.session.post(url, json=chat("hi"), headers={HEADER: fault}) as response:
            assert (response.status, response.headers.get("retry-after")) == (429, header)


@pytest.mark.parametrize("fault", ["drop-mid-stream:5", "reset-mid-stream:5"])
async def test_a_broken_connection_breaks_after_so_many_pieces(
    client: Client, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    got = bytearray()
    with caplog.at_level(logging.WARNING), pytest.raises(aiohttp.ClientError):
        await collect(client, fault, got)
    if fault.startswith("drop"):
        assert text_of(bytes(got)) == "1, 2, 3"
    assert not caplog.records


async def test_a_stall_sends_nothing_more_and_stays_open(client: Client) -> None:
    url = client.demo.base_url + "/chat/completions"
    headers = {HEADER: "stall:3"}
    async with client.session.post(url, json=chat(WORDS, stream=True), headers=headers) as response:
        got = b""
        while b"2" not in text_of(got).encode():
            got += await response.content.readany()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await response.content.readany()
    assert text_of(got) == "1, 2"


async def test_a_slow_start_keeps_even_the_head_back(client: Client) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert text_of(await spoilt(client, "slow-start:0.1")) == WHOLE
    assert loop.time() - begun >= 0.1


async def test_ends_without_a_word(client: Client) -> None:
    silent = await spoilt(client, "silent-end:5")
    assert (text_of(silent), finish_of(silent)) == ("1, 2, 3", None)
    assert b"[DONE]" not in silent
    unmarked = await spoilt(client, "no-done")
    assert (text_of(unmarked), finish_of(unmarked)) == (WHOLE, "stop")
    assert b"[DONE]" not in unmarked


async def test_errors_inside_a_200_have_both_shapes(client: Client) -> None:
    first = parsed(await spoilt(client, "error-first"))
    assert [chunk.get("error", {}).get("name") for chunk in first] == [None, "AI_TypeValidationError"]
    assert "maximum context length" in first[-1]["error"]["value"]["error_message"]
    later = await spoilt(client, "error-mid-stream:5")
    assert text_of(later) == "1, 2, 3"
    assert parsed(later)[-1]["id"] == parsed(later)[0]["id"]
    envelope = await spoilt(client, "error-envelope:5")
    attempts = parsed(envelope)[-1]["providerMetadata"]["gateway"]["routing"]["modelAttempts"]
    assert attempts[0]["providerAttempts"][0]["error"] == "The script ran out."
    assert envelope.endswith(b"data: [DONE]\n\n")
    named = await spoilt(client, "error-event:5")
    assert b"event: error\ndata: " in named
    assert "error" not in parsed(named)[-1]


@pytest.mark.parametrize("fault", ["comments", "crlf", "split-bytes:2", "usage-chunk", "garbage:3", "huge-line:1"])
async def test_what_is_only_odd_keeps_the_whole_text(client: Client, fault: str) -> None:
    body = await spoilt(client, fault)
    assert text_of(body) == WHOLE
    assert finish_of(body) == "stop"
    assert b"[DONE]" in body


async def test_what_is_odd_is_really_odd(client: Client) -> None:
    assert (await spoilt(client, "comments")).count(b": still here\n\n") > 60
    crlf = await spoilt(client, "crlf")
    assert crlf.count(b"\n") == crlf.count(b"\r\n") > 60
    assert (await spoilt(client, "garbage:3")).count(b"data: {not json\n\n") == 3
    assert max(map(len, (await spoilt(client, "huge-line:1")).splitlines())) > 1_000_000
    usage = parsed(await spoilt(client, "usage-chunk"))
    assert (usage[-1]["choices"], usage[-1]["usage"]["completion_tokens"] > 0) == ([], True)
    assert "usage" not in usage[-2]


async def test_finishes_that_mean_something_else(client: Client) -> None:
    empty = await spoilt(client, "empty")
    assert (text_of(empty), finish_of(empty)) == ("", "stop")
    filtered = await spoilt(client, "content-filter:5")
    assert (text_of(filtered), finish_of(filtered)) == ("1, 2, 3", "content_filter")
    cut = await spoilt(client, "cut-off:5")
    assert (text_of(cut), finish_of(cut)) == ("1, 2, 3", "length")


async def test_tool_calls_can_be_spoilt(client: Client) -> None:
    question = "use the one tool and two"
    stopped = await spoilt(client, "tools-stop", question, tools=TOOLS)
    assert (len([c for c in calls_of(stopped) if "id" in c]), finish_of(stopped)) == (2, "stop")
    broken = calls_of(await spoilt(client, "bad-arguments", question, tools=TOOLS))
    assert [call["function"]["arguments"] for call in broken] == ['{"broken": '] * 2
    same = calls_of(await spoilt(client, "same-call-ids", question, tools=TOOLS))
    assert {call["id"] for call in same if "id" in call} == {"call_same"}


async def test_a_fault_can_be_had_for_the_first_tries_only(client: Client) -> None:
    headers = {HEADER: "first:2:unavailable"}
    statuses = [(await client.post("/chat/completions", chat("hi"), **headers))[0] for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert (await client.post("/chat/completions", chat("another"), **headers))[0] == 503


async def test_the_faulty_model_fails_as_a_line_of_the_question_asks(client: Client) -> None:
    asked = chat("count to 3\nfault: rate-limit:7", model="gatepost/faulty")
    assert (await client.post("/chat/completions", asked))[0] == 429
    other = chat("count to 3\nfault: rate-limit:7")
    assert (await client.post("/chat/completions", other))[0] == 200


async def test_an_unknown_fault_is_a_400_that_says_where_to_look(client: Client) -> None:
    status, body = await client.post("/chat/completions", chat("hi"), **{HEADER: "gremlins"})
    assert status == 400
    assert "/v1/faults" in body["error"]["message"]


async def test_the_curious_find_the_table(client: Client) -> None:
    _, body = await client.get("/faults")
    assert body["faults"] == {name: fault.description for name, fault in FAULTS.items()}


async def test_the_catalogue_can_be_odd(client: Client) -> None:
    _, body = await client.get("/models", **{HEADER: "odd-catalogue"})
    kinds = {row["type"] for row in body["data"] if isinstance(row, dict) and "type" in row}
    assert "oracle" in kinds
    assert "not a row" in body["data"]


async def test_an_answer_is_paced() -> None:
    async with DemoGateway(pace=200, first_token=0.02) as demo, aiohttp.ClientSession(headers=KEY) as session:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with session.post(f"{demo.base_url}/chat/completions", json=chat(WORDS, stream=True)) as response:
            assert text_of(await response.read()) == WHOLE
        assert loop.time() - begun > 0.3


async def test_writing_ends_when_the_reader_goes(caplog: pytest.LogCaptureFixture) -> None:
    async with DemoGateway(settle=0) as demo, aiohttp.ClientSession(headers=KEY | {HEADER: "stall:1"}) as session:
        async with session.post(f"{demo.base_url}/chat/completions", json=chat(WORDS, stream=True)) as response:
            head = await response.content.readline()
            response.close()
        generation = orjson.loads(head.removeprefix(b"data: "))["id"]
        async with asyncio.timeout(5):
            while await status_of(session, f"{demo.base_url}/generation?id={generation}") == 404:
                pass
    assert not caplog.records


async def status_of(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as response:
        return response.status
