"""The gateway as the core sees it: an answer as a stream of deltas, tried again where that is safe."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import structlog

from bot.errors import AnswerCutOff, GatewayDown, GatewayError, GatewaySilent, RequestInvalid
from bot.gateway import catalogue
from bot.gateway.catalogue import Catalogue
from bot.gateway.making import Making
from bot.gateway.reader import StreamReader
from bot.gateway.retry import pause_before_retry
from bot.gateway.transport import Transport
from bot.gateway.wire import GATEWAY, body_of, headers_of
from bot.messages import (
    Ability,
    ChatRequest,
    Delta,
    Embedded,
    Model,
    ModelDetails,
    PictureRequest,
    Purpose,
    Retrying,
)
from bot.ports import Clock

if TYPE_CHECKING:
    import httpx2

log = structlog.get_logger(__name__)

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


class OpenAIGateway:
    """The OpenAI-compatible endpoint at `base_url` (which ends in `/v1`); implements `bot.ports.Gateway`.

    `credential` is asked anew for every attempt. `cache_file` keeps the last good catalogue across restarts; the
    operator is told when a `watched` model cannot be counted on.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credential: Callable[[], Awaitable[str]],
        clock: Clock,
        random: Random,
        cache_file: Path | None = None,
        watched: Collection[str] = (),
        timeouts: Timeouts | None = None,
    ) -> None:
        self._timeouts = timeouts or Timeouts()
        self._transport = Transport(
            base_url=base_url, credential=credential, clock=clock, connect_timeout=self._timeouts.connect
        )
        self._random = random
        self._making = Making(self._transport, random, lambda _: GATEWAY)
        self._catalogue = Catalogue(self._get, clock=clock, random=random, cache_file=cache_file, watched=watched)

    async def warm(self) -> None:
        """Import the SDK in the background, so that neither the start nor the first person waits for it."""
        await self._transport.warm()

    async def close(self) -> None:
        """Close every connection. End the streams first: one that is still being read is not told."""
        await self._transport.close()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer as it is written; see `bot.ports.Gateway.stream`."""
        tries = 0
        while True:
            reader = StreamReader()
            try:
                async with aclosing(self._attempt(request, reader)) as deltas:
                    async for delta in deltas:
                        yield delta
                return
            except GatewayError as error:
                pause = None if reader.spoke else pause_before_retry(error, tries, self._random)
                if pause is None:
                    raise _as_seen(error, reader) from error.__cause__
                log.info("trying again", model=request.model, failure=type(error).__name__, detail=str(error))
            tries += 1
            if pause:
                yield Retrying(tries, pause)
                await asyncio.sleep(pause)

    def draw(self, request: PictureRequest) -> AsyncGenerator[Delta, None]:
        """A picture from a model that does nothing else; see `bot.ports.Gateway.draw`."""
        return self._making.draw(request)

    async def embed(self, texts: Sequence[str], model: str, dimensions: int | None = None) -> Embedded:
        """Texts as vectors; see `bot.ports.Gateway.embed`."""
        return await self._making.embed(texts, model, dimensions)

    def model(self, model_id: str) -> Model | None:
        """What is known of a model; see `Catalogue.model`, and so on."""
        return self._catalogue.model(model_id)

    def models(self) -> Sequence[Model]:
        """The catalogue."""
        return self._catalogue.models()

    def search(
        self, typed: str, limit: int = 25, *, purpose: Purpose = Purpose.CHAT, recent: Sequence[str] = ()
    ) -> Sequence[Model]:
        """The models that fit what somebody has typed so far."""
        return self._catalogue.search(typed, limit, purpose=purpose, recent=recent)

    def learned(self, model_id: str, unable: Ability) -> None:
        """A refusal has shown what a model cannot do."""
        self._catalogue.learned(model_id, unable)

    async def details(self, model_id: str) -> ModelDetails:
        """A model with its providers."""
        return await self._catalogue.details(model_id)

    async def recall(self) -> bool:
        """Take the catalogue's copy on disk; whether any model is known then."""
        return await self._catalogue.recall()

    async def refresh(self) -> None:
        """Read the catalogue anew."""
        await self._catalogue.refresh()

    async def keep_fresh(self) -> None:
        """Keep the catalogue fresh, for ever."""
        await self._catalogue.keep_fresh()

    async def _get(self, path: str) -> bytes:
        await self._transport.warm()
        try:
            with self._transport.failures():
                async with (
                    asyncio.timeout(self._timeouts.first),
                    aclosing(await self._transport.get(path)) as answer,
                ):
                    return await _whole(answer)
        except TimeoutError as error:
            raise GatewaySilent(f"no answer to {path} in time") from error

    async def _attempt(self, request: ChatRequest, reader: StreamReader) -> AsyncGenerator[Delta, None]:
        """One try: the whole stream, its last byte included, inside the guard."""
        await self._transport.warm()
        async with aclosing(await self._open(request)) as response:
            try:
                with self._transport.failures():
                    async with aclosing(self._pieces(response, request.model, reader)) as pieces:
                        async for piece in pieces:
                            for delta in reader.push(piece):
                                yield delta
            except GatewayDown:
                if not reader.ended:
                    raise
            for delta in reader.flush():
                yield delta

    async def _open(self, request: ChatRequest) -> "httpx2.Response":
        try:
            body = body_of(request)
        except TypeError as error:
            raise RequestInvalid(f"the request cannot be written as JSON: {error}") from error
        try:
            with self._transport.failures():
                async with asyncio.timeout(self._patience(request.model)):
                    return await self._transport.post("/chat/completions", body, headers_of(request))
        except TimeoutError as error:
            raise GatewaySilent("no response in time") from error

    async def _pieces(
        self, response: "httpx2.Response", model: str, reader: StreamReader
    ) -> AsyncGenerator[bytes, None]:
        """The body's bytes as they arrive, each within its time, until the reader needs no more."""
        now = asyncio.get_running_loop().time
        fast = False
        async with aclosing(response.aiter_bytes()) as pieces:
            while not reader.done:
                if fast and reader.spoke:
                    await asyncio.sleep(_BEAT)
                asked = now()
                piece = await self._next(pieces, model, reader)
                if not piece:
                    return
                fast = len(piece) < _LITTLE and now() - asked < _BEAT
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
        known = self.model(model)
        return self._timeouts.thinking if known is not None and known.reasons else self._timeouts.first


def _as_seen(error: GatewayError, reader: StreamReader) -> GatewayError:
    """After the first visible word every failure is an interruption; before it none is."""
    if reader.spoke:
        return AnswerCutOff(str(error), generation_id=reader.generation_id or error.generation_id)
    if isinstance(error, AnswerCutOff):
        return GatewayDown(str(error), generation_id=error.generation_id)
    return error


async def _drain(pieces: AsyncGenerator[bytes, None]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN):
            async for _ in pieces:
                pass


async def _whole(answer: "httpx2.Response") -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > catalogue.MAX_BYTES:
            raise GatewayDown(f"the list of models is over {catalogue.MAX_BYTES} bytes")
    return bytes(body)
