"""Reads what people attach, in worker processes: a hostile file can end one of them, and nothing else."""

import asyncio
import hashlib
from dataclasses import replace

import structlog

from bot.errors import FileRefused
from bot.media.content import Content
from bot.media.limits import Limits
from bot.media.process import WorkerDied, WorkerProcess
from bot.media.sniff import sniff
from bot.media.text import plain_name
from bot.messages import PicturePart, Reading, ReadingKind, StoredFile
from bot.ports import ReadFile

log = structlog.get_logger(__name__)

SMALL_SIDE, SMALL_BYTES = 768, 150_000
"""Pixels along the longer side, and bytes, of a picture that has to be small."""


class WorkerReader:
    """The `MediaReader`. Its workers start with the first file, are kept, and are replaced when they die."""

    def __init__(self, *, limits: Limits | None = None, workers: int = 2) -> None:
        """Read files within these limits, at most so many side by side; others wait in order."""
        self._limits = limits or Limits()
        self._gate = asyncio.Semaphore(workers)
        self._idle: list[WorkerProcess] = []
        self._waiting = 0
        self._resting: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def read(self, name: str, data: bytes, url: str | None = None) -> ReadFile:
        """What is in the file. Never raises for a bad file: the reading says what was left out and why."""
        plain = plain_name(name)
        try:
            self._check(plain, data)
            content = await self._content(plain, data, url)
        except FileRefused as error:
            return ReadFile(Reading(ReadingKind.UNREAD, plain, unread=error.said), {})
        return await asyncio.to_thread(_read_file, plain, data, content)

    async def smaller(self, picture: PicturePart) -> PicturePart:
        """The picture in far fewer bytes; itself where it can't be opened."""
        small = replace(self._limits, long_side=SMALL_SIDE, picture_bytes=SMALL_BYTES)
        try:
            async with self._gate:
                content = await self._ask_once("the picture", picture.data, small, None)
        except (FileRefused, WorkerDied):
            return picture
        made = content.pictures[0] if content.pictures else None
        return PicturePart(made.media_type, made.data) if made is not None else picture

    async def close(self) -> None:
        """End the workers. To be called when nothing is read any more."""
        if self._resting is not None:
            self._resting.cancel()
        self._let_go()
        await asyncio.gather(*self._ending)

    def _check(self, name: str, data: bytes) -> None:
        if not data:
            raise FileRefused(f"{name} is empty. Attach it again.")
        most = self._limits.file_bytes
        if len(data) > most:
            raise FileRefused(f"{name} is too large: {most // 1_000_000} MB are the most. Send a smaller one.")
        sniff(name, data)

    async def _content(self, name: str, data: bytes, url: str | None) -> Content:
        if self._waiting + len(data) > self._limits.waiting_bytes:
            raise FileRefused(f"{name} was not read: too many files came at once. Send it again in a minute.")
        self._waiting += len(data)
        try:
            async with self._gate:
                return await self._ask(name, data, url)
        finally:
            self._waiting -= len(data)

    async def _ask(self, name: str, data: bytes, url: str | None) -> Content:
        """Ask a worker; once more if it dies, without drawing pages: that is what most often takes too much."""
        try:
            return await self._ask_once(name, data, self._limits, url)
        except WorkerDied as error:
            log.warning("media worker died", size=len(data), reason=str(error))
        try:
            fewer = replace(self._limits, pictures=0, illustrated=0)
            content = await self._ask_once(name, data, fewer, url)
        except WorkerDied as error:
            log.warning("media worker died again", size=len(data), reason=str(error))
            said = f"{name} could not be opened safely: it is damaged, or it takes too much memory. Save it anew."
            raise FileRefused(said) from error
        return _as_text_only(name, content) if content.kind is ReadingKind.PDF else content

    async def _ask_once(self, name: str, data: bytes, limits: Limits, url: str | None) -> Content:
        worker = await self._worker()
        try:
            content = await worker.ask(name, data, limits, url)
        except TimeoutError as error:
            log.warning("file took too long", size=len(data))
            said = f"{name} was not read: it took over {limits.seconds:g} seconds. Send a smaller or simpler one."
            raise FileRefused(said) from error
        await self._give_back(worker)
        return content

    async def _worker(self) -> WorkerProcess:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            await worker.end()
        return await WorkerProcess.start(self._limits.memory)

    async def _give_back(self, worker: WorkerProcess) -> None:
        if worker.files >= self._limits.files:
            await worker.end()
            return
        self._idle.append(worker)
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(self._limits.idle_seconds, self._let_go)

    def _let_go(self) -> None:
        while self._idle:
            task = asyncio.create_task(self._idle.pop().end())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


def _as_text_only(name: str, content: Content) -> Content:
    said = f"The pages of {name} were read as text only: drawing them took too much."
    return replace(content, whole=False, unread=f"{said} {content.unread}" if content.unread else said)


def _read_file(name: str, data: bytes, content: Content) -> ReadFile:
    blobs: dict[str, bytes] = {}

    def keep(kept: bytes, media_type: str, title: str) -> StoredFile:
        sha256 = hashlib.sha256(kept).hexdigest()
        blobs[sha256] = kept
        return StoredFile(sha256, len(kept), media_type, title)

    reading = Reading(
        content.kind,
        name,
        text=content.text,
        pictures=tuple(keep(p.data, p.media_type, p.name) for p in content.pictures),
        original=keep(data, "application/pdf", name) if content.whole else None,
        pages=content.pages,
        unread=content.unread,
    )
    return ReadFile(reading, blobs)
