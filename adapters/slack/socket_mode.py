"""Socket Mode: one connection after the other, by slack_sdk; the next is open before the last is left."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.failures import UNREADABLE

log = structlog.get_logger(__name__)

Json: TypeAlias = dict[str, Any]

PING_EVERY = 5.0
_WATCH_EVERY = 1.0
_OPEN_WITHIN = 30.0
_LINGER = 15
"""Seconds that a connection is read on after another took its place: Slack closes it ten after its warning."""


class Connection(SocketModeClient):
    """One connection, which never comes back by itself: `over` is set once another is needed in its place."""

    def __init__(self, app: AsyncApp, app_token: str, base_url: str, ping_every: float) -> None:
        silent = logging.getLogger("slack_bolt.socket")
        silent.setLevel(logging.CRITICAL)  # it logs a traceback every few seconds while it can't connect
        client = AsyncWebClient(base_url=base_url, retry_handlers=[])
        super().__init__(app_token, logger=silent, web_client=client, ping_interval=ping_every)
        self.socket_mode_request_listeners.append(self._take)
        self._app = app
        self._told_on = True
        self.over = asyncio.Event()

    @property
    def alive(self) -> bool:
        """Whether it is open, as far as pings can tell."""
        session = self.current_session
        return session is not None and not session.closed and not self.closed and not self.stale

    @property
    def tells(self) -> bool:
        """Whether Slack still tells us of what happens over it."""
        return self.alive and self._told_on

    async def open(self) -> bool:
        """Connect; whether that went well in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_OPEN_WITHIN):
                await self.connect()  # type: ignore[no-untyped-call]
                return self.alive
        return False  # open perhaps, but nobody listens yet

    async def end(self) -> None:
        """Close it for good."""
        try:
            with suppress(Exception):
                await self.close()  # type: ignore[no-untyped-call]
        finally:  # it waits for the other side's goodbye first, and may be stopped in that
            self.message_processor.cancel()  # the other tasks end with the socket
            await self.aiohttp_client_session.close()

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """What the SDK calls once this connection is closed or silent; it would leave it before it has another."""
        self.over.set()

    async def run_message_listeners(self, message: Json, raw_message: str) -> None:
        """What the SDK calls with each message; `disconnect` asks for another connection, first as a warning."""
        if message.get("type") != "disconnect":
            await super().run_message_listeners(message, raw_message)
            return
        reason = str(message.get("reason"))
        self._told_on = self._told_on and reason == "warning"
        if not self.over.is_set():
            log.info("slack asks for another socket", reason=reason)
        self.over.set()

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        try:
            response = await run_async_bolt_app(self._app, request)
        except UNREADABLE as error:
            log.warning("slack sent what is no request of its own", error=type(error).__name__)
            response = BoltResponse(status=400)
        if response.status == 400:  # it would be the same again
            response = BoltResponse(status=200)
        await send_async_response(client, request, response, time.time())


class Socket:
    """Stays reachable. Slack takes up to ten connections of one app, and sends each event over one of them."""

    def __init__(self, app: AsyncApp, app_token: str, base_url: str, *, ping_every: float = PING_EVERY) -> None:
        self._needs = app, app_token, base_url, ping_every
        self._ping_every = ping_every
        self._current: Connection | None = None
        self._all: set[Connection] = set()
        self._task: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._connected = asyncio.Event()
        self.lost: Callable[[], None] = lambda: None
        """Told when there is a connection, the first or one after a while in which Slack may have had none."""

    def start(self) -> None:
        """Connect, and stay connected."""
        self._task = asyncio.create_task(self._stay())

    async def connected(self) -> None:
        """Returns once there is a connection."""
        await self._connected.wait()

    async def stop(self) -> None:
        """Disconnect for good."""
        tasks = [*self._leaving, *([self._task] if self._task is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._current = None
        await asyncio.gather(*map(self._end, list(self._all)))

    @property
    def alive(self) -> bool:
        """Whether Slack can reach us by it."""
        return any(connection.alive for connection in self._all)

    def silent_for(self) -> float | None:
        """Seconds since Slack answered a ping; None where it never has."""
        answered_at = self._current.last_ping_pong_time if self._current is not None else None
        return time.time() - answered_at if answered_at is not None else None

    async def renew(self) -> None:
        """Give the connection up and build another, from nothing."""
        if self._task is not None:
            await self.stop()
            self.start()

    async def _stay(self) -> None:
        """Open a connection, wait until another is needed in its place, and begin again."""
        loop = asyncio.get_running_loop()
        while True:
            next_at = loop.time() + self._ping_every  # no sooner, however soon each one is refused
            connection = Connection(*self._needs)
            self._all.add(connection)
            if await connection.open():
                self._take_over(connection)
                await self._until_over(connection)
            else:
                log.warning("no slack socket can be opened, trying again")
                await self._end(connection)
            await asyncio.sleep(max(0.0, next_at - loop.time()))

    def _take_over(self, connection: Connection) -> None:
        before, self._current = self._current, connection
        self._connected.set()
        if before is None or not before.tells:
            self.lost()
        if before is not None:
            leaving = asyncio.create_task(self._leave(before))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _until_over(self, connection: Connection) -> None:
        while connection.alive and not connection.over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(_WATCH_EVERY, self._ping_every)):
                    await connection.over.wait()

    async def _leave(self, connection: Connection) -> None:
        """Take in what still comes over it, then close it."""
        for _ in range(_LINGER):
            if not connection.alive:
                break
            await asyncio.sleep(1)
        await self._end(connection)

    async def _end(self, connection: Connection) -> None:
        try:
            await connection.end()
        finally:
            self._all.discard(connection)
