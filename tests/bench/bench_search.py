"""How fast messages are found among many, how much room they take, and what recording costs an answer."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from bot.messages import Attachment, Inbound, InboundKind, PastMessage, Person, Place, Query
from bot.preferences import RECORDING
from bot.store import sqlite
from bot.store.engine import Store, open_store
from bot.store.intents.recorded import record
from bot.store.intents.recordings import begin_recording, settle_choices
from bot.store.intents.settings import choose
from bot.store.search import find
from tests.bench.core import Core, core, question, whole, workplace
from tests.bench.figures import Figure

SIZES = (10_000, 100_000, 1_000_000)
A_QUERY, TRIES = 20, 3  # the best of so many counts
CHANNELS, PEOPLE, WORDS = 60, 2_000, 50_000
AT_A_TIME = 10_000
LIMIT = 20.0
"""Milliseconds that 95 of 100 queries of a kind may take."""

BEGAN, APART = 1_700_000_000.0, 31.0
SENTENCES = (
    "明日の会議は午後三時に始まります",
    "새로운 배포가 끝났습니다",
    "วันนี้อากาศดีมาก",
    "我们明天开会讨论发布计划",
)

PER_SECOND = 500
ANSWERS, ROUNDS = 30, 8
MOST_SLOWER = 1.5


def figures() -> Iterable[Figure]:
    """Milliseconds by kind of query, bytes a message, and the ratio of answers' times."""
    with workplace() as directory:
        yield from asyncio.run(_beside_recording(directory))
        for size in SIZES:
            path = directory / f"{size}.db"
            started = time.perf_counter()
            _fill(path, size)
            yield Figure(
                f"{size:,} messages: taken in", (time.perf_counter() - started) / size * 1e6, unit="µs each"
            )
            yield Figure(f"{size:,} messages: on disk", path.stat().st_size / size, unit="bytes each")
            yield from asyncio.run(_searched(path, size))
            path.unlink()


# --- a million messages --------------------------------------------------------------------------


