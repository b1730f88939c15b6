"""What somebody did on the page, as the core takes it in. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from adapters.typed import parse_typed
from adapters.web.workspace import GATEPOST, PEOPLE
from bot.messages import (
    Action,
    Attachment,
    CommandCall,
    CommandSpec,
    Inbound,
    InboundKind,
    PageFile,
    PageMessage,
    PastMessage,
    Person,
    Place,
    PlaceKind,
)

# Each takes time in proportion to the text: a fence counts up to 64 signs, of a scheme only the last.
_CODE = re.compile(r"(`{3,64}|~{3,64}).*?(?:\1|\Z)|(?<!`)(`{1,2})(?!`).+?(?<!`)\2(?!`)", re.DOTALL)
_URL = re.compile(r"[a-z0-9+.-]://\S+", re.IGNORECASE)
_MENTION = re.compile(rf"(?<![\w@./+-])@{GATEPOST.name}(?![\w@/-]|\.\w)", re.IGNORECASE)
_OPENING_MENTION = re.compile(rf"\s*@{GATEPOST.name}(?![\w@/-]|\.\w)[\s,:]*", re.IGNORECASE)
_OTHERS = "|".join(re.escape(one.name) for one in PEOPLE)
_OPENS_WITH_OTHER = re.compile(rf"\s*@(?:{_OTHERS})(?![\w@/-]|\.\w)", re.IGNORECASE)


def mentions_us(text: str) -> bool:
    """Whether Gatepost is named as a person: not within code, an address or a longer name."""
    return _MENTION.search(_URL.sub(" ", _CODE.sub(" ", text))) is not None


def is_addressed(text: str, place: Place, took_part: bool) -> bool:
    """Whether Gatepost is spoken to. `took_part` tells if it has been in this thread."""
    if place.kind is PlaceKind.DM or mentions_us(text):
        return True
    return took_part and not _OPENS_WITH_OTHER.match(text)


def attachment(file: PageFile) -> Attachment:
    """A file as the core is told of it. Its id is the hash of its bytes."""
    return Attachment(file.sha256, file.name, file.size, file.media_type)


def heard(kind: InboundKind, message: PageMessage, key: str, at: float, addressed: bool) -> Inbound:
    """A message that was written, edited or deleted."""
    text = message.text
    rest = _OPENING_MENTION.sub("", text, count=1) if _OPENING_MENTION.match(text) else text
    return Inbound(
        key=key,
        kind=kind,
        place=message.place,
        message_id=message.id,
        person=message.person,
        sent_at=at,
        text=rest if rest.strip() or message.files else text,
        addressed=addressed,
        reply_to=message.reply_to,
        attachments=tuple(attachment(file) for file in message.files),
    )


def called(call: CommandCall, place: Place, who: Person, key: str, at: float, tab: str) -> Inbound:
    """A command that was typed. The answer that only one may see goes back to the tab it was typed in."""
    kind = InboundKind.COMMAND
    return Inbound(key, kind, place, key, who, at, addressed=True, handle=tab, command=call)


def pressed(action: Action, place: Place, under: str, who: Person, key: str, at: float, tab: str) -> Inbound:
    """A button that was pressed under a message or a private answer of ours."""
    kind = InboundKind.BUTTON
    return Inbound(key, kind, place, under, who, at, addressed=True, handle=tab, action=action)


def gone(message: PageMessage) -> PageMessage:
    """What is left of a message that was deleted."""
    return PageMessage(message.id, message.place, message.person, message.sent_at, deleted=True)


def past(message: PageMessage) -> PastMessage:
    """A message as history tells of it."""
    files = tuple(attachment(file) for file in message.files)
    said = PastMessage(message.id, message.person, message.text, message.sent_at, files, message.place)
    return replace(said, has_thread=message.place.thread is None and message.replies > 0)


def is_command(text: str) -> bool:
    """Whether this is a command: a slash and a name. A space before it makes it a message."""
    return re.match(r"/[A-Za-z]", text) is not None


def parse_command(text: str, specs: Sequence[CommandSpec]) -> CommandCall:
    """The command that was typed, `/name value … option:value …`. Raises `NotAllowed` with a sentence."""
    return parse_typed(text[1:], specs, otherwise="To send it as a message, put a space before it.")
