"""One request and its answer: sent once, read to its end, every wait within its time."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import AddressWrong, GatewayDown, GatewayError, GatewayRefused, GatewaySilent, RequestInvalid
from bot.gateway import catalogue
from bot.gateway.reader import MAX_LINE, StreamReader
from bot.gateway.transport import Transport
from bot.gateway.wire import Dialect, body_of, headers_of
from bot.messages import ChatRequest, Delta, TextDelta

if TYPE_CHECKING:
    import httpx2

_LAST_WORD = 2.0
"""Seconds to wait for the bill when the answer is complete."""

_DRAIN = 0.1
"""Seconds to wait for the end of a read-out response: a connection that reaches it can be used again."""

_BEAT = 0.02
"""Seconds between two looks at a stream that runs faster than that. Nobody sees the difference, and waking up
for every single token is most of what a token costs. The first word never waits."""

_LITTLE = 4096
"""Bytes; a larger piece means that more is waiting, so the next look comes at once."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds of patience. `first` and `thinking` end with the first visible word; `thinking` is for models that
    reason, `idle` for each wait after it."""

    connect: float = 5.0
    first: float = 45.0
    thinking: float = 180.0
    idle: float = 60.0


class Exchanges:
    """Sends requests over a transport and reads their answers.

    `reasons` tells of a model's id whether it is known to think first.
    """

    def __init__(self, transport: Transport, timeouts: Timeouts, reasons: Callable[[str], bool]) -> None:
        self._transport = transport
        self._timeouts = timeouts
        self._reasons = reasons

    async def get(self, path: str, *, signed: bool = False) -> bytes:
        """The body of a path. Fails with a `GatewayError`."""
        await self._transport.warm()
        async with (
            self._within(self._timeouts.first, f"no answer to {path} in time"),
            aclosing(await self._transport.get(path, signed=signed)) as answer,
        ):
            return await _read(answer, catalogue.MAX_BYTES)

    async def listing(self, path: str) -> bytes:
        """The body of a path of the catalogue. The AI gateway shows that to anybody, whatever the key is worth;
        many other endpoints only to who has one. Fails with a `GatewayError`."""
        try:
            return await self.get(path)
        except AddressWrong:
            raise
        except GatewayRefused:
            return await self.get(path, signed=True)

    async def look_up(self, path: str) -> tuple[int, bytes]:
        """The status and the body of a small signed request, whatever the status. Fails with a `GatewayError`."""
        async with self._within(self._timeouts.first, f"no answer to {path} in time"):
            return await self._transport.look_up(path)

    async def streamed(
        self, request: ChatRequest, dialect: Dialect, reader: StreamReader
    ) -> AsyncGenerator[Delta, None]:
        """The answer as it is written; its last byte, too, is read inside the guard."""
        async with aclosing(await self._open(request, dialect, stream=True)) as response:
            try:
                with self._transport.failures():
                    async with aclosing(self._pieces(response, request.model, reader)) as pieces:
                        async for piece in pieces:
                            for delta in _together(reader.push(piece)):
                                yield delta
            except GatewayDown:
                if not reader.ended:
                    raise
            for delta in reader.flush():
                yield delta

    async def whole(
        self, request: ChatRequest, dialect: Dialect, reader: StreamReader
    ) -> AsyncGenerator[Delta, None]:
        """The answer once it is complete."""
        async with (
            aclosing(await self._open(request, dialect, stream=False)) as response,
            self._within(self._patience(request.model), "no whole answer in time"),
        ):
            body = await _read(response, MAX_LINE)
        for delta in reader.whole(body):
            yield delta

    async def _open(self, request: ChatRequest, dialect: Dialect, *, stream: bool) -> "httpx2.Response":
        await self._transport.warm()
        try:
            body = body_of(request, dialect, stream=stream)
        except TypeError as error:
            raise RequestInvalid(f"the request cannot be written as JSON: {error}") from error
        async with self._within(self._patience(request.model), "no response in time"):
            return await self._transport.post("/chat/completions", body, headers_of(request, dialect))

    @asynccontextmanager
    async def _within(self, seconds: float, silent: str) -> AsyncIterator[None]:
        """Around a call to the gateway: its failures are ours, and so is its silence, which `silent` describes."""
        try:
            with self._transport.failures():
                async with asyncio.timeout(seconds):
                    yield
        except TimeoutError as error:
            raise GatewaySilent(silent) from error

    async def _pieces(
        self, response: "httpx2.Response", model: str, reader: StreamReader
    ) -> AsyncGenerator[bytes, None]:
        """The body's bytes as they arrive, each within its time, until the reader needs no more."""
        now = asyncio.get_running_loop().time
        fast, looked = False, 0.0
        async with aclosing(response.aiter_bytes()) as pieces:
            while not reader.done:
                if fast and reader.spoke and (rest := looked + _BEAT - now()) > 0:
                    await asyncio.sleep(rest)
                asked = now()
                piece = await self._next(pieces, model, reader)
                if not piece:
                    return
                looked = now()
                fast = len(piece) < _LITTLE and looked - asked < _BEAT
                yield piece
            await _drain(pieces)

    async def _next(self, pieces: AsyncGenerator[bytes, None], model: str, reader: StreamReader) -> bytes:
        try:
            async with asyncio.timeout(self._wait(model, reader)):
                return await anext(pieces, b"")
        except TimeoutError as error:
            raise GatewaySilent("the stream stalled", generation_id=reader.generation_id) from error

    def _wait(self, model: str, reader: StreamReader) -> float:
        if reader.ended:
            return _LAST_WORD
        return self._timeouts.idle if reader.spoke else self._patience(model)

    def _patience(self, model: str) -> float:
        return self._timeouts.thinking if self._reasons(model) else self._timeouts.first


def _together(deltas: Iterator[Delta]) -> Iterator[Delta]:
    """The same, with text that came together as one."""
    said: list[str] = []
    try:
        for delta in deltas:
            if isinstance(delta, TextDelta):
                said.append(delta.text)
                continue
            if said:
                yield TextDelta("".join(said))
                said = []
            yield delta
    except GatewayError:
        if said:
            yield TextDelta("".join(said))
        raise
    if said:
        yield TextDelta("".join(said))


async def _drain(pieces: AsyncGenerator[bytes, None]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN):
            async for _ in pieces:
                pass


async def _read(answer: "httpx2.Response", most: int) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > most:
            raise GatewayDown(f"an answer of more than {most} bytes")
    return bytes(body)
