"""Socket Mode: the app's connections, what goes out over them, what is acknowledged."""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from random import Random

import orjson
from aiohttp import WSMsgType, web

from tests.slack_town.call import Call
from tests.slack_town.deliveries import EVENTS, Attempt, Delivery, Undelivered
from tests.slack_town.errors import Refusal
from tests.slack_town.values import APP, Json
from tests.slack_town.world import World

AT_MOST = 10
"""Connections of one app."""


@dataclass(slots=True, eq=False)
class Socket:
    """One connection. A `silent` one stays open and does nothing; with `pongs` it at least answers pings."""

    number: int
    ws: web.WebSocketResponse
    request: web.Request
    silent: bool = False
    pongs: bool = True
    ending: bool = False
    pinged: int = 0
    ponged: int = 0
    waiting: dict[str, "asyncio.Future[Json]"] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Slack would send events here."""
        return not self.ws.closed and not self.ending


class SocketMode:
    """The server's side, and a route for deliveries."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open: list[Socket] = []
        self.answer_within = 3.0
        self.opened = 0
        """How many connections there have ever been."""
        self.late: list[str] = []
        """Envelopes that were acknowledged after their time."""
        self.disabled = ""
        """The error with which apps.connections.open refuses, if it does."""
        self.random = Random(5)
        self._tickets: set[str] = set()
        self._numbers = count(1)

    # --- coming in -------------------------------------------------------------------------------

    def connections_open(self, world: World, call: Call) -> Json:
        """apps.connections.open: an address that is good for one connection."""
        if self.disabled:
            raise Refusal(self.disabled)
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        address = world.base_url.replace("http://", "ws://", 1)
        return {"url": f"{address}/link/?ticket={ticket}&app_id={APP}"}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        self.opened += 1
        socket = Socket(self.opened, ws, request)
        try:
            if len(self.open) >= AT_MOST:
                await self._send(socket, _disconnect("too_many_websockets"))
                await ws.close()
                return ws
            self.open.append(socket)
            await self._send(socket, self._hello())
            self.world.ring()
            await self._listen(socket)
        finally:
            self._gone(socket)
        return ws

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.ws:
            if message.type is WSMsgType.TEXT:
                self._acknowledged(socket, orjson.loads(message.data))
            elif message.type is WSMsgType.PING:
                socket.pinged += 1
                if socket.pongs:
                    await socket.ws.pong(message.data)
            elif message.type is WSMsgType.PONG:
                socket.ponged += 1

    def _acknowledged(self, socket: Socket, answer: Json) -> None:
        envelope = str(answer.get("envelope_id", ""))
        waiting = socket.waiting.pop(envelope, None)
        if socket.silent:
            return
        if waiting is None or waiting.done():
            self.late.append(envelope)
        else:
            waiting.set_result(answer.get("payload") or {})

    def _gone(self, socket: Socket) -> None:
        if socket in self.open:
            self.open.remove(socket)
        for waiting in socket.waiting.values():
            if not waiting.done():
                waiting.set_exception(Undelivered("connection_failed"))
                waiting.exception()
        self.world.ring()

    # --- going out -------------------------------------------------------------------------------

    async def carry(self, delivery: Delivery, attempt: Attempt) -> Json:
        """Send an envelope over one connection, any, and wait for its acknowledgement."""
        usable = [one for one in self.open if one.usable]
        if not usable:
            raise Undelivered("connection_failed")
        socket = self.random.choice(usable)
        name = f"envelope-{next(self._numbers)}"
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        socket.waiting[name] = waiting
        try:
            async with self.world.clock.timeout(self.answer_within):
                if not socket.silent:
                    await self._send(socket, _envelope(name, delivery, attempt))
                return await waiting
        except TimeoutError:
            raise Undelivered("timeout") from None
        except ConnectionError:
            raise Undelivered("connection_failed") from None

    async def connected(self, connections: int = 1, seconds: float = 30.0) -> None:
        """Wait until so many connections are open."""
        await self.world.until(lambda: sum(one.usable for one in self.open) >= connections, seconds)

    async def disconnect(
        self, reason: str = "refresh_requested", *, close: bool | None = None, first: int | None = None
    ) -> None:
        """Ask the app to come anew: `warning` (more is to follow), `refresh_requested`, `link_disabled`.

        `close` closes the connections too; with None all but a warning do so when ten seconds are over. With
        `first` only the so many oldest ones are told.
        """
        for socket in self.open[:first]:
            socket.ending = reason != "warning"
            await self._send(socket, _disconnect(reason))
            if close:
                await socket.ws.close()
            elif close is None and socket.ending:
                self.world.clock.later(10.0, lambda socket=socket: _abort(socket))  # type: ignore[misc]

    def silence(self, *, pongs: bool = True) -> None:
        """From now on the open connections do nothing; with `pongs` False they do not even answer pings."""
        for socket in self.open:
            socket.silent, socket.pongs = True, pongs

    def cut(self) -> None:
        """Break all connections without a word."""
        for socket in list(self.open):
            _abort(socket)

    async def ping(self) -> None:
        """Ping the app over every connection, as Slack does now and then; `ponged` counts what comes back."""
        for socket in self.open:
            await socket.ws.ping(b"Ping from applink-town")

    async def close(self) -> None:
        """End all connections."""
        for socket in list(self.open):
            await socket.ws.close()

    async def _send(self, socket: Socket, message: Json) -> None:
        await socket.ws.send_str(orjson.dumps(message).decode())

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.open),
            "debug_info": {"host": "applink-town", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP},
        }


def _envelope(name: str, delivery: Delivery, attempt: Attempt) -> Json:
    envelope = {
        "envelope_id": name,
        "payload": delivery.payload,
        "type": delivery.kind,
        "accepts_response_payload": delivery.kind != EVENTS,
    }
    if delivery.kind == EVENTS:
        envelope |= {"retry_attempt": attempt.number, "retry_reason": attempt.reason}
    return envelope


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-town"}}


def _abort(socket: Socket) -> None:
    if socket.request.transport is not None:
        socket.request.transport.abort()
