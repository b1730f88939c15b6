"""Kept files: whole or not there, named by what is in them, and gone when nobody refers to them."""

import asyncio
import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import StoreError, StoreFull
from bot.store.files import REUSE_SECONDS, Files


class Clock:
    """A wall clock that a test turns."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(2_000_000_000.0)


@pytest.fixture
def files(tmp_path: Path, clock: Clock) -> Files:
    return Files(tmp_path / "files", clock)


def on_disk(tmp_path: Path) -> list[str]:
    """The names of everything under the directory."""
    return sorted(path.parent.name + path.name for path in (tmp_path / "files").glob("*/*"))


async def test_bytes_come_back_by_their_hash(files: Files, tmp_path: Path) -> None:
    sha256 = await files.put(b"a photo")

    assert sha256 == hashlib.sha256(b"a photo").hexdigest()
    assert await files.get(sha256) == b"a photo"
    assert on_disk(tmp_path) == [sha256]


async def test_the_same_bytes_are_kept_once_even_when_put_twice_at_once(files: Files, tmp_path: Path) -> None:
    hashes = await asyncio.gather(*(files.put(b"same") for _ in range(2)))
    await files.remove(hashes[:1])

    assert on_disk(tmp_path) == [hashes[0]], "one of them let go of it, the other did not"


async def test_a_missing_file_is_an_error_of_the_store(files: Files) -> None:
    with pytest.raises(StoreError):
        await files.get("0" * 64)


async def test_a_damaged_file_is_not_handed_out(files: Files, tmp_path: Path) -> None:
    sha256 = await files.put(b"a photo")
    (tmp_path / "files" / sha256[:2] / sha256[2:]).write_bytes(b"a phot0")

    with pytest.raises(StoreError, match="damaged"):
        await files.get(sha256)


@pytest.mark.parametrize("damaged", [b"a phot0", b"a ph", b""])
async def test_putting_the_bytes_again_repairs_a_damaged_file(
    files: Files, tmp_path: Path, damaged: bytes
) -> None:
    sha256 = await files.put(b"a photo")
    (tmp_path / "files" / sha256[:2] / sha256[2:]).write_bytes(damaged)
    await files.put(b"a photo")

    assert await files.get(sha256) == b"a photo"
    await files.remove([sha256])
    assert on_disk(tmp_path) == [sha256], "whoever put it again may be about to refer to it"


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "ab", "A" * 64, "0" * 63 + "/", "0" * 64 + "\n"])
async def test_only_a_hash_names_a_file(files: Files, name: str) -> None:
    with pytest.raises(StoreError):
        await files.get(name)


async def test_only_what_a_hash_names_is_ever_removed(files: Files, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"not ours")
    with pytest.raises(StoreError):
        await files.remove([f"..{other}"])

    assert other.exists()


async def test_a_removed_file_is_gone_and_removing_it_again_is_no_error(files: Files, tmp_path: Path) -> None:
    sha256 = await files.put(b"a photo")
    await files.remove([sha256])
    await files.remove([sha256])

    assert on_disk(tmp_path) == []


async def test_a_file_that_was_just_put_again_survives_the_removal_of_its_first_use(
    files: Files, clock: Clock
) -> None:
    sha256 = await files.put(b"a photo")
    await files.put(b"a photo")
    await files.remove([sha256])

    assert await files.get(sha256) == b"a photo"
    clock.now += REUSE_SECONDS + 1
    await files.remove([sha256])
    with pytest.raises(StoreError):
        await files.get(sha256)


async def test_bytes_that_are_put_again_count_as_put_now(files: Files, clock: Clock) -> None:
    sha256 = await files.put(b"a photo")
    clock.now += 10 * REUSE_SECONDS
    await files.put(b"a photo")

    assert await files.sweep(set(), older_than=clock.now - REUSE_SECONDS) == 0
    assert await files.sweep(set(), older_than=clock.now + 1) == 1
    with pytest.raises(StoreError):
        await files.get(sha256)


async def test_the_sweep_takes_what_nobody_knows_and_leaves_what_is_new_or_known(
    files: Files, clock: Clock, tmp_path: Path
) -> None:
    old, known, again, new = [await files.put(data) for data in (b"old", b"known", b"again", b"new")]
    for sha256 in (old, known, again):
        os.utime(tmp_path / "files" / sha256[:2] / sha256[2:], (1000, 1000))
    unfinished = tmp_path / "files" / old[:2] / "put-by-a-dead-process"
    unfinished.write_bytes(b"ha")
    os.utime(unfinished, (1000, 1000))
    await files.put(b"again")

    assert await files.sweep({known}, older_than=2000.0) == 2
    assert on_disk(tmp_path) == sorted([known, again, new])


async def test_a_disk_without_room_is_told_apart(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFull):
        await files.put(b"a photo")

    assert on_disk(tmp_path) == []


async def test_a_directory_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "files").write_bytes(b"")

    with pytest.raises(StoreError):
        await Files(tmp_path / "files").put(b"a photo")


_PUTS_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from bot.store.files import Files
async def main():
    for number in range(1_000_000):
        print(await Files(Path(sys.argv[1])).put(b"%d" % number * 100_000), flush=True)
asyncio.run(main())
"""


def test_a_kill_leaves_no_file_that_is_not_what_its_name_says(tmp_path: Path) -> None:
    directory = tmp_path / "files"
    arguments = [sys.executable, "-c", _PUTS_FOR_EVER, str(directory)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(20)]
        process.kill()
    whole = {
        path.parent.name + path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.glob("??/*")
        if not path.name.startswith("put-")
    }

    assert set(acknowledged) <= whole.keys()
    assert all(name == sha256 for name, sha256 in whole.items())
