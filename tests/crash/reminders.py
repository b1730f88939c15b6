"""Kills the program around the moments in which reminders are due: `python -m tests.crash.reminders [--seeds N]`.

Before the program starts, its store is given reminders that fall due side by side, one of them in the past; one
more is made on the page. What people see in the end is each of them once. Status 1 on any fault.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, create_engine, func, select

from bot.messages import Person, Place, PlaceKind, Reminder, Where
from bot.store.codec import load
from bot.store.engine import open_store
from bot.store.intents.reminders import add_reminder
from bot.store.schema import inbox, reminders
from tests.crash.page import Page, page
from tests.crash.program import PATIENCE, Program, Victim, program

ZONE = ZoneInfo("Europe/Berlin")
ADA = Person("ada", "Ada")
GENERAL = Place("web", "local", "general")
DM = Place("web", "local", "dm-ada", kind=PlaceKind.DM)
QUIET = 1.0
"""Seconds in which nothing may be added after everything is there."""

WARM_UP = 2.0
"""Seconds that the program has until the first reminder is due."""


@dataclass(frozen=True, slots=True)
class Plan:
    """When each reminder is due, in seconds after the beginning, and when the program is killed.

    One with a negative time was missed while nothing ran. `again` is how long the next process lives where there
    is a second kill.
    """

    seed: int
    due: tuple[float, ...]
    kill_at: float
    victim: Victim
    again: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a seed. `broken` is everything that people saw and should not have seen."""

    plan: Plan
    broken: tuple[str, ...]
    log: str = ""


