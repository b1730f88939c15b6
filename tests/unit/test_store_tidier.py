"""Files nobody refers to go: at the start, and soon after something was deleted."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.store.engine import Store, open_store
from bot.store.files import Files
from bot.store.schema import files as references
from bot.store.tidier import Tidier
from tests.databases import new_database

HALF_AN_HOUR, TWO_HOURS = 1800, 7200


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(new_database(tmp_path / "x.db"))
    yield opened
    await opened.close()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


@asynccontextmanager
async def tidying(store: Store, files: Files) -> AsyncIterator[Tidier]:
    """A tidier at work, from its first look."""
    tidier = Tidier(store, files, time.time, follow_up=0)
    running = asyncio.create_task(tidier.run())
    try:
        yield tidier
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_only_files_in_use_stay_and_a_deletion_is_followed_up(
    store: Store, files: Files, tmp_path: Path
) -> None:
    held = await files.put(b"held")
    await store.write(refer, held)
    orphan = await files.put(b"orphan")
    age(tmp_path, TWO_HOURS, held, orphan)
    async with tidying(store, files) as tidier:
        await until(lambda: kept(tmp_path) == {held})
        await store.write(lambda conn: conn.execute(references.delete()).rowcount)
        tidier.soon()
        await until(lambda: kept(tmp_path) == set())


async def test_neither_a_start_nor_a_deletion_takes_what_somebody_put_half_an_hour_ago(
    store: Store, files: Files, tmp_path: Path
) -> None:
    reading = await files.put(b"a page of a long document that is still being read")
    first, second = [await files.put(word) for word in (b"gone at the start", b"gone after the deletion")]
    age(tmp_path, HALF_AN_HOUR, reading)
    age(tmp_path, TWO_HOURS, first)
    async with tidying(store, files) as tidier:
        await until(lambda: first not in kept(tmp_path))
        age(tmp_path, TWO_HOURS, second)
        tidier.soon()
        await until(lambda: second not in kept(tmp_path))

    assert kept(tmp_path) == {reading}


@pytest.mark.parametrize("beats", range(5))
async def test_it_ends_when_it_is_told_to_also_while_it_turns_to_a_deletion(
    beats: int, store: Store, tmp_path: Path
) -> None:
    tidier = Tidier(store, Endangered(tmp_path / "files", beats), time.time, follow_up=0)
    tidier.soon()
    running = asyncio.create_task(tidier.run())
    await asyncio.wait({running}, timeout=2)

    assert running.cancelled()


class Endangered(Files):
    """Files whose first sweeper is told to end so many turns of the loop after it has swept."""

    def __init__(self, root: Path, beats: int) -> None:
        super().__init__(root)
        self._beats = beats
        self._swept = False

    async def sweep(self, known: set[str], older_than: float) -> int:
        swept = await super().sweep(known, older_than)
        running = asyncio.current_task()
        if running is not None and not self._swept:
            self._end(running, self._beats)
        self._swept = True
        return swept

    def _end(self, running: asyncio.Task[None], beats: int) -> None:
        if beats:
            asyncio.get_running_loop().call_soon(self._end, running, beats - 1)
        else:
            running.cancel()


def refer(conn: Connection, sha256: str) -> None:
    conn.execute(references.insert().values(item_id=1, sha256=sha256, size=1, media_type="x"))


def age(directory: Path, seconds: int, *hashes: str) -> None:
    """Let these files be that old, and nothing else."""
    then = time.time() - seconds
    for sha256 in hashes:
        os.utime(directory / "files" / sha256[:2] / sha256[2:], (then, then))


def kept(directory: Path) -> set[str]:
    found = [path for path in (directory / "files").rglob("*") if path.is_file()]
    return {path.parent.name + path.name for path in found}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - a directory has no bell
            await asyncio.sleep(0.01)
