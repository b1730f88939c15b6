"""Texts to vectors: how they are divided into requests, and what an answer holds. Pure."""

import array
import binascii
import math
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal

import orjson

from bot.errors import AnswerEmpty
from bot.gateway.drawing import count_in
from bot.gateway.loose import dig, digits, items, text
from bot.messages import Embedded, Usage

MOST_TEXTS = 96
"""Texts in one request; the strictest of the well-known providers takes no more."""

MOST_CHARACTERS = 200_000
"""Characters in one request, well below the tokens that providers count."""

LONGEST = 24_000
"""Characters of one text; what follows is left out: no well-known model reads further."""


def batches(texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The texts as they are sent, in order, each no longer than a model reads; none is empty on the wire."""
    batch: list[str] = []
    room = MOST_CHARACTERS
    for one in texts:
        sent = one[:LONGEST] if one.strip() else "-"
        if batch and (len(batch) == MOST_TEXTS or len(sent) > room):
            yield tuple(batch)
            batch, room = [], MOST_CHARACTERS
        batch.append(sent)
        room -= len(sent)
    if batch:
        yield tuple(batch)


def body_of(texts: Sequence[str], model: str, dimensions: int | None) -> bytes:
    """The JSON body of one request."""
    body: dict[str, object] = {"model": model, "input": list(texts), "encoding_format": "float"}
    if dimensions is not None:
        body["dimensions"] = dimensions
    return orjson.dumps(body)


def vectors_in(body: bytes, texts: int, model: str) -> Embedded:
    """The vectors of so many texts, put in order by their index. Raises `AnswerEmpty` where one is missing."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise AnswerEmpty("an answer that is no JSON, where vectors were asked for") from error
    generation = text(dig(answer, "providerMetadata", "gateway", "generationId"))
    found: dict[object, tuple[float, ...]] = {}
    for place, item in enumerate(items(dig(answer, "data"))):
        index = dig(item, "index")
        found[place if index is None else index] = _vector(dig(item, "embedding"))
    vectors = tuple(found.get(index, ()) for index in range(texts))
    if len({len(vector) for vector in vectors}) != 1 or not vectors[0]:
        raise AnswerEmpty("vectors are missing, or of different lengths", generation_id=generation or None)
    return Embedded(model, vectors, _usage(answer), (generation,) if generation else ())


def joined(parts: Sequence[Embedded]) -> Embedded:
    """Several answers as one. Raises `AnswerEmpty` where they are not of one length."""
    if len({len(vector) for part in parts for vector in part.vectors}) > 1:
        raise AnswerEmpty("vectors of different lengths")
    costs = [part.usage.cost for part in parts]
    used = Usage(
        prompt_tokens=sum(part.usage.prompt_tokens for part in parts),
        cost=f"{sum(Decimal(cost or 0) for cost in costs):f}" if None not in costs else None,
    )
    vectors = tuple(vector for part in parts for vector in part.vectors)
    return Embedded(parts[0].model, vectors, used, tuple(name for part in parts for name in part.generations))


def _vector(value: object) -> tuple[float, ...]:
    """Numbers, or little-endian 32-bit floats in base64; nothing for anything else."""
    if isinstance(value, str):
        return _decoded(value)
    numbers = items(value)
    sound = all(isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in numbers)
    return tuple(float(n) for n in numbers if isinstance(n, int | float)) if sound else ()


def _decoded(encoded: str) -> tuple[float, ...]:
    floats = array.array("f")
    try:
        floats.frombytes(binascii.a2b_base64(encoded, strict_mode=True))
    except ValueError:
        return ()
    if sys.byteorder == "big":
        floats.byteswap()
    return tuple(floats) if all(map(math.isfinite, floats)) else ()


def _usage(answer: object) -> Usage:
    cost = dig(answer, "providerMetadata", "gateway", "cost")
    return Usage(prompt_tokens=count_in(dig(answer, "usage"), "prompt_tokens"), cost=digits(cost))