def plan(seed: int) -> Plan:
    """The same for the same seed. The kill falls around the moment in which three are due at once."""
    random = Random(seed)
    moment = WARM_UP + random.uniform(0.0, 0.4)
    due = (-3600.0, *(moment + random.uniform(-0.05, 0.05) for _ in range(3)), moment + random.uniform(0.1, 1.0))
    again = random.uniform(0.0, 1.2) if seed % 3 == 0 else None
    return Plan(seed, due, moment + random.uniform(-0.1, 0.35), list(Victim)[seed // 3 % len(Victim)], again)


def name_of(seed: int, n: int) -> str:
    """What a reminder says: nothing else says the same."""
    return f"seed {seed} reminder {n}."


async def play(seed: int, directory: Path) -> Result:
    """One program, from its first start until everything is shown and stays so."""
    chosen = plan(seed)
    began = time.time()
    await _prepare(chosen, directory, began)
    async with program(directory) as running:
        try:
            broken = await _kill_and_judge(chosen, running, directory, began)
        except TimeoutError:
            broken = ["it took too long"]
        log = running.log() if broken else ""
    return Result(chosen, (*broken, *await asyncio.to_thread(_not_moved_on, directory)), log)


async def _kill_and_judge(chosen: Plan, running: Program, directory: Path, began: float) -> list[str]:
    async with page(running) as seen:
        client = f"reminder-{chosen.seed:06d}"
        made = f"/remind in 3 seconds to {name_of(chosen.seed, len(chosen.due))}"
        await seen.say("ada", made, "dm-ada", client)
        await asyncio.sleep(max(began + chosen.kill_at - time.time(), 0.0))
        first = running.serving()
        await running.kill(chosen.victim)
        if chosen.again is not None:
            await running.begun_again(first)
            await asyncio.sleep(chosen.again)
            await running.kill(chosen.victim)
        return await _judged(chosen, seen, directory)


async def _prepare(chosen: Plan, directory: Path, began: float) -> None:
    """Every other one recurs daily; they go to a direct message and to a channel by turns."""
    data = directory / "data"
    store = await asyncio.to_thread(open_store, f"sqlite:///{data / 'gatepost.db'}")
    for n, after in enumerate(chosen.due):
        due_at = float(int(began)) + after
        slot = datetime.fromtimestamp(due_at, ZONE).replace(tzinfo=None).isoformat()
        rule = "FREQ=DAILY" if n % 2 == 0 else None
        place = GENERAL if n % 2 else DM
        one = Reminder(
            f"{chosen.seed:06d}{n}",
            0,
            ADA,
            place,
            Where.HERE,
            name_of(chosen.seed, n),
            ZONE.key,
            slot,
            due_at,
            rule,
        )
        await store.write(add_reminder, one, "web:ada", f"prepared-{n}", 50)
    await store.close()


async def _judged(chosen: Plan, seen: Page, directory: Path) -> list[str]:
    """Once everything is there, nothing more may come; or what is wrong when patience ends."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while (made := await asyncio.to_thread(_was_made, directory)) is None and _before(end):  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    expected = bool(made) or chosen.again is None
    while (broken := _faults(chosen, await _said(seen), made=expected)) and _before(end):
        if any("times" in fault for fault in broken):
            return broken
        await asyncio.sleep(0.2)
    await asyncio.sleep(QUIET)
    return _faults(chosen, await _said(seen), made=expected)


def _before(end: float) -> bool:
    return asyncio.get_running_loop().time() < end


def _was_made(directory: Path) -> bool | None:
    """Whether the reminder from the page is kept; None while its command is still owed."""
    with _database(directory) as conn:
        owed = conn.scalar(select(func.count()).select_from(inbox).where(inbox.c.owed > 0))
        by_command = reminders.c.made_by.not_like("prepared-%")
        made = conn.scalar(select(func.count()).select_from(reminders).where(by_command))
    return None if owed else bool(made)


@contextmanager
def _database(directory: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{directory / 'data' / 'gatepost.db'}")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


async def _said(seen: Page) -> list[str]:
    return [message.words for message in await seen.transcript() if message.us]


def _faults(chosen: Plan, said: Sequence[str], *, made: bool) -> list[str]:
    """`made` tells of the one from the page: two processes may have died over the command, and then its person was
    told so instead."""
    names = [name_of(chosen.seed, n) for n in range(len(chosen.due) + 1)]
    counts = Counter(name for words in said for name in names if words.startswith(f"⏰ {name}"))
    if not made:
        names.pop()
    lost = [f"“{name}” never came" for name in names if counts[name] == 0]
    return lost + [f"“{name}” came {n} times" for name, n in counts.items() if n > 1]


def _not_moved_on(directory: Path) -> list[str]:
    """What recurs comes again tomorrow, and nothing else comes again."""
    with _database(directory) as conn:
        kept = [load(Reminder, body) for body in conn.scalars(select(reminders.c.body))]
    soon = time.time() + 26 * 3600
    return [
        f"“{one.text}” is due at {one.due_at}"
        for one in kept
        if (one.rule is None) != (one.due_at is None)
        or (one.due_at is not None and not time.time() < one.due_at < soon)
    ]


async def play_all(seeds: Iterable[int], directory: Path, *, side_by_side: int) -> list[Result]:
    """Play them, a few programs side by side."""
    gate = asyncio.Semaphore(side_by_side)

    async def one(seed: int) -> Result:
        async with gate:
            return await play(seed, directory / f"seed-{seed}")

    return list(await asyncio.gather(*map(one, seeds)))


def main() -> int:
    """Print a line for each seed."""
    options = argparse.ArgumentParser(prog="python -m tests.crash.reminders", description=__doc__)
    options.add_argument("--seeds", type=int, default=100, help="how many (100)")
    options.add_argument("--first", type=int, default=0, help="the first of them (0)")
    options.add_argument("--programs", type=int, default=3, help="how many run side by side (3)")
    asked = options.parse_args()
    held = 0
    with tempfile.TemporaryDirectory(prefix="gatepost-crash-") as directory:
        wanted = range(asked.first, asked.first + asked.seeds)
        for first in wanted[:: asked.programs]:
            some = wanted[wanted.index(first) :][: asked.programs]
            for result in asyncio.run(play_all(some, Path(directory), side_by_side=asked.programs)):
                held += not result.broken
                ended = "ok" if not result.broken else "BROKEN: " + "; ".join(result.broken)
                twice = "twice" if result.plan.again is not None else "once"
                sys.stdout.write(f"seed {result.plan.seed:4d}  {result.plan.victim:<6}  {twice:<5}  {ended}\n")
                sys.stdout.flush()
    each = len(plan(0).due) + 1
    sys.stdout.write(f"\n{held} of {asked.seeds} seeds held: {asked.seeds * each} reminders.\n")
    return 0 if held == asked.seeds else 1


if __name__ == "__main__":
    sys.exit(main())
