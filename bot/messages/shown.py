"""What people see, and what a platform can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.messages.inbound import Action


@dataclass(frozen=True, slots=True)
class OutFile:
    """A file to show with a message. `description` is its alternative text."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    description: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message as it is to appear. `text` is the platform's own markup, within its limit.

    `status` is a short line under the text ("thinking…", "stopped"); `final` says nothing more will change. It is
    message `part` of an answer, counted from 0. `asker` is the id of the one person whom it may notify, `answers`
    the id of the message in the same place that it answers, for platforms that show that. `answers_asker` says
    that the asker wrote that one, and not somebody whose message was asked about; `summons` that it begins by
    naming the asker, as the platform does to notify somebody.
    """

    text: str
    status: str | None = None
    actions: tuple[Action, ...] = ()
    files: tuple[OutFile, ...] = ()
    final: bool = False
    part: int = 0
    asker: str | None = None
    answers: str | None = None
    answers_asker: bool = True
    summons: bool = False


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `calls` calls in any `seconds` seconds."""

    calls: int
    seconds: float


class CallKind(StrEnum):
    """What a call does, for a platform that counts each kind by itself."""

    POST = "post"
    EDIT = "edit"
    DELETE = "delete"
    STATUS = "status"
    START = "start"  # a stream
    APPEND = "append"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Quota:
    """The budget of one kind of call in a whole workspace, or in each of its channels, or in each single place."""

    budget: Budget
    by_channel: bool = False
    by_place: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do, and how much of it.

    `text_limit` counts characters of rendered text in one message, room for the status line already taken off;
    `later_limit` the same for every message of an answer but the first, where they can hold more.
    `edits` limits posts and edits together for each place, `total` over all places (None: no limit of its own).
    `quotas` stands in for `edits` on a platform that counts each kind of call by itself; then it names all kinds.
    `stream_seconds` is how long a native stream may be kept open, with room to end it.
    `private_files` means that what only one person is shown may hold files; elsewhere they go to direct messages.
    `command_prefix` is what is typed in front of a command's name, `thread_prefix` the same in threads, where that
    differs. `threads` means that a mention in a channel is answered in a thread of its own, unless people chose
    otherwise.
    """

    text_limit: int
    edits: Budget
    total: Budget | None = None
    quotas: Mapping[CallKind, Quota] = field(default_factory=dict)
    stream_seconds: float = 0.0
    later_limit: int | None = None
    threads: bool = False
    buttons: bool = False
    private_files: bool = False
    command_prefix: str = "/"
    thread_prefix: str = ""


class FailureKind(StrEnum):
    """Why a platform refused a call, as far as it decides what to do next. `CLOSED`: the stream is over.

    `UNEDITABLE`: this message can't be changed any more, but a new one can be posted.
    """

    TRANSIENT = "transient"
    RATE_LIMIT = "rate_limit"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    CLOSED = "closed"
    UNEDITABLE = "uneditable"

    @property
    def passes(self) -> bool:
        """Whether the same call may be taken a little later."""
        return self in (FailureKind.TRANSIENT, FailureKind.RATE_LIMIT)


@dataclass(frozen=True, slots=True)
class Failure:
    """A refusal, classified. `retry_after` is seconds, for rate limits."""

    kind: FailureKind
    retry_after: float | None = None
