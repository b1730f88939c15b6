"""One process serves a data directory; the kernel knows which, and forgets it when that process ends."""

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bot.errors import StartError

NAME: Final = "gatepost.lock"
_RETRY_SECONDS: Final = 0.05


class ServingLock:
    """The right to serve a data directory, until `release` or the end of the process, however that comes."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, directory: Path, wait_seconds: float = 2.0) -> Self:
        """Take the lock, waiting as long for a predecessor that is about to end. Blocks.

        Raises StartError when another process keeps it, or the directory can't be written.
        """
        descriptor = _open(directory)
        deadline = time.monotonic() + wait_seconds
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                number = _read_number(descriptor)
                os.close(descriptor)
                raise StartError(
                    f"Gatepost is already running with the data in {directory} (process {number}). "
                    "Stop it first, or choose another data directory."
                )
            time.sleep(_RETRY_SECONDS)
        _write_number(descriptor)
        return cls(descriptor)

    def release(self) -> None:
        """Let others serve. The file stays: taking it away would let two processes lock two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def serving_process(directory: Path) -> str | None:
    """The number of the process that serves this directory; None when none does. Makes and changes nothing."""
    try:
        descriptor = os.open(directory / NAME, os.O_RDWR)
    except OSError:
        return None
    try:
        return None if _try_lock(descriptor) else _read_number(descriptor)
    finally:
        os.close(descriptor)


def _open(directory: Path) -> int:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(directory / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        reason = "it is a file" if os.path.isfile(directory) else error.strerror
        said = f"The data directory {directory} can't be written: {reason}. Set DATA_DIR to another one."
        raise StartError(said) from error


def _write_number(descriptor: int) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.truncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())


def _read_number(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, 20).decode("ascii", "replace") or "unknown"


if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE: Final = 1 << 20  # past the number, which others have to be able to read

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
