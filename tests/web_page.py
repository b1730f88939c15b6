"""The playground for tests: the real adapter and store on a real port, and an intake that does as it is told."""

import asyncio
import io
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import ClientWebSocketResponse, FormData, web

from adapters.web.adapter import WebAdapter
from bot.errors import StoreError
from bot.messages import Choice, CommandCall, CommandOption, CommandSpec, Inbound, Person, Place, Upcoming
from bot.ports import About
from bot.store.engine import Store, open_store
from bot.store.files import Files
from bot.store.pagelog import PageLog
from tests.databases import new_database

SPECS = (
    CommandSpec("help", "What can be typed."),
    CommandSpec("model", "Which model answers.", (CommandOption("name", "a model's id", complete=True),)),
    CommandSpec(
        "draw",
        "Draw something.",
        (
            CommandOption("what", "what to draw", rest=True),
            CommandOption("size", "how large", choices=("big", "small")),
        ),
    ),
    CommandSpec("reset", "Forget what was said here.", private=False),
)


class ScriptedIntake:
    """Remembers what it was handed, and then does what the test wants."""

    def __init__(self) -> None:
        self.heard: list[Inbound] = []
        self.news = asyncio.Condition()
        self.refuses = False
        self.then: Callable[[Inbound], Awaitable[None]] | None = None

    async def accept(self, inbound: Inbound) -> None:
        if self.refuses:
            raise StoreError("told to refuse")
        async with self.news:
            self.heard.append(inbound)
            self.news.notify_all()
        if self.then is not None:
            await self.then(inbound)

    async def say(self, place: Place, person: Person, call: CommandCall, key: str = "") -> str:
        return f"{call.name} says this"

    async def upcoming(self, place: Place, person: Person) -> Sequence[Upcoming]:
        return ()

    async def complete(
        self, place: Place, person: Person, command: str, option: str, typed: str
    ) -> Sequence[Choice]:
        models = ("demo/scripted", "demo/slow")
        return [Choice(one, f"{one} for {person.name}") for one in models if typed in one]


class SettableClock:
    """The time of day, which a test may put forward."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 0.001  # no two things happen at once
        return self.now


class StaticViews:
    """What the page is told of the program."""

    def about(self) -> About:
        return About("0.0.0", True, "demo/scripted")

    def commands(self) -> Sequence[CommandSpec]:
        return SPECS

    async def model(self, place: Place, person: Person) -> str:
        return "demo/in-thread" if place.thread else "demo/scripted"


@dataclass
class Playground:
    """A running page, its parts, and the ways in."""

    adapter: WebAdapter
    intake: ScriptedIntake
    log: PageLog
    store: Store
    origin: str
    clock: SettableClock
    announced: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def browser(self, person: str = "ada") -> AsyncIterator["Client"]:
        """A client that was let in."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": self.origin}) as http:
            async with http.get(await self.adapter.invitation(self.origin)) as response:
                assert response.status == 200
            yield Client(http, self.origin, person)


@dataclass
class Client:
    """What the page's script does, as plain calls."""

    http: aiohttp.ClientSession
    origin: str
    person: str
    ids: "itertools.count[int]" = field(default_factory=itertools.count)

    async def get(self, path: str, **query: str) -> tuple[int, Any]:
        async with self.http.get(f"{self.origin}{path}", params={"as": self.person, **query}) as response:
            return response.status, await response.json()

    async def post(self, path: str, **fields: Any) -> tuple[int, Any]:
        body = {"id": f"{self.person}-client-{next(self.ids)}", **fields}
        async with self.http.post(f"{self.origin}{path}", params={"as": self.person}, json=body) as response:
            return response.status, await response.json()

    async def say(self, text: str, channel: str = "general", **fields: Any) -> str:
        """Say it; the message's id."""
        status, answer = await self.post("/api/messages", text=text, channel=channel, **fields)
        assert status == 200, answer
        return str(answer["id"])

    async def shown(self, channel: str = "general", thread: str = "") -> list[Any]:
        """What the page shows there."""
        status, answer = await self.get("/api/messages", channel=channel, thread=thread)
        assert status == 200, answer
        return list(answer["messages"])


@asynccontextmanager
async def playground(directory: Path, password: str | None = None, port: int = 0) -> AsyncIterator[Playground]:
    """A page over what is kept in this directory. Opened again there, it is the same page after a restart."""
    store = open_store(new_database(directory / "page.db"))
    log = PageLog(store)
    announced: list[str] = []
    clock = SettableClock()
    ids = itertools.count(time.monotonic_ns())
    adapter = WebAdapter(
        log,
        Files(directory / "files"),
        StaticViews(),
        clock=clock,
        new_id=lambda: f"id{next(ids):x}",
        announce=announced.append,
        password=password,
    )
    runner = web.AppRunner(_application(adapter), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    intake = ScriptedIntake()
    try:
        await adapter.start(intake)
        yield Playground(adapter, intake, log, store, origin, clock, announced)
    finally:
        await adapter.stop()
        await runner.cleanup()
        await store.close()


def _application(adapter: WebAdapter) -> web.Application:
    application = web.Application()
    for route in adapter.routes():
        application.router.add_route(route.method, route.path, route.handler)
    return application


@asynccontextmanager
async def tab(client: Client, name: str = "tab", **query: str) -> AsyncIterator[ClientWebSocketResponse]:
    """An open tab, its socket."""
    _, state = await client.get("/api/state")
    params = {"as": client.person, "tab": name, "since": state["seq"], **query}
    async with client.http.ws_connect(f"{client.origin}/ws", params=params) as socket:
        hello = await socket.receive_json(timeout=5)
        assert "hello" in hello
        yield socket


async def news(socket: ClientWebSocketResponse) -> list[Any]:
    """The next changes of messages."""
    while True:
        frame = await socket.receive_json(timeout=5)
        if "messages" in frame:
            return list(frame["messages"])


async def upload(
    client: Client, text: str, *files: tuple[str, str, bytes], channel: str = "general"
) -> tuple[int, Any]:
    """Send files, each with its name, its claimed type and its bytes."""
    form = FormData()
    form.add_field(
        "message",
        json.dumps({"id": "one-upload", "channel": channel, "text": text, "names": [file[0] for file in files]}),
    )
    for _, media_type, data in files:
        form.add_field("file", io.BytesIO(data), filename="file", content_type=media_type)
    async with client.http.post(
        f"{client.origin}/api/messages", params={"as": client.person}, data=form
    ) as response:
        return response.status, await response.json()
