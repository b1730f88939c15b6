"""What the built-in models make of the files in a prompt: pictures here, documents in the reader."""

import asyncio
import base64
import binascii
import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass, field

from bot.demo.pictures import NoPicture, describe
from bot.messages import Reading, ReadingKind
from bot.ports import MediaReader

_REMEMBERED = 64
_PAGE_MARK = re.compile(r"^\[page \d+\]$\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Given:
    """A file as it stands in a prompt: its bytes, or only a link to it. A picture comes without a name."""

    name: str
    picture: bool
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as the models know it: a phrase that says what it is, the text in it, and what was left out."""

    name: str
    about: str
    text: str = ""
    picture: bool = False
    unread: str = ""


class Senses:
    """Looks at what is given, once for each file: pictures in a thread, documents in the reader's process."""

    def __init__(self, reader: MediaReader | None) -> None:
        self._reader = reader
        self._seen: OrderedDict[tuple[str, bytes], Seen] = OrderedDict()

    async def look(self, given: Given) -> Seen:
        """What it is. Never raises for a bad file."""
        if given.data is None:
            return Seen(given.name, "only a link, and I open no links", picture=given.picture)
        key = (given.name, hashlib.sha256(given.data).digest())
        if key not in self._seen:
            self._seen[key] = await self._look(given, given.data)
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return self._seen[key]

    async def _look(self, given: Given, data: bytes) -> Seen:
        if given.picture:
            return await asyncio.to_thread(_picture, given.name, data)
        if self._reader is None:
            return Seen(given.name, f"a file of {len(data)} bytes that I have no means to open")
        return _document(given.name, (await self._reader.read(given.name, data)).reading)


def from_data_url(url: str) -> bytes | None:
    """The bytes of a data URL; None for any other kind of link. Raises `ValueError` for broken base64."""
    head, comma, encoded = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        return None
    return from_base64(encoded)


def from_base64(encoded: str) -> bytes:
    """The bytes. Raises `ValueError` for anything that is no base64."""
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("broken base64") from error


def _picture(name: str, data: bytes) -> Seen:
    try:
        return Seen(name, describe(data), picture=True)
    except NoPicture as error:
        return Seen(name, f"a picture that I cannot look at: {error}", picture=True)


def _document(name: str, reading: Reading) -> Seen:
    text = _PAGE_MARK.sub("", reading.text).strip()
    pages = f" of {reading.pages} page{'s' * (reading.pages != 1)}" if reading.pages else ""
    words = f"{len(text.split())} words" if text else "no text that can be read"
    kind = {ReadingKind.PDF: "a PDF", ReadingKind.TEXT: "a text"}.get(reading.kind, "a file")
    return Seen(name, f"{kind}{pages} with {words}", text, unread=reading.unread or "")
