"""What the built-in gateway remembers: what its answers cost, and which beginnings of prompts it has seen."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

from bot.demo.catalogue import Row
from bot.demo.understanding import Said
from bot.demo.wire import Generation, Json, decimal_string, generation_id, token_count
from bot.ports import Clock

_PICTURE_TOKENS = 1_100
_REMEMBERED = 1_000
_PREFIXES = 20_000
_CREDIT = Decimal(100)


class Books:
    """Numbers answers and adds up their cost, in play money. `settle` is seconds until a cost can be looked up."""

    def __init__(self, clock: Clock, random: Random, settle: float) -> None:
        self._clock = clock
        self._random = random
        self._settle = settle
        self._used = Decimal(0)
        self._closed: OrderedDict[str, tuple[float, Generation]] = OrderedDict()
        self._prefixes: OrderedDict[bytes, None] = OrderedDict()

    def open(self, row: Row, messages: Sequence[Said], *, streamed: bool) -> Generation:
        """A new answer's number, and how much of its prompt was seen before: only what begins alike is cached."""
        now = self._clock()
        cached, total = self._count(str(row["id"]), messages)
        pricing = row["pricing"]
        return Generation(
            id=generation_id(now, self._random),
            created=now,
            model=row["id"],
            prompt_tokens=total,
            cached_tokens=cached,
            input_price=Decimal(pricing.get("input", "0")),
            output_price=Decimal(pricing.get("output", "0")),
            streamed=streamed,
        )

    def close(self, generation: Generation) -> None:
        """The answer was given, heard to its end or not: it is paid for."""
        self._used += generation.cost
        self._closed[generation.id] = (self._clock(), generation)
        while len(self._closed) > _REMEMBERED:
            self._closed.popitem(last=False)

    def credits(self) -> Json:
        """What is left and what is used, as decimal strings."""
        left = max(_CREDIT - self._used, Decimal(0))
        return {"balance": decimal_string(left), "total_used": decimal_string(self._used)}

    def find(self, generation: str) -> Json | None:
        """What an answer took; None until that is settled."""
        closed_at, found = self._closed.get(generation, (0.0, None))
        if found is None or self._clock() < closed_at + self._settle:
            return None
        return {"data": _record(found, int(1000 * (closed_at - found.created)))}

    def _count(self, model: str, messages: Sequence[Said]) -> tuple[int, int]:
        """Tokens of the longest beginning that was seen before, and of everything."""
        digest = hashlib.sha256(model.encode()).digest()
        cached = total = 0
        for said in messages:
            digest = hashlib.sha256(digest + said.role.encode() + said.whole.encode(errors="replace")).digest()
            pictures = sum(file.picture for file in said.files)
            total += token_count(said.whole) + pictures * _PICTURE_TOKENS
            cached = total if digest in self._prefixes else cached
            self._prefixes[digest] = None
            self._prefixes.move_to_end(digest)
        while len(self._prefixes) > _PREFIXES:
            self._prefixes.popitem(last=False)
        return cached, total


def _record(generation: Generation, milliseconds: int) -> Json:
    cost = float(generation.cost)
    return {
        "id": generation.id,
        "total_cost": cost,
        "usage": cost,
        "upstream_inference_cost": 0,
        "created_at": f"{datetime.fromtimestamp(generation.created, UTC):%Y-%m-%dT%H:%M:%S.000Z}",
        "model": generation.model,
        "is_byok": False,
        "provider_name": "gatepost",
        "streamed": generation.streamed,
        "finish_reason": generation.finish,
        "latency": min(150, milliseconds),
        "generation_time": milliseconds,
        "tokens_prompt": generation.prompt_tokens,
        "tokens_completion": generation.completion_tokens,
        "native_tokens_prompt": generation.prompt_tokens,
        "native_tokens_completion": generation.completion_tokens,
        "native_tokens_reasoning": generation.reasoning_tokens,
        "native_tokens_cached": generation.cached_tokens,
        "native_tokens_cache_creation": 0,
        "billable_web_search_calls": 0,
    }
