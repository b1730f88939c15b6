"""One worker process, seen from the bot: started, asked, ended. Nothing a file does to it reaches us."""

import asyncio
import contextlib
import os
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Final

import bot
from bot.media.content import Content
from bot.media.frames import LENGTHS, READY, FrameError, content_in, lengths_of, request_head
from bot.media.limits import Limits

_START_SECONDS: Final = 30.0
_CHUNK: Final = 256 * 1024
_INHERITED: Final = ("SYSTEMROOT", "TEMP", "TMPDIR", "LD_LIBRARY_PATH")


class WorkerDied(Exception):
    """The worker ended, or said something that no worker says."""


class WorkerProcess:
    """A running worker. It reads one file at a time, so a hostile one has no neighbours."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.files = 0

    @classmethod
    async def start(cls, memory: int) -> "WorkerProcess":
        """A new worker, its libraries loaded, with so many bytes of memory. Raises `WorkerDied` if it fails to."""
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-m", "bot.media.worker", str(memory)),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                cwd=tempfile.gettempdir(),
                env=_environment(),
            )
        except OSError as error:
            raise WorkerDied("not started") from error
        worker = cls(process)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker._hear(len(READY))
        except TimeoutError as error:
            await worker.end()
            raise WorkerDied("not ready in time") from error
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ask(self, name: str, data: bytes, limits: Limits, url: str | None = None) -> Content:
        """What it finds in a file. Raises `TimeoutError` or `WorkerDied`; it has ended then, as when cancelled."""
        self.files += 1
        try:
            async with asyncio.timeout(limits.seconds):
                await self._say(request_head(name, limits, len(data), url), data)
                return await self._answer(limits)
        except (FrameError, WorkerDied) as error:
            await self.end()
            raise WorkerDied(f"{error}, status {self._process.returncode}") from error
        except BaseException:
            await self.end()
            raise

    async def end(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        self.close_input()

    def close_input(self) -> None:
        """Let it end by itself."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def _say(self, head: bytes, body: bytes) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(head)
            for start in range(0, len(body), _CHUNK):
                stdin.write(body[start : start + _CHUNK])
                await stdin.drain()
        except ConnectionError as error:
            raise WorkerDied("gone while it was told") from error

    async def _answer(self, limits: Limits) -> Content:
        json, body = lengths_of(await self._hear(LENGTHS.size), limits.inline_bytes)
        return content_in(await self._hear(json), await self._hear(body), limits)

    async def _hear(self, length: int) -> bytes:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            return await stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise WorkerDied("gone while it read") from error


def _environment() -> dict[str, str]:
    """Where its modules are, and nothing of ours: no key, no token, no proxy."""
    here = str(Path(bot.__file__).resolve().parent.parent)
    modules = os.pathsep.join(dict.fromkeys([here, *filter(None, sys.path)]))
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**kept, "PYTHONPATH": modules}
