"""The real program on a local Discord, over the wire: how soon and how fresh people see answers, and its cost.

The town keeps Discord's limits, five posts and five edits in five seconds for each channel and fifty calls a
second over all; a call takes 80 ms. The model and the town are in this process: only the program's own processes
are counted for CPU and memory (Linux). The optimum of staleness is that of `pacing_solver`, on the same tokens,
measured alike; that of first texts is what the town's limits allow for the calls that a first text takes.

Of CPU an edit costs most and a token next to nothing, so the cost of a thousand tokens is held to its limits at
one pace, a hundred tokens a second for one conversation and for fifty; at the twenty of the others it is told.

Parts can be chosen: `thread`, `place`; 1, 10, 50, 200 (conversations in channels of their own), `shared` (20 in
one channel), `fast` (twelve thousand characters at once), `cost` (CPU of fifty). All of it takes five minutes.
"""

import asyncio
import os
import re
import statistics
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapters.discord.outbound import without_status
from bot.messages import Budget
from tests.bench.bench_pacing import Views, evaluate, staleness
from tests.bench.core import workplace
from tests.bench.figures import Figure
from tests.bench.pacing_solver import Setting, offline
from tests.crash.program import ROOT, Program, program
from tests.discord_town.people import Person
from tests.discord_town.state import TOKEN
from tests.discord_town.town import DiscordTown, discord_town
from tests.discord_town.world import Channel, Guild, Message
from tests.gateway_streams import DONE, final, role, text
from tests.wire.raw_server import EVENT_STREAM, Exchange, raw_server

LATENCY = 0.08
SECONDS = 10.0
RATE, RATE_ALONE = 20, 100
WORD = "word "
PLACE, TOTAL, THREADS = Budget(5, 5.0), Budget(50, 1.0), Budget(10, 10.0)
MODES = ("thread", "place")
SIZES = {"1": (1, 1), "10": (10, 1), "50": (50, 1), "200": (200, 1), "shared": (20, 20)}
LEAN = Path(__file__).parent / "lean"
"""Hides what is not there where people install the program."""

_PROC = Path("/proc").is_dir()
_ASKED = re.compile(r"tokens (\d+) at (\d+) for (\w+)")
_SCHEDULED = 2
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def figures(*parts: str) -> Iterable[Figure]:
    """Each scenario in both reply modes, twelve thousand characters at once, and memory."""
    for mode in MODES if set(parts).isdisjoint(MODES) else [one for one in MODES if one in parts]:
        for size, (conversations, sharing) in SIZES.items():
            if size in parts or set(parts) <= set(MODES):
                yield from asyncio.run(_measure(mode, conversations, sharing))
    if "fast" in parts or not parts:
        yield from asyncio.run(_fast())
    if "cost" in parts or not parts:
        yield from asyncio.run(_cost())


@dataclass
class Model:
    """Tokens at the pace a question asks for. `said` is when each token of each answer went out."""

    said: dict[str, list[float]] = field(default_factory=dict)

    async def answer(self, exchange: Exchange) -> None:
        if not exchange.path.endswith("/chat/completions"):
            await exchange.reply(200, b'{"object":"list","data":[]}')
            return
        count, pace, name = next(reversed(_ASKED.findall(exchange.body.decode())))
        loop = asyncio.get_running_loop()
        await exchange.send(EVENT_STREAM)
        await exchange.chunk(role())
        token, started, said = text(WORD), loop.time(), self.said.setdefault(name, [])
        for n in range(int(count)):
            await asyncio.sleep(started + n / int(pace) - loop.time())
            said.append(loop.time())
            await exchange.chunk(token)
        await exchange.chunk(final() + DONE)
        await exchange.end()


@dataclass
class Stage:
    """The program at work on a town."""

    town: DiscordTown
    guild: Guild
    model: Model
    running: Program

    def views(self, channel: Channel, name: str) -> Views:
        """When how many tokens of an answer were seen, in the loop's time."""
        ours = [one for one in channel.by(self.town.me) if _answers(one, name, channel)]
        moved = asyncio.get_running_loop().time() - self.town.clock()
        times = sorted({version.at for message in ours for version in message.versions})
        return [(at + moved, tokens) for at in times if (tokens := _tokens(ours, at))]

    def cost(self) -> tuple[float, float]:
        """CPU seconds so far and megabytes now, of the serving process and all it started."""
        processes = _family(self.running.serving() or 0)
        return sum(map(_cpu, processes)), _megabytes(processes[0]) if processes else 0.0


def _answers(message: Message, name: str, channel: Channel) -> bool:
    """Whether a message belongs to this answer: in a channel of many it replies to the question."""
    if message.reference is None or channel.is_thread:
        return True
    question = channel.messages.get(message.reference.message_id or 0)
    return question is not None and question.content.endswith(f" {name}")


