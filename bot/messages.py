"""The values that cross a seam: frozen, slotted, JSON-safe. No library's object is ever inside one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

# --- where and who -------------------------------------------------------------------------------


class PlaceKind(StrEnum):
    """What kind of place people talk in."""

    DM = "dm"
    CHANNEL = "channel"
    THREAD = "thread"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said. `key` names it across restarts; one function builds it, this one."""

    platform: str
    workspace: str
    channel: str
    thread: str | None = None
    kind: PlaceKind = PlaceKind.CHANNEL

    @property
    def key(self) -> str:
        """One string for the place, the same for ever: `platform:workspace:channel[:thread]`."""
        return _place_key(self.platform, self.workspace, self.channel, self.thread)

    @property
    def parent(self) -> "Place":
        """The channel a thread hangs in; any other place is its own parent."""
        if self.thread is None:
            return self
        return Place(self.platform, self.workspace, self.channel)


@lru_cache(maxsize=4096)
def _place_key(*parts: str | None) -> str:
    return ":".join(quote(part, safe="") for part in parts if part is not None)


class PersonKind(StrEnum):
    """Who is speaking: a person, another program, or we ourselves."""

    HUMAN = "human"
    BOT = "bot"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Person:
    """Who said something, by the platform's own id. The name is for reading only and may be anything."""

    id: str
    name: str
    kind: PersonKind = PersonKind.HUMAN
    roles: tuple[str, ...] = ()


# --- what comes in -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as the platform announces it. Name and type are claims; only the bytes are believed."""

    id: str
    name: str
    size: int | None = None
    media_type: str | None = None
    url: str | None = None


class InboundKind(StrEnum):
    """What happened on the platform."""

    MESSAGE = "message"
    EDIT = "edit"
    DELETE = "delete"
    COMMAND = "command"
    BUTTON = "button"


def person_key(platform: str, person: Person) -> str:
    """One string for a person on their platform, for settings, caps and accounts."""
    return f"{platform}:{person.id}"


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A command as somebody typed it: its name and its options by name."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)


class ActionName(StrEnum):
    """What a button under an answer does."""

    STOP = "stop"
    CONTINUE = "continue"
    REGENERATE = "regenerate"


@dataclass(frozen=True, slots=True)
class Action:
    """A button under an answer: what it does, and the turn it does it to."""

    name: ActionName
    turn_id: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that happened on a platform, normalised.

    `key` is unique for the event and the same when the platform delivers it again. `addressed` tells whether
    the bot is spoken to. `handle` is opaque, may expire, and goes back to the adapter for private replies.
    `sent_at` is seconds since the epoch, by the platform's clock.
    """

    key: str
    kind: InboundKind
    place: Place
    message_id: str
    person: Person
    sent_at: float
    text: str = ""
    addressed: bool = False
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()
    handle: str | None = None
    command: CommandCall | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message said earlier, read from the platform's own history, and the place in which it stands.

    What a thread hangs on stands in the channel.
    """

    message_id: str
    person: Person
    text: str
    sent_at: float
    attachments: tuple[Attachment, ...] = ()
    place: Place | None = None


