"""Chat on the built-in gateway: streams, answers, tools, pictures and documents, in the real one's shapes."""

import base64
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from PIL import Image

from tests.wire.demo_client import Client, chat, data_url, gateway_client, png

ULID = re.compile(r"gen_[0-9A-HJKMNP-TV-Z]{26}")


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with gateway_client() as client:
        yield client


async def test_a_stream_begins_with_the_role_and_ends_with_one_chunk_that_has_everything(client: Client) -> None:
    *chunks, done = await client.chunks("count to 20")
    assert done == "[DONE]"
    first, *middle, final = chunks
    assert first["choices"][0]["delta"] == {"role": "assistant"}
    assert ULID.fullmatch(first["id"])
    assert {chunk["id"] for chunk in chunks} == {first["id"]}
    assert all(len(chunk["choices"]) == 1 and "usage" not in chunk for chunk in (first, *middle))
    text = "".join(chunk["choices"][0]["delta"]["content"] for chunk in middle)
    assert text == ", ".join(map(str, range(1, 21))) + "."
    assert final["choices"][0]["finish_reason"] == "stop"
    assert final["generationId"] == first["id"]
    metadata = final["choices"][0]["delta"]["provider_metadata"]["gateway"]
    assert isinstance(final["usage"]["cost"], float)
    assert float(metadata["cost"]) == pytest.approx(final["usage"]["cost"])
    assert isinstance(metadata["cost"], str)
    assert final["usage"]["completion_tokens"] == len(middle)


async def test_the_answer_that_is_not_streamed_says_the_same(client: Client) -> None:
    _, body = await client.post("/chat/completions", chat("count to 3"))
    assert body["choices"][0]["message"]["content"] == "1, 2, 3."
    assert body["object"] == "chat.completion"
    assert body["id"] == body["generationId"]
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]


async def test_parallel_calls_come_in_fragments_with_the_name_first(client: Client) -> None:
    schema = {"type": "object", "properties": {"timezone": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "current_time", "parameters": schema}}]
    *chunks, _ = await client.chunks("What time is it in Tokyo and Paris?", tools=tools)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    pieces = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    opening = [piece for piece in pieces if "id" in piece]
    assert [(piece["index"], piece["function"]["arguments"]) for piece in opening] == [(0, ""), (1, "")]
    arguments = ["".join(p["function"]["arguments"] for p in pieces if p["index"] == n) for n in (0, 1)]
    assert arguments == ['{"timezone":"Asia/Tokyo"}', '{"timezone":"Europe/Paris"}']
    assert len(pieces) > 4
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert (await client.ask("What time is it?", tools=tools))["content"] is None


async def test_a_demanded_tool_is_called_and_a_forbidden_one_is_not(client: Client) -> None:
    tools = [{"type": "function", "function": {"name": "note", "parameters": {"type": "object"}}}]
    assert (await client.ask("hello", tools=tools, tool_choice="required"))["tool_calls"]
    named = {"type": "function", "function": {"name": "note"}}
    assert (await client.ask("hello", tools=tools, tool_choice=named))["tool_calls"]
    assert "tool_calls" not in await client.ask("use the note tool", tools=tools, tool_choice="none")


async def test_reasoning_comes_before_the_text_and_ends_with_a_signature(client: Client) -> None:
    *chunks, _ = await client.chunks("count to 3", reasoning={"effort": "low"})
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    thought = [delta for delta in deltas if "reasoning_details" in delta]
    assert "counted" in "".join(delta.get("reasoning", "") for delta in thought)
    assert [detail["index"] for delta in thought for detail in delta["reasoning_details"]] == [0] * len(thought)
    assert thought[-1]["reasoning_details"][0]["signature"]
    assert deltas.index(thought[-1]) < next(n for n, delta in enumerate(deltas) if "content" in delta)
    assert chunks[-1]["usage"]["completion_tokens_details"]["reasoning_tokens"] == len(thought) - 1


@pytest.mark.parametrize("form", ["data", "data url", "file_data"])
async def test_a_pdf_is_read_back_in_either_form(client: Client, form: str) -> None:
    document = b"The total is 42 euros."
    file = {
        "data": {
            "data": base64.b64encode(document).decode(),
            "media_type": "application/pdf",
            "filename": "a.pdf",
        },
        "data url": {"data": data_url(document, "application/pdf"), "filename": "a.pdf"},
        "file_data": {"file_data": data_url(document, "application/pdf"), "filename": "a.pdf"},
    }[form]
    content = [{"type": "text", "text": "What is the total?"}, {"type": "file", "file": file}]
    said = (await client.ask(content))["content"]
    assert said.startswith("**a.pdf** is a PDF of 2 pages with 5 words.")
    assert "> The total is 42 euros." in said


