"""What one question costs: commits, and our own time from the event to the request that goes to the gateway.

The core is as it is in the program, over a real database on the project's disk; the platform and the model take no
time. Each wait begins when the events are handed to the intake, all in the same moment where many are at once, and
ends when the gateway is called for that question: between lie the commit that takes it in, its prompt, its money.

Of the rounds with many at once, each with new people in new threads, the one in the middle is judged: a machine
that does other work beside makes single rounds slow. How much of a round was spent computing is told with it.
"""

import asyncio
import sqlite3
import statistics
import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.messages import ChatRequest, Delta, Finish, Started, TextDelta, ToolCall
from tests.bench.core import Answer, Core, core, question, question_in, whole, workplace
from tests.bench.figures import Figure

ALONE = 100
AT_ONCE = 200
ROUNDS = 9
WARM_UP = 5


def figures() -> Iterable[Figure]:
    """Commits an answer; milliseconds from event to request, alone and with many at once."""
    with workplace() as directory:
        bare = statistics.median(_bare_pairs(directory / "bare.db"))
        yield from asyncio.run(_commits(directory))
        alone, cpu = asyncio.run(_alone(directory))
        rounds = asyncio.run(_at_once(directory))
    yield Figure("two bare commits", bare * 1000, unit="ms")
    yield Figure("event to request, alone, median", alone * 1000, 3, "ms")
    yield Figure("the same beside two bare commits", alone / bare, unit="times")
    yield Figure("CPU of a whole answer, alone", cpu * 1000, unit="ms")
    yield from _of_many(rounds)


def _of_many(rounds: Sequence["Round"]) -> Iterable[Figure]:
    """The round in the middle by each figure, and the worst."""
    name = f"event to request, {AT_ONCE} at once"
    last = [one.last for one in rounds]
    yield Figure(f"{name}, median", statistics.median(one.median for one in rounds) * 1000, 100, "ms")
    yield Figure(f"{name}, the last", statistics.median(last) * 1000, 100, "ms")
    yield Figure(f"{name}, the last, of the fastest of {ROUNDS} rounds", min(last) * 1000, unit="ms")
    yield Figure(f"{name}, the last, of the slowest", max(last) * 1000, unit="ms")
    cpu = statistics.median(one.cpu for one in rounds)
    yield Figure(f"CPU until all {AT_ONCE} are requested, each", cpu / AT_ONCE * 1000, unit="ms")
    share = statistics.median(one.cpu / one.last for one in rounds)
    yield Figure("CPU beside the time until the last is requested", share, unit="cores")


@dataclass(frozen=True, slots=True)
class Round:
    """Many questions at once: the median and the last wait, and the CPU until then; in seconds."""

    median: float
    last: float
    cpu: float


def _bare_pairs(path: Path) -> Iterable[float]:
    """Seconds of two inserts, each committed, with the same promises as the store's."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE rows (name TEXT PRIMARY KEY, value TEXT)")
        for number in range(ALONE):
            started = time.perf_counter()
            for half in "ab":
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO rows VALUES (?, 'value')", (f"{number}{half}",))
                connection.execute("COMMIT")
            yield time.perf_counter() - started


async def _commits(directory: Path) -> list[Figure]:
    kinds: list[tuple[str, Answer, int]] = [
        ("a one-part answer", _seen_growing("one ", "two"), 4),
        ("an answer with one tool call", _after_a_tool, 6),
        ("a two-part answer", _seen_growing(*["words " * 50] * 10), 5),
    ]
    return [
        Figure(f"commits for {name}", await _commits_for(directory, answer), most, "commits")
        for name, answer, most in kinds
    ]


async def _commits_for(directory: Path, answer: Answer) -> int:
    async with core(directory, answer) as house:
        before = house.store.commits
        await _answered(house, f"counted {before} {id(answer)}")
        return house.store.commits - before


def _seen_growing(*words: str) -> Answer:
    """An answer that people see before it ends."""

    async def answer(_: ChatRequest) -> AsyncGenerator[Delta, None]:
        yield Started("generation")
        for word in words:
            yield TextDelta(word)
            await asyncio.sleep(0.2)
        yield Finish("stop")

    return answer


async def _after_a_tool(request: ChatRequest) -> AsyncGenerator[Delta, None]:
    yield Started("generation")
    if request.messages[-1].role == "tool":
        yield TextDelta("It is late.")
        await asyncio.sleep(0.2)
        yield Finish("stop")
        return
    yield Finish("tool_calls", (ToolCall("call", "current_time", "{}"),))


async def _alone(directory: Path) -> tuple[float, float]:
    """Median seconds from event to request of questions one after the other, and CPU seconds of a whole answer."""
    async with core(directory, whole("Yes.")) as house:
        for number in range(WARM_UP):
            await _answered(house, f"warm {number}")
        before = time.process_time()
        waits = [await _answered(house, f"alone {number}") for number in range(ALONE)]
        return statistics.median(waits), (time.process_time() - before) / ALONE


async def _answered(house: Core, text: str) -> float:
    """Ask, and wait until all is over; the seconds from event to request."""
    before, started = len(house.model.asked), time.perf_counter()
    await house.intake.accept(question(text, text))
    await house.rest(asked=before + 1)
    return house.model.asked[text] - started


async def _at_once(directory: Path) -> list[Round]:
    """The rounds that count, after one that does not."""
    everyone = asyncio.Event()

    async def answer(request: ChatRequest) -> AsyncGenerator[Delta, None]:
        if len(house.model.asked) % AT_ONCE == 0:
            everyone.set()
        await everyone.wait()
        yield TextDelta(question_in(request))
        yield Finish("stop")

    async with core(directory, answer) as house:
        return [await _round(house, number, everyone) for number in range(ROUNDS + 1)][1:]


async def _round(house: Core, number: int, everyone: asyncio.Event) -> Round:
    everyone.clear()
    texts = [f"round {number} question {n}" for n in range(AT_ONCE)]
    inbounds = [question(text, text) for text in texts]
    cpu, started = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as asking:
        for inbound in inbounds:
            asking.create_task(house.intake.accept(inbound))
        await everyone.wait()
        spent = time.process_time() - cpu
    await house.rest(asked=len(house.model.asked))
    waits = [house.model.asked[text] - started for text in texts]
    return Round(statistics.median(waits), max(waits), spent)
