"""What a keystroke costs: searching 400 models, in milliseconds and beside reading the list once."""

import time
from collections.abc import Callable, Iterable
from functools import partial

import orjson

from bot.gateway.rows import models_in
from bot.gateway.search import Index
from bot.messages import Purpose
from tests.bench.figures import Figure

MODELS = 400
TYPED = ("", "m", "maker-1", "number 39", "model number 1", "nothing at all")


def figures() -> Iterable[Figure]:
    """The slowest of several typed beginnings, each at its best of some rounds."""
    body = _body()
    index = Index(models_in(body))
    recent = [f"maker-{n}/model-{n}" for n in range(10)]
    worst = max(
        _best(partial(index.search, typed, 25, Purpose.CHAT, recent, withdrawn_before=0.0)) for typed in TYPED
    )
    reading = _best(lambda: Index(models_in(body)))
    yield Figure("a keystroke over 400 models", worst * 1000, limit=5.0, unit="ms")
    yield Figure("a keystroke over reading the list", worst / reading, limit=0.25)


def _best(work: Callable[[], object]) -> float:
    def once() -> float:
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun

    return min(once() for _ in range(7))


def _body() -> bytes:
    rows = [
        {
            "id": f"maker-{n % 20}/model-{n}",
            "name": f"The Model Number {n}",
            "type": "language",
            "context_window": 200_000,
            "tags": ["vision", "tool-use"],
            "modalities": {"input": ["text", "image"], "output": ["text"]},
            "pricing": {"input": "0.000001", "output": "0.000005"},
        }
        for n in range(MODELS)
    ]
    return orjson.dumps({"data": rows})
