"""One answer by as many attempts as are safe and may help: made again, or written otherwise."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import replace
from random import Random
from typing import TypeAlias

import structlog

from bot.errors import AnswerCutOff, AnswerEmpty, GatewayBusy, GatewayDown, GatewayError, ModelUnknown
from bot.gateway.catalogue import Catalogue
from bot.gateway.guard import Guard
from bot.gateway.manners import Manners
from bot.gateway.reader import StreamReader
from bot.gateway.retry import pause_before_retry
from bot.gateway.wire import Dialect
from bot.messages import ChatRequest, Delta, Finish, Reasoning, Retrying

log = structlog.get_logger(__name__)

MOST_WRITTEN = 4
"""In how many ways one request is written, because of what refusals taught."""

RELIST_PAUSE = 300.0
"""Seconds between two readings of the catalogue because a model is not there."""

Attempt: TypeAlias = Callable[[ChatRequest, Dialect, StreamReader], AsyncGenerator[Delta, None]]


class Trying:
    """Makes attempts. What they teach goes to the guard, the manners and the catalogue."""

    def __init__(self, guard: Guard, manners: Manners, catalogue: Catalogue, random: Random) -> None:
        self._guard = guard
        self._manners = manners
        self._catalogue = catalogue
        self._random = random
        self._relisted_at = float("-inf")
        self._relisting: asyncio.Task[None] | None = None

    async def answer(self, request: ChatRequest, attempt: Attempt) -> AsyncGenerator[Delta, None]:
        """The deltas of the first attempt that speaks; before each further one there is a `Retrying`.

        Whoever asks for no delta after that has stopped it. Fails with a `GatewayError`.
        """
        tries, written = 0, list[Dialect]()
        while True:
            await self._guard.admit(request.model)
            reader, dialect = StreamReader(), self._manners.dialect(request.model)
            written.append(dialect)
            try:
                async with aclosing(attempt(request, dialect, reader)) as deltas:
                    async for delta in deltas:
                        _note_fallback(request, delta)
                        yield delta
                self._guard.answered(request.model)
                return
            except GatewayError as error:
                again = None if reader.spoke else self._again(error, request, tries, written)
                if again is None:
                    raise _as_seen(error, reader) from error.__cause__
                request = self._after(error, request)
            tries = again.attempt
            yield again
            await asyncio.sleep(again.seconds)

    async def close(self) -> None:
        """Read no list any more."""
        if self._relisting is not None:
            self._relisting.cancel()
            await asyncio.gather(self._relisting, return_exceptions=True)

    def _again(
        self, error: GatewayError, request: ChatRequest, tries: int, written: Collection[Dialect]
    ) -> Retrying | None:
        """Take in a failure before the first word; how the request is made once more, if that may help."""
        self._guard.failed(request.model, error)
        self._miss(request.model, error)
        if self._manners.learn(request, error, written) and len(written) <= MOST_WRITTEN:
            return Retrying(tries, 0.0, billable=error.billable)
        pause = pause_before_retry(error, tries, self._random)
        if pause is None:
            return None
        log.info("trying again", model=request.model, failure=type(error).__name__, detail=str(error))
        return Retrying(tries + 1, pause, busy=isinstance(error, GatewayBusy), billable=error.billable)

    def _after(self, error: GatewayError, request: ChatRequest) -> ChatRequest:
        """The request for the next try: an answer without a word was often thought to the end of its length."""
        thinks = request.reasoning is not None or self._catalogue.thinks(request.model)
        if isinstance(error, AnswerEmpty) and thinks:
            return replace(request, reasoning=Reasoning(enabled=False))
        return request

    def _miss(self, model: str, error: GatewayError) -> None:
        """A model that is listed is gone: read the list beside everything else, unless that was just done."""
        catalogue = self._catalogue
        if not isinstance(error, ModelUnknown) or (catalogue.models() and catalogue.model(model) is None):
            return
        now = asyncio.get_running_loop().time()
        if now - self._relisted_at > RELIST_PAUSE:
            self._relisted_at = now
            self._relisting = asyncio.create_task(self._relist())

    async def _relist(self) -> None:
        try:
            await self._catalogue.refresh()
        except GatewayError as error:
            log.info("catalogue not read", failure=type(error).__name__)


def _note_fallback(request: ChatRequest, delta: Delta) -> None:
    if isinstance(delta, Finish) and delta.fell_back is not None:
        told = {"asked": request.model, "answered": delta.model, "provider": delta.provider}
        log.warning("the gateway fell back", status=delta.fell_back, **told)


def _as_seen(error: GatewayError, reader: StreamReader) -> GatewayError:
    """After the first visible word every failure is an interruption; before it none is."""
    if reader.spoke:
        return AnswerCutOff(str(error), generation_id=reader.generation_id or error.generation_id)
    if isinstance(error, AnswerCutOff):
        down = GatewayDown(str(error), generation_id=error.generation_id)
        down.billable = error.billable
        return down
    return error