def _tokens(messages: Sequence[Message], at: float) -> int:
    said = 0
    for message in messages:
        versions = [one for one in message.versions if one.at <= at]
        said += without_status(versions[-1].text).count(WORD.strip()) if versions else 0
    return said


@asynccontextmanager
async def _stage(mode: str, directory: Path) -> AsyncIterator[Stage]:
    model = Model()
    async with discord_town() as town, raw_server(model.answer) as server:
        town.rest.latency = LATENCY
        guild = town.guild()
        settings = {
            "PYTHONPATH": os.pathsep.join((str(LEAN), str(ROOT))),
            "DISCORD_BOT_TOKEN": TOKEN,
            "DISCORD_API_BASE_URL": town.base_url,
            "DISCORD_REPLY_IN": mode,
            "PLAYGROUND": "off",
            "AI_GATEWAY_API_KEY": "key",
            "AI_GATEWAY_BASE_URL": server.base_url,
            "DEFAULT_MODEL": "acme/alpha-2",
            "BUDGET_PER_DAY": "off",
            "BUDGET_PER_PERSON_PER_DAY": "off",
        }
        async with program(directory, **settings) as running:
            async with asyncio.timeout(60):
                while not town.gateway.online:  # noqa: ASYNC110 - another process has no event
                    await asyncio.sleep(0.02)
            await asyncio.sleep(2.0)
            yield Stage(town, guild, model, running)


async def _measure(mode: str, conversations: int, sharing: int) -> list[Figure]:
    with workplace() as directory:
        async with _stage(mode, directory) as stage:
            idle = stage.cost()[1]
            await _ask(stage, 1, 1, "first", count=20, rate=RATE)
            first = stage.cost()[1]
            before = stage.cost()[0]
            rate = RATE_ALONE if conversations == 1 else RATE
            places = await _ask(stage, conversations, sharing, "q", count=int(SECONDS * rate), rate=rate)
            after = stage.cost()
            refused = len(stage.town.calls.refused())
            firsts, waits, stale = _freshness(stage, places)
            cpu = (after[0] - before) / (conversations * SECONDS * rate) * 1000
            best = _optimum(conversations, sharing if mode == "place" else 1, rate)
    name = f"{mode}, {conversations} in {'one channel' if sharing > 1 else 'channels of their own'}"
    found = [
        Figure(f"{name}: first token to first text, median", statistics.median(firsts), unit="s"),
        Figure(f"{name}: first token to first text, longest", max(firsts), unit="s"),
        Figure(f"{name}: question to first text, mean", statistics.mean(waits), unit="s"),
        Figure(
            f"{name}: question to first text, of what the limits allow",
            statistics.mean(waits) / statistics.mean(_soonest(mode, conversations, sharing)),
        ),
        Figure(f"{name}: staleness", stale, unit="s"),
        Figure(f"{name}: staleness, of the optimum that knows the length", stale / best),
        Figure(f"{name}: calls refused with 429", refused, 0),
        Figure(f"{name}: CPU for 1,000 tokens, {rate} a second", cpu, 0.10 if conversations == 1 else None, "s"),
    ]
    if conversations == 1:
        found += [
            Figure(f"{name}: memory idle", idle, unit="MB"),
            Figure(f"{name}: memory after the first answer", first, 105, "MB"),
        ]
    elif conversations == 200:
        found.append(Figure(f"{name}: memory for each conversation", (after[1] - first) / 200 * 1000, unit="kB"))
    return found


