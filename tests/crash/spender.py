"""Spends as fast as it may, until somebody kills it: `python -m tests.crash.spender DIRECTORY SEED`.

The gateway it asks notes every request in a file before it answers, with what the answer costs: that is the truth
against which the ledger is held.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import cast

from bot.errors import AnswerCutOff, BudgetReached, GatewayDown, GatewayError
from bot.ids import Ids
from bot.ledger.gateway import PaidGateway
from bot.ledger.ledger import Ledger
from bot.ledger.settling import Settling
from bot.messages import (
    Account,
    ChatRequest,
    Delta,
    Finish,
    Model,
    PromptMessage,
    Retrying,
    SpendingLimits,
    Started,
    TextDelta,
    TextPart,
    Usage,
)
from bot.ports import Gateway
from bot.store.engine import Store, open_store

LIMITS = SpendingLimits(everyone=Decimal("0.30"), person=Decimal("0.12"))
MODEL = Model("acme/alpha", input_price="0", output_price="0.00001")
MOST = Decimal("0.01")
"""What one request may cost: a thousand tokens."""

AT_ONCE = 8
PEOPLE = 4
_FAST = 50.0
_NOON = 1_700_049_600.0


def clock() -> float:
    """Time that passes fast, on one day, and goes on after a restart."""
    return _NOON + (time.time() % 600.0) * _FAST


def truth(directory: Path) -> Mapping[str, Decimal]:
    """What every answer that was asked for costs, by its request's own name."""
    lines = (directory / "asked").read_text().splitlines() if (directory / "asked").exists() else []
    pairs = (line.split(" ") for line in lines if line.endswith("."))
    return {name: Decimal(cost.removesuffix(".")) for name, cost in pairs}


class Till:
    """The gateway: answers, breaks off, falls silent, and notes what it is owed."""

    def __init__(self, directory: Path, random: Random) -> None:
        self._directory = directory
        self._file = os.open(directory / "asked", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._random = random

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """One answer. Sometimes it has to be asked for twice, and both are to be paid."""
        name = str(request.account.turn)
        if self._random.random() < 0.1:
            raise GatewayDown("not even asked")
        if self._random.random() < 0.1:
            yield Started(self._note(f"{name}/again"))
            await self._pause()
            yield Retrying(1, 0.0)
        cost = self._note(name)
        await self._pause()
        yield Started(cost)
        for _ in range(self._random.randrange(4)):
            yield TextDelta("word ")
            await self._pause()
        if self._random.random() < 0.2:
            raise AnswerCutOff("gone", generation_id=cost)
        yield Finish("stop", usage=Usage(100, 10, cost=cost.partition("=")[2]))

    async def cost_of(self, generation: str) -> Usage | None:
        """What an answer cost; not known at the first look."""
        await self._pause()
        return Usage(cost=generation.partition("=")[2]) if self._random.random() < 0.7 else None

    def _note(self, name: str) -> str:
        cost = f"{Decimal(self._random.randrange(1, 10_000)) / 1_000_000:f}"
        os.write(self._file, f"{name} {cost}.\n".encode())
        return f"gen_{name}={cost}"

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.random() * 0.004)


async def spend(directory: Path, seed: int) -> None:
    """Spend until killed."""
    random = Random(seed)
    store = await asyncio.to_thread(open_store, f"sqlite:///{directory / 'gatepost.db'}")
    till = Till(directory, random)
    ledger = Ledger(store, LIMITS, lambda _: MODEL, clock=clock, new_id=Ids())
    settling = Settling(store, ledger, till.cost_of, clock)
    await settling.take_over()
    gateway = PaidGateway(cast("Gateway", till), ledger)
    (directory / f"spending-{seed}").touch()
    async with asyncio.TaskGroup() as group:
        group.create_task(settling.run())
        for worker in range(AT_ONCE):
            group.create_task(_ask_on(gateway, store, f"{seed}-{worker}", random))


async def _ask_on(gateway: PaidGateway, store: Store, name: str, random: Random) -> None:
    for n in range(1_000_000):
        turn = f"{name}-{n}"
        account = Account(f"town:u{random.randrange(PEOPLE)}", "town:w:square", "town:w", turn)
        said = (PromptMessage("user", (TextPart(f"[Ada]\n{turn}"),)),)
        request = ChatRequest(MODEL.id, said, max_tokens=1_000, account=account)
        with suppress(GatewayError, BudgetReached):
            async with aclosing(gateway.stream(request)) as deltas:
                async for _ in deltas:
                    if random.random() < 0.05:
                        break  # somebody pressed Stop
        if random.random() < 0.3:
            await store.write(lambda _: None)  # other commits go on, and take what rides along
        await asyncio.sleep(0.001)


if __name__ == "__main__":
    asyncio.run(spend(Path(sys.argv[1]), int(sys.argv[2])))
