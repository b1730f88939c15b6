"""Asks for the price of answers that ended without one: stopped, broken off, or left behind by a dead process."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import structlog

from bot.errors import GatewayError, NotOffered, StoreError
from bot.ledger.ledger import FIRST_LOOK, Ledger
from bot.messages import Usage
from bot.ports import Clock
from bot.store.engine import Store
from bot.store.intents.settlement import Owed, keep_estimate, next_due, owed, put_off, settle, take_over

log = structlog.get_logger(__name__)

PAUSES = (30.0, 90.0, 300.0, 900.0, 3600.0, 3600.0, 3600.0, 3600.0)
"""Seconds after each look in vain until the next; after the last one what was set aside stands."""

ADVICE = (
    "the gateway reported no cost for an answer, so the most it could have cost counts against the limits; "
    "if it costs nothing, set BUDGET_PER_DAY and BUDGET_PER_PERSON_PER_DAY to off"
)

AT_ONCE = 20
"""Prices asked for in a row, one after the other."""


class Settling:
    """Looks for prices as long as any is owed. `ask` is the gateway's `cost_of`."""

    def __init__(
        self, store: Store, ledger: Ledger, ask: Callable[[str], Awaitable[Usage | None]], clock: Clock
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._ask = ask
        self._clock = clock
        self._advised = False

    async def take_over(self) -> None:
        """Before any request goes out: what is open belongs to a process that is dead. Raises StoreError."""
        if left := await self._store.write(take_over, self._clock()):
            log.info("unsettled requests taken over", count=left)

    async def run(self) -> None:
        """Look whenever something is due, for ever. A store that refuses is asked again later."""
        while True:
            try:
                due = await self._look()
            except StoreError as error:
                log.warning("prices not booked", error=type(error).__name__)
                due = self._clock() + PAUSES[0]
            await self._rest(due)

    async def _look(self) -> float | None:
        """Ask for what is due; when something is again."""
        for one in await self._store.read(owed, self._clock(), AT_ONCE):
            await self._settle(one)
        return await self._store.read(next_due)

    async def _settle(self, one: Owed) -> None:
        try:
            used = await self._ask(one.generation_id)
        except NotOffered as error:
            log.info("price stays an estimate", generation=one.generation_id, detail=str(error))
            await self._store.write(keep_estimate, one.id)
            self._advise()
        except GatewayError as error:
            log.info("price not told", generation=one.generation_id, failure=type(error).__name__)
            await self._put_off(one)
        else:
            if used is None or used.cost is None:
                await self._put_off(one)
                return
            await self._store.write(settle, one.id, Decimal(used.cost), used)
            log.info("price settled", generation=one.generation_id, cost=used.cost)

    def _advise(self) -> None:
        """Tell the operator once what an endpoint without prices means for people."""
        if not self._advised:
            self._advised = True
            log.warning("some costs are only estimated", advice=ADVICE)

    async def _put_off(self, one: Owed) -> None:
        if one.tries < len(PAUSES):
            await self._store.write(put_off, one.id, self._clock() + PAUSES[one.tries])
            return
        log.warning("price stays an estimate", generation=one.generation_id, tries=one.tries + 1)
        await self._store.write(keep_estimate, one.id)

    async def _rest(self, due: float | None) -> None:
        """Wait until then, or until something new is owed: it is in the store by the time it can be asked for."""
        wait = None if due is None else max(0.0, due - self._clock())
        try:
            async with asyncio.timeout(wait):  # wait_for may swallow a cancellation (Python 3.11)
                await self._ledger.owes.wait()
        except TimeoutError:
            return
        self._ledger.owes.clear()
        await asyncio.sleep(FIRST_LOOK)
