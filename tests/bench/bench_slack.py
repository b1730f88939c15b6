"""Slack on the wire: first text, staleness beside what the tiers allow, calls too many, CPU, acknowledgements.

The pump and the adapter show answers of thirty seconds on a local Slack, in real time, with its tiers on; for CPU
the local Slack is another process. The optimum is that of replies which go on for ever: all appends and edits of a
minute, spread evenly over them; one reply alone has only its appends.
"""

import asyncio
import logging
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path

import structlog

from adapters.slack.adapter import SlackAdapter
from bot.delivery.pump import Post, Pump, Showing
from bot.messages import Place, PlaceKind
from tests.bench.figures import Figure
from tests.slack_house import slack_house
from tests.slack_stage import SPECS, slack_adapter
from tests.slack_town.deliveries import Delivery
from tests.slack_town.tokens import BOT_TOKEN
from tests.slack_town.town import Town, slack_town
from tests.slack_town.values import TEAM, Message

SECONDS, RATE = 30.0, 20.0
APPENDS, EDITS = 100 / 60, 50 / 60
EVENTS, EVENTS_A_SECOND = 1000, 200
ROUNDS = 15


class _NoLog:
    """Nothing is stored."""

    async def intend(self, post: Post, place: Place) -> None: ...

    async def posted(self, key: str, message_id: str) -> None: ...

    async def settled(self, turn_id: str, outcomes: Mapping[str, str], receipts: Mapping[str, str]) -> None: ...


