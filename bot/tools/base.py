"""What a tool is: a function the model may call, with the schema of its arguments and the limits of its result."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from bot.errors import ToolFailed
from bot.messages import Person, Place, ToolSpec

Arguments = TypeVar("Arguments", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Where a tool is called and for whom. It comes from the event, never from the model.

    `key` is the same whenever the same call is made again: what a tool with effects does, it does once per key.
    """

    now: float
    place: Place
    requester: Person
    key: str


@dataclass(frozen=True, slots=True)
class Tool(Generic[Arguments]):
    """A tool: the docstring of its arguments' model is what the model reads.

    `effects` tells whether calling it changes something; such a call is never made twice. `seconds` and
    `characters` limit one result.
    """

    name: str
    arguments: type[Arguments]
    run: Callable[[ToolContext, Arguments], Awaitable[str]]
    effects: bool = False
    seconds: float = 20.0
    characters: int = 8_000

    @property
    def spec(self) -> ToolSpec:
        """The tool as the model sees it."""
        description, schema = _described(self.arguments)
        return ToolSpec(self.name, description, schema)

    async def call(self, context: ToolContext, arguments: str) -> str:
        """Check the arguments and run. Raises `ToolFailed` with what the model should put right."""
        try:
            checked = self.arguments.model_validate_json(arguments or "{}")
        except ValidationError as error:
            raise ToolFailed(f"invalid arguments: {_faults(error)}") from error
        return shorten(await self.run(context, checked), self.characters)


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
