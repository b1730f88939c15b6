"""What the gateway says about money: what an answer cost, looked up afterwards, and what credit is left."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

import orjson

from bot.errors import NotOffered
from bot.gateway.failures import failure_in_response
from bot.gateway.loose import dig, digits, text
from bot.messages import Credits, Usage
from bot.ports import Clock

LookUp: TypeAlias = Callable[[str], Awaitable[tuple[int, bytes]]]
"""The status and the body of a signed request for this path, whatever the status."""


class Billing:
    """Reads `GET /generation` and `GET /credits`. What they answer is in US dollars."""

    def __init__(self, look_up: LookUp, clock: Clock) -> None:
        self._look_up = look_up
        self._clock = clock

    async def cost_of(self, generation_id: str) -> Usage | None:
        """What an answer used and cost; None while the gateway does not know yet, which takes about ten seconds.

        Raises NotOffered where it will never tell, and another GatewayError where it cannot just now.
        """
        status, body = await self._look_up(f"/generation?id={quote(generation_id, safe='')}")
        told = _parsed(body)
        # Not yet known: an error that is no object, unlike every other. Without one there is no such path at all.
        if status == 404 and text(told.get("error")):
            return None
        data = self._checked(status, body, told).get("data")
        cost = digits(dig(data, "total_cost"))
        if cost is None or cost.startswith("-"):
            raise NotOffered("an answer's record names no cost")
        return Usage(
            prompt_tokens=_count(data, "tokens_prompt"),
            completion_tokens=_count(data, "tokens_completion"),
            cached_tokens=_count(data, "native_tokens_cached"),
            reasoning_tokens=_count(data, "native_tokens_reasoning"),
            cost=cost,
        )

    async def credits(self) -> Credits:
        """The credit. Raises NotOffered where none is ever told, another GatewayError where it is not told now."""
        status, body = await self._look_up("/credits")
        told = self._checked(status, body, _parsed(body))
        left, used = digits(told.get("balance")), digits(told.get("total_used"))
        if left is None:
            raise NotOffered("the credit is no number")
        return Credits(left, used or "0")

    def _checked(self, status: int, body: bytes, told: Mapping[str, Any]) -> Mapping[str, Any]:
        if status in (400, 404, 405):
            raise NotOffered(f"status {status}")
        if status != 200:
            raise failure_in_response(status, {}, body, self._clock())
        return told


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _count(data: object, name: str) -> int:
    value = dig(data, name)
    return int(value) if isinstance(value, int | float) and value > 0 else 0
