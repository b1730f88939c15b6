"""How near messages are to a question in meaning, by the gateway's embeddings; only where people switched that on.

Vectors of what we keep ourselves are kept beside it, and gone with it. Of what a platform only shows none is made.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from bot.errors import GatewayError
from bot.messages import Account, Model, Purpose
from bot.ports import Clock, Gateway
from bot.search.merging import Key, Merged
from bot.store.engine import Store
from bot.store.indexing import number_at
from bot.store.intents.vectors import Owner, keep_vectors, known_vectors

DIMENSIONS = 512
"""Numbers to a vector, if the model can be told; some have a length of their own."""

LONGEST = 1_000
"""Characters of a message that count."""

PREFERRED = ("openai/text-embedding-3-small", "google/gemini-embedding-001", "cohere/embed-v4.0")
"""What is asked, if it is listed; else the cheapest that is."""


class Meanings:
    """Asks one gateway. What it costs is set aside first, like any request's."""

    def __init__(self, store: Store, gateway: Gateway, clock: Clock) -> None:
        self._store = store
        self._gateway = gateway
        self._clock = clock

    async def of(self, words: str, found: Sequence[Merged], account: Account) -> Mapping[Key, float]:
        """How near each message is, from -1 to 1; those left out are not known.

        Raises GatewayError, and BudgetReached.
        """
        model = _model(self._gateway.search("", 1_000, purpose=Purpose.EMBED))
        if model is None:
            raise GatewayError("no model for embeddings is listed")
        told = await self._gateway.embed([words[:LONGEST]], model, DIMENSIONS, account=account)
        asked = told.vectors[0]
        ours = {one.key: number_at(one.hit.sent_at) for one in found if one.ours}
        numbers = tuple(ours.values())
        known = await self._store.read(known_vectors, Owner.MESSAGE, model, len(asked), numbers)
        vectors = {key: known[number] for key, number in ours.items() if number in known}
        missing = {
            one.key: one.hit.text[:LONGEST]
            for one in found
            if one.key not in vectors and one.hit.text and not one.hit.fleeting
        }
        if missing:
            made = await self._gateway.embed(list(missing.values()), model, DIMENSIONS, account=account)
            fresh = dict(zip(missing, made.vectors, strict=True))
            vectors |= fresh
            kept = {ours[key]: vector for key, vector in fresh.items() if key in ours}
            if kept:
                await self._store.write(keep_vectors, Owner.MESSAGE, model, kept, self._clock())
        return await asyncio.to_thread(_nearness, asked, vectors)


def _model(listed: Sequence[Model]) -> str | None:
    ids = {one.id for one in listed}
    preferred = next((one for one in PREFERRED if one in ids), None)
    return preferred or (min(listed, key=_price).id if listed else None)


def _price(model: Model) -> tuple[Decimal, str]:
    return Decimal("Infinity") if model.input_price is None else Decimal(model.input_price), model.id


def _nearness(asked: Sequence[float], vectors: Mapping[Key, Sequence[float]]) -> Mapping[Key, float]:
    """The cosine of each with the question."""
    size = math.hypot(*asked) or 1.0
    return {
        key: sum(map(float.__mul__, asked, vector)) / (size * (math.hypot(*vector) or 1.0))
        for key, vector in vectors.items()
        if len(vector) == len(asked)
    }
