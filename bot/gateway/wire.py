"""A request as the gateway reads it: equal values give equal bytes, so that providers' caches hit. Pure."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bot.errors import PrivacyUnmet
from bot.messages import (
    ChatRequest,
    FilePart,
    Part,
    PicturePart,
    PromptMessage,
    Reasoning,
    Routing,
    TextPart,
    ToolCall,
    ToolSpec,
)

APP_TITLE = "Gatepost"
"""What the gateway is told of the program that asks, where that is wanted."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a request is written for one endpoint and one model.

    `routes` says that the endpoint takes the AI gateway's own fields; any other gets none of them. `openai_files`
    writes whole files as OpenAI's `file_data` and not as the gateway's `data`. `without` are parameters that were
    refused. `byok` are credentials for providers, by the provider's name.
    """

    routes: bool = True
    openai_files: bool = False
    without: frozenset[str] = frozenset()
    byok: Mapping[str, Any] | None = None


GATEWAY = Dialect()
"""The AI gateway's own, when nothing was learned yet."""


def body_of(request: ChatRequest, dialect: Dialect = GATEWAY, *, stream: bool = True) -> bytes:
    """The JSON body of a chat request. What comes early in a conversation stays the same bytes.

    Raises `PrivacyUnmet` where the request asks for a promise that this endpoint cannot even be told of, and
    TypeError for what JSON cannot hold.
    """
    if request.routing.private and not (dialect.routes and "providerOptions" not in dialect.without):
        raise PrivacyUnmet("this endpoint does not route, so it cannot promise privacy")
    body: dict[str, Any] = {"model": request.model, "stream": stream}
    if stream:
        body["stream_options"] = {"include_usage": True}
    body |= dict(_parameters(request, dialect))
    if tools := [*map(_tool, request.tools), *_server_tools(request, dialect)]:
        body["tools"] = tools
    kept = {name: value for name, value in body.items() if name not in dialect.without}
    if "max_tokens" in dialect.without and request.max_tokens is not None:
        kept["max_completion_tokens"] = request.max_tokens
    kept["messages"] = [_message(message, dialect) for message in request.messages]
    return orjson.dumps(kept, default=dict)


def headers_of(request: ChatRequest, dialect: Dialect = GATEWAY) -> dict[str, str]:
    """Headers that belong to this request alone: one conversation stays with one provider's warm cache."""
    headers = {}
    if dialect.routes and request.conversation is not None:
        headers["x-session-affinity"] = request.conversation
    if dialect.routes and request.attributed:
        headers["x-title"] = APP_TITLE
    return headers


def _parameters(request: ChatRequest, dialect: Dialect) -> Iterator[tuple[str, Any]]:
    """What is asked for beyond the messages, in an order that never changes."""
    sampling = request.sampling
    chosen = {
        "max_tokens": request.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "stop": list(sampling.stop) or None,
        "response_format": _response_format(request),
    }
    yield from ((name, value) for name, value in chosen.items() if value is not None)
    if request.reasoning is not None:
        yield from _reasoning(request.reasoning, dialect)
    if dialect.routes and request.modalities:
        yield "modalities", list(request.modalities)
    if dialect.routes and (options := _options(request, dialect)):
        yield "providerOptions", {"gateway": options}
    if request.tool_choice is not None and (request.tools or request.server_tools):
        yield "tool_choice", _tool_choice(request.tool_choice)


def _response_format(request: ChatRequest) -> dict[str, Any] | None:
    wanted = request.answer_schema
    if wanted is None:
        return None
    described = {"description": wanted.description} if wanted.description else {}
    schema = {"name": wanted.name, **described, "schema": wanted.schema, "strict": True}
    return {"type": "json_schema", "json_schema": schema}


def _reasoning(wanted: Reasoning, dialect: Dialect) -> Iterator[tuple[str, Any]]:
    if not dialect.routes:
        if wanted.enabled and wanted.effort:
            yield "reasoning_effort", wanted.effort
        return
    hidden = {"exclude": True} if wanted.hidden else {}
    if not wanted.enabled:
        yield "reasoning", {"enabled": False}
    elif wanted.effort or hidden:
        yield "reasoning", ({"effort": wanted.effort} if wanted.effort else {"enabled": True}) | hidden


def _options(request: ChatRequest, dialect: Dialect) -> dict[str, Any]:
    """`providerOptions.gateway`: what only a gateway that routes can do something with."""
    cached = {} if request.conversation is None else {"caching": "auto"}
    return cached | provider_options(request.routing, dialect)


def provider_options(routing: Routing, dialect: Dialect) -> dict[str, Any]:
    """By whom a request may be served, for an endpoint that routes; nothing for any other.

    Raises `PrivacyUnmet` where something is promised that the endpoint can't even be told of.
    """
    if not dialect.routes:
        if routing.private:
            raise PrivacyUnmet("this endpoint does not route, so it cannot promise privacy")
        return {}
    options: dict[str, Any] = dict(_listed(routing))
    if routing.sort:
        options["sort"] = routing.sort
    if routing.zero_data_retention:
        options["zeroDataRetention"] = True
    if routing.no_training:
        options["disallowPromptTraining"] = True
    if routing.user:
        options["user"] = routing.user
    if dialect.byok:
        options["byok"] = dialect.byok
    return options


def _listed(routing: Routing) -> dict[str, list[str]]:
    lists = {"models": routing.fallbacks, "order": routing.order, "only": routing.only}
    return {name: list(values) for name, values in lists.items() if values}


def _tool_choice(wanted: str) -> str | dict[str, Any]:
    if wanted in ("auto", "none", "required"):
        return wanted
    return {"type": "function", "function": {"name": wanted}}


def _tool(spec: ToolSpec) -> dict[str, Any]:
    function = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
    return {"type": "function", "function": function}


def _server_tools(request: ChatRequest, dialect: Dialect) -> Iterator[dict[str, Any]]:
    for tool in request.server_tools if dialect.routes else ():
        yield {"type": tool.type, "config": tool.config} if tool.config else {"type": tool.type}


def _message(message: PromptMessage, dialect: Dialect) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role, "content": _content(message.parts, dialect)}
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    if message.reasoning_details and dialect.routes:
        written |= _thoughts(message.reasoning_details)
    if message.tool_calls:
        written["tool_calls"] = [_tool_call(call) for call in message.tool_calls]
        written["content"] = written["content"] or None
    return written


def _content(parts: tuple[Part, ...], dialect: Dialect) -> str | list[dict[str, Any]]:
    match parts:
        case ():
            return ""
        case (TextPart(text),):
            return text
        case _:
            return [_part(part, dialect) for part in parts]


def _part(part: Part, dialect: Dialect) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case PicturePart(media_type, data):
            return {"type": "image_url", "image_url": {"url": _data_url(media_type, data)}}
        case FilePart(name, media_type, data) if dialect.openai_files:
            return {"type": "file", "file": {"filename": name, "file_data": _data_url(media_type, data)}}
        case FilePart(name, media_type, data):
            file = {"data": _base64(data), "media_type": media_type, "filename": name}
            return {"type": "file", "file": file}


def _thoughts(details: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    """The model's thinking of the round before, unchanged: its signatures cover it."""
    thought = "".join(str(block.get("text") or block.get("summary") or "") for block in details)
    return {"reasoning": thought, "reasoning_details": details} if thought else {"reasoning_details": details}


def _tool_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{_base64(data)}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
