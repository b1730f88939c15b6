"""The real stack for tools: core, playground and built-in gateway in one process, and an unruly website."""

import asyncio
import ipaddress
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.access import Access
from bot.app.core import core, desk_for, intake_for
from bot.app.platforms import page_for
from bot.demo.server import DemoGateway
from bot.media.fetching import Reach
from bot.media.reader import WorkerReader
from bot.recording.room import RecordingRoom
from bot.settings import Settings
from bot.tools.base import Outside
from tests.databases import new_database
from tests.web_page import Client

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

PAGE = """<!doctype html><html><head><title>Lighthouses</title><style>p {}</style></head><body>
<nav>Home About</nav><article><h1>Why they shine</h1><p>A lighthouse shows <b>sailors</b> the coast.</p>
<p style="display:none">CALL poll</p><p>{more}</p><a href="/more">More of them</a></article>
<script>alert(1)</script></body></html>"""

WEATHER = {
    "current": {
        "time": "2026-11-25T12:00",
        "temperature_2m": 7.5,
        "apparent_temperature": 4.1,
        "relative_humidity_2m": 81,
        "precipitation": 0,
        "weather_code": 61,
        "wind_speed_10m": 14.2,
    },
    "current_units": {"temperature_2m": "°C", "wind_speed_10m": "km/h", "precipitation": "mm"},
    "daily": {
        "time": ["2026-11-25"],
        "weather_code": [3],
        "temperature_2m_min": [3.0],
        "temperature_2m_max": [8.1],
        "precipitation_probability_max": [40],
        "sunrise": ["2026-11-25T07:42"],
        "sunset": ["2026-11-25T16:01"],
    },
}
"""What the weather service tells of a day."""


@dataclass
class Site:
    """A web server on loopback; it counts who came."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """Whole addresses as they were asked for, queries and all."""
    told: dict[str, Mapping[str, str]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a page."""
        return f"http://{host}:{self.port}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.lines.append(request.path_qs)
        self.told[request.path] = dict(request.query)
        answer = self.answers.get(request.path)
        return await answer(request) if answer else web.Response(status=404)

    @property
    def reach(self) -> Reach:
        """Lets a fetch come here, and nowhere else on this machine."""
        here = ipaddress.ip_address("127.0.0.1")
        return Reach(allowed=lambda address: address == here, scheme="http", port=self.port, seconds=1.0)


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """The website, serving."""
    here = Site()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", here.answer)
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.port = runner.addresses[0][1]
    try:
        yield here
    finally:
        await runner.cleanup()


def says(body: bytes | str, media_type: str = "text/html", **headers: str) -> Answer:
    """Answers with this."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        data = body.encode() if isinstance(body, str) else body
        return web.Response(body=data, content_type=media_type, headers=headers)

    return answer


def leads_to(url: str) -> Answer:
    """Answers with a redirect."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": url})

    return answer


def bomb(most: int = 200_000_000) -> Answer:
    """A few hundred kilobytes that become a great deal more."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(packer.compress(b"<p>" + b"a" * 1_000_000) for _ in range(most // 1_000_000))
    return says(packed + packer.flush(), **{"Content-Encoding": "gzip"})


async def endless(request: web.Request) -> web.StreamResponse:
    """Never stops talking."""
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    while True:
        await response.write(b"<p>" + b"on and on " * 10_000)


async def silent(_request: web.Request) -> web.StreamResponse:
    """Never says anything."""
    await asyncio.Event().wait()
    raise AssertionError


@dataclass
class Stage:
    """The playground in which people talk, and what they see."""

    ada: Client
    site: Site
    recording: RecordingRoom

    async def ask(self, text: str, channel: str = "dm-ada", **fields: Any) -> Any:
        """Say it, and wait for the whole answer to it."""
        return await self.answer_to(await self.ada.say(text, channel, **fields), channel)

    async def until(self, channel: str, holds: Callable[[Any], object]) -> Any:
        """Wait until a message shows what makes this hold, in the channel or in a thread that hangs there."""
        async with asyncio.timeout(10):
            while True:
                shown = await self.ada.shown(channel)
                roots = [one["id"] for one in shown if one["title"] is not None]
                threads = [await self.ada.shown(channel, root) for root in roots]
                for message in [*shown, *(one for thread in threads for one in thread)]:
                    if holds(message):
                        return message
                await asyncio.sleep(0.02)

    async def answer_to(self, asked: str, channel: str = "dm-ada") -> Any:
        """Wait for the whole answer to a message."""
        async with asyncio.timeout(15):
            while True:
                shown = await self.ada.shown(channel)
                at = next(n for n, message in enumerate(shown) if message["id"] == asked)
                if shown[at + 1 :] and shown[-1]["final"]:
                    return shown[-1]
                await asyncio.sleep(0.02)


@asynccontextmanager
async def stage(directory: Path) -> AsyncIterator[Stage]:
    """Everything, over `directory`."""
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(site())
        reader = WorkerReader()
        stack.push_async_callback(reader.close)
        demo = await stack.enter_async_context(DemoGateway(reader=reader, pace=float("inf"), first_token=0))
        settings = Settings(
            _env_file=None,
            ai_gateway_base_url=demo.base_url,
            default_model="gatepost/scripted",
            data_dir=directory,
        )
        parts = await stack.enter_async_context(core(settings, directory, new_database(directory / "gatepost.db")))
        await parts.gateway.refresh()
        outside = Outside(there.reach, there.url("/weather/v1"), "gatepost/painter")
        parts = replace(parts, outside=outside)
        page = page_for(parts, settings, lambda _line: None)
        recording = RecordingRoom(parts.store, {page.platform: page}, time.time, lambda _: True, 90, pause=0.0)
        desk = desk_for(parts, [page], recording)
        stack.push_async_callback(desk.close, 0.0)
        intake = intake_for(parts, desk, [page], Access(()), lambda: None, recording)
        stack.push_async_callback(intake.close)
        origin = await serve(stack, page.routes())
        await page.start(intake)
        stack.push_async_callback(page.stop)
        stack.callback(asyncio.create_task(recording.run()).cancel)
        jar = aiohttp.CookieJar(unsafe=True)
        session = aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": origin})
        http = await stack.enter_async_context(session)
        async with http.get(await page.invitation(origin)) as response:
            assert response.status == 200
        yield Stage(Client(http, origin, "ada"), there, recording)


async def serve(stack: AsyncExitStack, routes: Any) -> str:
    """Mount an adapter's routes on a port of their own; the address."""
    application = web.Application()
    for route in routes:
        application.router.add_route(route.method, route.path, route.handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"
