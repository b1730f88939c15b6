"""The request as bytes."""

import base64
from types import MappingProxyType

import orjson

from bot.gateway.wire import body_of, headers_of
from bot.messages import ChatRequest, FilePart, PicturePart, PromptMessage, TextPart, ToolCall, ToolSpec

SYSTEM = PromptMessage("system", (TextPart("You are Bot."),))
NOW = ToolSpec("now", "Tells the time.", MappingProxyType({"type": "object", "properties": {}}))


def _messages(*messages: PromptMessage) -> list[dict[str, object]]:
    body = orjson.loads(body_of(ChatRequest("acme/alpha-2", messages)))
    assert isinstance(body["messages"], list)
    return body["messages"]


def test_a_plain_question_asks_for_a_stream_with_its_bill_and_nothing_else() -> None:
    request = ChatRequest("acme/alpha-2", (SYSTEM, PromptMessage("user", (TextPart("Hi"),))))

    assert orjson.loads(body_of(request)) == {
        "model": "acme/alpha-2",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "system", "content": "You are Bot."}, {"role": "user", "content": "Hi"}],
    }
    assert headers_of(request) == {}


def test_pictures_are_data_urls_and_pdfs_whole_files() -> None:
    parts = (TextPart("What?"), PicturePart("image/png", b"png"), FilePart("q3.pdf", "application/pdf", b"%PDF"))

    assert _messages(PromptMessage("user", parts))[0]["content"] == [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(b"png").decode()}},
        {
            "type": "file",
            "file": {
                "data": base64.b64encode(b"%PDF").decode(),
                "media_type": "application/pdf",
                "filename": "q3.pdf",
            },
        },
    ]


def test_a_tool_round_is_written_as_the_call_its_reasoning_and_the_result() -> None:
    details = ({"type": "reasoning.text", "text": "Hm.", "signature": "c2ln", "index": 0},)
    call = PromptMessage("assistant", tool_calls=(ToolCall("call_1", "now", "{}"),), reasoning_details=details)
    result = PromptMessage("tool", (TextPart("12:00"),), tool_call_id="call_1")

    assert _messages(call, result) == [
        {
            "role": "assistant",
            "content": None,
            "reasoning": "Hm.",
            "reasoning_details": list(details),
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "now", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "12:00", "tool_call_id": "call_1"},
    ]


def test_hidden_reasoning_goes_back_without_made_up_words() -> None:
    details = ({"type": "reasoning.encrypted", "data": "b3BhcXVl"},)

    written = _messages(PromptMessage("assistant", (TextPart("Hi"),), reasoning_details=details))[0]

    assert written == {"role": "assistant", "content": "Hi", "reasoning_details": list(details)}


def test_tools_are_functions_with_their_schema() -> None:
    body = orjson.loads(body_of(ChatRequest("m", (SYSTEM,), tools=(NOW,), max_tokens=500)))

    function = {
        "name": "now",
        "description": "Tells the time.",
        "parameters": {"type": "object", "properties": {}},
    }
    assert body["tools"] == [{"type": "function", "function": function}]
    assert body["max_tokens"] == 500


def test_a_conversation_asks_for_a_cache_and_for_the_provider_that_has_it() -> None:
    request = ChatRequest("acme/alpha-2", (SYSTEM,), conversation="c0ffee")

    assert orjson.loads(body_of(request))["providerOptions"] == {"gateway": {"caching": "auto"}}
    assert headers_of(request) == {"x-session-affinity": "c0ffee"}
    assert b"c0ffee" not in body_of(request), "an id in the body could end up in a bill or a log"


def test_a_longer_conversation_begins_with_the_very_bytes_of_the_shorter() -> None:
    first = (SYSTEM, PromptMessage("user", (TextPart("Hi"), PicturePart("image/png", b"\x00" * 99))))
    more = (PromptMessage("assistant", (TextPart("Hello"),)), PromptMessage("user", (TextPart("And?"),)))

    short = body_of(ChatRequest("m", first, tools=(NOW,), max_tokens=9, conversation="c"))
    long = body_of(ChatRequest("m", first + more, tools=(NOW,), max_tokens=9, conversation="c"))

    assert long.startswith(short.removesuffix(b"]}"))
    assert short == body_of(ChatRequest("m", first, tools=(NOW,), max_tokens=9, conversation="c"))
