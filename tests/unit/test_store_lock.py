"""One process serves a data directory, and a dead one serves nothing."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.store.lock import ServingLock

_SERVE = """
import sys
from pathlib import Path
from bot.store.lock import ServingLock
lock = ServingLock.acquire(Path(sys.argv[1]))
print("serving", flush=True)
sys.stdin.read()
"""


@contextmanager
def serving(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that serves, until it is killed."""
    arguments = [sys.executable, "-c", _SERVE, str(directory)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "serving\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_refused_and_told_which_is_the_first(tmp_path: Path) -> None:
    with serving(tmp_path) as first, pytest.raises(StartError) as refused:
        ServingLock.acquire(tmp_path, wait_seconds=0.1)

    assert f"already running with the data in {tmp_path} (process {first.pid})" in refused.value.said


def test_a_kill_frees_the_lock(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        first.kill()
        first.wait()
        ServingLock.acquire(tmp_path, wait_seconds=0).release()


def test_a_successor_waits_for_a_predecessor_that_is_about_to_end(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        dying = threading.Timer(0.2, first.kill)
        dying.start()
        ServingLock.acquire(tmp_path, wait_seconds=10).release()
        dying.join()


def test_other_directories_are_served_side_by_side(tmp_path: Path) -> None:
    with serving(tmp_path / "one"), ServingLock.acquire(tmp_path / "two", wait_seconds=0):
        pass


def test_a_lock_can_be_taken_again_after_its_release(tmp_path: Path) -> None:
    with ServingLock.acquire(tmp_path), pytest.raises(StartError, match=str(os.getpid())):
        ServingLock.acquire(tmp_path, wait_seconds=0)
    ServingLock.acquire(tmp_path, wait_seconds=0).release()


def test_a_child_of_the_serving_process_does_not_keep_its_lock(tmp_path: Path) -> None:
    lock = ServingLock.acquire(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        lock.release()
        ServingLock.acquire(tmp_path, wait_seconds=0).release()
        child.kill()


def test_a_directory_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StartError, match=r"^The data directory .* can't be written: .*\.$"):
        ServingLock.acquire(tmp_path / "file" / "data")
