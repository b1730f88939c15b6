"""What a worker found in a file, before it becomes a reading. Nothing here is trusted until it is checked."""

from dataclasses import dataclass, field

from bot.messages import ReadingKind

PICTURE_TYPES = frozenset({"image/jpeg", "image/png"})
"""What pictures are sent as, whatever they were."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to send."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file. `whole` says that the file itself is fit to be sent to a model that takes files."""

    kind: ReadingKind
    text: str = ""
    pictures: tuple[Picture, ...] = ()
    whole: bool = False
    pages: int | None = None
    unread: str | None = None
