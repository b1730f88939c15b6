"""The real program as processes: started, killed without warning, started again on the same data and port."""

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path

from bot.store.lock import NAME as LOCK

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds that a busy machine may take for anything."""

_ADDRESS = re.compile(r"Open (http://\S+)")
_SETTINGS = ("AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN", "AI_GATEWAY_BASE_URL", "DATABASE_URL", "DEFAULT_MODEL")


class Victim(StrEnum):
    """Which process is killed: the one that serves, the one that watches over it, or both at once."""

    CHILD = "child"
    PARENT = "parent"
    BOTH = "both"


class Program:
    """The program over one data directory, on a port that stays the same.

    Without settings it has no key, and is a supervisor and its serving child.
    """

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._settings = settings or {}
        self._log = directory / "log"
        self._port = _free_port()
        self._parent: Process | None = None

    @property
    def origin(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start the supervisor, which starts the child."""
        environment = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
        environment |= {
            "DATA_DIR": str(self._directory / "data"),
            "HTTP_PORT": str(self._port),
            "PYTHONPATH": str(ROOT),
            **self._settings,
        }
        with self._log.open("ab") as log:
            self._parent = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._directory,
                env=environment,
            )

    async def invitation(self) -> str:
        """The address it printed first."""
        async with asyncio.timeout(PATIENCE):
            while not (found := _ADDRESS.search(self.log())):  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.02)
        return found[1]

    def serving(self) -> int | None:
        """The process that holds the data directory, or held it last."""
        try:
            return int((self._directory / "data" / LOCK).read_text())
        except (OSError, ValueError):
            return None

    async def begun_again(self, before: int | None) -> None:
        """Wait until another process than that one holds the data directory; it is only beginning to serve."""
        async with asyncio.timeout(PATIENCE):
            while self.serving() in (None, before):  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.002)

    async def kill(self, victim: Victim) -> None:
        """End it as the kernel would. Where nobody is left to do so, it is started again."""
        child = self.serving()
        if victim is not Victim.CHILD:
            self._parent_process().kill()
        if victim is not Victim.PARENT:
            _kill(child)
        if victim is not Victim.CHILD:
            await self._parent_process().wait()
            await self.start()

    async def stop(self) -> None:
        """Ask it to end, as a service manager does, and wait until it has."""
        self._parent_process().terminate()
        await self._parent_process().wait()

    async def end(self) -> None:
        """Leave nothing behind; the child ends with its parent."""
        if self._parent is not None and self._parent.returncode is None:
            self._parent.kill()
            await self._parent.wait()

    def log(self) -> str:
        """All it printed."""
        return self._log.read_text()

    def _parent_process(self) -> Process:
        assert self._parent is not None
        return self._parent


@asynccontextmanager
async def program(directory: Path, **settings: str) -> AsyncIterator[Program]:
    """The program, serving what is in this directory, and ended at the end."""
    running = Program(directory, settings)
    await running.start()
    try:
        yield running
    finally:
        await running.end()


def _kill(process: int | None) -> None:
    if process is not None:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
