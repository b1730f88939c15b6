"""What a tool is: a function the model may call, with the schema of its arguments and the limits of its result."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from bot.errors import ToolFailed
from bot.media.fetching import Reach
from bot.messages import OutFile, Person, Place, Routing, ToolSpec
from bot.ports import Adapter, Gateway, MediaReader, Progress, Recording, Reminders, offers, unheard
from bot.store.engine import Store
from bot.store.files import Files
from bot.summaries.summariser import Summaries

Arguments = TypeVar("Arguments", bound=BaseModel)

INVALID = "invalid arguments: "
"""How the model is told that its call made no sense."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The world beyond, as the operator opens it: how links are reached, who knows the weather, who draws."""

    reach: Reach = field(default_factory=Reach)
    weather_url: str | None = None
    image_model: str | None = None


@dataclass(frozen=True, slots=True)
class ToolPorts:
    """What the tools that are built in work with.

    `reminders`, `summaries` and `recording` are None where nothing is kept.
    """

    store: Store
    files: Files
    gateway: Gateway
    reader: MediaReader
    adapter: Adapter
    reminders: Reminders | None = None
    summaries: Summaries | None = None
    recording: Recording | None = None
    outside: Outside = field(default_factory=Outside)


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Where a tool is called and for whom. It comes from the event, never from the model.

    `key` is the same whenever the same call is made again: what a tool with effects does, it does once per key.
    `progress` shows people a short line while the tool runs. `message_id` is the question's, `asked` what the
    requester wrote in it; `conversation` names the history it belongs to, `handle` is the event's. `ports` are
    there whenever the program itself calls. `told_alone` holds names of what the asker was told alone in this
    turn. `model` is the one that called; `routing` is what was chosen here about who may serve a request: what a
    tool asks of the gateway carries it, privacy above all.
    """

    now: float
    place: Place
    requester: Person
    key: str
    progress: Progress = unheard
    conversation: str = ""
    asked: str = ""
    message_id: str = ""
    asked_in: Place | None = None
    turn_id: str | None = None
    handle: str | None = None
    told_alone: set[str] = field(default_factory=set)
    ports: ToolPorts | None = None
    model: str = ""
    routing: Routing = field(default_factory=Routing)

    @property
    def world(self) -> ToolPorts:
        """The ports. Raises `ToolFailed` where a tool is run without the program around it."""
        if self.ports is None:
            raise ToolFailed("that can't be done here")
        return self.ports


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool found, for the model, and files for people. `untrusted` says that it holds what others may have
    written, where not every result of the tool does."""

    text: str
    files: tuple[OutFile, ...] = ()
    untrusted: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What decides whether a tool is offered: the place, its adapter, and what is configured."""

    place: Place
    ports: ToolPorts


def everywhere(_here: Surroundings) -> bool:
    """For tools that need nothing."""
    return True


def where_offered(ability: type[object]) -> Callable[[Surroundings], bool]:
    """For tools that need this ability, one of the ports, of the platform."""
    return lambda here: offers(here.ports.adapter, ability)


@dataclass(frozen=True, slots=True)
class Tool(Generic[Arguments]):
    """A tool: the docstring of its arguments' model is what the model reads, `label` what people read in the help.

    `effects` tells whether calling it changes something that others see; such a call is never made twice, and once
    there is untrusted text in the conversation the asker has to confirm it, shown what `summary` says. A call is
    made `once` also where only money would be spent again. `untrusted`
    tells that results hold what strangers wrote. `address` is where a call carries data to: one that nobody has
    mentioned is confirmed in the same way. `available` decides where it is offered. `seconds` and `characters`
    limit one result; one of a `fleeting` tool is for its turn alone, and kept nowhere. `described` stands in for
    the docstring and the schema. `harmless` tells of a tool with effects which calls need no such confirmation; a
    `repeatable` one does nothing anew for a key it has seen, so that a call which died is made again.
    """

    name: str
    arguments: type[Arguments]
    run: Callable[[ToolContext, Arguments], Awaitable[str | ToolResult]]
    label: str = ""
    effects: bool = False
    once: bool = False
    harmless: Callable[[Arguments], bool] | None = None
    repeatable: bool = False
    untrusted: bool = False
    fleeting: bool = False
    address: Callable[[Arguments], str] | None = None
    summary: Callable[[Arguments], str] | None = None
    available: Callable[[Surroundings], bool] = everywhere
    seconds: float = 20.0
    characters: int = 8_000
    described: ToolSpec | None = None

    @property
    def spec(self) -> ToolSpec:
        """The tool as the model sees it."""
        if self.described is not None:
            return self.described
        description, schema = _described(self.arguments)
        return ToolSpec(self.name, description, schema)

    def check(self, arguments: str) -> Arguments:
        """The arguments as a value. Raises `ToolFailed` with what the model should put right."""
        try:
            return self.arguments.model_validate_json(arguments or "{}")
        except ValidationError as error:
            raise ToolFailed(f"{INVALID}{_faults(error)}") from error

    async def call(self, context: ToolContext, arguments: Arguments) -> ToolResult:
        """Run it, within its time. Raises `ToolFailed` with what the model should put right."""
        try:
            async with asyncio.timeout(self.seconds):
                found = await self.run(context, arguments)
        except TimeoutError as error:
            raise ToolFailed(f"{self.name} did not finish within {self.seconds:g} seconds") from error
        result = found if isinstance(found, ToolResult) else ToolResult(found)
        return replace(result, text=shorten(result.text, self.characters))

    def told(self, arguments: Arguments) -> str:
        """What a call would do, in one line for the person who confirms it."""
        if self.summary is not None:
            return " ".join(self.summary(arguments).split())
        said = arguments.model_dump(exclude_defaults=True)
        given = ", ".join(f"{name}: {value}" for name, value in said.items())
        return " ".join(f"use {self.name} ({given})".split())


@cache
def _described(arguments: type[BaseModel]) -> tuple[str, Mapping[str, Any]]:
    """What the arguments are for, and their JSON schema; worked out once, it takes a millisecond."""
    schema = arguments.model_json_schema()
    schema.pop("title", None)
    return schema.pop("description", ""), schema


def _faults(error: ValidationError) -> str:
    """What is wrong with the arguments, by name, without the values."""
    return "; ".join(
        f"{'.'.join(str(step) for step in fault['loc']) or 'arguments'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)[:5]
    )


def shorten(text: str, limit: int) -> str:
    """The text within the limit; what was left out is counted."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n[… {len(text) - limit} more characters left out]"
