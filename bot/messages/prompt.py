"""What goes to the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from bot.messages.history import ToolCall


@dataclass(frozen=True, slots=True)
class TextPart:
    """Text in a prompt message."""

    text: str


@dataclass(frozen=True, slots=True)
class PicturePart:
    """A picture in a prompt message, its bytes ready to send."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FilePart:
    """A whole file in a prompt message, for models that take files."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


Part: TypeAlias = TextPart | PicturePart | FilePart


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt, in the field's usual roles."""

    role: Literal["system", "user", "assistant", "tool"]
    parts: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    reasoning_details: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it. `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request for an answer. `conversation` is opaque and keeps a provider's cache warm."""

    model: str
    messages: tuple[PromptMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int | None = None
    conversation: str | None = None