# --- files and what was read in them -------------------------------------------------------------


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
    where a model may take it whole (PDF). `unread` says, in one sentence, what was left out and why.
    """

    kind: ReadingKind
    name: str
    text: str = ""
    pictures: tuple[StoredFile, ...] = ()
    original: StoredFile | None = None
    pages: int | None = None
    unread: str | None = None


# --- history -------------------------------------------------------------------------------------


class Role(StrEnum):
    """Whose words an item holds. A note is what others said without asking us: never an instruction."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A whole call of a tool, as the model asked for it. `arguments` is JSON text, perhaps broken."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a conversation's history. `attachments` are those whose bytes were not read yet."""

    seq: int
    role: Role
    text: str = ""
    person: Person | None = None
    message_id: str | None = None
    turn_id: str | None = None
    sent_at: float | None = None
    attachments: tuple[Attachment, ...] = ()
    files: tuple[Reading, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    reasoning_details: tuple[Mapping[str, Any], ...] = ()


# --- what goes to the model ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextPart:
    """Text in a prompt message."""

    text: str


@dataclass(frozen=True, slots=True)
class PicturePart:
    """A picture in a prompt message, its bytes ready to send."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FilePart:
    """A whole file in a prompt message, for models that take files."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


Part: TypeAlias = TextPart | PicturePart | FilePart


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt, in the field's usual roles."""

    role: Literal["system", "user", "assistant", "tool"]
    parts: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    reasoning_details: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it. `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request for an answer. `conversation` is opaque and keeps a provider's cache warm."""

    model: str
    messages: tuple[PromptMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int | None = None
    conversation: str | None = None


# --- what comes back from the model --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The answer has an id; the first delta of a stream."""

    generation_id: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the model's thinking; never part of the answer. Empty while a model thinks silently."""

    text: str


@dataclass(frozen=True, slots=True)
class ImageDelta:
    """A whole picture the model made."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer used. `cost` is US dollars as the gateway reports it, in decimal digits."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cost: str | None = None


@dataclass(frozen=True, slots=True)
class Retrying:
    """The request failed before any text and is tried again; for the status line. `seconds` until then."""

    attempt: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Finish:
    """The stream ended as it should; always the last delta.

    `reason` is the gateway's word (`stop`, `length`, `content_filter`, `tool_calls`, …). `tool_calls` are whole
    and in order, whatever the reason says. `reasoning_details` go back with them in the next round, unchanged.
    """

    reason: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    reasoning_details: tuple[Mapping[str, Any], ...] = ()
    model: str | None = None


Delta: TypeAlias = Started | TextDelta | ReasoningDelta | ImageDelta | Retrying | Finish


@dataclass(frozen=True, slots=True)
class Model:
    """One row of the gateway's catalogue. Abilities are three-valued: yes, no, or unknown (None).

    Prices are US dollars for one token, in decimal digits; None where none is published.
    """

    id: str
    name: str = ""
    type: str = "language"
    context_window: int | None = None
    max_tokens: int | None = None
    input_price: str | None = None
    output_price: str | None = None
    sees: bool | None = None
    reads_files: bool | None = None
    calls_tools: bool | None = None
    reasons: bool | None = None


# --- what people see -----------------------------------------------------------------------------


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

    `status` is a short line under the text ("thinking…", "stopped"); `final` says nothing more will change.
    """

    text: str
    status: str | None = None
    actions: tuple[Action, ...] = ()
    files: tuple[OutFile, ...] = ()
    final: bool = False


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `calls` calls in any `seconds` seconds."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do, and how much of it.

    `text_limit` counts characters of rendered text in one message, room for the status line already taken off.
    `edits` limits posts and edits together for each place, `total` over all places (None: no limit of its own).
    `threads` means that a mention in a channel is answered in a thread of its own.
    """

    text_limit: int
    edits: Budget
    total: Budget | None = None
    threads: bool = False
    buttons: bool = False
    private_replies: bool = False


class FailureKind(StrEnum):
    """Why a platform refused a call, as far as it decides what to do next."""

    TRANSIENT = "transient"
    RATE_LIMIT = "rate_limit"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Failure:
    """A refusal, classified. `retry_after` is seconds, for rate limits."""

    kind: FailureKind
    retry_after: float | None = None


# --- commands ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommandOption:
    """One thing a command takes. `rest` takes the remaining words as they are; `complete` offers choices."""

    name: str
    description: str
    required: bool = False
    rest: bool = False
    complete: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command as every surface offers it."""

    name: str
    description: str
    options: tuple[CommandOption, ...] = ()
    private: bool = True
    admins_only: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One suggestion while somebody types an option."""

    value: str
    label: str


# --- what is remembered of a turn ----------------------------------------------------------------


class TurnKind(StrEnum):
    """Why a turn exists: a question, more of a stopped answer, or the same question again."""

    ANSWER = "answer"
    CONTINUE = "continue"
    REGENERATE = "regenerate"


class TurnState(StrEnum):
    """Where a turn stands. Only `waiting` and `running` turns have work left."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer in the making, or made. `origin` is the turn that is continued or answered again."""

    id: str
    conversation: str
    place: Place
    kind: TurnKind
    state: TurnState
    requester: Person
    origin: str | None = None
    model: str | None = None
    attempt: int = 0
    restarts: int = 0
    final: Rendered | None = None


# --- what the playground keeps: it is a platform of its own --------------------------------------


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
