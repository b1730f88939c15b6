"""Keeps an eye on the gateway's credit, gently, and tells the operator when it runs low."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import structlog

from bot.errors import GatewayError, GatewayRefused, NotOffered
from bot.messages import Credits, SpendingLimits

log = structlog.get_logger(__name__)

EVERY_SECONDS = 600.0
REFUSED_SECONDS = 3600.0
"""After a refusal: a token is read again and may be good then, so it is not given up."""

LOW = Decimal(5)
"""US dollars below which the credit is low where no daily limit says how much is needed."""


class CreditWatch:
    """Asks for the credit now and then. `credits` is what was told last."""

    def __init__(self, ask: Callable[[], Awaitable[Credits]], limits: SpendingLimits) -> None:
        self._ask = ask
        self._enough = limits.everyone or LOW
        self._low = False
        self.credits: Credits | None = None

    async def run(self) -> None:
        """Ask now and every ten minutes, far less often of a key that is refused.

        Returns where the gateway turns out to tell no such thing.
        """
        while True:
            pause = EVERY_SECONDS
            try:
                self._heard(await self._ask())
            except NotOffered as error:
                log.info("credit is not told here", detail=str(error))
                return
            except GatewayError as error:
                log.info("credit not told", failure=type(error).__name__, detail=str(error))
                pause = REFUSED_SECONDS if isinstance(error, GatewayRefused) else EVERY_SECONDS
            await asyncio.sleep(pause)

    def _heard(self, told: Credits) -> None:
        self.credits = told
        low = Decimal(told.balance) < self._enough
        if low and not self._low:
            log.warning("credit is low", left=told.balance, enough=str(self._enough))
        self._low = low
