"""What a workspace consists of: people, channels, messages, files, views."""

import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.slack_town.reading import buttons, label, text_of

Json: TypeAlias = dict[str, Any]

TEAM = "T0TOWN"
OTHER_TEAM = "T0ELSEWHERE"
APP = "A0GATE"
BOT_USER = "U0GATE"
BOT_ID = "B0GATE"

_PING = re.compile(r"<(!(?:channel|here|everyone)|!subteam\^\w+|@[UW]\w+)(?:\|[^>]*)?>")


@dataclass(slots=True)
class User:
    """Somebody with an account, or a stranger from a workspace that shares a channel."""

    id: str
    name: str
    tz: str = "Europe/Berlin"
    tz_offset: int = 3600
    team: str = TEAM
    locale: str = "en-US"
    is_bot: bool = False
    is_restricted: bool = False
    """A guest of several channels."""
    is_ultra_restricted: bool = False
    """A guest of one channel."""
    deleted: bool = False
    bot_id: str = ""

    @property
    def is_stranger(self) -> bool:
        """From another workspace."""
        return self.team != TEAM


@dataclass(frozen=True, slots=True)
class Version:
    """How a message looked from `at` on; `deleted` says that it was gone."""

    at: float
    text: str
    blocks: tuple[Json, ...] = field(default=(), repr=False)
    deleted: bool = False


@dataclass(slots=True)
class Stream:
    """The native stream that a message is, or was."""

    started: float
    expires: float
    mode: str = ""
    """How text comes: `markdown_text` or `chunks`, whichever came first."""
    recipient: str = ""
    recipient_team: str = ""
    task_display_mode: str = "timeline"
    state: str = "open"
    """open, stopped, stopped_by_user or expired."""
    plan_title: str = ""
    tasks: dict[str, Json] = field(default_factory=dict)
    appended: list[tuple[float, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class File:
    """A file, wherever its bytes are."""

    id: str
    name: str
    data: bytes = field(repr=False)
    mimetype: str
    user: str
    title: str = ""
    external_url: str = ""
    """For a file that lives elsewhere (`is_external`)."""
    redirect: str = ""
    """Where the file host sends those who fetch it, instead of the bytes."""
    check_file_info: bool = False
    """Events say only that files.info knows more, as for files from Slack Connect."""
    deleted: bool = False
    shared: set[str] = field(default_factory=set)
    fetched: list["Fetch"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request for a file as it came in."""

    at: float
    path: str
    authorization: str
    status: int


@dataclass(slots=True, eq=False)
class Message:
    """One message, with everything it has ever said."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list, repr=False)
    thread_ts: str = ""
    """The root's ts for a reply, nothing for a top-level message."""
    team: str = TEAM
    bot: bool = False
    """Posted by the app."""
    bot_id: str = ""
    username: str = ""
    subtype: str = ""
    metadata: Json | None = None
    files: list[File] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    attachments: list[Json] = field(default_factory=list)
    edited: float | None = None
    rewritten: bool = False
    """The app has replaced what was in it at first."""
    deleted: bool = False
    broadcast: bool = False
    unfurls: bool = False
    """Links in it are unfurled, as the post did not forbid it."""
    ephemeral_for: str = ""
    stream: Stream | None = None
    entities: list[Json] = field(default_factory=list, repr=False)
    """What its author was looking at when they wrote to the app."""
    versions: list[Version] = field(default_factory=list, repr=False)
    deliveries: list[Any] = field(default_factory=list, repr=False)
    """How the events about it fared, each a `Delivery`."""

    @property
    def root(self) -> str:
        """The ts of the thread it belongs to, its own if it begins one."""
        return self.thread_ts or self.ts

    @property
    def streaming(self) -> bool:
        """It still grows."""
        return self.stream is not None and self.stream.state == "open"

    @property
    def said(self) -> str:
        """All that is to be read in it, without the buttons: the blocks' words, or the text."""
        shown = text_of(self.blocks)
        return "\n".join(filter(None, (self.text, shown))) if self.streaming else shown or self.text

    @property
    def buttons(self) -> list[str]:
        """What can be pressed beneath it."""
        return [label(one) for _, _, one in buttons(self.blocks)]

    @property
    def pings(self) -> set[str]:
        """Whom it has called in any of its versions: `!channel`, `!here`, `@U123`."""
        texts = [f"{one.text}\n{text_of(one.blocks)}" for one in self.versions]
        return {match[1] for text in texts for match in _PING.finditer(text)}

    def at(self, moment: float) -> Version | None:
        """What was to be seen at a time, nothing before and after its life."""
        before = [one for one in self.versions if one.at <= moment]
        return before[-1] if before and not before[-1].deleted else None


@dataclass(slots=True, eq=False)
class Channel:
    """A channel or a direct message."""

    id: str
    name: str
    kind: str = "channel"
    """channel (public), group (private), im or mpim: the `channel_type` of events."""
    members: set[str] = field(default_factory=set)
    archived: bool = False
    shared: bool = False
    """Shared with another workspace by Slack Connect."""
    refuses: str = ""
    """The error that every post gets, such as `restricted_action_read_only_channel`."""
    creator: str = ""
    messages: dict[str, Message] = field(default_factory=dict, repr=False)
    threads: dict[str, list[Message]] = field(default_factory=dict, repr=False)
    """The messages of each thread, the root first."""

    def visible(self, thread: str | None = None, at: float | None = None) -> list[Message]:
        """Everybody's messages that are to be seen, oldest first; with `thread` the root and its replies.

        With `at` those that were to be seen at that time; `Message.at` says how they looked.
        """
        known = self.messages.values() if thread is None else self.threads.get(thread, ())
        return [one for one in known if (one.at(at) if at is not None else not one.deleted)]

    def add(self, message: Message) -> None:
        """Keep a message."""
        self.messages[message.ts] = message
        self.threads.setdefault(message.root, []).append(message)

    def replies(self, root: str) -> list[Message]:
        """What was answered in a thread, oldest first."""
        return [one for one in self.visible(root) if one.ts != root]

    def from_app(self, thread: str | None = None) -> list[Message]:
        """What the app shows here, oldest first."""
        return [one for one in self.visible(thread) if one.bot]


@dataclass(slots=True)
class AgentThread:
    """What Slack shows of a thread beside its messages."""

    status: str = ""
    status_since: float = 0.0
    loading_messages: list[str] = field(default_factory=list)
    title: str = ""
    prompts: list[Json] = field(default_factory=list)
    prompts_title: str = ""
    session: str = ""
    """processing, active, suspended or closed; nothing before there is a session."""
    statuses: list[tuple[float, str, str]] = field(default_factory=list)
    """Every status that was ever shown: when, by which method, what."""


@dataclass(slots=True, eq=False)
class View:
    """An App Home or a modal."""

    id: str
    user: str
    body: Json
    hash: str
    at: float
    external_id: str = ""

    @property
    def said(self) -> str:
        """All that is to be read in it, without the buttons."""
        return text_of(self.body.get("blocks", []))

    @property
    def buttons(self) -> list[str]:
        """What can be pressed in it."""
        return [label(one) for _, _, one in buttons(self.body.get("blocks", []))]


@dataclass(slots=True)
class Trigger:
    """What lets the app open a view in answer to what somebody did."""

    user: str
    expires: float
    spent: bool = False
