"""`POST /chat/completions`: from a request's body to an answer, whole or as a paced stream."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeVar

from aiohttp import web

from bot.demo import bends
from bot.demo.abilities import respond
from bot.demo.books import Books
from bot.demo.catalogue import Row, find
from bot.demo.faults import Wish
from bot.demo.refusals import invalid, no_model, not_supported, too_long, wrong_type
from bot.demo.routing import Route, admit
from bot.demo.senses import Senses
from bot.demo.understanding import Prompt, given, understand
from bot.demo.wire import Answer, Generation, completion, counted, cut, events, stopped

_LARGE = 200_000
"""Bodies of this many bytes are worked on in a thread."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """How an answer arrives: tokens a second, seconds until the first. `float("inf")` is at once."""

    tokens: float = 60.0
    first: float = 0.15


class Chat:
    """Answers chat requests. One for a gateway; it keeps what was looked at, and the books."""

    def __init__(self, senses: Senses, books: Books, random: Random, pace: Pace) -> None:
        self._senses = senses
        self._books = books
        self._random = random
        self._pace = pace

    async def prompt(self, body: Mapping[str, Any], size: int) -> Prompt:
        """Read the request and look at what came with it. Raises `Refused` as the gateway would."""
        row = checked_model(body, "language")
        files = await in_thread_if_large(size, lambda: list(given(body)))
        takes = row["modalities"]["input"]
        for file in files:
            if ("image" if file.picture else "pdf") not in takes:
                raise not_supported(row["id"], "image inputs" if file.picture else "file inputs")
        seen = [await self._senses.look(file) for file in files]
        return await in_thread_if_large(size, lambda: understand(body, seen))

    async def answer(self, prompt: Prompt, body: Mapping[str, Any], size: int) -> Answer:
        """What the model says, as far as `max_tokens` goes."""
        limit = _limit(body)
        return await in_thread_if_large(
            _LARGE if prompt.draws else size, lambda: cut(stopped(respond(prompt), prompt.stops), limit)
        )

    def open(
        self, prompt: Prompt, body: Mapping[str, Any], route: Route, failed: tuple[tuple[str, int], ...]
    ) -> Generation:
        """Begin an answer. Raises `Refused` when nobody may serve it, or it is longer than the model's window."""
        row = checked_model(body, "language")
        admit(row, route)
        opened = self._books.open(row, prompt.everything, streamed=body.get("stream") is True)
        generation = replace(opened, failed=failed, own_key=route.own_key)
        if generation.prompt_tokens > row["context_window"]:
            raise too_long(row["context_window"], generation.prompt_tokens)
        return generation

    def whole(self, generation: Generation, answer: Answer) -> Mapping[str, Any]:
        """The body of an answer that is not streamed."""
        generation = counted(generation, answer)
        self._books.close(generation)
        return completion(generation, answer)

    async def stream(
        self, request: web.Request, generation: Generation, answer: Answer, wish: Wish | None
    ) -> web.StreamResponse:
        """Send the answer as it is written, spoilt if somebody wished for that. Ends when the reader goes away."""
        generation = counted(generation, answer)
        bend = wish.fault.bend if wish and wish.fault.bend else bends.healthy
        paced = self._paced(generation, answer)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        try:
            async with aclosing(paced):
                await send(request, response, bend(paced, wish.argument if wish else ""))
        except ConnectionResetError:
            pass  # the reader went away: that is how answers are stopped
        finally:
            self._books.close(generation)
        return response

    async def _paced(self, generation: Generation, answer: Answer) -> bends.Events:
        loop = asyncio.get_running_loop()
        random = Random(self._random.getrandbits(32))
        between = 1 / (answer.pace or self._pace.tokens)
        due = loop.time() + self._pace.first
        for event in events(generation, answer):
            if event.kind not in ("role", "final"):
                await _until(due, loop.time)
                due += between * random.uniform(0.5, 1.5)
            yield event


async def send(request: web.Request, response: web.StreamResponse, steps: bends.Steps) -> None:
    """Put the steps of a stream on the wire. The head goes out with the first bytes."""
    async with aclosing(steps):
        async for step in steps:
            if isinstance(step, bytes):
                if not response.prepared:
                    await response.prepare(request)
                await response.write(step)
            elif isinstance(step, bends.Silence):
                await asyncio.sleep(step.seconds) if step.seconds is not None else await asyncio.Event().wait()
            else:
                _hang_up(request, reset=step.reset)
                return
    await response.write_eof()


def checked_model(body: Mapping[str, Any], wanted: str) -> Row:
    """The row of the model that a body names. Raises `Refused` unless there is one of the wanted type."""
    model = body.get("model")
    if not isinstance(model, str) or "/" not in model:
        raise invalid("'model' has to be of the form creator/model.", "model")
    row = find(model)
    if row is None:
        raise no_model(model)
    if row["type"] != wanted:
        raise wrong_type(model, row["type"], wanted)
    return row


async def in_thread_if_large(size: int, task: Callable[[], T]) -> T:
    """Do it here, or in a thread where so many bytes would hold the loop up."""
    return task() if size < _LARGE else await asyncio.to_thread(task)


async def _until(due: float, now: Callable[[], float]) -> None:
    rest = due - now()
    if rest > 0:
        await asyncio.sleep(rest)


def _limit(body: Mapping[str, Any]) -> int | None:
    limit = body.get("max_tokens", body.get("max_completion_tokens"))
    if limit is None:
        return None
    if not isinstance(limit, int) or limit < 1:
        raise invalid("'max_tokens' has to be a whole number of at least 1.", "max_tokens")
    return limit


def _hang_up(request: web.Request, *, reset: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if reset:
        transport.abort()
    else:
        transport.close()
