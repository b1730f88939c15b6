"""The request as bytes."""

import base64
from types import MappingProxyType
from typing import Any

import orjson
import pytest

from bot.errors import PrivacyUnmet
from bot.gateway.wire import Dialect, body_of, headers_of
from bot.messages import (
    AnswerSchema,
    ChatRequest,
    FilePart,
    PicturePart,
    PromptMessage,
    Reasoning,
    Routing,
    Sampling,
    ServerTool,
    TextPart,
    ToolCall,
    ToolSpec,
)

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


PLAIN = Dialect(routes=False, openai_files=True)
QUESTION = (SYSTEM, PromptMessage("user", (TextPart("Hi"),)))
EVERYTHING = ChatRequest(
    "acme/alpha-2",
    QUESTION,
    tools=(NOW,),
    max_tokens=2000,
    conversation="c0ffee",
    sampling=Sampling(0.7, 0.9, 0.5, -0.5, ("END",)),
    tool_choice="now",
    answer_schema=AnswerSchema("reminder", {"type": "object"}, "When to remind."),
    reasoning=Reasoning("low", hidden=True),
    routing=Routing(
        fallbacks=("acme/alpha-1", "zeta/fast-3"),
        order=("acme", "bedrock"),
        only=("acme", "bedrock", "vertex"),
        sort="ttft",
        zero_data_retention=True,
        no_training=True,
        user="u_93ab",
    ),
    modalities=("text", "image"),
    server_tools=(ServerTool("vercel:exa_search"), ServerTool("vercel:tako_search", {"query": "cats"})),
    attributed=True,
)


def _body(request: ChatRequest, dialect: Dialect = Dialect(), **more: Any) -> dict[str, Any]:  # noqa: B008
    body = orjson.loads(body_of(request, dialect, **more))
    assert isinstance(body, dict)
    return body


def test_everything_a_request_can_say_is_written_as_the_gateway_documents_it() -> None:
    function = {
        "name": "now",
        "description": "Tells the time.",
        "parameters": {"type": "object", "properties": {}},
    }
    schema = {"name": "reminder", "description": "When to remind.", "schema": {"type": "object"}, "strict": True}

    assert _body(EVERYTHING, Dialect(byok={"acme": [{"apiKey": "sk-own"}]})) == {
        "model": "acme/alpha-2",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 2000,
        "temperature": 0.7,
        "top_p": 0.9,
        "frequency_penalty": 0.5,
        "presence_penalty": -0.5,
        "stop": ["END"],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "reasoning": {"effort": "low", "exclude": True},
        "modalities": ["text", "image"],
        "providerOptions": {
            "gateway": {
                "caching": "auto",
                "models": ["acme/alpha-1", "zeta/fast-3"],
                "order": ["acme", "bedrock"],
                "only": ["acme", "bedrock", "vertex"],
                "sort": "ttft",
                "zeroDataRetention": True,
                "disallowPromptTraining": True,
                "user": "u_93ab",
                "byok": {"acme": [{"apiKey": "sk-own"}]},
            }
        },
        "tool_choice": {"type": "function", "function": {"name": "now"}},
        "tools": [
            {"type": "function", "function": function},
            {"type": "vercel:exa_search"},
            {"type": "vercel:tako_search", "config": {"query": "cats"}},
        ],
        "messages": [{"role": "system", "content": "You are Bot."}, {"role": "user", "content": "Hi"}],
    }
    assert headers_of(EVERYTHING) == {"x-session-affinity": "c0ffee", "x-title": "Gatepost"}


def test_another_endpoint_gets_what_openai_documents_and_nothing_of_the_gateways() -> None:
    details = ({"type": "reasoning.text", "text": "Hm.", "signature": "c2ln"},)
    call = PromptMessage("assistant", tool_calls=(ToolCall("call_1", "now", "{}"),), reasoning_details=details)
    file = PromptMessage("user", (TextPart("Read"), FilePart("q3.pdf", "application/pdf", b"%PDF")))
    public = ChatRequest(
        "gpt-5",
        (call, file),
        tools=(NOW,),
        conversation="c0ffee",
        reasoning=Reasoning("low"),
        routing=Routing(fallbacks=("zeta/fast-3",), sort="cost", user="u_1"),
        modalities=("text", "image"),
        server_tools=(ServerTool("vercel:exa_search"),),
        attributed=True,
    )

    body = _body(public, Dialect(routes=False, openai_files=True, byok={"acme": [{"apiKey": "sk-own"}]}))

    assert sorted(body) == ["messages", "model", "reasoning_effort", "stream", "stream_options", "tools"]
    assert body["reasoning_effort"] == "low"
    assert [tool["type"] for tool in body["tools"]] == ["function"]
    assert sorted(body["messages"][0]) == ["content", "role", "tool_calls"]
    assert body["messages"][1]["content"][1] == {
        "type": "file",
        "file": {"filename": "q3.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
    }
    assert headers_of(public, PLAIN) == {}


@pytest.mark.parametrize("routing", [Routing(zero_data_retention=True), Routing(no_training=True)])
@pytest.mark.parametrize("dialect", [PLAIN, Dialect(without=frozenset({"providerOptions"}))])
def test_a_promise_of_privacy_is_never_left_out_quietly(routing: Routing, dialect: Dialect) -> None:
    with pytest.raises(PrivacyUnmet):
        body_of(ChatRequest("gpt-5", QUESTION, routing=routing), dialect)


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        (Reasoning("high"), {"effort": "high"}),
        (Reasoning(enabled=False), {"enabled": False}),
        (Reasoning(hidden=True), {"enabled": True, "exclude": True}),
        (Reasoning(), None),
    ],
)
def test_thinking_is_asked_for_in_the_gateways_words(wanted: Reasoning, written: object) -> None:
    assert _body(ChatRequest("m", QUESTION, reasoning=wanted)).get("reasoning") == written


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_tools_may_be_left_to_the_model_forbidden_or_demanded(choice: str) -> None:
    assert _body(ChatRequest("m", QUESTION, tools=(NOW,), tool_choice=choice))["tool_choice"] == choice
    assert "tool_choice" not in _body(ChatRequest("m", QUESTION, tool_choice=choice)), "there is nothing to choose"


def test_what_a_model_has_refused_is_left_out_and_the_limit_goes_by_its_newer_name() -> None:
    body = _body(EVERYTHING, Dialect(without=frozenset({"temperature", "max_tokens", "stream_options"})))

    assert not {"temperature", "max_tokens", "stream_options"} & set(body)
    assert body["max_completion_tokens"] == 2000


def test_an_answer_that_comes_whole_is_asked_for_without_a_stream() -> None:
    body = _body(ChatRequest("m", QUESTION), stream=False)

    assert body["stream"] is False
    assert "stream_options" not in body
