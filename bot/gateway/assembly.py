"""Puts together what a stream sends in fragments: tool calls, reasoning, pictures, the bill."""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.gateway.loose import dig, digits, items, text
from bot.messages import ImageDelta, Source, ToolCall, Usage


@dataclass(slots=True)
class _Call:
    index: int
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class ToolCallAssembler:
    """Tool calls from their fragments. They are whole only when the stream has ended."""

    def __init__(self) -> None:
        self._open: dict[int, _Call] = {}
        self._calls: list[_Call] = []

    def push(self, fragments: object) -> None:
        """Take in a chunk's `tool_calls`, whatever is in it."""
        for fragment in items(fragments):
            if isinstance(fragment, dict):
                self._take(fragment)

    def flush(self, generation_id: str) -> tuple[ToolCall, ...]:
        """The calls in order. Every id is there and unique; a missing one is made from the generation's id."""
        taken: set[str] = set()
        whole = []
        named = [call for call in sorted(self._calls, key=lambda call: call.index) if call.name]
        for n, call in enumerate(named):
            id_ = call.id if call.id and call.id not in taken else f"call_{n}_{generation_id[-40:]}"
            taken.add(id_)
            whole.append(ToolCall(id_, call.name, "".join(call.arguments) or "{}"))
        return tuple(whole)

    def _take(self, fragment: Mapping[str, Any]) -> None:
        call = self._call_for(fragment)
        call.id = call.id or text(fragment.get("id"))
        call.name = call.name or text(dig(fragment, "function", "name"))
        call.arguments.append(text(dig(fragment, "function", "arguments")))

    def _call_for(self, fragment: Mapping[str, Any]) -> _Call:
        """The call a fragment belongs to. Some models open a second call at the index of the first."""
        id_ = text(fragment.get("id"))
        index = fragment.get("index")
        if not isinstance(index, int):
            index = len(self._open) if id_ or not self._open else max(self._open)
        call = self._open.get(index)
        if call is None or (id_ and call.id and id_ != call.id):
            call = self._open[index] = _Call(index)
            self._calls.append(call)
        return call


class ReasoningAssembler:
    """Reasoning details from their fragments, as the next round has to give them back.

    Blocks are told apart by type, id and index together: different blocks arrive with the same index.
    """

    def __init__(self) -> None:
        self._blocks: dict[tuple[object, ...], dict[str, Any]] = {}

    def push(self, fragments: object) -> None:
        """Take in a chunk's `reasoning_details`, whatever is in it."""
        for fragment in items(fragments):
            if isinstance(fragment, dict):
                key = tuple(str(fragment.get(name)) for name in ("type", "id", "index"))
                _grow(self._blocks.setdefault(key, {}), fragment)

    def flush(self) -> tuple[Mapping[str, Any], ...]:
        """The blocks in the order in which they began."""
        return tuple(self._blocks.values())


def _grow(block: dict[str, Any], fragment: Mapping[str, Any]) -> None:
    for name, value in fragment.items():
        if name in ("text", "summary") and isinstance(value, str):
            block[name] = text(block.get(name)) + value
        elif value not in (None, "") or name not in block:
            block[name] = value


def picture_in(image: object) -> ImageDelta | None:
    """A picture of a chunk's `images`; None for what is not a picture in a data URL."""
    head, _, data = text(dig(image, "image_url", "url")).partition(",")
    if not head.startswith("data:image/"):
        return None
    try:
        return ImageDelta(head[5:].partition(";")[0], binascii.a2b_base64(data, strict_mode=True))
    except ValueError:
        return None


def usage_in(usage: Mapping[str, Any] | None, final: Mapping[str, Any]) -> Usage | None:
    """The bill: of the `usage` object, its cost, or else the cost the final chunk's metadata names."""
    if usage is None:
        return None
    cost = usage.get("cost")
    return Usage(
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        cached_tokens=_count(usage, "prompt_tokens_details", "cached_tokens"),
        reasoning_tokens=_count(usage, "completion_tokens_details", "reasoning_tokens"),
        cost=digits(_metadata(final, "cost") if cost is None else cost),
    )


def answered_by(final: Mapping[str, Any]) -> str | None:
    """The model that answered, which is another than the one asked when the gateway fell back."""
    for attempt in _attempts(final):
        if dig(attempt, "success") is True and (slug := text(dig(attempt, "canonicalSlug"))):
            return slug
    return text(final.get("model")) or None


def provided_by(final: Mapping[str, Any]) -> str | None:
    """Who ran the model."""
    return text(_metadata(final, "routing", "finalProvider")) or None


def fell_back(final: Mapping[str, Any]) -> int | None:
    """The status with which the model asked for failed, where another answered after it; 0 if it is not told."""
    attempts = _attempts(final)
    if len(attempts) < 2 or dig(attempts[0], "success") is not False:
        return None
    statuses = (dig(tried, "statusCode") for tried in items(dig(attempts[0], "providerAttempts")))
    return next((status for status in statuses if isinstance(status, int)), 0)


def searches_in(final: Mapping[str, Any]) -> int:
    """How often the gateway searched the web: it counts by tool, or lists its calls."""
    calls = _metadata(final, "gatewayToolCalls")
    if isinstance(calls, dict):
        return sum(count for count in calls.values() if isinstance(count, int) and count > 0)
    return len(items(calls))


class SourceCollector:
    """The pages that an answer names as its sources, each once, in the order in which they come."""

    def __init__(self) -> None:
        self._found: dict[str, Source] = {}

    def push(self, delta: Mapping[str, Any]) -> None:
        """Take in a chunk's `annotations`, whatever is in them."""
        for note in items(delta.get("annotations")):
            cited = dig(note, "url_citation") or note
            url = text(dig(cited, "url"))
            if url.startswith(("https://", "http://")):
                self._found.setdefault(url, Source(url, text(dig(cited, "title"))))

    def flush(self) -> tuple[Source, ...]:
        """All of them."""
        return tuple(self._found.values())


def _attempts(final: Mapping[str, Any]) -> list[object]:
    return items(_metadata(final, "routing", "modelAttempts"))


def _metadata(final: Mapping[str, Any], *names: str) -> object:
    choices = items(final.get("choices"))
    return dig(choices[0], "delta", "provider_metadata", "gateway", *names) if choices else None


def _count(usage: object, *names: str) -> int:
    value = dig(usage, *names)
    return int(value) if isinstance(value, int | float) and value > 0 else 0
