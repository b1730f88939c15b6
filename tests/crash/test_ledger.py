"""SIGKILL on a process that spends all it may: no request without its row, none with two, no limit passed.

More seeds: `python -m tests.crash.test_ledger [SEEDS]`.
"""

import asyncio
import logging
import sys
import tempfile
from asyncio.subprocess import DEVNULL
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
import structlog
from sqlalchemy import Connection, func, select

from bot.ids import Ids
from bot.ledger.ledger import Ledger
from bot.ledger.settling import Settling
from bot.messages import Usage
from bot.store.engine import open_store
from bot.store.intents.accounts import UNSETTLED, State, dollars
from bot.store.schema import spent, usage
from tests.crash.program import PATIENCE
from tests.crash.spender import AT_ONCE, LIMITS, MOST, clock, truth

SEEDS = (1, 2)
KILLS = 3
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")

Rows = list[tuple[str, str | None, str, Decimal]]
"""Each row's turn, the gateway's id, its state, and what it counts for."""


async def test_the_books_are_right_whenever_the_process_is_killed(tmp_path: Path) -> None:
    for seed in SEEDS:
        (tmp_path / str(seed)).mkdir()
    wrong = await asyncio.gather(*(play(tmp_path / str(seed), seed) for seed in SEEDS))

    assert wrong == [[]] * len(SEEDS)
    assert all(len(truth(tmp_path / str(seed))) > AT_ONCE for seed in SEEDS)


async def play(directory: Path, seed: int) -> list[str]:
    """Let it spend, kill it a few times, settle what is left; everything that is wrong with its books."""
    random = Random(seed)
    for run in range(KILLS):
        await _spend_and_die(directory, seed * 100 + run, random.uniform(0.0, 0.3))
    asked = truth(directory)
    store = await asyncio.to_thread(open_store, f"sqlite:///{directory / 'gatepost.db'}")
    at_death = await store.read(_sums)
    settling = Settling(
        store,
        Ledger(store, LIMITS, lambda _: None, clock=clock, new_id=Ids()),
        _cost_of,
        lambda: clock() + 1e6,  # everything is due
    )
    await settling.take_over()
    working = asyncio.create_task(settling.run())
    async with asyncio.timeout(10):
        while await store.read(_open):  # noqa: ASYNC110 - a store has no bell
            await asyncio.sleep(0.01)
    working.cancel()
    rows, sums = await store.read(_rows), await store.read(_sums)
    await store.close()
    return [*_too_much(at_death, asked), *_wrong_rows(rows, asked), *_wrong_sums(rows, sums, asked)]


async def _spend_and_die(directory: Path, seed: int, seconds: float) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.spender", str(directory), str(seed)), stdout=DEVNULL
    )
    async with asyncio.timeout(PATIENCE):
        while not (directory / f"spending-{seed}").exists():  # noqa: ASYNC110 - another process has no event
            await asyncio.sleep(0.005)
    await asyncio.sleep(seconds)
    assert process.returncode is None, "it ended by itself"
    process.kill()
    await process.wait()


async def _cost_of(generation: str) -> Usage | None:
    return Usage(cost=generation.partition("=")[2])


def _rows(conn: Connection) -> Rows:
    found = conn.execute(select(usage))
    return [(row.turn_id, row.generation_id, row.state, dollars(row.amount)) for row in found]


def _sums(conn: Connection) -> Mapping[str, Decimal]:
    return {row.scope: dollars(row.amount) for row in conn.execute(select(spent))}


def _open(conn: Connection) -> int:
    return conn.scalar(select(func.count()).select_from(usage).where(usage.c.state.in_(UNSETTLED))) or 0


def _too_much(sums: Mapping[str, Decimal], asked: Mapping[str, Decimal]) -> list[str]:
    """Limits that were passed, by what was set aside, or by what it really cost."""
    assert LIMITS.everyone is not None
    assert LIMITS.person is not None
    limits = {scope: LIMITS.person if scope else LIMITS.everyone for scope in sums}
    wrong = [f"{scope or 'everybody'} spent {sums[scope]}" for scope in sums if sums[scope] > limits[scope]]
    real = sum(asked.values(), Decimal(0))
    return wrong if real <= limits[""] else [*wrong, f"everybody really spent {real}"]


def _wrong_rows(rows: Rows, asked: Mapping[str, Decimal]) -> list[str]:
    """Requests that went out and have no row, or two; rows that say another cost than the gateway."""
    held = Counter(turn for turn, _, state, _ in rows if state != State.RELEASED)
    sent = Counter(name.partition("/")[0] for name in asked)
    known = Counter(generation for _, generation, _, _ in rows if generation)
    wrong = [f"{turn} went out {sent[turn]} times and has {held[turn]} rows" for turn in sent - held]
    # One that was killed on its way has a row; nothing else has more rows than requests.
    early = held - sent
    wrong += [f"{turn} has {held[turn]} rows for {sent[turn]} requests" for turn in early if early[turn] > 1]
    wrong += [] if early.total() <= KILLS * AT_ONCE else [f"{early.total()} rows for nothing"]
    wrong += [f"{generation} is booked {count} times" for generation, count in known.items() if count > 1]
    for turn, generation, state, amount in rows:
        cost = Decimal(generation.partition("=")[2]) if generation else MOST
        if amount != {State.SETTLED: cost, State.ESTIMATED: MOST, State.RELEASED: Decimal(0)}[State(state)]:
            wrong.append(f"{turn} is {state} at {amount}")
    return wrong


def _wrong_sums(rows: Rows, sums: Mapping[str, Decimal], asked: Mapping[str, Decimal]) -> list[str]:
    """The whole is the sum of its rows, and of the people; it is no less than what everything really cost."""
    booked = sum((amount for *_, amount in rows), Decimal(0))
    people = sum((amount for scope, amount in sums.items() if scope), Decimal(0))
    wrong = [] if booked == people == sums[""] else [f"rows {booked}, people {people}, everybody {sums['']}"]
    return wrong if booked >= sum(asked.values(), Decimal(0)) else [*wrong, "less than it cost"]


def main() -> int:
    """Play many seeds, one after the other; status 1 on any fault."""
    logging.basicConfig(level=logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    broken = 0
    for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 30):
        with tempfile.TemporaryDirectory(prefix="gatepost-ledger-") as directory:
            wrong = asyncio.run(play(Path(directory), seed))
            asked = len(truth(Path(directory)))
        broken += bool(wrong)
        sys.stdout.write(f"seed {seed:4d}  {asked:4d} requests  {'; '.join(wrong) or 'ok'}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
