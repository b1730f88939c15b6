"""The gateway's paths: what each of them takes, checks and answers with."""

import asyncio
import base64
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
from aiohttp import web

from bot.demo import catalogue
from bot.demo.books import Books
from bot.demo.chat import Chat, checked_model
from bot.demo.embedding import embed
from bot.demo.faults import FAULTS, HEADER, Wish, wish, wished_in
from bot.demo.pictures import draw, recolour
from bot.demo.questions import questions
from bot.demo.refusals import Refusal, Refused, flat, invalid, no_model
from bot.demo.routing import Route, route_in
from bot.demo.senses import from_data_url
from bot.demo.understanding import Prompt
from bot.demo.wire import decimal_string, token_count
from bot.ports import Clock

BODY = web.RequestKey("body", object)
"""Where the edge leaves a request's parsed body; None for one that is no JSON."""

_GENERATION_ID = re.compile(r"gen_[0-9A-HJKMNP-TV-Z]{26}")
_MOST_TRIES_KEPT = 1_000


class Endpoints:
    """The handlers. They never block the loop: pictures and large bodies are worked on in threads."""

    def __init__(self, chat: Chat, books: Books, clock: Clock) -> None:
        self._chat = chat
        self._books = books
        self._clock = clock
        self._tries: Counter[tuple[str, bytes]] = Counter()

    def routes(self) -> Sequence[web.RouteDef]:
        """Every path of the gateway."""
        return (
            web.get("/v1/models", self.models),
            web.get("/v1/models/{model:.+}", self.model),
            web.get("/v1/faults", self.faults),
            web.get("/v1/credits", self.credits),
            web.get("/v1/generation", self.generation),
            web.post("/v1/chat/completions", self.completions),
            web.post("/v1/embeddings", self.embeddings),
            web.post("/v1/images/generations", self.images),
            web.post("/v1/images/edits", self.edits),
        )

    async def models(self, request: web.Request) -> web.Response:
        """The whole list at once."""
        await self._wish(request)
        return _json({"object": "list", "data": catalogue.rows()})

    async def model(self, request: web.Request) -> web.Response:
        """One row, or its endpoints; a slash in the name may come as `%2F`."""
        await self._wish(request)
        name = request.match_info["model"]
        row = catalogue.find(name.removesuffix("/endpoints"))
        if row is None:
            raise no_model(name)
        return _json(catalogue.endpoints(row) if name.endswith("/endpoints") else row)

    async def faults(self, _: web.Request) -> web.Response:
        """The table of faults, for the curious."""
        return _json({"header": HEADER, "faults": {name: fault.description for name, fault in FAULTS.items()}})

    async def credits(self, request: web.Request) -> web.Response:
        """The balance."""
        await self._wish(request)
        return _json(self._books.credits())

    async def generation(self, request: web.Request) -> web.Response:
        """What one answer took; 404 until it is settled."""
        await self._wish(request)
        generation = request.query.get("id")
        if not generation:
            raise Refused(flat(400, "id is required"))
        if not _GENERATION_ID.fullmatch(generation):
            raise Refused(flat(400, "Invalid generation ID format. Expected format: gen_<ulid>"))
        found = self._books.find(generation)
        if found is None:
            message = "No usage event was found for this generation; it may take a few seconds to appear."
            raise Refused(flat(404, "Usage event not found", id=generation, message=message))
        return _json(found)

    async def completions(self, request: web.Request) -> web.StreamResponse:
        """An answer, streamed or whole."""
        wished = await self._wish(request)
        body = _body(request)
        route, failed = route_in(body), list[tuple[str, int]]()
        while True:
            try:
                return await self._complete(request, body, route, tuple(failed), wished)
            except Refused as refused:
                other = route.passes_on(refused, len(failed))
                if other is None:
                    raise
                failed.append((body["model"], refused.refusal.status))
                body = {**body, "model": other}

    async def _complete(
        self,
        request: web.Request,
        body: Mapping[str, Any],
        route: Route,
        failed: tuple[tuple[str, int], ...],
        wished: Wish | None,
    ) -> web.StreamResponse:
        """An answer by one model. Raises `Refused`."""
        raw = await request.read()
        prompt = await self._chat.prompt(body, len(raw))
        if wished is None and prompt.model == catalogue.FAULTY:
            wished = self._counted(_wish_of(prompt), raw)
        generation = self._chat.open(prompt, body, route, failed)
        answer = await self._chat.answer(prompt, body, len(raw))
        if generation.streamed:
            return await self._chat.stream(request, generation, answer, wished)
        return _json(self._chat.whole(generation, answer))

    async def embeddings(self, request: web.Request) -> web.Response:
        """A vector for each input: equal texts have equal ones, texts that share words have near ones."""
        await self._wish(request)
        body = _body(request)
        row = checked_model(body, "embedding")
        inputs = [body["input"]] if isinstance(body.get("input"), str) else body.get("input")
        if not isinstance(inputs, list) or not inputs or not all(isinstance(text, str) for text in inputs):
            raise invalid("'input' has to be a string or a list of strings.", "input")
        generation = self._books.open(row, (), streamed=False)
        encoded = body.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": n, "embedding": embed(text, body.get("dimensions"), encoded=encoded)}
            for n, text in enumerate(inputs)
        ]
        tokens = sum(map(token_count, inputs))
        metadata = {"gateway": {"routing": {}, "cost": "0", "generationId": generation.id}}
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return _json(
            {"object": "list", "data": data, "model": row["id"], "usage": usage, "providerMetadata": metadata}
        )

    async def images(self, request: web.Request) -> web.Response:
        """Real PNGs of what the prompt names."""
        await self._wish(request)
        body = _body(request)
        checked_model(body, "image")
        words, many, size = body.get("prompt"), body.get("n", 1), _size(body.get("size"))
        if not isinstance(words, str) or not isinstance(many, int) or not 1 <= many <= 4:
            raise invalid("'prompt' has to be a string and 'n' a number from 1 to 4.", "prompt")
        return self._drawn(body, await asyncio.to_thread(draw, words, size), many)

    async def edits(self, request: web.Request) -> web.Response:
        """The picture that was sent, in the colour that the prompt names."""
        await self._wish(request)
        body = _body(request)
        checked_model(body, "image")
        words, sources = body.get("prompt"), body.get("images")
        if not isinstance(words, str) or not isinstance(sources, list) or not 1 <= len(sources) <= 16:
            raise invalid("'prompt' has to be a string and 'images' a list of 1 to 16 pictures.", "images")
        try:
            data = from_data_url(sources[0]["image_url"])
            picture = await asyncio.to_thread(recolour, data or b"", words)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise invalid("The picture to change could not be read.", "images") from error
        return self._drawn(body, picture, 1)

    def _drawn(self, body: Mapping[str, Any], picture: bytes, many: int) -> web.Response:
        """Pictures with what they cost; one price for each."""
        row = checked_model(body, "image")
        generation = self._books.open(row, (), streamed=False)
        price = Decimal(row["pricing"]["image"])
        generation = replace(generation, completion_tokens=many, output_price=price)
        self._books.close(generation)
        cost = decimal_string(generation.cost)
        metadata = {"gateway": {"routing": {}, "cost": cost, "generationId": generation.id}}
        data = [{"b64_json": base64.b64encode(picture).decode()}] * many
        return _json({"created": int(self._clock()), "data": data, "providerMetadata": metadata})

    async def _wish(self, request: web.Request) -> Wish | None:
        """The fault that the header asks for. Raises `Refused` when it is one that refuses."""
        asked = request.headers.get(HEADER)
        return self._counted(wish(asked), await request.read()) if asked else None

    def _counted(self, wished: Wish | None, raw: bytes) -> Wish | None:
        """The wish, unless the same request was tried often enough. Raises `Refused` when it refuses."""
        if wished is None:
            return None
        if wished.times is not None:
            if len(self._tries) > _MOST_TRIES_KEPT:
                self._tries.clear()
            key = (wished.name, hashlib.sha256(raw).digest())
            self._tries[key] += 1
            if self._tries[key] > wished.times:
                return None
        if wished.fault.refuse:
            raise Refused(wished.fault.refuse(wished.argument))
        return wished


def response_of(refusal: Refusal) -> web.Response:
    """The response that a refusal is."""
    return web.Response(
        status=refusal.status, body=refusal.body, content_type=refusal.content_type, headers=refusal.headers
    )


def _json(body: Any) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")


def _body(request: web.Request) -> Mapping[str, Any]:
    body = request[BODY]
    if not isinstance(body, dict):
        raise invalid("The request body has to be a JSON object.")
    return body


def _wish_of(prompt: Prompt) -> Wish | None:
    """The fault in the question; a round that follows a tool's result has had it."""
    question = questions(prompt)[-1]
    wished = None if question.results else wished_in(question.text)
    return wished if wished is not None and wished.concerns(prompt) else None


def _size(wanted: Any) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{2,4})x(\d{2,4})", wanted) if isinstance(wanted, str) else None
    return (min(int(found[1]), 1024), min(int(found[2]), 1024)) if found else (256, 256)
