"""Tools of MCP servers: the operator's programs, started, listed, asked, and started again when they die."""

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import StartError, ToolFailed
from bot.messages import ToolSpec
from bot.tools.base import Surroundings, Tool, ToolContext

if TYPE_CHECKING:
    from mcp import Client

log = structlog.get_logger(__name__)

_START_SECONDS: Final = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_LOOK_SECONDS: Final = 30.0
"""How often a server that nobody asks is looked after."""

_MOST_TOOLS: Final = 64
_DESCRIPTION: Final = 1_000
_NOT_IN_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]+")


class ServerSettings(BaseModel):
    """One server. `allow` names the tools that may be used (without it, all), `places` the keys of workspaces or
    channels in which (without it, everywhere), `read_only` those that change nothing: only they are used without
    a button once strangers' words are in a conversation."""

    model_config = ConfigDict(extra="forbid")

    command: str
    args: list[str] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)
    cwd: str | None = None
    allow: list[str] | None = None
    read_only: list[str] = Field(default_factory=list)
    places: list[str] | None = None
    timeout: float = Field(default=30.0, gt=0, le=600)


class _Config(BaseModel):
    servers: dict[str, ServerSettings] = Field(alias="mcpServers")


class Anything(BaseModel):
    """Arguments that the server checks by itself."""

    model_config = ConfigDict(extra="allow")


def read_config(path: Path) -> Mapping[str, ServerSettings]:
    """The servers named in a file. Raises `StartError` with a sentence; values are never repeated."""
    try:
        return _Config.model_validate_json(path.read_bytes()).servers
    except OSError as error:
        raise StartError(f"MCP_CONFIG: {path} can't be read.") from error
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise StartError(f"MCP_CONFIG: {path} is not valid at {where}: {fault['msg']}.") from error


def check_installed() -> None:
    """Raises `StartError` where the library is missing: it is an extra."""
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise StartError("MCP_CONFIG is set, but MCP is not installed. Run: pip install '.[mcp]'")


class Servers:
    """All MCP servers. What goes wrong with one stays with it."""

    def __init__(self, config: Mapping[str, ServerSettings]) -> None:
        self._servers = [Server(name, settings) for name, settings in config.items()]

    def tools(self) -> tuple[Tool[Any], ...]:
        """What they have told so far; a server that is down just now keeps its tools, so prompts stay the same."""
        return tuple(tool for server in self._servers for tool in server.tools)

    async def run(self) -> None:
        """Keep them running until this is cancelled; they end with it."""
        async with asyncio.TaskGroup() as group:
            for server in self._servers:
                group.create_task(server.run())


class Server:
    """One server: started, listed, asked. `run` owns its process."""

    def __init__(self, name: str, settings: ServerSettings) -> None:
        self._name = name
        self._settings = settings
        self._client: Client | None = None
        self._broken = asyncio.Event()
        self.tools: tuple[Tool[Any], ...] = ()

    async def run(self) -> None:
        """Start it, and again whenever it ends; ever later while it does not come up."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._serve()
                pause = _FIRST_PAUSE
            except Exception as error:  # noqa: BLE001 - a foreign program may fail in any way
                cause = _first_of(error)
                log.warning("MCP server failed", server=self._name, error=type(cause).__name__, detail=str(cause))
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    async def _serve(self) -> None:
        """From its start to its end."""
        from mcp import Client, StdioServerParameters, stdio_client

        said = self._settings
        parameters = StdioServerParameters(command=said.command, args=said.args, env=said.env, cwd=said.cwd)
        self._broken.clear()
        with open(os.devnull, "w") as nowhere:  # noqa: ASYNC230 - opening it never waits
            client = Client(stdio_client(parameters, errlog=nowhere))
            async with asyncio.timeout(_START_SECONDS) as starting, client:
                listed = await client.list_tools()
                starting.reschedule(None)
                self.tools = tuple(self._tools(listed.tools))
                self._client = client
                log.info("MCP server serves", server=self._name, tools=len(self.tools))
                try:
                    await self._until_broken(client)
                finally:
                    self._client = None

    async def _until_broken(self, client: "Client") -> None:
        while not self._broken.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._broken.wait()
                    return
            async with asyncio.timeout(_LOOK_SECONDS):
                await client.list_tools()

    def _tools(self, listed: Sequence[Any]) -> list[Tool[Any]]:
        allowed = self._settings.allow
        wanted = [one for one in listed if allowed is None or one.name in allowed]
        return [self._tool(one) for one in wanted[:_MOST_TOOLS]]

    def _tool(self, listed: Any) -> Tool[Any]:
        name = _NOT_IN_A_NAME.sub("_", f"{self._name}_{listed.name}")[:64]

        async def run(_context: ToolContext, arguments: Anything) -> str:
            return await self._call(listed.name, arguments.model_dump())

        return Tool(
            name=name,
            arguments=Anything,
            run=run,
            effects=listed.name not in self._settings.read_only,
            untrusted=True,
            available=self._available,
            seconds=self._settings.timeout,
            described=ToolSpec(name, (listed.description or "")[:_DESCRIPTION], listed.input_schema),
        )

    def _available(self, here: Surroundings) -> bool:
        places = self._settings.places
        mine = (here.place.key, here.place.parent.key, here.place.workspace_key)
        return places is None or any(key in places for key in mine)

    async def _call(self, tool: str, arguments: dict[str, Any]) -> str:
        client = self._client
        if client is None:
            raise ToolFailed(f"the server {self._name} is not running just now; it is being started again")
        try:
            result = await client.call_tool(tool, arguments)
        except Exception as error:
            self._broken.set()
            log.warning("MCP call failed", server=self._name, tool=tool, error=type(error).__name__)
            raise ToolFailed(f"the server {self._name} failed; whether {tool} took effect is unknown") from error
        text = "\n".join(_text(block) for block in result.content)
        if result.is_error:
            raise ToolFailed(text[:2_000] or f"{tool} failed")
        return text or "(nothing)"


def _first_of(error: Exception) -> Exception:
    """What went wrong, where a task group says only that something did."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _text(block: Any) -> str:
    """What a block of a result says; what is no text is named."""
    return str(block.text) if block.type == "text" else f"({block.type}, not shown)"
