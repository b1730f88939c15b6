"""The built-in gateway: a server on the loopback that speaks the AI gateway's protocol, to try out and to test.

Its models are scripted; what goes over the wire has the real one's shape.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import Any, Self, TypeAlias

import orjson
from aiohttp import web

from bot.demo.books import Books
from bot.demo.chat import Chat, Pace, in_thread_if_large
from bot.demo.endpoints import BODY, Endpoints, response_of
from bot.demo.refusals import Refusal, Refused, no_key, page, refusal, too_large
from bot.demo.senses import Senses
from bot.errors import StartError
from bot.ports import Clock, MediaReader

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_MOST_BYTES = 32 * 1024 * 1024
_RECORDED = 200
_RECORDED_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it came in. `headers` have lower-case names; `body` is parsed JSON, or None."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    size: int


class DemoGateway:
    """The server. `async with DemoGateway() as demo:` serves until the end of the block.

    `reader` reads documents in a process of its own; without it they are not opened. `pace` is tokens a second and
    `first_token` seconds until the first; `settle` is seconds until `/generation` knows an answer. With `key` set
    every other key is refused. `requests` holds the last requests, for assertions.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        reader: MediaReader | None = None,
        clock: Clock = time.time,
        random: Random | None = None,
        pace: float = 60.0,
        first_token: float = 0.15,
        settle: float = 9.0,
        key: str | None = None,
    ) -> None:
        self.requests: deque[Recorded] = deque(maxlen=_RECORDED)
        self._port = port
        self._key = key
        books = Books(clock, random or Random(0), settle)
        chat = Chat(Senses(reader), books, Random(0), Pace(pace, first_token))
        self._endpoints = Endpoints(chat, books, clock)
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """Where a client finds it; ends in `/v1`."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def start(self) -> None:
        """Listen. Raises `StartError` when the port is taken."""
        runner = web.AppRunner(self._app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise StartError(
                f"Port {self._port} is taken; choose another one for the built-in gateway."
            ) from error
        self._runner = runner
        self._port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the port, and every answer that is still being written."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_MOST_BYTES, middlewares=[self._edge])
        app.add_routes(self._endpoints.routes())
        return app

    @web.middleware
    async def _edge(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Record, check the key, and turn what was refused into a response."""
        try:
            await self._record(request)
            self._check_key(request)
            return await handler(request)
        except Refused as refused:
            return response_of(refused.refusal)
        except web.HTTPMethodNotAllowed:
            return web.Response(status=405)
        except web.HTTPRequestEntityTooLarge:
            return response_of(too_large(_MOST_BYTES).refusal)
        except web.HTTPNotFound:
            return response_of(_no_path(request.path))

    async def _record(self, request: web.Request) -> None:
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        request[BODY] = await in_thread_if_large(len(raw), lambda: _parsed(raw))
        self.requests.append(Recorded(request.method, request.raw_path, headers, request[BODY], len(raw)))
        while sum(recorded.size for recorded in self.requests) > _RECORDED_BYTES and len(self.requests) > 1:
            self.requests.popleft()

    def _check_key(self, request: web.Request) -> None:
        """The catalogue and the faults are open to everybody; everything else wants a key."""
        if request.path.startswith(("/v1/models", "/v1/faults")) or not request.path.startswith("/v1/"):
            return
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not key or (self._key is not None and key != self._key):
            raise no_key()


async def serve_demo(port: int, reader: MediaReader | None = None) -> None:
    """Run the built-in gateway until it is interrupted; prints its address first. Raises `StartError`."""
    async with DemoGateway(port=port, reader=reader) as demo:
        sys.stdout.write(f"{demo.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        return None


def _no_path(path: str) -> Refusal:
    if path.startswith("/v1/"):
        return refusal(404, "not_found_error", f"There is nothing at {path}.")
    return page(404, "Not Found")
