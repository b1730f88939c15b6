"""Tools of other packages: typed async functions, found by the entry-point group `gatepost.tools`."""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, get_type_hints

import structlog
from pydantic import BaseModel, ConfigDict, create_model

from bot.tools.base import Tool, ToolContext, ToolResult

log = structlog.get_logger(__name__)

GROUP: Final = "gatepost.tools"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DECLARED: Final = "__gatepost_tool__"

Function = Callable[..., Awaitable[str | ToolResult]]


def tool(
    *, effects: bool = False, untrusted: bool = False, seconds: float = 60.0, label: str = ""
) -> Callable[[Function], Function]:
    """Say more of a tool than its signature does; see `bot.tools.base.Tool`. A plain function needs none of it."""

    def declare(function: Function) -> Function:
        declared = {"effects": effects, "untrusted": untrusted, "seconds": seconds, "label": label}
        setattr(function, _DECLARED, declared)
        return function

    return declare


def tool_of(name: str, function: Function) -> Tool[Any]:
    """A function as a tool: its docstring is what the model reads, its parameters are the schema.

    A parameter annotated `ToolContext` is given by the program and never seen by the model. Raises `TypeError`,
    with a sentence, for a function that can't be one.
    """
    if not _NAME.fullmatch(name):
        raise TypeError(f"{name!r} can't be a tool's name: lower-case letters, digits and _ only")
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"{name} has to be an async function")
    description = inspect.getdoc(function)
    if not description:
        raise TypeError(f"{name} needs a docstring: it is what the model reads")
    hints = get_type_hints(function, include_extras=True)
    given, fields = None, {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"{name}: every parameter needs a name of its own")
        if parameter.name not in hints:
            raise TypeError(f"{name}: parameter {parameter.name} needs a type")
        if hints[parameter.name] is ToolContext:
            given = parameter.name
        else:
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[parameter.name] = (hints[parameter.name], default)
    model = _model(name, description, fields)

    async def run(context: ToolContext, arguments: BaseModel) -> str | ToolResult:
        values = {field: getattr(arguments, field) for field in fields}
        found = await function(**values, **({given: context} if given else {}))
        return found if isinstance(found, ToolResult) else str(found)

    return Tool(name=name, arguments=model, run=run, **getattr(function, _DECLARED, {}))


def _model(name: str, description: str, fields: dict[str, Any]) -> type[BaseModel]:
    config = ConfigDict(extra="forbid")
    return create_model(name, __config__=config, __doc__=description, **fields)


def own_tools(taken: Iterable[str], found: Iterable[EntryPoint] | None = None) -> tuple[Tool[Any], ...]:
    """The tools of installed packages. One that is broken, or whose name is `taken`, is logged and left out."""
    names, tools = set(taken), []
    for entry in entry_points(group=GROUP) if found is None else found:
        try:
            if entry.name in names:
                raise TypeError(f"there is a tool called {entry.name} already")
            loaded = entry.load()
            made = replace(loaded, name=entry.name) if isinstance(loaded, Tool) else tool_of(entry.name, loaded)
        except Exception as error:  # noqa: BLE001 - another package may do anything when it is imported
            log.warning("tool left out", tool=entry.name, error=type(error).__name__, detail=str(error))
            continue
        names.add(made.name)
        tools.append(made)
    return tuple(tools)
