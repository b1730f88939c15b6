"""What there is in a town: people, guilds, channels, threads, messages and files, as plain state."""

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any

Json = dict[str, Any]


class ChannelType(IntEnum):
    """The kinds of channel that are here."""

    TEXT = 0
    DM = 1
    VOICE = 2
    CATEGORY = 4
    NEWS = 5
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


class MessageType(IntEnum):
    """The kinds of message that are here."""

    DEFAULT = 0
    USER_JOIN = 7
    THREAD_CREATED = 18
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    THREAD_STARTER = 21
    CONTEXT_MENU_COMMAND = 23


class MessageFlag(IntFlag):
    """Bits of a message's `flags`."""

    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    IS_VOICE_MESSAGE = 1 << 13
    HAS_SNAPSHOT = 1 << 14
    COMPONENTS_V2 = 1 << 15


@dataclass(eq=False)
class User:
    """Somebody with an account."""

    id: int
    name: str
    bot: bool = False
    global_name: str | None = None
    dms_closed: bool = False

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(eq=False)
class Role:
    """A role of a guild; the one with the guild's id is @everyone."""

    id: int
    name: str
    permissions: int = 0
    position: int = 0
    mentionable: bool = False


@dataclass(eq=False)
class Member:
    """A user in a guild."""

    user: User
    joined_at: float
    roles: set[int] = field(default_factory=set)
    nick: str | None = None
    timed_out_until: float | None = None


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a role (kind 0) or a member (kind 1) may do in one channel, apart from the rest."""

    id: int
    kind: int
    allow: int = 0
    deny: int = 0


@dataclass(eq=False)
class Upload:
    """A file that was sent with a message."""

    id: int
    channel_id: int
    filename: str
    data: bytes = field(repr=False)
    content_type: str = "application/octet-stream"
    description: str | None = None
    duration: float | None = None


@dataclass(frozen=True, slots=True)
class Pings:
    """Who is notified by a message."""

    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    everyone: bool = False

    def __or__(self, other: "Pings") -> "Pings":
        return Pings(self.users | other.users, self.roles | other.roles, self.everyone or other.everyone)


@dataclass(frozen=True, slots=True)
class Version:
    """What a message showed from a time on; `previews` says that links in it were unfolded."""

    at: float
    text: str
    pings: Pings
    previews: bool
    files: int


@dataclass(frozen=True, slots=True)
class Reference:
    """What a message points at: a reply (0) or a forward (1)."""

    channel_id: int
    message_id: int | None
    kind: int = 0


@dataclass(eq=False)
class Message:
    """A message as it is now, and every version that people saw."""

    id: int
    channel: "Channel"
    author: User
    at: float
    content: str = ""
    kind: MessageType = MessageType.DEFAULT
    flags: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Upload] = field(default_factory=list)
    poll: Json | None = None
    reference: Reference | None = None
    snapshot: "Message | None" = None
    pings: Pings = field(default_factory=Pings)
    nonce: str | None = None
    edited_at: float | None = None
    deleted_at: float | None = None
    interaction: Json | None = None
    webhook_id: int | None = None
    thread: "Channel | None" = None
    private_to: User | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & MessageFlag.EPHEMERAL)

    @property
    def ever_pinged(self) -> Pings:
        """Everybody whom any version of it notified or named in yellow."""
        pinged = Pings()
        for version in self.versions:
            pinged |= version.pings
        return pinged

    @property
    def ever_previewed(self) -> bool:
        """Whether any version of it unfolded a link."""
        return any(version.previews for version in self.versions)

    def text_at(self, at: float) -> str | None:
        """What people read in it at a time; None while it was not there."""
        gone = self.deleted_at is not None and self.deleted_at <= at
        shown = [version.text for version in self.versions if version.at <= at]
        return None if gone or not shown else shown[-1]

    @property
    def text(self) -> str:
        """All that is written in it: the content, or the text of its components."""
        return self.content or "\n".join(texts_of(self.components))

    def __repr__(self) -> str:
        return f"<{self.author.name} {self.id}: {self.text[:60]!r}>"


@dataclass(eq=False)
class Channel:
    """A place to write: a guild's channel, a thread or a direct message."""

    id: int
    kind: ChannelType
    name: str = ""
    guild: "Guild | None" = None
    parent: "Channel | None" = None
    topic: str | None = None
    nsfw: bool = False
    overwrites: list[Overwrite] = field(default_factory=list)
    messages: dict[int, Message] = field(default_factory=dict)
    gone: dict[int, Message] = field(default_factory=dict)
    typed: list[tuple[float, int]] = field(default_factory=list)
    recipients: list[User] = field(default_factory=list)
    owner_id: int | None = None
    archived: bool = False
    locked: bool = False
    auto_archive: int = 1440
    members: dict[int, float] = field(default_factory=dict)
    sent: int = 0

    @property
    def is_thread(self) -> bool:
        return self.kind in (ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD)

    @property
    def is_dm(self) -> bool:
        return self.kind is ChannelType.DM

    @property
    def last(self) -> Message:
        """The newest message."""
        return self.messages[max(self.messages)]

    def in_order(self) -> list[Message]:
        """Its messages, oldest first."""
        return [self.messages[key] for key in sorted(self.messages)]

    def shown_to(self, user: User | None) -> list[Message]:
        """The messages that somebody sees here; what is private is shown to its reader alone."""
        return [one for one in self.in_order() if one.private_to in (None, user)]

    def visible(self, user: User | None = None) -> list[str]:
        """The texts that people see here, oldest first."""
        return [one.text for one in self.shown_to(user)]

    def visible_at(self, at: float) -> list[str]:
        """What everybody saw here at a time, oldest first."""
        everything = {**self.messages, **self.gone}
        texts = [everything[key].text_at(at) for key in sorted(everything) if everything[key].private_to is None]
        return [text for text in texts if text is not None]

    def by(self, user: User) -> list[Message]:
        """What somebody wrote here, oldest first."""
        return [
            one for one in self.in_order() if one.author is user and one.kind is not MessageType.THREAD_STARTER
        ]

    def __repr__(self) -> str:
        return f"<{self.kind.name} {self.name or self.id}>"


@dataclass(eq=False)
class Guild:
    """A server, in Discord's word."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    threads: dict[int, Channel] = field(default_factory=dict)
    available: bool = True

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]


def texts_of(components: list[Json]) -> list[str]:
    """The text displays of a layout, in order."""
    found: list[str] = []
    for one in components:
        if one.get("type") == 10:
            found.append(one.get("content", ""))
        found += texts_of(one.get("components", []))
    return found


def controls_of(components: list[Json]) -> list[Json]:
    """The buttons, menus and inputs of a layout: all that has a `custom_id`."""
    found: list[Json] = []
    for one in components:
        if "custom_id" in one:
            found.append(one)
        inner = [one[key] for key in ("accessory", "component") if isinstance(one.get(key), dict)]
        found += controls_of(one.get("components", []) + inner)
    return found
