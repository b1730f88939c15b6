"""Stands before every request: fails what would be sent in vain, and looks whether the key is in order again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import structlog

from bot.errors import GatewayError, GatewayRefused, GatewayUnpaid
from bot.gateway.health import Health, Pause, advice
from bot.messages import Credits

log = structlog.get_logger(__name__)


class Guard:
    """`balance` asks what the account holds; that is how a refused or empty key is found to be good again."""

    def __init__(self, balance: Callable[[], Awaitable[Credits]]) -> None:
        self._balance = balance
        self._health = Health(lambda: asyncio.get_running_loop().time())
        self._looking: set[asyncio.Task[None]] = set()

    async def admit(self, model: str) -> None:
        """Go ahead, or fail at once with what failed before: where a request would be sent in vain."""
        pause = self._health.pause
        if pause is not None and self._health.look_now() and await self._may_go_on(pause):
            self._health.resume()
        refusal = self._health.refusal(model)
        if refusal is not None:
            raise type(refusal)(f"not sent: {refusal}", retry_after=refusal.retry_after, about=refusal.about)

    @asynccontextmanager
    async def around(self, model: str) -> AsyncIterator[None]:
        """The same for one request that comes back whole, its end noted."""
        await self.admit(model)
        try:
            yield
        except GatewayError as error:
            self.failed(model, error)
            raise
        self.answered(model)

    def answered(self, model: str) -> None:
        """The model has answered."""
        self._health.answered(model)

    def failed(self, model: str, error: GatewayError) -> None:
        """A request failed before its first word. Where that begins a pause, the operator is told, once."""
        pause = self._health.failed(model, error)
        if pause is None:
            return
        told = {"failure": type(error).__name__, "detail": str(error), "advice": advice(error)}
        log.error("requests are paused", seconds=pause.seconds, **told)
        if pause.probed:
            task = asyncio.create_task(self._look(pause))
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)

    @property
    def paused_for(self) -> GatewayError | None:
        """Why nothing is sent for anybody at the moment, where that is so."""
        pause = self._health.pause
        return pause.reason if pause is not None else None

    async def close(self) -> None:
        """Look no more."""
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)

    async def _may_go_on(self, pause: Pause) -> bool:
        """Not while the key is known to be bad; where nobody can tell, the next request shows it."""
        return not pause.probed or await self._key_is_good() is not False

    async def _look(self, pause: Pause) -> None:
        """See at once whether the key is as bad as it was said to be."""
        if await self._key_is_good() and self._health.pause is pause:
            self._health.resume()
            log.info("requests go on: there is credit under this key")

    async def _key_is_good(self) -> bool | None:
        """Whether there is credit under the key; None where that cannot be told."""
        try:
            balance = (await self._balance()).balance
        except (GatewayRefused, GatewayUnpaid):
            return False
        except GatewayError:
            return None
        log.info("credits", balance=balance)
        return Decimal(balance) > 0
