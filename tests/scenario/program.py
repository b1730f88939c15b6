"""The program as its commands: started as anybody starts it, in a directory of its own, without a key."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds that a busy machine may take for anything."""

_KEPT = ("PATH", "HOME", "SYSTEMROOT", "TEMP", "TMP", "LANG")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line on stderr, which is all there is."""
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        assert self.out == ""
        return self.err.rstrip("\n")


@dataclass(frozen=True, slots=True)
class Shell:
    """Where commands are typed: a directory, with `data` in it."""

    directory: Path

    def begin(self, *words: str, stdin: int = subprocess.DEVNULL, **settings: str) -> "subprocess.Popen[str]":
        """Start a command and go on."""
        own = {"DATA_DIR": str(self.directory / "data"), "HTTP_PORT": "0", "PYTHONPATH": str(ROOT)}
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.directory,
            env={**kept, **own, **settings},
        )

    def run(self, *words: str, typed: str | None = None, **settings: str) -> Ran:
        """Run a command to its end."""
        stdin = subprocess.DEVNULL if typed is None else subprocess.PIPE
        return ended(self.begin(*words, stdin=stdin, **settings), typed)


def ended(process: "subprocess.Popen[str]", typed: str | None = None) -> Ran:
    """What came of it; one that does not end is killed, and the test fails."""
    try:
        out, err = process.communicate(typed, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Ran(process.returncode, out, err)


def stopped(process: "subprocess.Popen[str]") -> Ran:
    """What came of it after Ctrl-C."""
    process.send_signal(signal.SIGINT)
    return ended(process)


def first_line(process: "subprocess.Popen[str]") -> str:
    """The first line of its answer, while it goes on."""
    assert process.stdout is not None
    return process.stdout.readline()
