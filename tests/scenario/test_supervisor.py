"""The supervisor with real processes: what dies is started again, what cannot start is not, nobody stays on."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0

SUPERVISOR = "import sys; from bot.demo.supervisor import supervise; sys.exit(supervise(sys.argv[1:]))"

SERVES = """
import os, pathlib, signal, socket, sys, threading
from bot.demo.supervisor import CHILD, end_with_parent
start = os.environ[CHILD]
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
end_with_parent()
port = socket.create_server(("127.0.0.1", 0))
note = pathlib.Path(sys.argv[1], start)
note.with_suffix(".part").write_text(f"{os.getpid()} {port.getsockname()[1]}")
note.with_suffix(".part").rename(note)
while True:
    ended.wait(0.05)
"""


@dataclass(frozen=True, slots=True)
class Child:
    """A supervised process. It serves for as long as it lives: a dead one that nobody buried answers no more."""

    process: int
    port: int

    def kill(self) -> None:
        """End it as the kernel would."""
        os.kill(self.process, signal.SIGKILL)

    def serves(self) -> bool:
        """Whether its port is open."""
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0


class Supervised:
    """A supervisor as a process, over a child that leaves its number in a folder for each start."""

    def __init__(self, folder: Path, child: str) -> None:
        self._folder = folder
        command = [sys.executable, "-c", SUPERVISOR, sys.executable, "-c", child, str(folder)]
        self._said = folder / "stderr"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=said)

    def child(self, start: int) -> Child:
        """The child of this start, once it serves."""
        note = self._folder / str(start)
        until(note.exists)
        process, port = map(int, note.read_text().split())
        return Child(process, port)

    def ended(self) -> tuple[int, str]:
        """Exit status and what was said, once it has ended."""
        return self.process.wait(PATIENCE), self._said.read_text()

    def end(self) -> None:
        """Leave nothing behind, whatever the test found."""
        self.process.kill()
        self.process.wait()
        for note in self._folder.glob("[0-9]"):
            with suppress(ProcessLookupError):
                os.kill(int(note.read_text().split()[0]), signal.SIGKILL)


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[[str], Supervised]]:
    running: list[Supervised] = []

    def begin(child: str) -> Supervised:
        running.append(Supervised(tmp_path, child))
        return running[-1]

    yield begin
    for one in running:
        one.end()


def test_a_child_that_is_killed_is_started_again(supervised: Callable[[str], Supervised]) -> None:
    gatepost = supervised(SERVES)
    first = gatepost.child(1)
    first.kill()
    second = gatepost.child(2)
    assert second.process != first.process
    assert second.serves()


def test_a_child_does_not_outlive_a_killed_supervisor(supervised: Callable[[str], Supervised]) -> None:
    gatepost = supervised(SERVES)
    child = gatepost.child(1)
    gatepost.process.kill()
    gatepost.process.wait()
    until(lambda: not child.serves(), 1.0)


def test_a_child_that_was_started_again_does_not_outlive_it_either(
    supervised: Callable[[str], Supervised],
) -> None:
    gatepost = supervised(SERVES)
    gatepost.child(1).kill()
    child = gatepost.child(2)
    gatepost.process.kill()
    gatepost.process.wait()
    until(lambda: not child.serves(), 1.0)


def test_a_signal_to_end_ends_both_cleanly(supervised: Callable[[str], Supervised]) -> None:
    gatepost = supervised(SERVES)
    child = gatepost.child(1)
    gatepost.process.terminate()
    assert gatepost.ended() == (0, "")
    assert not child.serves()


def test_a_child_that_cannot_start_is_not_tried_again(supervised: Callable[[str], Supervised]) -> None:
    gatepost = supervised("import sys; sys.stderr.write('Port 7 is taken.\\n'); sys.exit(1)")
    assert gatepost.ended() == (1, "Port 7 is taken.\n")


def test_a_child_that_keeps_dying_is_given_up_with_a_sentence(supervised: Callable[[str], Supervised]) -> None:
    gatepost = supervised("import os; os._exit(70)")
    status, said = gatepost.ended()
    assert status == 1
    assert said.splitlines()[-1] == "Gatepost died 5 times in a row, the last time with exit status 70. I give up."
    assert said.count("is started again") == 4


def test_the_supervisor_stays_light() -> None:
    code = (
        "import sys; before = set(sys.modules); import bot.demo.supervisor;"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before if name not in sys.stdlib_module_names})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name for name in loaded.stdout.split() if name not in sys.stdlib_module_names} == {"bot"}


def until(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
