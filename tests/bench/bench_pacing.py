"""How stale what people see is, beside the best that any pacing could do (`pacing_solver` says what that means).

The real pump shows replies on a simulated platform in virtual time: 1, 5 and 20 share five edits in five seconds,
at 20, 100 and 1,000 tokens a second, over answers of 0.5 to 30 seconds. Measured token by token. The optima are
evaluated on the same tokens by the same measure, so that nothing is gained by their being discrete.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

from bot.delivery.pump import Post, Pump, Showing
from bot.messages import Budget, Capabilities, Place
from tests.bench.figures import Figure
from tests.bench.pacing_solver import LONGEST_GAP, Setting, lengths, offline, online
from tests.simulated_platform import SimulatedPlatform
from tests.virtual_time import run_virtual

_BUDGET = Budget(5, 5.0)
_LATENCY = 0.08
_WIDTH = 4
_TICK = 0.005  # seconds; faster tokens come several at a time, as they do over a network

Views = list[tuple[float, int]]  # when people saw how many tokens


class _NoLog:
    """Nothing is stored."""

    async def intend(self, post: Post, place: Place) -> None: ...

    async def posted(self, key: str, message_id: str) -> None: ...

    async def settled(self, turn_id: str, outcomes: Mapping[str, str], receipts: Mapping[str, str]) -> None: ...


@dataclass(frozen=True, slots=True)
class _Run:
    """One setting, measured: means over the replies and, of gaps and tails, the worst."""

    staleness: float
    longest_gap: float
    tail: float
    violations: int


def figures() -> Iterable[Figure]:
    """Staleness against both optima, gaps, tails, and calls beyond the budget."""
    for replies in (1, 5, 20):
        setting = Setting(_BUDGET, replies, _LATENCY)
        for rate in (20, 100, 1000):
            yield from _figures(setting, rate)


def _figures(setting: Setting, rate: int) -> Iterable[Figure]:
    name = f"{setting.replies} sharing, {rate} tokens a second"
    chosen = lengths()
    runs = [run_virtual(_measure(setting, rate, length)) for length in chosen]
    known = [evaluate(offline(setting, length), setting, rate, length) for length in chosen]
    unknown = [evaluate(online(setting), setting, rate, length) for length in chosen]
    ours = [run.staleness / best for run, best in zip(runs, known, strict=True)]
    best = [one / other for one, other in zip(unknown, known, strict=True)]
    shared = setting.sustained * setting.replies
    yield Figure(f"{name}: staleness, of the best online schedule's", sum(ours) / sum(best), 1.15)
    yield Figure(f"{name}: staleness, of the best that knows the length, worst length", max(ours), 2.0)
    yield Figure(
        f"{name}: longest gap",
        max(run.longest_gap for run in runs) / shared,
        LONGEST_GAP,
        "slots for each sharing",
    )
    yield Figure(
        f"{name}: tail when all end at once", max(run.tail for run in runs) / shared, 1.0, "slots for each"
    )
    if setting.replies > 1:
        tail = run_virtual(_tail_of_one(setting, rate)) / setting.slot
        yield Figure(f"{name}: tail when one ends and the others go on", tail, 1.0, "slots")
    yield Figure(f"{name}: calls beyond the budget", sum(run.violations for run in runs), 0)


def _arrivals(rate: int, length: float) -> list[float]:
    """When each token comes, the first at 0, the last at the end."""
    tick = max(_TICK, 1 / rate)
    return [int(n / rate / tick + 1e-9) * tick for n in range(int(length * rate + 1e-9) + 1)]


def _open(setting: Setting) -> tuple[SimulatedPlatform, Pump, list[Showing]]:
    """The pump, and replies in one place."""
    platform = SimulatedPlatform(Capabilities(text_limit=10**7, edits=setting.budget), latency=setting.latency)
    keys = count()
    pump = Pump(_NoLog(), new_key=lambda: f"k{next(keys)}")
    place = Place("simulated", "w", "c")
    return platform, pump, [pump.open(platform, place, f"t{n}", key=f"t{n}") for n in range(setting.replies)]


async def _write(showings: Sequence[Showing], arrivals: Sequence[float]) -> None:
    """Push every token when it comes."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for n, at in enumerate(arrivals):
        if (wait := start + at - loop.time()) > 0:
            await asyncio.sleep(wait)
        for showing in showings:
            showing.push("\n\nabc" if n % 50 == 49 else " abc")


async def _measure(setting: Setting, rate: int, length: float) -> _Run:
    """Let the pump show the replies, and look at what came when."""
    platform, pump, showings = _open(setting)
    arrivals = _arrivals(rate, length)
    await _write(showings, arrivals)
    for showing in showings:
        showing.finish()
    await asyncio.gather(*(showing.settle() for showing in showings))
    await pump.close(0)
    return _read(platform, arrivals, setting)


async def _tail_of_one(setting: Setting, rate: int) -> float:
    """Seconds from the last token of a reply to its end being visible, the worst of them ending one by one."""
    _, pump, showings = _open(setting)
    loop = asyncio.get_running_loop()
    await _write(showings, _arrivals(rate, setting.replies * setting.slot))
    ends: list[tuple[float, asyncio.Task[float]]] = []
    while showings:
        ending, *showings = showings
        ending.finish()
        ends.append((loop.time(), asyncio.create_task(_settled_at(ending))))
        await _write(showings, _arrivals(rate, 1.3 * setting.slot))
    tails = [await settled - ended for ended, settled in ends]
    await pump.close(0)
    return max(tails)


async def _settled_at(showing: Showing) -> float:
    await showing.settle()
    return asyncio.get_running_loop().time()


def _read(platform: SimulatedPlatform, arrivals: Sequence[float], setting: Setting) -> _Run:
    by_message: dict[str, Views] = {}
    for call in platform.calls:
        if call.rendered is not None and call.rendered.text:
            tokens = call.rendered.text.count("abc")
            by_message.setdefault(call.message_id, []).append((call.seen, tokens))
    assert all(views[-1][1] == len(arrivals) for views in by_message.values())
    stale = [staleness(views, arrivals) for views in by_message.values()]
    gaps = [b - a for views in by_message.values() for (a, _), (b, _) in pairwise(views)]
    return _Run(
        staleness=sum(stale) / setting.replies,
        longest_gap=max(gaps, default=0.0),
        tail=max(views[-1][0] for views in by_message.values()) - arrivals[-1],
        violations=len(platform.violations),
    )


def evaluate(times: Sequence[float], setting: Setting, rate: int, length: float) -> float:
    """Mean staleness of a schedule, its calls going round the replies, on tokens at this rate."""
    arrivals = _arrivals(rate, length)
    by_reply: list[Views] = [[] for _ in range(setting.replies)]
    for n, at in enumerate(times):
        written = sum(1 for arrival in arrivals if arrival <= at + 1e-9)
        by_reply[n % setting.replies].append((at + setting.latency, written))
    return sum(staleness(views, arrivals) for views in by_reply) / setting.replies


def staleness(views: Views, arrivals: Sequence[float]) -> float:
    """The age of the oldest token that is not visible, averaged over the stream."""
    end, area = arrivals[-1], 0.0
    seen, since = 0, 0.0
    for at, tokens in [*views, (end, 0)]:
        until = min(at, end)
        if seen < len(arrivals) and until > (start := max(since, arrivals[seen])):
            area += ((until - arrivals[seen]) ** 2 - (start - arrivals[seen]) ** 2) / 2
        since, seen = until, max(seen, tokens)
    return area / end
