"""Files nobody refers to go: at the start, and soon after something was deleted."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from bot.store.engine import open_store
from bot.store.files import Files
from bot.store.schema import files as references
from bot.store.tidier import Tidier


def refer(conn: Connection, sha256: str) -> None:
    conn.execute(references.insert().values(item_id=1, sha256=sha256, size=1, media_type="x"))


def age(directory: Path) -> None:
    """Let every file be two hours old."""
    for path in directory.rglob("*"):
        os.utime(path, (time.time() - 7200, time.time() - 7200))


async def test_only_files_in_use_stay_and_a_deletion_is_followed_up(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'x.db'}")
    files = Files(tmp_path / "files")
    held = await files.put(b"held")
    await store.write(refer, held)
    await files.put(b"orphan")
    age(tmp_path / "files")
    tidy = Tidier(store, files, time.time, follow_up=0)
    running = asyncio.create_task(tidy.run())

    await until(lambda: kept(tmp_path) == [held])
    await store.write(lambda conn: conn.execute(references.delete()).rowcount)
    tidy.soon()
    await until(lambda: kept(tmp_path) == [])

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()


async def test_neither_a_start_nor_a_deletion_takes_what_somebody_put_half_an_hour_ago(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'x.db'}")
    files = Files(tmp_path / "files")
    reading = await files.put(b"a page of a long document that is still being read")
    sentinels = [await files.put(b"first"), await files.put(b"second")]
    for path in (tmp_path / "files").rglob("*"):
        os.utime(path, (time.time() - 1800, time.time() - 1800))
    age(tmp_path / "files" / sentinels[0][:2])
    running = asyncio.create_task((tidy := Tidier(store, files, time.time, follow_up=0)).run())

    await until(lambda: sentinels[0] not in kept(tmp_path))
    age(tmp_path / "files" / sentinels[1][:2])
    tidy.soon()
    await until(lambda: sentinels[1] not in kept(tmp_path))

    assert kept(tmp_path) == [reading]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()


def kept(directory: Path) -> list[str]:
    found = [path for path in (directory / "files").rglob("*") if path.is_file()]
    return [path.parent.name + path.name for path in found]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - a directory has no bell
            await asyncio.sleep(0.01)