def _vocabulary(random: Random) -> list[str]:
    """Words that look like words: short ones first, as they are the common ones."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is")]
    made: dict[str, None] = {}
    while len(made) < WORDS:
        size = 1 + len(made) // 4_000
        made["".join(random.choices(syllables, k=min(size + random.randrange(2), 5)))] = None
    return list(made)


def _weights() -> list[float]:
    return list(itertools.accumulate(1 / (rank + 5) for rank in range(WORDS)))


def _places() -> list[Place]:
    return [Place("quiet", "w", f"c{n}") for n in range(CHANNELS)]


def _messages(size: int) -> Iterator[PastMessage]:
    """People talk: few words often, most words seldom; most in a few channels; now and then another script."""
    random = Random(1)
    words, weights = _vocabulary(random), _weights()
    pool = random.choices(words, cum_weights=weights, k=500_000)
    places, people = _places(), [Person(f"u{n}", f"Person {n}") for n in range(PEOPLE)]
    where = random.choices(places, weights=[1 / (n + 1) for n in range(CHANNELS)], k=size)
    who = random.choices(people, weights=[1 / (n + 3) for n in range(PEOPLE)], k=size)
    file = (Attachment("f", "plan.pdf"),)
    for n in range(size):
        at, length = random.randrange(len(pool) - 60), 3 + min(int(random.expovariate(1 / 10)), 50)
        text = SENTENCES[n % 4] if n % 25 == 0 else " ".join(pool[at : at + length])
        attached = file if n % 20 == 0 else ()
        yield PastMessage(str(10**18 + n), who[n], text, BEGAN + n * APART, attached, where[n])


def _fill(path: Path, size: int) -> None:
    """Make a database with so many messages, in one transaction."""
    store = open_store(f"sqlite:///{path}")
    asyncio.run(store.close())
    engine = sqlite.writing_engine(path)
    messages = _messages(size)
    with engine.begin() as conn:
        while some := list(itertools.islice(messages, AT_A_TIME)):
            record(conn, some)
    engine.dispose()


# --- finding -------------------------------------------------------------------------------------


def _kinds(size: int) -> Iterator[tuple[str, list[Query]]]:
    """The kinds of query people make, some of each."""
    random = Random(2)
    words = _vocabulary(Random(1))
    places = tuple(_places())
    end = BEGAN + size * APART

    def common() -> str:
        return words[random.randrange(60)]

    def middling() -> str:
        return words[random.randrange(500, 3_000)]

    def rare() -> str:
        return words[random.randrange(20_000, WORDS)]

    def made(name: str, *ways: tuple[str, dict[str, object]]) -> tuple[str, list[Query]]:
        return name, [Query(said, **{"places": places, **more}) for said, more in ways]  # type: ignore[arg-type]

    def many(name: str, said: Sequence[str], **more: object) -> tuple[str, list[Query]]:
        return made(name, *((one, more) for one in said))

    some = range(A_QUERY)
    most = places[:-3]
    yield many("one common word", [common() for _ in some])
    yield many("one rare word", [rare() for _ in some])
    yield many("two words", [f"{common()} {middling()}" for _ in some])
    yield many("two common words", [f"{common()} {common()}" for _ in some])
    yield many("three words", [f"{common()} {middling()} {common()}" for _ in some])
    yield many("common words side by side", [f'"{common()} {common()}"' for _ in some])
    yield many(
        "a question of which no message holds all", [f"{common()} {rare()} {middling()} {rare()}" for _ in some]
    )
    yield many("words in most channels", [f"{common()} {middling()}" for _ in some], places=most)
    yield many("common words in a small channel", [f"{common()} {common()}" for _ in some], places=places[-1:])
    yield many("a word of one person", [common() for _ in some], author="u1500")
    yield many("a word of a busy person", [middling() for _ in some], author="u3")
    yield many("a word of an old week", [common() for _ in some], before=BEGAN + (end - BEGAN) / 50)
    yield many("a word with a file", [middling() for _ in some], has_file=True)
    yield many("one letter of Chinese or Japanese", [random.choice("会明我午") for _ in some])
    yield many(
        "a word of Chinese, Japanese, Korean or Thai",
        [random.choice(("会議", "배포", "อากาศ", "发布")) for _ in some],
    )
    yield many("no words, one person, files", ["" for _ in some], author="u40", has_file=True)


async def _searched(path: Path, size: int) -> list[Figure]:
    found: list[Figure] = []
    store = open_store(f"sqlite:///{path}")
    every: list[tuple[float, float]] = []
    for name, queries in _kinds(size):
        asked = [min([await _asked(store, query) for _ in range(TRIES)]) for query in queries]
        every += asked
        cuts = statistics.quantiles([cpu for cpu, _ in asked], n=20)
        found.append(Figure(f"{size:,} messages: {name}, median", cuts[9], unit="ms of CPU"))
        found.append(Figure(f"{size:,} messages: {name}, 95 %", cuts[18], LIMIT, "ms of CPU"))
    await store.close()
    cpu, wall = (statistics.quantiles(kind, n=20)[18] for kind in zip(*every, strict=True))
    return [
        *found,
        Figure(f"{size:,} messages: all kinds, 95 %", cpu, LIMIT, "ms of CPU"),
        Figure(f"{size:,} messages: all kinds, 95 %, by the clock", wall, unit="ms"),
    ]


async def _asked(store: Store, query: Query) -> tuple[float, float]:
    """Milliseconds of CPU, which others at work on the machine change little, and by the clock."""
    cpu, started = time.process_time(), time.perf_counter()
    await store.look_through(find, query)
    return (time.process_time() - cpu) * 1000, (time.perf_counter() - started) * 1000


# --- answering beside recording ------------------------------------------------------------------


async def _beside_recording(directory: Path) -> list[Figure]:
    """Answers while nothing is said, while much is that nobody records, and while all of it is: by turns, as the
    machine has moods."""
    unheard, heard = Place("quiet", "w", "unheard"), Place("quiet", "w", "heard")
    recorded = Place("quiet", "w", "recorded")
    waits: dict[Place, list[list[float]]] = {unheard: [], heard: [], recorded: []}
    async with core(directory, whole("Yes.")) as house:
        await _begin_recording(house, recorded)
        recording = asyncio.create_task(house.recording.run())
        for n in range(ROUNDS):
            for place, rounds in waits.items():
                rounds.append(await _answered_beside(house, place, n, 0 if place is unheard else PER_SECOND))
        found = await house.recording.find(Query("meanwhile", (recorded,)))
        recording.cancel()
    assert found, "nothing was recorded"
    best = {place: min(statistics.median(one) for one in rounds) for place, rounds in waits.items()}
    worst = {place: min(statistics.quantiles(one, n=20)[18] for one in rounds) for place, rounds in waits.items()}
    beside = f"event to request beside {PER_SECOND} messages a second"
    return [
        Figure("event to request while nothing is said, median", best[unheard] * 1000, unit="ms"),
        Figure(f"{beside}, median", best[heard] * 1000, unit="ms"),
        Figure(f"{beside} that are recorded, median", best[recorded] * 1000, unit="ms"),
        Figure("the one beside the other, median", best[recorded] / best[heard], MOST_SLOWER, "times"),
        Figure("the one beside the other, 95 %", worst[recorded] / worst[heard], unit="times"),
    ]


async def _begin_recording(house: Core, place: Place) -> None:
    now = time.time()
    await house.store.write(choose, place.key, RECORDING.name, "on")
    await house.store.write(settle_choices, now)
    await house.store.write(begin_recording, place.key, "m", now, now, 0.0)
    await house.recording.recover()


async def _answered(house: Core, text: str) -> float:
    """Ask, and wait until all is over; the seconds from event to request."""
    before, started = len(house.model.asked), time.perf_counter()
    await house.intake.accept(question(text, text))
    await house.rest(asked=before + 1)
    return house.model.asked[text] - started


async def _answered_beside(house: Core, place: Place, number: int, per_second: int) -> list[float]:
    """The same, while others talk in a place."""
    talking = asyncio.create_task(_talk(house, place, number, per_second))
    await asyncio.sleep(0.2)
    waits = []
    for n in range(ANSWERS):
        waits.append(await _answered(house, f"{place.channel} {number} {n}"))
        await asyncio.sleep(0.01)
    talking.cancel()
    return waits


async def _talk(house: Core, place: Place, number: int, per_second: int) -> None:
    """So many messages a second that are not for us."""
    began = time.perf_counter()
    for n in itertools.count() if per_second else ():
        await asyncio.sleep(max(0.0, began + n / per_second - time.perf_counter()))
        said = Inbound(
            f"talk:{place.channel}:{number}:{n}",
            InboundKind.MESSAGE,
            place,
            f"talk {number} {n}",
            Person(f"u{n % 50}", f"Person {n % 50}"),
            time.time(),
            f"said meanwhile, number {n}, by one of those who talk here about this and that",
        )
        await house.intake.accept(said)
