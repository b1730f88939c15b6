"""What goes to the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from bot.messages.history import ToolCall
from bot.messages.money import Account


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
class Sampling:
    """How the next word is chosen. What is None, or empty, is the model's own default and is not sent."""

    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasoning:
    """How hard a model is to think before it answers: an effort it offers, or `enabled` False for not at all.

    `hidden` asks it to keep its thoughts to itself; they are paid for all the same.
    """

    effort: str | None = None
    enabled: bool = True
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """The JSON schema that an answer has to satisfy, under a name of letters, digits, `_` and `-`."""

    name: str
    schema: Mapping[str, Any]
    description: str = ""


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool that the gateway runs by itself, such as `vercel:exa_search`. `config` is written as it is."""

    type: str
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Routing:
    """By whom a request may be served. Only a gateway that routes can obey; others are never told.

    `fallbacks` are models in the order in which they are tried, `order` and `only` providers. `sort` is `cost`,
    `ttft` (time to the first token) or `tps` (tokens a second). `zero_data_retention` and `no_training` are
    promises: where they cannot be kept the request fails. `user` is an opaque name that the gateway bills by.
    """

    fallbacks: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    sort: str | None = None
    zero_data_retention: bool = False
    no_training: bool = False
    user: str | None = None

    @property
    def private(self) -> bool:
        """Whether something is promised that only a routing gateway can keep."""
        return self.zero_data_retention or self.no_training


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request for an answer.

    `conversation` is opaque and keeps a provider's cache warm. `tool_choice` is `auto`, `none`, `required`, or the
    name of the tool that has to be called; None leaves it to the gateway. `modalities` are the kinds of output
    (`text`, `image`); empty is text. `attributed` lets the gateway know, and publish, which program is asking.
    `account` pays for it.
    """

    model: str
    messages: tuple[PromptMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int | None = None
    conversation: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    tool_choice: str | None = None
    answer_schema: AnswerSchema | None = None
    reasoning: Reasoning | None = None
    routing: Routing = field(default_factory=Routing)
    modalities: tuple[str, ...] = ()
    server_tools: tuple[ServerTool, ...] = ()
    attributed: bool = False
    account: Account = field(default_factory=Account)

    @property
    def holds(self) -> frozenset[type[Part]]:
        """The kinds of parts in its messages."""
        return frozenset(type(part) for message in self.messages for part in message.parts)
