"""Bytes on the disk, named by their SHA-256 (`ab/cdef…` under one directory). References are counted elsewhere."""

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from bot.errors import StoreError, StoreFull

REUSE_SECONDS: Final = 3600.0
"""From `put` to the commit that refers to the file, at most: until then nobody takes it away."""
_TEMPORARY: Final = "put-"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Files:
    """Kept bytes. Put one before the intent that refers to it; remove it after the intent that lets go of it.

    That intent has to be committed within `REUSE_SECONDS` of the `put`, in which many large files may be read.
    """

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        """Keep files under this directory, made when it is needed; `clock` tells seconds since the epoch."""
        self._directory = directory
        self._clock = clock
        self._reused: dict[str, float] = {}
        self._lock = threading.Lock()

    async def put(self, data: bytes) -> str:
        """Keep these bytes; their SHA-256, once they are on the disk. Raises StoreError, StoreFull.

        Bytes that are kept already count as put now; a damaged copy of them is repaired.
        """
        return await asyncio.to_thread(self._put, data)

    async def get(self, sha256: str) -> bytes:
        """The bytes with this SHA-256. Raises StoreError when they are missing or damaged."""
        return await asyncio.to_thread(self._get, sha256)

    async def remove(self, hashes: Iterable[str]) -> None:
        """Take files away; those that are gone already are no error.

        One that was put again within `REUSE_SECONDS` stays: somebody may be about to refer to it. `sweep` takes
        it, if nobody does.
        """
        await asyncio.to_thread(self._remove, tuple(hashes))

    async def sweep(self, known: set[str], older_than: float) -> int:
        """Take away what nobody refers to: files not in `known`, last put before `older_than` (epoch seconds).

        While anybody puts files, `older_than` has to lie `REUSE_SECONDS` before `known` was read.
        Returns how many were taken away.
        """
        return await asyncio.to_thread(self._sweep, known, older_than)

    def _put(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = path_of(self._directory, sha256)
        with self._lock, _mapped():
            now = self._clock()
            if path.exists():
                self._reused[sha256] = now
            if _is_whole(path, sha256):
                os.utime(path, (now, now))
            else:
                _write(self._directory, path, data)
        return sha256

    def _get(self, sha256: str) -> bytes:
        with _mapped():
            data = path_of(self._directory, sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StoreError(f"file {sha256} is damaged")
        return data

    def _remove(self, hashes: tuple[str, ...]) -> None:
        reused_after = self._clock() - REUSE_SECONDS
        with self._lock, _mapped():
            self._reused = {sha256: at for sha256, at in self._reused.items() if at > reused_after}
            for sha256 in hashes:
                if sha256 not in self._reused:
                    path_of(self._directory, sha256).unlink(missing_ok=True)

    def _sweep(self, known: set[str], older_than: float) -> int:
        taken = 0
        for sha256, path in _everything(self._directory):
            with self._lock, _mapped():
                if sha256 not in known and path.exists() and path.stat().st_mtime < older_than:
                    path.unlink()
                    taken += 1
        return taken


def path_of(directory: Path, sha256: str) -> Path:
    """Where the file with this hash lies. Raises StoreError for what is no hash."""
    if not _HASH.fullmatch(sha256):
        raise StoreError("not the name of a file")
    return directory / sha256[:2] / sha256[2:]


def kept_files(directory: Path) -> Iterator[tuple[str, Path]]:
    """Every whole file with its hash, in no order. One may be gone by the time it is opened."""
    return ((sha256, path) for sha256, path in _everything(directory) if _HASH.fullmatch(sha256))


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a loss of power. Windows can't, and needn't, be told."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = StoreFull if error.errno in _FULL else StoreError
        raise kind(f"{type(error).__name__}: {error.strerror}") from error


def _everything(directory: Path) -> Iterator[tuple[str, Path]]:
    """Whole files and those that a crash left unfinished."""
    return ((path.parent.name + path.name, path) for path in directory.glob("??/*"))


def _is_whole(path: Path, sha256: str) -> bool:
    """Whether the file is there, every byte as it was put. Takes about as long as hashing what is put did."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _write(root: Path, path: Path, data: bytes) -> None:
    new_directory = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync_directory(path.parent)
    if new_directory:
        sync_directory(root)
