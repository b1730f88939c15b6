"""Pictures and vectors: one request, one answer that comes whole, tried again where nothing can have been made."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import structlog

from bot.errors import (
    AddressWrong,
    AnswerCutOff,
    GatewayBusy,
    GatewayDown,
    GatewayError,
    GatewaySilent,
    NotOffered,
    ParameterNotSupported,
    PromptTooLong,
    RequestInvalid,
    RequestTooLarge,
)
from bot.gateway import drawing, embedding
from bot.gateway.retry import pause_before_retry
from bot.gateway.transport import Transport
from bot.gateway.wire import Dialect
from bot.messages import Delta, Embedded, PictureRequest, Retrying, Started

if TYPE_CHECKING:
    import httpx2

log = structlog.get_logger(__name__)

MOST_BYTES = 48 * 1024 * 1024
"""In one answer: a large picture in base64, or the vectors of a full request."""

DRAWING_SECONDS = 240.0
"""Patience for a picture; nothing comes before it is done."""

EMBEDDING_SECONDS = 60.0

_JSON = {"Accept": "application/json"}


class Making:
    """Makes pictures and vectors. `dialect` tells how requests to a model are written."""

    def __init__(self, transport: Transport, random: Random, dialect: Callable[[str], Dialect]) -> None:
        self._transport = transport
        self._random = random
        self._dialect = dialect

    async def draw(self, request: PictureRequest) -> AsyncGenerator[Delta, None]:
        """The picture, with a `Finish` after it. Fails with a `GatewayError`."""
        dialect, tries = self._dialect(request.model), 0
        while True:
            try:
                body = drawing.body_of(request, dialect)
                answer = await self._post(drawing.path_of(request), body, DRAWING_SECONDS)
                break
            except ParameterNotSupported as error:
                if request.size is None:
                    raise
                log.info("size not taken", model=request.model, detail=str(error))
                request = replace(request, size=None)
                continue
            except GatewayError as error:
                pause = self._pause(error, tries)
                if pause is None:
                    raise
                log.info("trying again", model=request.model, failure=type(error).__name__, detail=str(error))
                again = Retrying(tries + 1, pause, busy=isinstance(error, GatewayBusy), billable=error.billable)
            tries = again.attempt
            yield again
            await asyncio.sleep(again.seconds)
        generation, pictures, finish = await asyncio.to_thread(drawing.pictures_in, answer)
        if generation is not None:
            yield Started(generation)
        for picture in pictures:
            yield picture
        yield finish

    async def embed(self, texts: Sequence[str], model: str, dimensions: int | None) -> Embedded:
        """The vectors of these texts, in their order.

        Fails with a `GatewayError`, which is `billable` where some were made before: of those nothing is known.
        """
        made: list[Embedded] = []
        try:
            for batch in embedding.batches(texts):
                dimensions = await self._embed_as_wished(batch, model, dimensions, made)
        except GatewayError as error:
            error.billable = error.billable or bool(made)
            raise
        return await asyncio.to_thread(embedding.joined, made) if made else Embedded(model, ())

    async def _embed_as_wished(
        self, batch: Sequence[str], model: str, dimensions: int | None, made: list[Embedded]
    ) -> int | None:
        """Add a batch to what is `made`; the dimensions to wish for from here on: none that were refused."""
        try:
            await self._embed(batch, model, dimensions, made)
        except ParameterNotSupported as error:
            if dimensions is None:
                raise
            log.info("dimensions not taken", model=model, detail=str(error))
            await self._embed(batch, model, None, made)
            return None
        return dimensions

    async def _embed(self, batch: Sequence[str], model: str, dimensions: int | None, made: list[Embedded]) -> None:
        """One batch; where it is too much for the model, in halves."""
        try:
            answer = await self._insist("/embeddings", embedding.body_of(batch, model, dimensions))
        except (PromptTooLong, RequestTooLarge):
            if len(batch) == 1:
                raise
            half = len(batch) // 2
            await self._embed(batch[:half], model, dimensions, made)
            await self._embed(batch[half:], model, dimensions, made)
            return
        made.append(await asyncio.to_thread(embedding.vectors_in, answer, len(batch), model))

    async def _insist(self, path: str, body: bytes) -> bytes:
        """The answer, asked for again while none can have been made: what is set aside is for one."""
        tries = 0
        while True:
            try:
                return await self._post(path, body, EMBEDDING_SECONDS)
            except GatewayError as error:
                pause = None if error.billable else self._pause(error, tries)
                if pause is None:
                    raise
                log.info("trying again", path=path, failure=type(error).__name__, detail=str(error))
            tries += 1
            await asyncio.sleep(pause)

    def _pause(self, error: GatewayError, tries: int) -> float | None:
        """None also where the answer had begun: it was made, and will have been paid for."""
        return None if isinstance(error, AnswerCutOff) else pause_before_retry(error, tries, self._random)

    async def _post(self, path: str, body: bytes, seconds: float) -> bytes:
        await self._transport.warm()
        try:
            async with asyncio.timeout(seconds):
                with self._transport.failures():
                    response = await self._transport.post(path, body, _JSON)
                async with aclosing(response):
                    return await self._read(response)
        except TimeoutError as error:
            raise GatewaySilent(f"no answer to {path} in time") from error
        except AddressWrong as error:  # chat may well be offered here, so the key is left alone
            raise NotOffered(f"{path}: {error}") from error

    async def _read(self, response: "httpx2.Response") -> bytes:
        body = bytearray()
        try:
            with self._transport.failures():
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise RequestInvalid(f"an answer of more than {MOST_BYTES} bytes")
        except GatewayDown as error:
            raise AnswerCutOff(str(error)) from error
        return bytes(body)
