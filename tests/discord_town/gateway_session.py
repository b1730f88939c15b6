"""One client of the gateway: what is kept of it, and the websocket that it has just now."""

import asyncio
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from tests.discord_town.world import Json

SENDS_PER_MINUTE = 120


@dataclass(eq=False)
class Session:
    """What the gateway keeps of one client, connected or not."""

    id: str
    intents: int
    told: list[tuple[int, str, Json]] = field(default_factory=list)
    seq: int = 0
    connection: "Connection | None" = None
    left_at: float | None = None
    resumable: bool = True

    def tell(self, name: str, body: Json) -> None:
        """Number an event, keep it for a resume, send it if somebody listens."""
        self.seq += 1
        self.told.append((self.seq, name, body))
        if self.connection is not None:
            self.connection.send(0, body, name, self.seq)


class Connection:
    """One websocket. What is sent goes out in order; a zombie takes everything and says nothing."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.request = request
        self.outbox: asyncio.Queue[bytes | int] = asyncio.Queue()
        self.session: Session | None = None
        self.zombie = False
        self.tells = True
        self.closed_here = False
        self.received: deque[float] = deque(maxlen=SENDS_PER_MINUTE)
        self._deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None

    def send(self, op: int, body: Any = None, name: str | None = None, seq: int | None = None) -> None:
        """Send one payload."""
        if not self.zombie and (self.tells or op != 0):
            self.outbox.put_nowait(orjson.dumps({"op": op, "d": body, "t": name, "s": seq}))

    def close(self, code: int) -> None:
        """Close with this code, after all that was sent before."""
        self.outbox.put_nowait(code)

    def cut(self) -> None:
        """Break the connection without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def write(self) -> None:
        """Write what is sent until it is closed."""
        while True:
            next_one = await self.outbox.get()
            if isinstance(next_one, int):
                self.closed_here = True
                await self.socket.close(code=next_one)
                return
            if self._deflate is None:
                await self.socket.send_str(next_one.decode())
            else:
                frame = self._deflate.compress(next_one) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                await self.socket.send_bytes(frame)
