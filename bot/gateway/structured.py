"""Answers as values: asked for by a JSON schema, checked here, and asked for once more where they do not fit."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from bot.errors import AnswerUnfit
from bot.messages import AnswerSchema, ChatRequest, Completed, Model, PromptMessage, TextPart, ToolSpec
from bot.ports import Structured

Wanted = TypeVar("Wanted", bound=BaseModel)
Complete = Callable[[ChatRequest], Awaitable[Completed]]

_FENCED = re.compile(r"\A\s*```\w*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_MOST_FAULTS = 5


async def structured(
    complete: Complete, request: ChatRequest, wanted: type[Wanted], model: Model | None
) -> Structured[Wanted]:
    """The answer as a `wanted`, whose docstring says what it is. `model` is what is known of the one asked.

    Raises `AnswerUnfit` when the second answer does not fit either, and what `complete` raises.
    """
    asking = _asking(request, wanted, model)
    first = await complete(asking)
    try:
        return Structured(wanted.model_validate_json(_json_in(first)), (first,))
    except ValidationError as error:
        again = replace(asking, messages=(*asking.messages, *_repair(first, error)))
    second = await complete(again)
    try:
        return Structured(wanted.model_validate_json(_json_in(second)), (first, second))
    except ValidationError as error:
        raise AnswerUnfit(f"{wanted.__name__}: {faults(error)}", generation_id=second.generation_id) from None


def faults(error: ValidationError) -> str:
    """What is wrong, by name, without the values."""
    found = error.errors(include_url=False, include_input=False, include_context=False)[:_MOST_FAULTS]
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'the whole'}: {fault['msg']}" for fault in found)


def closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema as strict decoding wants it: every property is required, and no others are allowed."""
    kept = {name: _closed(value) for name, value in schema.items() if name not in ("default", "title")}
    if isinstance(properties := kept.get("properties"), dict):
        kept |= {"required": list(properties), "additionalProperties": False}
    return kept


def _closed(value: object) -> object:
    if isinstance(value, list):
        return [_closed(one) for one in value]
    if not isinstance(value, dict):
        return value
    # Under `properties` and `$defs` stand names, and one may be called "title".
    named = value and all(isinstance(one, dict) for one in value.values())
    return {name: _closed(one) for name, one in value.items()} if named else closed(value)


def _asking(request: ChatRequest, wanted: type[BaseModel], model: Model | None) -> ChatRequest:
    """By schema where the model may take one, else by a tool that has to be called, else in words."""
    schema = closed(wanted.model_json_schema())
    description = str(schema.pop("description", ""))
    name = re.sub(r"[^a-z0-9_-]", "_", wanted.__name__.lower())
    if model is None or model.takes("response_format") is not False:
        return replace(request, tools=(), answer_schema=AnswerSchema(name, schema, description))
    if model.calls_tools is not False:
        return replace(request, tools=(ToolSpec(name, description, schema),), tool_choice=name)
    said = f"Answer with one JSON object that fits this schema, and nothing else:\n{orjson.dumps(schema).decode()}"
    return replace(request, messages=(*request.messages, PromptMessage("user", (TextPart(said),))))


def _json_in(answer: Completed) -> str:
    """The JSON of an answer: a call's arguments, or the text, without the fence that some models put around it."""
    if answer.finish.tool_calls:
        return answer.finish.tool_calls[0].arguments
    fenced = _FENCED.match(answer.text)
    return fenced[1] if fenced else answer.text


def _repair(answer: Completed, error: ValidationError) -> tuple[PromptMessage, ...]:
    said = f"That does not fit: {faults(error)}. Answer again, whole, with the JSON object alone."
    return (PromptMessage("assistant", (TextPart(_json_in(answer)),)), PromptMessage("user", (TextPart(said),)))