def figures() -> Iterable[Figure]:
    """Everything that is measured, a line each."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    first = asyncio.run(_first_text())
    yield Figure("first token to first visible text, median", first * 1000, 300, "ms")
    for replies in (1, 10, 50):
        yield from asyncio.run(_shared(replies))
    tokens_alone = asyncio.run(_tokens_alone())
    for replies, aim in ((1, 0.10), (20, 0.08)):
        name = f"CPU for 1,000 tokens, {replies} at once, without the source of the tokens"
        yield Figure(name, asyncio.run(_cpu(replies)) - tokens_alone / replies, aim, "s")
    yield from asyncio.run(_acknowledged())


# --- first text ----------------------------------------------------------------------------------


async def _first_text() -> float:
    """Seconds from a token leaving the gateway to its being there for people, over the whole core."""
    taken = []
    with tempfile.TemporaryDirectory() as directory:
        async with slack_house(Path(directory)) as slack:
            town = slack.town
            for _ in range(ROUNDS):
                asked = town.ada.mentions(town.square, "question")
                answering = await slack.house.request()
                started = time.perf_counter()
                await answering.say("First ")
                await slack.seen(town.square, asked)
                taken.append(time.perf_counter() - started)
                await answering.finish("and last.")
                await slack.house.rest()
    return statistics.median(taken)


# --- sharing -------------------------------------------------------------------------------------


def _place(channel: str, ts: str) -> Place:
    return Place("slack", TEAM, channel, ts, PlaceKind.THREAD)


def _open(adapter: SlackAdapter, places: Iterable[Place], asker: str) -> tuple[Pump, list[Showing]]:
    keys = count()
    pump = Pump(_NoLog(), new_key=lambda: f"key-{next(keys)}")
    return pump, [
        pump.open(adapter, place, f"turn-{n}", asker=asker, key=f"first-{n}") for n, place in enumerate(places)
    ]


async def _write(replies: Iterable[Showing], seconds: float, rate: float) -> None:
    """Push a token to each reply whenever one is due."""
    shown = list(replies)
    loop = asyncio.get_running_loop()
    start = loop.time()
    for n in range(int(seconds * rate)):
        if (wait := start + n / rate - loop.time()) > 0:
            await asyncio.sleep(wait)
        for one in shown:
            one.push(f"abc{n % 10} ")


async def _shared(replies: int) -> list[Figure]:
    async with slack_town() as town:
        adapter = slack_adapter(town, SPECS)
        channels = [town.channel(f"c{n}", town.ada) for n in range(replies)]
        asked = [town.ada.says(one, "question", quietly=True) for one in channels]
        places = [_place(one.channel, one.ts) for one in asked]
        pump, showings = _open(adapter, places, town.ada.id)
        begun = town.clock.now()
        await _write(showings, SECONDS, RATE)
        ended = town.clock.now()
        for one in showings:
            one.finish()
        await asyncio.gather(*(one.settle() for one in showings))
        tail = town.clock.now() - ended
        await pump.close(0)
        await adapter.stop()
        answers = [next(m for m in c.visible(a.ts) if m.bot) for c, a in zip(channels, asked, strict=True)]
        stale = statistics.mean(_staleness(one, begun, ended) for one in answers)
        best = 1 / (2 * APPENDS) if replies == 1 else replies / (2 * (APPENDS + EDITS))
        whole = sum(_tokens(one.versions[-1].text, one) == int(SECONDS * RATE) for one in answers)
        streamed = sum(one.stream is not None for one in answers)
        name = f"{replies} sharing"
        return [
            Figure(f"{name}: mean staleness", stale, unit="s"),
            Figure(f"{name}: mean staleness, of the tiers' optimum", stale / best, 2.0),
            Figure(f"{name}: the last end after the last token", tail, 60, "s"),
            Figure(f"{name}: answers that are not whole", replies - whole, 0),
            Figure(f"{name}: calls too many (429)", len(town.limited()), 0),
            Figure(f"{name}: streamed, the others edited", streamed),
        ]


def _tokens(text: str, message: Message) -> int:
    said = [one["text"] for one in message.blocks if one.get("type") == "markdown"]
    return (said[0] if said else text).count("abc")


def _staleness(message: Message, begun: float, ended: float) -> float:
    """The age of the oldest token that is not to be seen, averaged over the answer."""
    area, seen, since = 0.0, 0, begun
    views = [(one.at, max(one.text.count("abc"), str(one.blocks).count("abc"))) for one in message.versions]
    for at, tokens in [*views, (ended, 0)]:
        until, arrived = min(at, ended), begun + seen / RATE
        if until > max(since, arrived):
            start = max(since, arrived)
            area += ((until - arrived) ** 2 - (start - arrived) ** 2) / 2
        since, seen = max(since, until), max(seen, tokens)
    return area / (ended - begun)


# --- CPU -----------------------------------------------------------------------------------------


async def _tokens_alone() -> float:
    """Seconds of CPU for handing out a thousand tokens to nobody."""
    before = time.process_time()
    await _write((), 20.0, 50.0)
    return time.process_time() - before


async def _cpu(replies: int) -> float:
    """Seconds of our CPU for a thousand tokens, with the local Slack in another process."""
    server = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.slack_server", stdout=PIPE)
    assert server.stdout is not None
    base_url, channel, asker, *asked = (await server.stdout.readline()).decode().split()
    adapter = SlackAdapter(BOT_TOKEN, specs=SPECS, clock=time.time, signing_secret="x", base_url=base_url)
    try:
        pump, showings = _open(adapter, [_place(channel, ts) for ts in asked[:replies]], asker)
        before = time.process_time()
        await _write(showings, 20.0, 50.0)
        for one in showings:
            one.finish()
        await asyncio.gather(*(one.settle() for one in showings))
        spent = time.process_time() - before
        await pump.close(0)
    finally:
        await adapter.stop()
        server.kill()
        await server.wait()
    return spent / replies / (20.0 * 50.0 / 1000)


# --- acknowledgements ----------------------------------------------------------------------------


async def _acknowledged() -> list[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        async with slack_house(Path(directory)) as slack:
            town = slack.town
            told = await _chatter(town)
            took = sorted(one.took for one in told)
    late = took[int(len(took) * 0.99) - 1]
    name = f"acknowledged under {EVENTS_A_SECOND} events a second"
    return [
        Figure(f"{name}, median", statistics.median(took) * 1000, unit="ms"),
        Figure(f"{name}, 99th percentile", late * 1000, 50, "ms"),
        Figure(f"{name}, more than one attempt", sum(len(one.attempts) > 1 for one in told), 0),
    ]


async def _chatter(town: Town) -> list[Delivery]:
    loop = asyncio.get_running_loop()
    start = loop.time()
    told: list[Delivery] = []
    for n in range(EVENTS):
        if (wait := start + n / EVENTS_A_SECOND - loop.time()) > 0:
            await asyncio.sleep(wait)
        told += town.ada.says(town.square, f"chatter {n}").deliveries
    await town.until(lambda: all(one.acked for one in told))
    return told
