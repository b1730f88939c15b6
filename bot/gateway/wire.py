"""A request as the gateway reads it: equal values give equal bytes, so that providers' caches hit. Pure."""

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from bot.messages import ChatRequest, FilePart, Part, PicturePart, PromptMessage, TextPart, ToolCall, ToolSpec


def body_of(request: ChatRequest) -> bytes:
    """The JSON body of a streamed chat request. What comes early in a conversation stays the same bytes."""
    body: dict[str, Any] = {
        "model": request.model,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    if request.conversation is not None:
        body["providerOptions"] = {"gateway": {"caching": "auto"}}
    if request.tools:
        body["tools"] = [_tool(spec) for spec in request.tools]
    body["messages"] = [_message(message) for message in request.messages]
    return orjson.dumps(body, default=dict)


def headers_of(request: ChatRequest) -> dict[str, str]:
    """Headers that belong to this request alone: one conversation stays with one provider's warm cache."""
    return {} if request.conversation is None else {"x-session-affinity": request.conversation}


def _tool(spec: ToolSpec) -> dict[str, Any]:
    function = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
    return {"type": "function", "function": function}


def _message(message: PromptMessage) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role, "content": _content(message.parts)}
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    if message.reasoning_details:
        written |= _reasoning(message.reasoning_details)
    if message.tool_calls:
        written["tool_calls"] = [_tool_call(call) for call in message.tool_calls]
        written["content"] = written["content"] or None
    return written


def _content(parts: tuple[Part, ...]) -> str | list[dict[str, Any]]:
    match parts:
        case ():
            return ""
        case (TextPart(text),):
            return text
        case _:
            return [_part(part) for part in parts]


def _part(part: Part) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case PicturePart(media_type, data):
            return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{_base64(data)}"}}
        case FilePart(name, media_type, data):
            file = {"data": _base64(data), "media_type": media_type, "filename": name}
            return {"type": "file", "file": file}


def _reasoning(details: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    """The model's thinking of the round before, unchanged: its signatures cover it."""
    thought = "".join(str(block.get("text") or block.get("summary") or "") for block in details)
    return {"reasoning": thought, "reasoning_details": details} if thought else {"reasoning_details": details}


def _tool_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
