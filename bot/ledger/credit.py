"""Keeps an eye on the gateway's credit, gently, and tells the operator when it runs low."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import structlog

from bot.errors import GatewayError, NotOffered
from bot.messages import Credits, SpendingLimits

log = structlog.get_logger(__name__)

EVERY_SECONDS = 600.0
LOW = Decimal(5)
"""US dollars below which the credit is low where no daily limit says how much is needed."""


class CreditWatch:
    """Asks for the credit every ten minutes. `credits` is what was told last."""

    def __init__(self, ask: Callable[[], Awaitable[Credits]], limits: SpendingLimits) -> None:
        self._ask = ask
        self._enough = limits.everyone or LOW
        self._low = False
        self.credits: Credits | None = None

    async def run(self) -> None:
        """Ask now and every ten minutes, until the gateway turns out to tell no such thing."""
        while True:
            try:
                self._heard(await self._ask())
            except NotOffered as error:
                log.info("credit is not told here", detail=str(error))
                return
            except GatewayError as error:
                log.info("credit not told", failure=type(error).__name__, detail=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    def _heard(self, told: Credits) -> None:
        self.credits = told
        low = Decimal(told.balance) < self._enough
        if low and not self._low:
            log.warning("credit is low", left=told.balance, enough=str(self._enough))
        self._low = low
