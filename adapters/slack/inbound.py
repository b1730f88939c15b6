"""What Slack tells us, as the core takes it in. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from adapters.slack.outbound import shown_text
from bot.messages import Attachment, PastMessage, Person, PersonKind, Place, PlaceKind

Json: TypeAlias = Mapping[str, Any]
PLATFORM = "slack"

NAMELESS = "file"
"""What a file is called of which only the id is told."""

_MARKUP = re.compile(r"<([@#!])?([^<>|]+)(?:\|([^<>]*))?>")
_OPENING_MENTION = re.compile(r"\s*<@([UW][A-Z0-9]+)(?:\|[^>]*)?>[\s,:]*")
_TO_MANY = re.compile(r"\s*<!(?:here|channel|everyone|subteam)\b")
_COMMAND = re.compile(r"!([a-z_]+)(?:\s|$)", re.IGNORECASE)
_TS = re.compile(r"\d{1,12}\.\d{6}")
_TEXTS = ("channel", "user", "bot_id", "text", "subtype", "thread_ts", "event_ts", "team", "user_team")
_SAID = frozenset({None, "", "file_share", "thread_broadcast", "me_message", "bot_message"})
"""Kinds of `message` events in which somebody says something; the rest tell of joins, topics and the like."""


@dataclass(frozen=True, slots=True)
class Us:
    """Who we are in a workspace, and the address of its pages."""

    team: str
    user: str
    bot: str
    url: str = ""


def is_ts(text: str) -> bool:
    """Whether this can be the id of a message."""
    return _TS.fullmatch(text) is not None


def ts_of(message: Json, name: str = "ts") -> str:
    """The id of a message. Raises ValueError for what can be none, and LookupError."""
    ts = message[name]
    if not isinstance(ts, str) or not is_ts(ts):
        raise ValueError(name)
    return ts


def check_types(event: Json) -> None:
    """Raises TypeError unless what tells whose words these are, and where they stand, is text."""
    for name in _TEXTS:
        if not isinstance(event.get(name) or "", str):
            raise TypeError(name)


def place_of(team: str, message: Json, channel: str) -> Place:
    """Where a message stands. In direct messages each one that is no reply begins a thread of its own."""
    ts = str(message.get("ts", ""))
    root = ts_of(message, "thread_ts") if message.get("thread_ts") else ts
    if channel.startswith("D"):
        return Place(PLATFORM, team, channel, root, PlaceKind.DM)
    if root == ts:
        return Place(PLATFORM, team, channel)
    return Place(PLATFORM, team, channel, root, PlaceKind.THREAD)


def message_link(us: Us, place: Place, ts: str) -> str:
    """The address of a message; one in a thread opens with the thread."""
    thread = f"?thread_ts={place.thread}&cid={place.channel}" if place.thread and place.thread != ts else ""
    return f"{us.url}archives/{place.channel}/p{ts.replace('.', '')}{thread}"


def says_something(event: Json) -> bool:
    """Whether a `message` or `app_mention` is somebody's words. One that was edited comes again as an edit."""
    return event.get("subtype") in _SAID and not (event.get("type") == "app_mention" and "edited" in event)


def kind_of(message: Json, us: Us) -> PersonKind:
    """Who wrote a message."""
    if message.get("user") == us.user or message.get("bot_id") == us.bot:
        return PersonKind.SELF
    bot = message.get("bot_id") or message.get("subtype") == "bot_message" or message.get("user") == "USLACKBOT"
    return PersonKind.BOT if bot else PersonKind.HUMAN


def team_of(message: Json, otherwise: str) -> str:
    """The workspace of whoever wrote a message; in a shared channel it may not be ours."""
    return str(message.get("user_team") or message.get("source_team") or message.get("team") or otherwise)


def mentions(text: str, user: str) -> bool:
    """Whether somebody is named."""
    return any(kind == "@" and name == user for kind, name, _ in _MARKUP.findall(text))


def people_in(text: str) -> tuple[str, ...]:
    """The ids of those who are named in a text."""
    return tuple(dict.fromkeys(name for kind, name, _ in _MARKUP.findall(text) if kind == "@"))


def opens_with_other(text: str, us: Us) -> bool:
    """Whether a message begins by addressing somebody else, or all, or a group."""
    found = _OPENING_MENTION.match(text)
    return _TO_MANY.match(text) is not None or (found is not None and found[1] != us.user)


def words_of(text: str, us: Us, name_of: Callable[[str], str]) -> str:
    """What somebody typed, as it reads: without the call for us at its beginning, with names for ids."""
    opening = _OPENING_MENTION.match(text)
    if opening is not None and opening[1] == us.user:
        text = text[opening.end() :]

    def plain(found: re.Match[str]) -> str:
        kind, name, label = found.groups()
        match kind:
            case "@":
                return f"@{label or name_of(name)}"
            case "#":
                return f"#{label or name}"
            case "!":
                return f"@{label or name.partition('^')[0]}".replace("@@", "@")
        return name if not label or label == name else f"{label} ({name})"

    text = _MARKUP.sub(plain, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def command_in(words: str, names: frozenset[str]) -> str | None:
    """The command in `!name …`, as it would follow a slash; None for anything else."""
    found = _COMMAND.match(words)
    return words[1:] if found is not None and found[1].lower() in names else None


def attachments_of(message: Json) -> tuple[Attachment, ...]:
    """The files of a message. One that lives elsewhere, or of which only the id is told, has no address."""
    return tuple(attachment_of(file) for file in message.get("files") or () if file.get("mode") != "tombstone")


def attachment_of(file: Json) -> Attachment:
    """One file as Slack describes it."""
    hosted = not file.get("is_external") and file.get("mode") != "external"
    url = (file.get("url_private_download") or file.get("url_private")) if hosted else None
    size = file.get("size") if hosted and file.get("size") else None
    return Attachment(str(file["id"]), str(file.get("name") or NAMELESS), size, file.get("mimetype"), url)


def past(message: Json, person: Person, place: Place, words: str) -> PastMessage:
    """A message as history tells of it."""
    ts = str(message["ts"])
    replied = bool(message.get("reply_count"))
    return PastMessage(ts, person, words, float(ts), attachments_of(message), place, has_thread=replied)


def text_in(message: Json) -> str:
    """What a message says, ours and other programs' included."""
    text = shown_text(dict(message))
    if text.strip():
        return text
    said = (one.get("text") or one.get("fallback") or "" for one in message.get("attachments") or ())
    return "\n".join(filter(None, said))
