"""The pictures of one answer: held as they come, kept as files, and shown with its last message."""

import re
from collections.abc import Iterable
from dataclasses import replace

import structlog

from bot.conversation import words
from bot.conversation.ports import Ports
from bot.errors import StoreError
from bot.media.sniff import is_picture
from bot.messages import ImageDelta, OutFile, Reading, ReadingKind, StoredFile

log = structlog.get_logger(__name__)

MOST = 8
"""Pictures in one answer; further ones are left out, and that is said."""

_MOST_BYTES = 40_000_000
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
_BEGINNINGS = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_NAME_LENGTH, _DESCRIPTION_LENGTH = 40, 300


class Drawings:
    """What a model draws for one answer. `made` are pictures that earlier rounds, or attempts, have kept."""

    def __init__(self, ports: Ports, made: Iterable[Reading]) -> None:
        self._ports = ports
        self._made = list(made)
        self._kept: list[Reading] = []  # on the disk, and in no history yet
        self._unkept: list[OutFile] = []
        self._fresh: list[ImageDelta] = []
        self._notices: dict[str, None] = {}

    def __bool__(self) -> bool:
        return self._count > 0

    @property
    def notices(self) -> tuple[str, ...]:
        """What people should know of pictures that were left out or not kept."""
        return tuple(self._notices)

    def take(self, picture: ImageDelta) -> None:
        """Hold a picture that has come."""
        size = sum(len(one.data) for one in self._fresh) + len(picture.data)
        if not is_picture(picture.data):
            self._notices[words.NO_PICTURE] = None
        elif self._count >= MOST or size > _MOST_BYTES:
            self._notices[words.too_many_pictures(MOST)] = None
        else:
            self._fresh.append(picture)

    async def keep(self, subject: str) -> tuple[Reading, ...]:
        """Keep what has come; all that is kept and in no history yet. Nothing is lost where it is cancelled.

        `subject` is what was asked for, for names and descriptions. What the disk will not take is shown all the
        same, and not remembered.
        """
        while self._fresh:
            picture, number = self._fresh[0], self._count - len(self._fresh) + 1
            name, description = name_of(subject, number, picture), describe(subject)
            try:
                self._kept.append(await _keep(self._ports, picture, name, description))
            except StoreError as error:
                log.error("picture not kept", error=type(error).__name__, detail=str(error))
                self._unkept.append(OutFile(name, media_type(picture.data), picture.data, description))
                self._notices[words.PICTURE_NOT_KEPT] = None
            del self._fresh[0]
        return tuple(self._kept)

    def add(self, made: Iterable[Reading]) -> None:
        """Files of tools, which are kept and in the history already."""
        self._made += [reading for reading in made if reading.shown is not None]

    def remembered(self) -> None:
        """What `keep` returned is on its way into history."""
        self._made += self._kept
        self._kept = []

    async def files(self) -> tuple[OutFile, ...]:
        """Everything that was kept, as it is shown."""
        return (*await shown(self._ports, (*self._made, *self._kept)), *self._unkept)

    @property
    def _count(self) -> int:
        return len(self._made) + len(self._kept) + len(self._unkept) + len(self._fresh)


async def shown(ports: Ports, made: Iterable[Reading]) -> tuple[OutFile, ...]:
    """Kept pictures as they are shown. One that is gone, with the answer that it belonged to, is left out."""
    files = []
    for reading in made:
        if reading.shown is None:
            continue
        try:
            data = await ports.files.get(reading.shown.sha256)
        except StoreError as error:
            log.error("file lost", sha256=reading.shown.sha256, error=str(error))
            continue
        described = reading.text if reading.kind is ReadingKind.PICTURE else ""
        files.append(OutFile(reading.name, reading.shown.media_type, data, described))
    return tuple(files)


async def keep_file(ports: Ports, file: OutFile) -> Reading:
    """A file that a tool made, kept as people see it and as models are told of it."""
    original = StoredFile(await ports.files.put(file.data), len(file.data), file.media_type, file.name)
    read = await ports.reader.read(file.name, file.data)
    for blob in read.blobs.values():
        await ports.files.put(blob)
    text = file.description if read.reading.kind is ReadingKind.PICTURE else read.reading.text
    return replace(read.reading, text=text, shown=original)


async def _keep(ports: Ports, picture: ImageDelta, name: str, description: str) -> Reading:
    """The picture as people see it, and as models are shown it again."""
    data = picture.data
    original = StoredFile(await ports.files.put(data), len(data), media_type(data), name)
    read = await ports.reader.read(name, data)
    for blob in read.blobs.values():
        await ports.files.put(blob)
    return Reading(ReadingKind.PICTURE, name, description, pictures=read.reading.pictures, shown=original)


def media_type(data: bytes) -> str:
    """What a picture is, by its first bytes."""
    return next((kind for mark, kind in _BEGINNINGS if data.startswith(mark)), "image/webp")


def name_of(subject: str, number: int, picture: ImageDelta) -> str:
    """A file's name that says what was asked for."""
    spoken = re.sub(r"[^\w]+", "-", subject.lower())[:_NAME_LENGTH].strip("-_") or "picture"
    again = f"-{number}" if number > 1 else ""
    return f"{spoken}{again}.{_EXTENSIONS[media_type(picture.data)]}"


def describe(subject: str) -> str:
    """The alternative text: nobody here has looked at the picture, so it says what was asked for."""
    asked = " ".join(subject.split())
    cut = asked if len(asked) <= _DESCRIPTION_LENGTH else f"{asked[: _DESCRIPTION_LENGTH - 1]}…"
    return f"Picture made for: “{cut}”" if cut else "A picture"
