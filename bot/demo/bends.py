"""How a stream can be spoilt: each function takes the healthy events and yields what goes over the wire."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from bot.demo.wire import DONE, Event


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing for so many seconds; None is until the reader goes away."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """The end of the connection: closed in the middle of the body, or reset."""

    reset: bool = False


Step: TypeAlias = bytes | Silence | Break
Events: TypeAlias = AsyncGenerator[Event, None]
Steps: TypeAlias = AsyncGenerator[Step, None]


async def healthy(events: Events, _: str = "") -> Steps:
    """Nothing is wrong."""
    async for event in events:
        yield event.encode()
    yield DONE


async def drop(events: Events, argument: str) -> Steps:
    """The connection closes after some text."""
    async for event in _first_texts(events, _count(argument, 8)):
        yield event.encode()
    yield Break()


async def reset(events: Events, argument: str) -> Steps:
    """The connection is reset after some text."""
    async for event in _first_texts(events, _count(argument, 8)):
        yield event.encode()
    yield Break(reset=True)


async def stall(events: Events, argument: str) -> Steps:
    """Silence after some text, and the connection stays open."""
    async for event in _first_texts(events, _count(argument, 8)):
        yield event.encode()
    yield Silence()


async def slow_start(events: Events, argument: str) -> Steps:
    """Silence before everything."""
    yield Silence(_number(argument, 5.0))
    async for step in healthy(events):
        yield step


async def silent_end(events: Events, argument: str) -> Steps:
    """A clean end of the body after some text, and nothing that says so."""
    async for event in _first_texts(events, _count(argument, 8)):
        yield event.encode()


async def no_done(events: Events, _: str) -> Steps:
    """All events, and no `[DONE]`."""
    async for event in events:
        yield event.encode()


async def error_first(events: Events, _: str) -> Steps:
    """The error in place of any text."""
    async for event in _first_texts(events, 0):
        yield event.encode()
        yield _error_chunk(event)


async def error_chunk(events: Events, argument: str) -> Steps:
    """An error in a chunk of its own after some text; what matters is JSON text inside it."""
    last = None
    async for event in _first_texts(events, _count(argument, 8)):
        yield event.encode()
        last = event
    if last is not None:
        yield _error_chunk(last)


async def error_envelope(events: Events, argument: str) -> Steps:
    """The error as gateways in between pass it on, and `[DONE]` after it."""
    async for event in _first_texts(events, _count(argument, 8)):
        yield event.encode()
    attempts = [{"providerAttempts": [{"provider": "gatepost", "success": False, "error": "The script ran out."}]}]
    metadata = {"gateway": {"routing": {"modelAttempts": attempts}}}
    yield _data({"error": {"message": "Stream error", "type": "api_error"}, "providerMetadata": metadata})
    yield DONE


async def error_event(events: Events, argument: str) -> Steps:
    """A frame that only its name calls an error."""
    async for event in _first_texts(events, _count(argument, 8)):
        yield event.encode()
    yield b"event: error\n" + _data({"message": "The script ran out."})


async def usage_chunk(events: Events, _: str) -> Steps:
    """The finish, then the usage in a chunk without choices: what other servers do."""
    async for event in events:
        if event.kind != "final":
            yield event.encode()
            continue
        body = {key: value for key, value in event.body.items() if key not in ("usage", "generationId")}
        yield _data(body)
        yield _data(body | {"choices": [], "usage": event.body["usage"]})
    yield DONE


async def comments(events: Events, _: str) -> Steps:
    """A comment before each event."""
    async for event in events:
        yield b": still here\n\n" + event.encode()
    yield DONE


async def crlf(events: Events, _: str) -> Steps:
    """CR LF wherever a line ends."""
    async for step in healthy(events):
        yield step.replace(b"\n", b"\r\n") if isinstance(step, bytes) else step


async def split_bytes(events: Events, argument: str) -> Steps:
    """A few bytes at a time, through the middle of letters too."""
    size = max(1, _count(argument, 3))
    async for step in healthy(events):
        if isinstance(step, bytes):
            for start in range(0, len(step), size):
                yield step[start : start + size]


async def garbage(events: Events, argument: str) -> Steps:
    """Lines that are no JSON, after the first text."""
    async for event in _after_first_text(events, b"data: {not json\n\n" * _count(argument, 1)):
        yield event
    yield DONE


async def huge_line(events: Events, argument: str) -> Steps:
    """One enormous line that means nothing, after the first text."""
    padding = "x" * int(_number(argument, 5.0) * 1_000_000)
    async for event in _after_first_text(events, _data({"choices": [], "padding": padding})):
        yield event
    yield DONE


async def empty(events: Events, _: str) -> Steps:
    """Role and finish, and nothing between."""
    async for event in events:
        if event.kind in ("role", "final"):
            yield _finished(event, "stop").encode()
    yield DONE


async def content_filter(events: Events, argument: str) -> Steps:
    """Cut short, and the reason is the provider's filter."""
    async for step in _cut(events, _count(argument, 8), "content_filter"):
        yield step


