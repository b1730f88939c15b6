"""A server that says exactly the bytes it is told to, when it is told to: for what no framework would send."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
"""The head of a streamed answer whose body comes by `Exchange.chunk`."""


@dataclass(slots=True)
class Exchange:
    """One request as it arrived, and the means to answer it byte by byte."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader = field(repr=False)
    writer: asyncio.StreamWriter = field(repr=False)
    connection: int

    @property
    def json(self) -> Any:
        """The request's body."""
        return orjson.loads(self.body)

    async def send(self, data: bytes) -> None:
        """These bytes, as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def chunk(self, data: bytes) -> None:
        """These bytes as one piece of a chunked body."""
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def stream(self, *pieces: bytes) -> None:
        """A whole streamed answer made of these pieces, properly ended."""
        await self.send(EVENT_STREAM)
        for piece in pieces:
            await self.chunk(piece)
        await self.end()

    async def end(self) -> None:
        """The proper end of a chunked body."""
        await self.send(b"0\r\n\r\n")

    async def reply(self, status: int, body: bytes, **headers: str) -> None:
        """A whole plain answer. Underscores in header names stand for dashes."""
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join([*lines, "", ""]).encode() + body)

    async def silence(self) -> None:
        """Nothing more, for as long as the client stays."""
        await self.reader.read()

    def drop(self) -> None:
        """Cut the connection without a word."""
        self.writer.transport.abort()


Script: TypeAlias = Callable[[Exchange], Awaitable[None]]


class RawServer:
    """Answers the n-th request by the n-th script; the last one answers all that follow."""

    def __init__(self, scripts: Sequence[Script]) -> None:
        self._scripts = scripts
        self._connections = 0
        self.seen: list[Exchange] = []
        self.hung_up = asyncio.Event()
        """Set when a client has closed its connection."""
        self.base_url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes over one connection, until it is closed."""
        self._connections += 1
        connection = self._connections
        try:
            while True:
                exchange = await _read(reader, writer, connection)
                self.seen.append(exchange)
                script = self._scripts[min(len(self.seen), len(self._scripts)) - 1]
                await script(exchange)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.hung_up.set()
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> Exchange:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Exchange(method, path, headers, body, reader, writer, connection)


@asynccontextmanager
async def raw_server(*scripts: Script) -> AsyncIterator[RawServer]:
    """A server on a free port of 127.0.0.1, gone at the end with all its connections."""
    raw = RawServer(scripts)
    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(raw.serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    raw.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield raw
    finally:
        server.close()
        running = list(connections)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def event(chunk: object) -> bytes:
    """One event of a stream."""
    return b"data: " + orjson.dumps(chunk) + b"\n\n"
