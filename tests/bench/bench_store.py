"""What a write costs: commits and time, beside a bare commit of SQLite on the same disk in the same run."""

import asyncio
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, insert

from bot.store.engine import Store, open_store
from bot.store.schema import settings
from tests.bench.figures import Figure

ALONE = 100
AT_ONCE = 200
ROUNDS = 5


def figures() -> Iterable[Figure]:
    """Commits and milliseconds of writes, alone and many at once, and what opening costs."""
    # Here and not in the system's place for such things, which may be memory and make a commit free.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as name:
        bare = statistics.median(bare_commits(Path(name) / "bare.db"))
        url = f"sqlite:///{name}/gatepost.db"
        alone, together, commits = asyncio.run(writes(url))
        opening, importing = opened(url)
    yield Figure("bare commit", bare * 1000, unit="ms")
    yield Figure("write alone, median", alone * 1000, unit="ms")
    yield Figure("write alone beside a bare commit", alone / bare, limit=5, unit="times")
    yield Figure(f"{AT_ONCE} writes at once, median", together * 1000, unit="ms")
    yield Figure(
        f"{AT_ONCE} writes at once beside as many bare commits", together / AT_ONCE / bare, limit=1, unit="times"
    )
    yield Figure(f"commits a write, {AT_ONCE} at once", commits, limit=0.05)
    yield Figure("process that opens the store", opening * 1000, unit="ms")
    yield Figure("the same beside one that imports the libraries", opening / importing, limit=1.5, unit="times")


def bare_commits(path: Path) -> Iterable[float]:
    """Seconds of single inserts, each committed, with the same promises as the store's."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE settings (scope TEXT, name TEXT, value TEXT, PRIMARY KEY (scope, name))")
        for number in range(ALONE):
            started = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO settings VALUES ('bench', ?, 'value')", (str(number),))
            connection.execute("COMMIT")
            yield time.perf_counter() - started


def keep(conn: Connection, name: str) -> None:
    """An intent as small as they come."""
    conn.execute(insert(settings).values(scope="bench", name=name, value="value"))


async def writes(url: str) -> tuple[float, float, float]:
    """Median seconds of a write alone and of one among many at once, and the commits for each of those."""
    store = open_store(url)
    alone = [await timed(store, f"alone {number}") for number in range(ALONE)]
    before = store.commits
    together: list[float] = []
    for turn in range(ROUNDS):
        together += await asyncio.gather(*(timed(store, f"{turn} {number}") for number in range(AT_ONCE)))
    commits = (store.commits - before) / (ROUNDS * AT_ONCE)
    await store.close()
    return statistics.median(alone), statistics.median(together), commits


async def timed(store: Store, name: str) -> float:
    """Seconds from giving an intent to its answer."""
    started = time.perf_counter()
    await store.write(keep, name)
    return time.perf_counter() - started


def opened(url: str) -> tuple[float, float]:
    """Seconds of a process that opens the store, and of one that imports the same libraries; the best of three."""
    opens = f"from bot.store.engine import open_store; open_store({url!r})"
    imports = "import aiosqlite, orjson, pydantic, sqlalchemy.dialects.sqlite, structlog; pydantic.TypeAdapter"
    return min(ran(opens) for _ in range(3)), min(ran(imports) for _ in range(3))


def ran(script: str) -> float:
    """Seconds that a Python process takes."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True)
    return time.perf_counter() - started