async def cut_off(events: Events, argument: str) -> Steps:
    """Cut short, and the reason is length."""
    async for step in _cut(events, _count(argument, 20), "length"):
        yield step


async def tools_stop(events: Events, _: str) -> Steps:
    """The finish reason tells nothing of the calls before it."""
    async for event in events:
        yield _finished(event, "stop").encode()
    yield DONE


async def bad_arguments(events: Events, _: str) -> Steps:
    """Arguments that begin like JSON and do not end."""
    async for event in events:
        if _opens_call(event):
            _calls(event)[0]["function"]["arguments"] = '{"broken": '
            yield event.encode()
        elif event.kind != "call":
            yield event.encode()
    yield DONE


async def same_call_ids(events: Events, _: str) -> Steps:
    """One id for all calls of the answer."""
    async for event in events:
        if _opens_call(event):
            _calls(event)[0]["id"] = "call_same"
        yield event.encode()
    yield DONE


async def _first_texts(events: Events, count: int) -> Events:
    """The events up to and with so many pieces of text."""
    seen = 0
    async for event in events:
        if event.kind == "final" or (event.kind != "role" and seen >= count):
            return
        seen += event.kind == "text"
        yield event


async def _after_first_text(events: Events, extra: bytes) -> Steps:
    told = False
    async for event in events:
        yield event.encode()
        if event.kind == "text" and not told:
            told = True
            yield extra


async def _cut(events: Events, count: int, reason: str) -> Steps:
    seen = 0
    async for event in events:
        seen += event.kind == "text"
        if event.kind != "text" or seen <= count:
            yield _finished(event, reason).encode()
    yield DONE


def _finished(event: Event, reason: str) -> Event:
    if event.kind != "final":
        return event
    return Event("final", event.body | {"choices": [event.body["choices"][0] | {"finish_reason": reason}]})


def _error_chunk(event: Event) -> bytes:
    nested = {"error": {"message": "maximum context length is 40960 tokens, however you requested 50000"}}
    value = {"error_type": "validation_error", "error_message": orjson.dumps(nested).decode()}
    error = {"code": "error", "message": "Stream error occurred", "name": "AI_TypeValidationError", "value": value}
    head = {key: event.body[key] for key in ("id", "object", "created", "model")}
    return _data(head | {"error": error})


def _opens_call(event: Event) -> bool:
    return event.kind == "call" and "id" in _calls(event)[0]


def _calls(event: Event) -> Any:
    return event.body["choices"][0]["delta"]["tool_calls"]


def _data(body: Any) -> bytes:
    return b"data: " + orjson.dumps(body) + b"\n\n"


def _count(argument: str, default: int) -> int:
    return int(argument) if argument.isdecimal() else default


def _number(argument: str, default: float) -> float:
    try:
        return float(argument)
    except ValueError:
        return default
