"""What the playground keeps: it is a platform of its own."""

from dataclasses import dataclass

from bot.messages.inbound import Action
from bot.messages.places import Person, Place


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file shown on the page. `media_type` is what its bytes are; the name is a claim."""

    sha256: str
    name: str
    size: int
    media_type: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class PageMessage:
    """A message on the page, the bot's or a person's. `seq` grows over all messages with every change of any.

    `title` is set, if only to nothing, once we take part in the thread that hangs on the message; `replies` counts
    what was said there. A deleted message keeps its place and loses everything else.
    """

    id: str
    place: Place
    person: Person
    sent_at: float
    text: str = ""
    reply_to: str | None = None
    files: tuple[PageFile, ...] = ()
    status: str | None = None
    actions: tuple[Action, ...] = ()
    final: bool = True
    edited_at: float | None = None
    deleted: bool = False
    title: str | None = None
    replies: int = 0
    seq: int = 0