async def _ask(
    stage: Stage, conversations: int, sharing: int, name: str, *, count: int, rate: int
) -> list[tuple[Message, Channel]]:
    """Ask in so many conversations at once; the questions and where they are answered, once all are whole."""
    town, guild = stage.town, stage.guild
    people: list[Person] = [town.person(f"{name}{n}", guild) for n in range(conversations)]
    channels = [town.channel(guild, f"{name}-{n // sharing}") for n in range(0, conversations, sharing)]
    questions = [
        person.mentions_bot(channels[n // sharing], f"tokens {count} at {rate} for {name}{n}")
        for n, person in enumerate(people)
    ]
    places = [await _place_of(town, question) for question in questions]
    answers = {place.id: (place, count * places.count(place)) for place in places}
    await town.until(
        lambda: all(_tokens(one.by(town.me), float("inf")) >= tokens for one, tokens in answers.values()),
        SECONDS * 15,
    )
    await asyncio.sleep(1.0)
    return list(zip(questions, places, strict=True))


async def _place_of(town: DiscordTown, question: Message) -> Channel:
    """Where it is answered: in its thread, or where it was asked."""
    await town.until(lambda: question.thread is not None or bool(question.channel.by(town.me)), 90)
    return question.thread or question.channel


def _freshness(stage: Stage, asked: Sequence[tuple[Message, Channel]]) -> tuple[list[float], list[float], float]:
    """Seconds from the first token to the first text and from the question to it; how stale answers were."""
    moved = asyncio.get_running_loop().time() - stage.town.clock()
    firsts, waits, stale = [], [], []
    for name, said in stage.model.said.items():
        if not name.startswith("q"):
            continue
        question, place = asked[int(name[1:])]
        views = stage.views(place, name)
        firsts.append(views[0][0] - said[0])
        waits.append(views[0][0] - moved - question.versions[0].at)
        arrivals = [at - said[0] for at in said]
        stale.append(staleness([(at - said[0], tokens) for at, tokens in views], arrivals))
    return firsts, waits, statistics.mean(stale)


def _soonest(mode: str, conversations: int, sharing: int) -> list[float]:
    """When each first text can be there: its thread has to be opened and its context read, then it is posted."""
    calls, channel = (3, THREADS) if mode == "thread" else (2, PLACE)
    return [
        2 * LATENCY
        + max(
            ((n + 1) * calls - 1) // TOTAL.calls * TOTAL.seconds,
            n % sharing // channel.calls * channel.seconds,
        )
        for n in range(conversations)
    ]


def _optimum(conversations: int, sharing: int, rate: int) -> float:
    """The least staleness that the limits allow, of a channel's or of all calls, whichever binds.

    Where all calls bind, evenly spaced ones in turn are next to best; the best of hundreds takes hours to find.
    """
    channel = Setting(PLACE, sharing, LATENCY)
    best = evaluate(offline(channel, SECONDS), channel, rate, SECONDS)
    if conversations <= TOTAL.calls:
        return best
    everything = Setting(TOTAL, conversations, LATENCY)
    evenly = tuple(n * everything.slot for n in range(int(SECONDS / everything.slot)))
    return max(best, evaluate(evenly, everything, rate, SECONDS))


async def _fast() -> list[Figure]:
    """Two thousand tokens in two seconds, twelve thousand characters."""
    with workplace() as directory:
        async with _stage("thread", directory) as stage:
            _, place = (await _ask(stage, 1, 1, "q", count=2000, rate=1000))[0]
            said = stage.model.said["q0"]
            views = stage.views(place, "q0")
            refused = len(stage.town.calls.refused())
    whole = next(at for at, tokens in views if tokens >= 2000)
    return [
        Figure("2,000 tokens in 2 s: messages", len(place.by(stage.town.me)), unit="messages"),
        Figure("2,000 tokens in 2 s: all visible after the last token", whole - said[-1], 1.0, "s"),
        Figure("2,000 tokens in 2 s: calls refused with 429", refused, 0),
    ]


async def _cost() -> list[Figure]:
    """Fifty conversations at the pace at which one is measured."""
    tokens = int(SECONDS * RATE_ALONE)
    with workplace() as directory:
        async with _stage("thread", directory) as stage:
            await _ask(stage, 1, 1, "first", count=20, rate=RATE)
            before = stage.cost()[0]
            await _ask(stage, 50, 1, "q", count=tokens, rate=RATE_ALONE)
            cpu = (stage.cost()[0] - before) / (50 * tokens) * 1000
            refused = len(stage.town.calls.refused())
    return [
        Figure(f"50 conversations: CPU for 1,000 tokens, {RATE_ALONE} a second", cpu, 0.06, "s"),
        Figure("50 conversations: calls refused with 429", refused, 0),
    ]


def _family(process: int) -> list[int]:
    """A process and all that it started."""
    parents = {pid: _parent(pid) for pid in map(int, filter(str.isdigit, os.listdir("/proc")))} if _PROC else {}
    found = [process] if process in parents else []
    for one in found:
        found += [pid for pid, parent in parents.items() if parent == one]
    return found


def _stat(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except OSError:  # it has just ended
        return ["?"] * 50


def _parent(process: int) -> int:
    found = _stat(process)[1]
    return int(found) if found.isdigit() else 0


def _cpu(process: int) -> float:
    """What it has used, by the clock that clock_getcpuclockid(3) names: ticks of 10 ms would be too coarse."""
    try:
        return time.clock_gettime((~process << 3) | _SCHEDULED)
    except OSError:  # it has just ended
        return 0.0


def _megabytes(process: int) -> float:
    pages = _stat(process)[21]
    return int(pages) * _PAGE / 1e6 if pages.isdigit() else 0.0
