"""What comes back from the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bot.messages.history import ToolCall


@dataclass(frozen=True, slots=True)
class Started:
    """The answer has an id; the first delta of a stream."""

    generation_id: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the model's thinking; never part of the answer. Empty while a model thinks silently."""

    text: str


@dataclass(frozen=True, slots=True)
class ImageDelta:
    """A whole picture the model made."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer used. `cost` is US dollars as the gateway reports it, in decimal digits."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cost: str | None = None


@dataclass(frozen=True, slots=True)
class Retrying:
    """The request failed before any text and is made once more when the next delta is asked for.

    `seconds` until then; where there are none, nobody needs to know. `busy` says that there was nothing wrong but
    too many requests, `billable` that what failed may have to be paid for all the same.
    """

    attempt: int
    seconds: float
    busy: bool = False
    billable: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A page that an answer rests on. Both come from the web: neither is to be believed, nor followed."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """The stream ended as it should; always the last delta.

    `reason` is the gateway's word (`stop`, `length`, `content_filter`, `tool_calls`, …). `tool_calls` are whole
    and in order, whatever the reason says. `reasoning_details` go back with them in the next round, unchanged.
    `model` is the one that answered, `provider` who ran it. Where the gateway fell back to another model,
    `fell_back` is the HTTP status with which the one asked for had failed, 0 if that was not told. `searches`
    counts what the gateway looked up on the web for this answer.
    """

    reason: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    reasoning_details: tuple[Mapping[str, Any], ...] = ()
    model: str | None = None
    provider: str | None = None
    fell_back: int | None = None
    searches: int = 0
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Completed:
    """A whole answer that was not streamed."""

    text: str
    finish: Finish
    pictures: tuple[ImageDelta, ...] = ()
    generation_id: str | None = None


Delta: TypeAlias = Started | TextDelta | ReasoningDelta | ImageDelta | Retrying | Finish
