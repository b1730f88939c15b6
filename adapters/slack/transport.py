"""How Slack reaches us, both ways by slack_bolt: a socket that is kept alive, and signed HTTP on our own port."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.manifest import EVENTS_PATH
from bot.errors import PlatformError, StoreError
from bot.ports import Route

log = structlog.get_logger(__name__)

Json: TypeAlias = dict[str, Any]
Take: TypeAlias = Callable[[Json], Awaitable[Json | str | None]]
"""Takes what Slack sent; returns what goes with the acknowledgement. Raises what forbids one."""

_PING_EVERY = 5.0
_WATCH_EVERY = 5.0
_DEAD_AFTER = 30.0
_UNREADABLE = (ValueError, LookupError, AttributeError, TypeError, RecursionError)
"""What bolt raises over a body that Slack did not write: it reads the body before it looks at the signature."""

_OURS_TO_ANSWER = ("url_verification",)


def bolt_app(client: AsyncWebClient, signing_secret: str | None, take: Take) -> AsyncApp:
    """slack_bolt with one thing to do: what passes its checks is kept, then acknowledged.

    It comes before bolt asks who we are, as a failure of that question is answered with 200 there.
    """

    async def keep(body: Json, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:  # noqa: A002
        if body.get("type") in _OURS_TO_ANSWER or "ssl_check" in body:
            return await next()
        try:
            answer = await take(body)
        except (StoreError, PlatformError) as error:
            log.warning("event not kept, so not acknowledged", error=type(error).__name__, detail=str(error))
            return BoltResponse(status=503, body="")
        return _response(answer)

    quiet = logging.getLogger("slack_bolt")
    quiet.setLevel(logging.ERROR)  # it warns at every start that we set what we mean to set
    return AsyncApp(
        logger=quiet,
        client=client,
        signing_secret=signing_secret or "",
        request_verification_enabled=signing_secret is not None,
        before_authorize=keep,
        attaching_conversation_kwargs_enabled=False,
    )


def _response(answer: Json | str | None) -> BoltResponse:
    if isinstance(answer, dict):
        return BoltResponse(status=200, body=answer, headers={"content-type": "application/json"})
    return BoltResponse(status=200, body=answer or "")


class HttpEvents:
    """Signed events, commands and interactions on the program's own port."""

    def __init__(self, app: Callable[[], AsyncApp | None]) -> None:
        self._app = app

    def routes(self) -> Sequence[Route]:
        """The one path."""
        return (Route("POST", EVENTS_PATH, self._handle),)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        app = self._app()
        if app is None:  # just starting: Slack tries again
            return web.Response(status=503)
        try:
            told = await to_bolt_request(request)
        except _UNREADABLE:
            return web.Response(status=400)
        return await to_aiohttp_response(await app.async_dispatch(told))


class Socket:
    """A socket that stays: the SDK reconnects by itself, and what it does not notice is built anew."""

    def __init__(self, app: AsyncApp, app_token: str, base_url: str, *, ping_every: float = _PING_EVERY) -> None:
        self._app = app
        self._token = app_token
        self._base_url = base_url
        self._ping_every = ping_every
        self._handler: AsyncSocketModeHandler | None = None
        self._task: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()
        self.alive = False
        """Whether Slack could reach us by it when it was looked at last."""
        self.lost: Callable[[], None] = lambda: None
        """Told when there is a connection, the first or one after a while without."""

    def start(self) -> None:
        """Connect, and stay connected."""
        self._task = asyncio.create_task(self._stay())

    async def connected(self) -> None:
        """Returns once there is a connection."""
        await self._connected.wait()

    async def stop(self) -> None:
        """Disconnect for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._close()

    def silent_for(self) -> float | None:
        """Seconds since Slack answered a ping; None where it never has."""
        answered_at = self._handler.client.last_ping_pong_time if self._handler is not None else None
        return time.time() - answered_at if answered_at is not None else None

    async def renew(self) -> None:
        """Give the connection up and build another, from nothing."""
        if self._task is not None:
            await self.stop()
            self.start()

    async def is_alive(self) -> bool:
        """Whether Slack can reach us by it."""
        return self._handler is not None and bool(await self._handler.client.is_connected())

    async def _stay(self) -> None:
        """Connect, look after the connection, and after too long without one begin again from nothing."""
        loop = asyncio.get_running_loop()
        while True:
            await self._open()
            alive_at, away = loop.time(), True
            while loop.time() - alive_at < _DEAD_AFTER:
                self.alive = await self.is_alive()
                if self.alive:
                    alive_at = loop.time()
                    if not self._connected.is_set():
                        self._connected.set()
                    if away:
                        self.lost()
                    away = False
                else:
                    away = True
                await asyncio.sleep(min(_WATCH_EVERY, self._ping_every))
            log.warning("slack socket is dead, building another")
            await self._close()

    async def _open(self) -> None:
        client = AsyncWebClient(base_url=self._base_url, retry_handlers=[])
        silent = logging.getLogger("slack_bolt.socket")
        silent.setLevel(logging.CRITICAL)  # it logs a traceback every few seconds while it can't connect
        self._handler = AsyncSocketModeHandler(
            self._app, self._token, logger=silent, web_client=client, ping_interval=self._ping_every
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(_DEAD_AFTER):
                await self._handler.client.connect()  # type: ignore[no-untyped-call]

    async def _close(self) -> None:
        handler, self._handler = self._handler, None
        if handler is None:
            return
        try:
            with suppress(Exception):
                await handler.client.close()  # type: ignore[no-untyped-call]
        finally:  # it waits for the other side's goodbye first, and may be stopped in that
            await handler.client.aiohttp_client_session.close()