async def test_a_document_is_read_once_for_a_whole_conversation(client: Client) -> None:
    file = {"data": base64.b64encode(b"All of it.").decode(), "filename": "a.pdf"}
    content = [{"type": "text", "text": "What is this?"}, {"type": "file", "file": file}]
    answers = [(await client.ask(content))["content"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert client.reader.reads == 1


async def test_a_picture_in_a_data_url_is_looked_at(client: Client) -> None:
    content = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": data_url(png("blue"), "image/png")}},
    ]
    assert "40 × 30 pixels, mostly blue" in (await client.ask(content))["content"]


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ({"type": "image_url", "image_url": {"url": data_url(b"x", "image/png")}}, "image inputs"),
        ({"type": "file", "file": {"data": "eA==", "filename": "a.pdf"}}, "file inputs"),
    ],
)
async def test_a_blind_model_refuses_what_it_cannot_take(client: Client, part: Any, what: str) -> None:
    status, body = await client.post("/chat/completions", chat([part], model="gatepost/scripted-blind"))
    assert status == 400
    assert f"does not support {what}" in body["error"]["message"]


async def test_a_picture_is_drawn_where_the_request_takes_pictures(client: Client) -> None:
    *chunks, _ = await client.chunks("draw a red square", modalities=["text", "image"])
    (images,) = [c["choices"][0]["delta"]["images"] for c in chunks if "images" in c["choices"][0]["delta"]]
    data = base64.b64decode(images[0]["image_url"]["url"].partition(",")[2])
    assert Image.open(io.BytesIO(data)).format == "PNG"
    assert "index" not in images[0]
    assert "images" not in await client.ask("draw a red square")


async def test_what_was_drawn_is_drawn_again_in_another_colour(client: Client) -> None:
    said = [
        {"role": "user", "content": "Draw: a red square"},
        {"role": "assistant", "content": "(A picture, without words.)"},
        {"role": "user", "content": "make it bluer"},
    ]
    body = {**chat(""), "messages": said, "modalities": ["text", "image"]}
    _, answer = await client.post("/chat/completions", body)

    url = answer["choices"][0]["message"]["images"][0]["image_url"]["url"]
    drawn = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")
    corner = drawn.getpixel((drawn.width // 6, drawn.height // 6))
    assert corner == (30, 80, 220), "a blue square, where a circle would leave white"


async def test_structured_output_satisfies_its_schema(client: Client) -> None:
    schema = {"type": "object", "properties": {"at": {"type": "string"}, "n": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "r", "schema": schema, "strict": True}}
    for form in (wanted, {"type": "json", "schema": schema, "name": "r"}):
        assert orjson.loads((await client.ask("noon", response_format=form))["content"]) == {"at": "noon", "n": 0}


async def test_an_answer_is_cut_at_max_tokens(client: Client) -> None:
    _, body = await client.post("/chat/completions", chat("count to 100", max_tokens=7))
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 7


async def test_only_a_beginning_that_was_seen_before_is_cached(client: Client) -> None:
    first = [{"role": "system", "content": "Be brief. " * 40}, {"role": "user", "content": "hello"}]
    longer = [*first, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "count to 3"}]
    changed = [{"role": "system", "content": "Be long. " * 40}, *longer[1:]]
    cached = []
    for messages in (first, longer, changed):
        _, body = await client.post("/chat/completions", {"model": "gatepost/scripted", "messages": messages})
        cached.append(body["usage"]["prompt_tokens_details"]["cached_tokens"])
    assert cached == [0, 102, 0]


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        b"{}",
        b'{"model":"plain","messages":[]}',
        b'{"model":"gatepost/scripted","messages":[]}',
        b'{"model":"gatepost/scripted","messages":[{"content":"x"}]}',
        b'{"model":"gatepost/scripted","messages":[{"role":"user","content":[{"type":"input_audio"}]}]}',
        b'{"model":"gatepost/scripted","messages":[{"role":"user","content":[{"type":"image_url"}]}]}',
        b'{"model":"gatepost/scripted","messages":[{"role":"user","content":[{"type":"file","file":{"data":"*"}}]}]}',
        b'{"model":"gatepost/scripted","tools":7,"messages":[{"role":"user","content":"x"}]}',
        b'{"model":"gatepost/scripted","tools":[{"function":{}}],"messages":[{"role":"user","content":"x"}]}',
        b'{"model":"gatepost/scripted","messages":[{"role":"assistant","tool_calls":[{"id":7}]}]}',
        b'{"model":"gatepost/scripted","modalities":7,"messages":[{"role":"user","content":"x"}]}',
        b'{"model":"gatepost/embedder","messages":[{"role":"user","content":"x"}]}',
        b'{"model":"gatepost/scripted","max_tokens":0,"messages":[{"role":"user","content":"x"}]}',
    ],
)
async def test_a_body_that_cannot_be_understood_is_a_400_that_says_why(client: Client, body: bytes) -> None:
    async with client.session.post(client.demo.base_url + "/chat/completions", data=body) as response:
        answer = orjson.loads(await response.read())
    assert response.status == 400
    assert answer["error"]["type"] == "invalid_request_error"
    assert answer["error"]["message"]


async def test_a_prompt_longer_than_the_window_is_refused(client: Client) -> None:
    status, body = await client.post("/chat/completions", chat("word " * 120_000))
    assert status == 400
    assert "maximum context length is 128000" in body["error"]["message"]
