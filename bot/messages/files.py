"""Files: as a platform announces them, as we keep them, and what was read in them."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as the platform announces it. Name and type are claims; only the bytes are believed.

    `voice` says that people recorded it in the platform's app as a message; its bytes are nothing we can read.
    """

    id: str
    name: str
    size: int | None = None
    media_type: str | None = None
    url: str | None = None
    voice: bool = False


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes we keep, named by their SHA-256."""

    sha256: str
    size: int
    media_type: str
    name: str = ""


class ReadingKind(StrEnum):
    """What a file turned out to be, by its content."""

    PICTURE = "picture"
    PDF = "pdf"
    TEXT = "text"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one file: enough to put it before any model later, without opening it again.

    `pictures` are ready to send (turned, scaled). `text` is what the file says. `original` is the file itself
    where a model may take it whole (PDF). `unread` says, in one sentence, what was left out and why. `shown` is
    set for what was made here: the file as people see it, with `text` as its alternative text.
    """

    kind: ReadingKind
    name: str
    text: str = ""
    pictures: tuple[StoredFile, ...] = ()
    original: StoredFile | None = None
    pages: int | None = None
    unread: str | None = None
    shown: StoredFile | None = None
