"""Five hundred replies at once: how long the event loop is ever held up, and what one of them keeps in memory.

The streams get their tokens in turn, as from sockets; a pulse measures how late the loop is. Other work on the
machine only ever makes it later, so the best of a few runs is what the program is good for.
"""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bot.messages import Budget, ChatRequest, Delta, Finish, Started, TextDelta
from tests.bench.core import Core, core, question, workplace
from tests.bench.figures import Figure

REPLIES = 500
PER_SECOND = 20
PARAGRAPH = 50
TOKENS = 200  # ten seconds: for half of them all replies are at work
SPREAD = 5.0
LATENCY = 0.08
TOTAL = Budget(50, 1.0)
PULSE = 0.005
RUNS = 3


def figures() -> Iterable[Figure]:
    """Lag of the loop in milliseconds, CPU in shares of one core, kilobytes a reply."""
    for name, total in ((f"{TOTAL.calls} calls a second in all", TOTAL), ("no limit over all", None)):
        name = f"started over {SPREAD:g} s, {name}"
        best = min((_run(SPREAD, total) for _ in range(RUNS)), key=lambda run: run.lag(0.99))
        yield Figure(f"{name}: lag while all is streamed, p99", best.lag(0.99) * 1000, 20, "ms")
        yield Figure(f"{name}: lag, longest", best.longest * 1000, unit="ms")
        yield Figure(f"{name}: CPU while all is streamed", best.cpu, unit="cores")
        yield Figure(f"{name}: calls in all", best.calls, unit="calls")
    best = min((_run(0.0, TOTAL) for _ in range(RUNS)), key=lambda run: run.longest)
    yield Figure("all started at once: lag, longest", best.longest * 1000, 100, "ms")
    yield Figure("the streams alone: CPU", asyncio.run(_streams_alone()), unit="cores")
    with workplace() as directory:
        yield Figure("a reply at work, as tracemalloc counts", asyncio.run(_memory(directory)) / 1000, 80, "kB")


class Source:
    """Where all tokens come from: each tick is for a few of the streams, each stream has its turn at its pace."""

    def __init__(self) -> None:
        self._rounds: list[list[asyncio.Queue[str]]] = [[] for _ in range(round(1 / PER_SECOND / PULSE))]
        self._numbers = count()
        self.ended = asyncio.Event()
        self._left = REPLIES

    async def answer(self, _: ChatRequest) -> AsyncGenerator[Delta, None]:
        """An answer with a paragraph now and then."""
        stream: asyncio.Queue[str] = asyncio.Queue()
        turn = self._rounds[next(self._numbers) % len(self._rounds)]
        turn.append(stream)
        yield Started("generation")
        for n in range(1, TOKENS + 1):
            token = await stream.get()
            yield TextDelta(token if n % PARAGRAPH else f"{token}\n\n")
        turn.remove(stream)
        self._left -= 1
        if not self._left:
            self.ended.set()
        yield Finish("stop")

    async def flow(self) -> None:
        """Give every stream its tokens, for ever."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        for tick in count():
            for stream in self._rounds[tick % len(self._rounds)]:
                stream.put_nowait("word ")
            await asyncio.sleep(started + tick * PULSE - loop.time())


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: how late the loop was at each pulse, in seconds, those while tokens came first."""

    late: list[float]
    streaming: int
    cpu: float
    calls: int

    @property
    def longest(self) -> float:
        """The longest lag of all, finals and start included."""
        return max(self.late)

    def lag(self, share: float) -> float:
        """The lag that this share of the pulses did not pass while tokens came."""
        return sorted(self.late[: self.streaming])[int(share * (self.streaming - 1))]


def _run(spread: float, total: Budget | None) -> _Run:
    with workplace() as directory:
        return asyncio.run(_measure(directory, spread, total))


async def _measure(directory: Path, spread: float, total: Budget | None) -> _Run:
    source = Source()
    late: list[float] = []
    async with core(directory, source.answer, total=total, latency=LATENCY) as house:
        background = [asyncio.create_task(source.flow()), asyncio.create_task(_pulse(late))]
        await asyncio.sleep(0.1)
        late.clear()
        cpu, started = time.process_time(), time.perf_counter()
        await _ask_all(house, spread)
        await source.ended.wait()
        cpu, seconds = time.process_time() - cpu, time.perf_counter() - started
        streaming = len(late)
        await house.rest(asked=REPLIES)
        for task in background:
            task.cancel()
        return _Run(late, streaming, cpu / seconds, house.platform.calls)


async def _ask_all(house: Core, spread: float) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with asyncio.TaskGroup() as asking:
        for n in range(REPLIES):
            if spread:
                await asyncio.sleep(started + n * spread / REPLIES - loop.time())
            asking.create_task(house.intake.accept(question(f"question {n}", f"thread {n}")))


async def _pulse(late: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + PULSE
        await asyncio.sleep(PULSE)
        late.append(loop.time() - due)


async def _streams_alone() -> float:
    """Shares of a core that the source takes, with readers that do nothing."""
    source = Source()

    async def read() -> None:
        async for _ in source.answer(ChatRequest("model", ())):
            pass

    flow = asyncio.create_task(source.flow())
    cpu, started = time.process_time(), time.perf_counter()
    await asyncio.gather(*(read() for _ in range(REPLIES)))
    flow.cancel()
    return (time.process_time() - cpu) / (time.perf_counter() - started)


async def _memory(directory: Path) -> float:
    """Bytes of a reply that has all its tokens and still goes on: its question, its turn, its tasks, its lane."""
    hold = asyncio.Event()

    async def answer(_: ChatRequest) -> AsyncGenerator[Delta, None]:
        yield Started("generation")
        for n in range(TOKENS):
            yield TextDelta(f"word {n} ")
        await hold.wait()
        yield Finish("stop")

    async with core(directory, answer) as house:
        await house.intake.accept(question("first", "first"))  # what is loaded once, and for all
        await house.seen(1)
        gc.collect()
        tracemalloc.start()
        await _ask_all(house, 0.0)
        await house.seen(REPLIES + 1)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        hold.set()
        await house.rest(asked=REPLIES + 1)
        return kept / REPLIES
